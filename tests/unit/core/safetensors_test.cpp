// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/safetensors.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include <gmock/gmock.h>

#include "vitsim/core/error.h"
#include "vitsim/core/file.h"

#include "support/temporary_directory.h"

namespace vitsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

std::string with_length(std::uint64_t length, const std::string& rest) {
  std::string file(sizeof(length), '\0');
  std::memcpy(file.data(), &length, sizeof(length));
  return file + rest;
}

Safetensors load(const std::string& content) {
  const test::TemporaryDirectory directory;
  return Safetensors::load(directory.write("x.safetensors", content));
}

Safetensors load(const std::string& header, const std::string& data) {
  return load(with_length(header.size(), header + data));
}

void expect_error(const std::string& header, const std::string& data, const std::string& message) {
  EXPECT_THAT([&] { load(header, data); }, ThrowsMessage<ModelError>(HasSubstr(message)));
}

/// The header of one tensor t.
std::string one(const std::string& type, const std::string& shape, const std::string& offsets) {
  return R"({"t":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}}";
}

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

TEST(Safetensors, ReadsShapesTypesAndMetadata) {
  const Safetensors file = load(
      R"({"__metadata__":{"made_by":"hand"},"b":{"dtype":"I16","shape":[2,1],"data_offsets":[0,4]}} )",
      bytes_of<std::int16_t>({-1, 300}));
  EXPECT_THAT(file.metadata(), ElementsAre(std::pair("made_by", "hand")));
  ASSERT_TRUE(file.contains("b"));
  EXPECT_EQ(file.at("b").type, DType::kI16);
  EXPECT_THAT(file.at("b").shape, ElementsAre(2, 1));
  EXPECT_EQ(file.at("b").element_count(), 2);
  EXPECT_THAT(file.integers("b"), ElementsAre(-1, 300));
  EXPECT_THAT(file.doubles("b"), ElementsAre(-1., 300.));
}

TEST(Safetensors, ReadsEachTypeOfIntegers) {
  const auto read = [](const char* type, const std::string& data) {
    return load(one(type, "[2]", "[0," + std::to_string(data.size()) + "]"), data).integers("t");
  };
  const std::int64_t large = std::int64_t{1} << 60;
  EXPECT_THAT(read("I64", bytes_of<std::int64_t>({-large, large})), ElementsAre(-large, large));
  EXPECT_THAT(read("I32", bytes_of<std::int32_t>({-70000, 1})), ElementsAre(-70000, 1));
  EXPECT_THAT(read("I16", bytes_of<std::int16_t>({-300, 1})), ElementsAre(-300, 1));
  EXPECT_THAT(read("I8", bytes_of<std::int8_t>({-128, 1})), ElementsAre(-128, 1));
  EXPECT_THAT(read("U8", bytes_of<std::uint8_t>({255, 1})), ElementsAre(255, 1));
}

TEST(Safetensors, ReadsEachTypeOfFloats) {
  EXPECT_THAT(load(one("F64", "[1]", "[0,8]"), bytes_of({0.1})).doubles("t"), ElementsAre(0.1));
  EXPECT_THAT(load(one("F64", "[1]", "[0,8]"), bytes_of({0.1})).floats("t"), ElementsAre(0.1F));
  EXPECT_THAT(load(one("F32", "[1]", "[0,4]"), bytes_of({0.1F})).floats("t"), ElementsAre(0.1F));
  EXPECT_THAT(
      load(one("BF16", "[2]", "[0,4]"), bytes_of<std::uint16_t>({0x3f80, 0xc020})).floats("t"),
      ElementsAre(1.F, -2.5F));
}

TEST(Safetensors, ConvertsEveryHalfPrecisionNumberExactly) {
  std::string data;
  for (int bits = 0; bits < 0x10000; ++bits) {
    data += bytes_of({static_cast<std::uint16_t>(bits)});
  }
  const std::vector<float> values = load(one("F16", "[65536]", "[0,131072]"), data).floats("t");
  for (int bits = 0; bits < 0x10000; ++bits) {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    const double sign = bits < 0x8000 ? 1 : -1;
    const float value = values[static_cast<std::size_t>(bits)];
    EXPECT_EQ(std::signbit(value), sign < 0) << bits;
    if (exponent == 31) {
      EXPECT_TRUE(fraction == 0 ? std::isinf(value) : std::isnan(value)) << bits;
    } else if (exponent == 0) {
      EXPECT_EQ(value, sign * fraction * std::pow(2, -24)) << bits;
    } else {
      EXPECT_EQ(value, sign * (1024 + fraction) * std::pow(2, exponent - 25)) << bits;
    }
  }
}

