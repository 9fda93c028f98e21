// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/allocator.h"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>

#include "vitsim/core/random.h"

namespace vitsim::mapping {
namespace {

using testing::Eq;
using testing::Optional;

TEST(Allocator, GivesOneStretchBehindTheOther) {
  Allocator allocator(100, 1);
  EXPECT_THAT(allocator.allocate(30), Optional(Eq(0)));
  EXPECT_THAT(allocator.allocate(30), Optional(Eq(30)));
  EXPECT_THAT(allocator.allocate(40), Optional(Eq(60)));
  EXPECT_EQ(allocator.allocate(1), std::nullopt);
}

TEST(Allocator, GivesAddressesOfItsStretchAlone) {
  Allocator allocator(48, 16, 160);
  EXPECT_EQ(allocator.largest_free(), 48);
  EXPECT_THAT(allocator.allocate_high(16), Optional(Eq(192)));
  EXPECT_THAT(allocator.allocate(16), Optional(Eq(160)));
  EXPECT_EQ(allocator.allocate(17), std::nullopt);
  EXPECT_EQ(allocator.peak(), 208);
  allocator.release(160);
  EXPECT_EQ(allocator.largest_free(), 32);
  EXPECT_THAT(allocator.allocate(32), Optional(Eq(160)));
}

TEST(Allocator, RoundsSizesAndCapacityToTheAlignment) {
  Allocator allocator(63, 16);
  EXPECT_EQ(allocator.largest_free(), 48);
  EXPECT_THAT(allocator.allocate(1), Optional(Eq(0)));
  EXPECT_THAT(allocator.allocate(17), Optional(Eq(16)));
  EXPECT_EQ(allocator.allocate(1), std::nullopt);
}

TEST(Allocator, GoesOnFromWhereItGaveLastAndThenFromTheStart) {
  Allocator allocator(100, 1);
  EXPECT_THAT(allocator.allocate(40), Optional(Eq(0)));
  allocator.release(0);
  EXPECT_THAT(allocator.allocate(40), Optional(Eq(40)));  // not 0 again
  EXPECT_THAT(allocator.allocate(30), Optional(Eq(0)));   // 80 to 100 is too short
}

TEST(Allocator, FillsAHoleThatIsLongEnough) {
  Allocator allocator(100, 1);
  for (const Bytes address : {0, 20, 40, 60, 80}) {
    ASSERT_THAT(allocator.allocate(20), Optional(Eq(address)));
  }
  allocator.release(20);
  allocator.release(60);
  EXPECT_EQ(allocator.allocate(21), std::nullopt);
  EXPECT_THAT(allocator.allocate(20), Optional(Eq(20)));
  EXPECT_THAT(allocator.allocate(20), Optional(Eq(60)));
}

TEST(Allocator, GivesTheHighestAddressForWhatStays) {
  Allocator allocator(100, 10);
  EXPECT_THAT(allocator.allocate_high(25), Optional(Eq(70)));
  EXPECT_THAT(allocator.allocate_high(10), Optional(Eq(60)));
  allocator.release(70);
  EXPECT_THAT(allocator.allocate_high(20), Optional(Eq(80)));
  EXPECT_THAT(allocator.allocate_high(20), Optional(Eq(40)));  // 70 to 80 is too short
  EXPECT_EQ(allocator.allocate_high(50), std::nullopt);
  EXPECT_THAT(allocator.allocate_high(40), Optional(Eq(0)));
}

TEST(Allocator, TellsTheLongestFreeStretchAndTheHighestAddressInUse) {
  Allocator allocator(100, 1);
  EXPECT_EQ(allocator.largest_free(), 100);
  EXPECT_EQ(allocator.peak(), 0);
  allocator.allocate(10);
  allocator.allocate(50);
  EXPECT_EQ(allocator.largest_free(), 40);
  EXPECT_EQ(allocator.peak(), 60);
  allocator.release(10);
  EXPECT_EQ(allocator.largest_free(), 90);
  EXPECT_EQ(allocator.peak(), 60);
}

TEST(Allocator, OfNothingGivesAnAddressOfItsOwn) {
  Allocator allocator(2, 1);
  EXPECT_THAT(allocator.allocate(0), Optional(Eq(0)));
  EXPECT_THAT(allocator.allocate(0), Optional(Eq(1)));
  EXPECT_EQ(allocator.allocate(0), std::nullopt);
}

TEST(Allocator, FindsRoomWheneverThereIsAndNeverGivesAByteTwice) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    const Bytes alignment = random.integer(1, 5);
    const Bytes capacity = random.integer(20, 120);
    const Bytes usable = capacity / alignment * alignment;
    Allocator allocator(capacity, alignment);
    std::vector<bool> used(static_cast<std::size_t>(usable));
    std::vector<std::pair<Bytes, Bytes>> given;
    for (int step = 0; step < 60; ++step) {
      Bytes longest = 0;
      Bytes run = 0;
      for (const bool byte : used) {
        run = byte ? 0 : run + 1;
        longest = std::max(longest, run);
      }
      ASSERT_EQ(allocator.largest_free(), longest);
      if (!given.empty() && random.integer(0, 2) == 0) {
        const auto victim = given.begin() + random.integer(0, std::ssize(given) - 1);
        allocator.release(victim->first);
        std::fill_n(used.begin() + victim->first, victim->second, false);
        given.erase(victim);
        continue;
      }
      const Bytes size = round_up(random.integer(1, 30), alignment);
      const auto address =
          random.integer(0, 1) == 0 ? allocator.allocate(size) : allocator.allocate_high(size);
      ASSERT_EQ(address.has_value(), size <= longest);
      if (address) {
        ASSERT_EQ(*address % alignment, 0);
        ASSERT_TRUE(*address >= 0 && *address + size <= usable);
        ASSERT_TRUE(std::none_of(used.begin() + *address, used.begin() + *address + size,
                                 [](bool byte) { return byte; }));
        std::fill_n(used.begin() + *address, size, true);
        given.emplace_back(*address, size);
      }
    }
  }
}

}  // namespace
}  // namespace vitsim::mapping
