// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <iterator>
#include <string_view>

#include <gmock/gmock.h>

#include "vitsim/core/error.h"
#include "vitsim/core/file.h"
#include "vitsim/core/random.h"
#include "vitsim/core/safetensors.h"

#include "support/temporary_directory.h"

namespace vitsim {
namespace {

/// What keeps a header valid JSON more often than any bytes do.
constexpr std::string_view kLetters = "0123456789-.eE{}[]\",:FIU";
constexpr std::string_view kPieces[] = {"{",
                                        "}",
                                        "[",
                                        "]",
                                        ",",
                                        ":",
                                        "0",
                                        "1",
                                        "4",
                                        "-1",
                                        "1e9",
                                        "18446744073709551615",
                                        "null",
                                        "true",
                                        "[]",
                                        "[0,4]",
                                        "[1,1,1]",
                                        "[[[[[",
                                        R"("")",
                                        R"("\u0000")",
                                        R"("a")",
                                        R"("F32")",
                                        R"("I8")",
                                        R"("dtype")",
                                        R"("shape")",
                                        R"("data_offsets")",
                                        R"("__metadata__")",
                                        R"({"dtype":"I8","shape":[4],"data_offsets":[0,4]})"};

enum class Outcome { kLoaded, kModelError };

/// Loads the file and reads every tensor in every way. Another exception than ModelError fails the
/// test, and a sanitizer any access outside the file.
Outcome load_all(const std::filesystem::path& path) {
  try {
    const Safetensors file = Safetensors::load(path);
    for (const auto& [name, tensor] : file.tensors()) {
      EXPECT_EQ(file.doubles(name).size(), static_cast<std::size_t>(tensor.element_count()));
      try {
        EXPECT_EQ(file.floats(name).size(), static_cast<std::size_t>(tensor.element_count()));
      } catch (const ModelError&) {
        EXPECT_EQ(file.integers(name).size(), static_cast<std::size_t>(tensor.element_count()));
      }
    }
    return Outcome::kLoaded;
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr(path.string()));
    return Outcome::kModelError;
  }
}

std::string valid_file() {
  const std::string header =
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("b":{"dtype":"F16","shape":[3],"data_offsets":[24,30]},)"
      R"("c":{"dtype":"I8","shape":[],"data_offsets":[30,31]},)"
      R"("d":{"dtype":"I64","shape":[1,1],"data_offsets":[31,39]}})";
  const std::uint64_t length = header.size();
  std::string file(sizeof(length), '\0');
  std::memcpy(file.data(), &length, sizeof(length));
  file += header;
  file.resize(file.size() + 39, '\x3f');
  return file;
}

TEST(SafetensorsFuzz, AFileCutAnywhereIsAModelError) {
  const test::TemporaryDirectory directory;
  const std::string whole = valid_file();
  ASSERT_EQ(load_all(directory.write("x", whole)), Outcome::kLoaded);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(load_all(directory.write("x", whole.substr(0, size))), Outcome::kModelError) << size;
  }
}

TEST(SafetensorsFuzz, AFileWithWrongBytesLoadsOrIsAModelError) {
  const test::TemporaryDirectory directory;
  const std::string whole = valid_file();
  Random random(1);
  int loaded = 0;
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string content = whole;
    const std::int64_t changes = random.integer(1, 4);
    for (std::int64_t change = 0; change < changes; ++change) {
      const auto at = static_cast<std::size_t>(
          random.integer(0, static_cast<std::int64_t>(content.size()) - 1));
      content[at] =
          random.integer(0, 1) == 0
              ? static_cast<char>(random.integer(-128, 127))
              : kLetters[static_cast<std::size_t>(random.integer(0, kLetters.size() - 1))];
    }
    ++(load_all(directory.write("x", content)) == Outcome::kLoaded ? loaded : refused);
  }
  EXPECT_GT(loaded, 50);
  EXPECT_GT(refused, 1000);
}

TEST(SafetensorsFuzz, AHeaderOfRandomPiecesOfJsonLoadsOrIsAModelError) {
  const test::TemporaryDirectory directory;
  Random random(2);
  for (int i = 0; i < 2000; ++i) {
    std::string header = "{";
    const std::int64_t pieces = random.integer(0, 12);
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
      header += kPieces[static_cast<std::size_t>(
          random.integer(0, static_cast<std::int64_t>(std::size(kPieces)) - 1))];
    }
    header += "}";
    const std::uint64_t length = header.size();
    std::string file(sizeof(length), '\0');
    std::memcpy(file.data(), &length, sizeof(length));
    load_all(directory.write("x", file + header + "1234"));
  }
}

}  // namespace
}  // namespace vitsim
