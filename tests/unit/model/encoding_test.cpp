// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/encoding.h"

#include <limits>

#include <gmock/gmock.h>

namespace vitsim::model {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

std::vector<int> bytes_of(std::span<const std::byte> bytes) {
  std::vector<int> values;
  for (const std::byte byte : bytes) {
    values.push_back(std::to_integer<int>(byte));
  }
  return values;
}

TEST(Encode, PutsNarrowIntegersInAByteInTwosComplement) {
  const std::vector<std::int16_t> values{0, 1, 127, -1, -128};
  std::vector<std::byte> bytes(5);
  encode(values, 1, bytes);
  EXPECT_THAT(bytes_of(bytes), ElementsAre(0, 1, 0x7F, 0xFF, 0x80));
}

TEST(Encode, PutsWideIntegersInTwoBytesLowByteFirst) {
  const std::vector<std::int16_t> values{1, -2, 0x1234, -32768};
  std::vector<std::byte> bytes(8);
  encode(values, 2, bytes);
  EXPECT_THAT(bytes_of(bytes), ElementsAre(0x01, 0x00, 0xFE, 0xFF, 0x34, 0x12, 0x00, 0x80));
}

TEST(Decode, GivesBackEveryIntegerThatFits) {
  for (const int width : {1, 2}) {
    std::vector<std::int16_t> values;
    const int largest = width == 1 ? 127 : 32767;
    for (int value = -largest - 1; value <= largest; ++value) {
      values.push_back(static_cast<std::int16_t>(value));
    }
    std::vector<std::byte> bytes(values.size() * static_cast<std::size_t>(width));
    encode(values, width, bytes);
    std::vector<std::int16_t> back(values.size());
    decode(bytes, width, back);
    EXPECT_THAT(back, ElementsAreArray(values));
  }
}

TEST(EncodeParams, OfAChannelAreBiasMultiplierAndShiftOfFourBytesEach) {
  const std::vector<kernels::ChannelParams> params{{-2, {0x01020304, 9}}};
  EXPECT_THAT(bytes_of(encode_params(params)),
              ElementsAre(0xFE, 0xFF, 0xFF, 0xFF, 4, 3, 2, 1, 9, 0, 0, 0));
}

TEST(EncodeParams, OfALayerNormAreAGainOfFourBytesAndAnOffsetOfEight) {
  const std::vector<kernels::LayerNormParams> params{{-2, 0x0102030405060708}};
  EXPECT_THAT(bytes_of(encode_params(params)),
              ElementsAre(0xFE, 0xFF, 0xFF, 0xFF, 8, 7, 6, 5, 4, 3, 2, 1));
}

TEST(DecodeParams, GivesBackWhatWasEncodedWhateverTheVectorHeld) {
  constexpr auto kMin = std::numeric_limits<std::int32_t>::min();
  constexpr auto kMax = std::numeric_limits<std::int32_t>::max();
  const std::vector<kernels::ChannelParams> channels{{kMin, {kMax, 62}}, {kMax, {-5, 1}}, {0, {}}};
  std::vector<kernels::ChannelParams> channels_back(7);
  decode_params(encode_params(channels), channels_back);
  EXPECT_EQ(channels_back, channels);
  const std::vector<kernels::LayerNormParams> features{
      {kMin, std::numeric_limits<std::int64_t>::min()},
      {kMax, std::numeric_limits<std::int64_t>::max()}};
  std::vector<kernels::LayerNormParams> features_back;
  decode_params(encode_params(features), features_back);
  EXPECT_EQ(features_back, features);
}

}  // namespace
}  // namespace vitsim::model
