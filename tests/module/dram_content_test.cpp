// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dram_content.h"

#include <cstddef>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vitsim::test {
namespace {

using testing::ElementsAre;

std::vector<std::byte> filled(std::size_t count, int value) {
  return {count, static_cast<std::byte>(value)};
}

std::vector<int> read(const hw::DramContent& content, Bytes address, std::size_t count) {
  std::vector<std::byte> bytes(count, std::byte{99});
  content.read(address, bytes);
  std::vector<int> values;
  for (const std::byte byte : bytes) {
    values.push_back(std::to_integer<int>(byte));
  }
  return values;
}

/// Own bytes of 1 at [0, 4) and [12, 16), constants of 5 at [4, 7) and of 6 at [7, 10), nothing at
/// [10, 12).
class DramContentTest : public testing::Test {
 protected:
  std::vector<std::byte> first = filled(3, 5);
  std::vector<std::byte> second = filled(3, 6);
  hw::DramContent content{16};
  DramContentTest() {
    content.share(7, second);
    content.share(4, first);
    content.write(0, filled(4, 1));
    content.write(12, filled(4, 1));
  }
};

TEST_F(DramContentTest, AReadAcrossOwnBytesAndConstantsGetsEachFromItsPlace) {
  EXPECT_THAT(read(content, 0, 16), ElementsAre(1, 1, 1, 1, 5, 5, 5, 6, 6, 6, 0, 0, 1, 1, 1, 1));
  EXPECT_THAT(read(content, 3, 2), ElementsAre(1, 5));
  EXPECT_THAT(read(content, 5, 1), ElementsAre(5));
  EXPECT_THAT(read(content, 6, 2), ElementsAre(5, 6));
  EXPECT_THAT(read(content, 9, 2), ElementsAre(6, 0));
  EXPECT_THAT(read(content, 15, 1), ElementsAre(1));
  EXPECT_THAT(read(content, 16, 0), ElementsAre());
}

TEST_F(DramContentTest, AConstantIsNotCopied) {
  first[1] = std::byte{8};
  EXPECT_THAT(read(content, 4, 3), ElementsAre(5, 8, 5));
}

TEST_F(DramContentTest, ConstantsCountAsWritten) {
  EXPECT_EQ(content.first_unwritten(0, 10), -1);
  EXPECT_EQ(content.first_unwritten(0, 11), 10);
}

TEST_F(DramContentTest, KnowsWhereAnAccessTouchesAConstant) {
  EXPECT_EQ(content.first_shared(0, 4), -1);
  EXPECT_EQ(content.first_shared(0, 5), 4);
  EXPECT_EQ(content.first_shared(6, 1), 6);
  EXPECT_EQ(content.first_shared(9, 4), 9);
  EXPECT_EQ(content.first_shared(10, 6), -1);
  EXPECT_EQ(content.first_shared(5, 0), -1);
}

}  // namespace
}  // namespace vitsim::test