TEST(Safetensors, RefusesToReadFloatsAsIntegersAndTheReverse) {
  const Safetensors floats = load(one("F32", "[1]", "[0,4]"), "1234");
  EXPECT_THAT([&] { (void)floats.integers("t"); },
              ThrowsMessage<ModelError>(HasSubstr("tensor 't': got elements of type F32")));
  const Safetensors integers = load(one("I32", "[1]", "[0,4]"), "1234");
  EXPECT_THAT([&] { (void)integers.floats("t"); },
              ThrowsMessage<ModelError>(HasSubstr("got elements of type I32, expected F64")));
}

TEST(Safetensors, ReadsScalarsAndEmptyTensorsAndAnEmptyHeader) {
  EXPECT_THAT(load(one("U8", "[]", "[0,1]"), "\5").integers("t"), ElementsAre(5));
  EXPECT_THAT(load(one("F32", "[3,0]", "[0,0]"), "").floats("t"), IsEmpty());
  EXPECT_THAT(load("{}", "").tensors(), IsEmpty());
}

TEST(Safetensors, KeepsItsTensorsWhenMovedAndCannotBeCopied) {
  Safetensors first = load(one("I16", "[2]", "[0,4]"), bytes_of<std::int16_t>({3, 4}));
  const Safetensors second = std::move(first);
  EXPECT_THAT(second.integers("t"), ElementsAre(3, 4));
  EXPECT_FALSE(std::is_copy_constructible_v<Safetensors>);
}

