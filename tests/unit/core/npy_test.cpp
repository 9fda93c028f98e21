// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/npy.h"

#include <cstring>
#include <utility>

#include <gmock/gmock.h>

#include "vitsim/core/error.h"

#include "support/temporary_directory.h"

namespace vitsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

std::string npy(const std::string& header, const std::string& data, char version = 1) {
  std::string file = std::string("\x93NUMPY") + version + '\0';
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  const auto length = static_cast<std::uint32_t>(header.size());
  file.append(reinterpret_cast<const char*>(&length), length_bytes);
  return file + header + data;
}

NpyArray load(const std::string& content) {
  const test::TemporaryDirectory directory;
  return load_npy(directory.write("x.npy", content));
}

std::string header_of(const std::string& type, const std::string& shape) {
  return "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }   \n";
}

TEST(LoadNpy, ReadsShapeAndValues) {
  const NpyArray array =
      load(npy(header_of("<f4", "(2, 3)"), bytes_of({1.F, 2.F, 3.F, 4.F, 5.F, -.5F})));
  EXPECT_THAT(array.shape, ElementsAre(2, 3));
  EXPECT_THAT(array.values, ElementsAre(1, 2, 3, 4, 5, -.5F));
}

TEST(LoadNpy, ReadsFormats2And3WithTheirLongerLength) {
  for (const char version : {'\2', '\3'}) {
    EXPECT_THAT(load(npy(header_of("<f4", "(1,)"), bytes_of({4.F}), version)).values,
                ElementsAre(4.F));
  }
}

TEST(LoadNpy, TakesAllBytesOfTheLengthOfTheHeader) {
  const std::string header = header_of("<f4", "(1,)");
  for (const auto& [spaces, version] : {std::pair(300, '\1'), {70000, '\2'}, {17000000, '\3'}}) {
    const std::string padded = header + std::string(static_cast<std::size_t>(spaces), ' ');
    EXPECT_THAT(load(npy(padded, bytes_of({4.F}), version)).values, ElementsAre(4.F));
  }
}

TEST(LoadNpy, RefusesAHeaderLongerThanTheFileByOneByte) {
  const std::string whole = npy(header_of("<f4", "(1,)"), "");
  EXPECT_THAT([&] { load(whole.substr(0, whole.size() - 1)); },
              ThrowsMessage<ModelError>(HasSubstr("got a header of")));
}

TEST(LoadNpy, ReadsEachTypeOfElement) {
  const auto read = [](const char* type, const std::string& data) {
    return load(npy(header_of(type, "(2,)"), data)).values;
  };
  EXPECT_THAT(read("<f8", bytes_of({0.5, -3.0})), ElementsAre(0.5F, -3.F));
  EXPECT_THAT(read("<f2", bytes_of<std::uint16_t>({0x3c00, 0xc000})), ElementsAre(1.F, -2.F));
  EXPECT_THAT(read("<i8", bytes_of<std::int64_t>({-5, 6})), ElementsAre(-5.F, 6.F));
  EXPECT_THAT(read("<i4", bytes_of<std::int32_t>({-5, 6})), ElementsAre(-5.F, 6.F));
  EXPECT_THAT(read("<i2", bytes_of<std::int16_t>({-5, 6})), ElementsAre(-5.F, 6.F));
  EXPECT_THAT(read("|i1", bytes_of<std::int8_t>({-5, 6})), ElementsAre(-5.F, 6.F));
  EXPECT_THAT(read("|u1", bytes_of<std::uint8_t>({251, 6})), ElementsAre(251.F, 6.F));
}

TEST(LoadNpy, ReadsAScalarAndAnEmptyArray) {
  const NpyArray scalar = load(npy(header_of("<f4", "()"), bytes_of({4.F})));
  EXPECT_THAT(scalar.shape, IsEmpty());
  EXPECT_THAT(scalar.values, ElementsAre(4.F));
  EXPECT_THAT(load(npy(header_of("<f4", "(0, 3)"), "")).values, IsEmpty());
}

TEST(LoadNpy, RefusesWhatIsNotNpy) {
  for (const std::string& content : {std::string(), std::string("\x93NUM"), std::string(100, 'x'),
                                     npy(header_of("<f4", "()"), "1234", '\4')}) {
    EXPECT_THAT([&] { load(content); },
                ThrowsMessage<ModelError>(HasSubstr("expected a .npy file of format")));
  }
}

TEST(LoadNpy, RefusesTheOrderOfFortranAndBigEndianElements) {
  const std::string header = "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }";
  EXPECT_THAT([&] { load(npy(header, "1234")); },
              ThrowsMessage<ModelError>(HasSubstr("expected fortran_order False")));
  EXPECT_THAT([] { load(npy(header_of(">f4", "(1,)"), "1234")); },
              ThrowsMessage<ModelError>(HasSubstr("got ''>f4'")));
}

TEST(LoadNpy, RefusesDataOfAnotherSizeThanTheShapeSays) {
  for (const char* shape : {"(2,)", "(0,)", "(4611686018427387905,)", "(3037000500, 3037000500)"}) {
    EXPECT_THAT([&] { load(npy(header_of("<f4", shape), "1234")); },
                ThrowsMessage<ModelError>(HasSubstr("got 4 bytes of data")));
  }
}

TEST(LoadNpy, RefusesDimensionsThatAreNoNumbersOrNegativeOrTooLarge) {
  for (const char* shape : {"(x,)", "(-1,)", "(9223372036854775808,)", "(1", "(1 1)", "1"}) {
    EXPECT_THROW(load(npy(header_of("<f4", shape), "1234")), ModelError) << shape;
  }
}

TEST(LoadNpy, RefusesMissingRepeatedAndUnknownFieldsAndTextBehind) {
  for (const char* header :
       {"", "{}", "{'descr': '<f4', 'shape': (1,)}", "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x"}) {
    EXPECT_THROW(load(npy(header, "1234")), ModelError) << header;
  }
}

TEST(LoadNpy, RefusesAFileCutAnywhere) {
  const std::string whole = npy(header_of("<f4", "(2, 3)"), std::string(24, '\0'));
  ASSERT_EQ(load(whole).values.size(), 6U);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(load(whole.substr(0, size)), ModelError) << size;
  }
}

}  // namespace
}  // namespace vitsim