TEST(Safetensors, NamesTheNearestTensorWhereThereIsNone) {
  const Safetensors file =
      load(R"({"blocks.0.norm1.bias":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "1");
  EXPECT_THAT([&] { (void)file.at("blocks.0.norm1.bia"); },
              ThrowsMessage<ModelError>(
                  HasSubstr("got no tensor 'blocks.0.norm1.bia' among its 1; the nearest name is "
                            "'blocks.0.norm1.bias'")));
}

TEST(Safetensors, RefusesAHeaderLongerThanTheFileOrTheLimit) {
  EXPECT_NO_THROW(load(with_length(2, "{}")));
  for (const std::uint64_t length : {std::uint64_t{3}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    EXPECT_THAT([&] { load(with_length(length, "{}")); },
                ThrowsMessage<ModelError>(HasSubstr("got a header of")));
  }
  EXPECT_THAT([] { load("1234567"); }, ThrowsMessage<ModelError>(HasSubstr("got 7 bytes")));
}

TEST(Safetensors, RefusesAHeaderOfMoreThan100MillionBytes) {
  const test::TemporaryDirectory directory;
  const auto path = directory.write("x", with_length(100'000'001, "{"));
  std::filesystem::resize_file(path, 8 + 100'000'001);
  EXPECT_THAT([&] { Safetensors::load(path); },
              ThrowsMessage<ModelError>(HasSubstr("got a header of 100000001 bytes")));
}

TEST(Safetensors, RefusesWhatIsNoJsonObject) {
  for (const char* header : {"", "x", "{", "{}}", "{\"a\"}", "{\"\xff\":1}", "{} x"}) {
    expect_error(header, "", "header: expected JSON");
  }
  expect_error("[]", "", "expected an object");
  expect_error(R"({"t":1})", "", "tensor 't': got 1, expected an object");
  expect_error(R"({"t":{}})", "", "tensor 't': got {}, expected a field 'dtype'");
}

TEST(Safetensors, RefusesDeepNestingWithoutUsingTheStack) {
  expect_error(one("U8", "[[1]]", "[0,1]"), "1", "nested deeper than 3");
  expect_error(R"({"t":)" + std::string(1000000, '['), "", "nested deeper than 3");
  std::string objects = "{";
  for (int i = 0; i < 100000; ++i) {
    objects += R"("t":{)";
  }
  expect_error(objects, "", "nested deeper than 3");
}

TEST(Safetensors, RefusesATensorOrAFieldGivenTwice) {
  const std::string tensor = R"("t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  expect_error("{" + tensor + "," + tensor + "}", "1", "header: got 't' twice");
  expect_error(R"({"t":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "1",
               "header: got 'dtype' twice");
}

TEST(Safetensors, RefusesUnknownTypesByName) {
  expect_error(one("BOOL", "[1]", "[0,1]"), "1", R"('t'.dtype: got "BOOL", expected one of F64)");
  expect_error(R"({"t":{"dtype":3,"shape":[1],"data_offsets":[0,1]}})", "1", "dtype: got 3");
}

TEST(Safetensors, RefusesDimensionsThatAreNegativeFractionalOrTooLarge) {
  for (const char* shape : {"[-1]", "[1.0]", "[1e0]", "[\"1\"]", "[null]", "[18446744073709551615]",
                            "[9223372036854775808]", "[99999999999999999999]"}) {
    expect_error(one("U8", shape, "[0,1]"), "1", "'t'.shape: got");
  }
  expect_error(one("U8", "1", "[0,1]"), "1", "'t'.shape: got 1, expected an array");
}

TEST(Safetensors, RefusesShapesWhoseSizeOverflows) {
  expect_error(one("U8", "[4294967296,4294967296]", "[0,0]"), "", "expected a size below 2^63");
  expect_error(one("F64", "[2305843009213693952]", "[0,0]"), "", "expected a size below 2^63");
}

TEST(Safetensors, RefusesRangesOutsideTheFileOrOfTheWrongSize) {
  EXPECT_NO_THROW(load(one("U8", "[4]", "[0,4]"), "1234"));
  expect_error(one("U8", "[5]", "[0,5]"), "1234", "within the 4 bytes of data");
  expect_error(one("U8", "[1]", "[3,2]"), "1234", "expected [begin, end]");
  expect_error(one("U8", "[4]", "[0]"), "1234", "expected [begin, end]");
  expect_error(one("U8", "[4]", "[0,4,4]"), "1234", "expected [begin, end]");
  expect_error(one("U8", "[4]", "[0,9223372036854775807]"), "1234", "within the 4 bytes");
  expect_error(one("U8", "[1]", "[18446744073709551615,0]"), "1234", "integers from 0 to 2^63 - 1");
  expect_error(one("U8", "[3]", "[0,4]"), "1234", "expected 3 bytes for shape [3] of U8");
  expect_error(one("I16", "[3]", "[0,4]"), "1234", "expected 6 bytes for shape [3] of I16");
}

TEST(Safetensors, RefusesOverlappingRangesButNotAdjacentOnes) {
  const auto two = [](const std::string& second) {
    return R"({"z":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
           R"("a":{"dtype":"U8","shape":[2],"data_offsets":)" +
           second + "}}";
  };
  EXPECT_NO_THROW(load(two("[3,5]"), "12345"));
  expect_error(two("[2,4]"), "12345",
               "tensor 'a'.data_offsets: got [2, 4], expected a range that does not overlap [0, 3] "
               "of tensor 'z'");
}

TEST(Safetensors, RefusesMetadataThatIsNoText) {
  expect_error(R"({"__metadata__":{"k":1}})", "", "__metadata__.k: got 1, expected a string");
  expect_error(R"({"__metadata__":[]})", "", "__metadata__: got []");
}

TEST(Safetensors, MessagesShowNoControlCharactersOfTheFile) {
  expect_error(R"({"\u001b[31m":1})", "", "tensor '\\x1b[31m'");
}

TEST(WriteSafetensors, WritesWhatIsReadAgain) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "x.safetensors";
  write_safetensors(path, {{"b", {{2, 2}, {1, 2, 3, 4}}}, {"a", {{}, {-0.5F}}}, {"e", {{0}, {}}}},
                    {{"k", "v"}});
  const Safetensors file = Safetensors::load(path);
  EXPECT_THAT(file.floats("b"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(file.at("b").shape, ElementsAre(2, 2));
  EXPECT_THAT(file.floats("a"), ElementsAre(-0.5F));
  EXPECT_THAT(file.floats("e"), IsEmpty());
  EXPECT_THAT(file.metadata(), ElementsAre(std::pair("k", "v")));
}

TEST(WriteSafetensors, AlignsTheDataTo8Bytes) {
  const test::TemporaryDirectory directory;
  for (const char* name : {"a", "ab", "abc"}) {
    write_safetensors(directory.path() / "x", {{name, {{1}, {1.F}}}});
    EXPECT_EQ(read_file(directory.path() / "x").size() % 8, 4U);
  }
}

}  // namespace
}  // namespace vitsim
