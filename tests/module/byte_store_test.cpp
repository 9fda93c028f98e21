// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/byte_store.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/core/random.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;

std::vector<std::byte> filled(Bytes count, int value) {
  return {static_cast<std::size_t>(count), static_cast<std::byte>(value)};
}

TEST(ByteStoreTest, GivesBackWhatWasWrittenAndZeroElsewhere) {
  hw::ByteStore store(8);
  store.write(3, filled(2, 7));
  const auto bytes = store.read(2, 4);
  EXPECT_THAT(std::vector(bytes.begin(), bytes.end()),
              ElementsAre(std::byte{0}, std::byte{7}, std::byte{7}, std::byte{0}));
}

TEST(ByteStoreTest, AnAccessUpToTheLastByteIsInsideAndOneBeyondIsNot) {
  const hw::ByteStore store(100);
  EXPECT_TRUE(store.contains(0, 100));
  EXPECT_TRUE(store.contains(100, 0));
  EXPECT_TRUE(store.contains(99, 1));
  EXPECT_FALSE(store.contains(99, 2));
  EXPECT_FALSE(store.contains(101, 0));
  EXPECT_FALSE(store.contains(-1, 1));
}

/// Stretches that begin and end at, before and behind the edges of bytes and words of flags.
TEST(ByteStoreTest, EveryStretchIsWrittenFromItsFirstByteToItsLastAndNoFurther) {
  constexpr Bytes kSize = 200;
  for (Bytes first = 0; first < 130; ++first) {
    for (const Bytes count : {1, 2, 7, 8, 9, 62, 63, 64, 65, 66}) {
      hw::ByteStore store(kSize);
      store.write(first, filled(count, 1));
      EXPECT_EQ(store.first_unwritten(first, count), -1) << first << " + " << count;
      EXPECT_EQ(store.first_unwritten(first, count + 1), first + count) << first << " + " << count;
      EXPECT_EQ(store.first_unwritten(0, kSize), first == 0 ? count : 0) << first << " + " << count;
      if (first > 0) {
        EXPECT_EQ(store.first_unwritten(first - 1, count), first - 1) << first << " + " << count;
      }
    }
  }
}

TEST(ByteStoreTest, ForgettingAStretchLeavesItsNeighboursWritten) {
  constexpr Bytes kSize = 200;
  for (Bytes first = 1; first < 130; ++first) {
    for (const Bytes count : {1, 2, 8, 63, 64, 65}) {
      hw::ByteStore store(kSize);
      store.write(0, filled(kSize, 1));
      store.forget(first, count);
      EXPECT_EQ(store.first_unwritten(0, first), -1);
      EXPECT_EQ(store.first_unwritten(0, kSize), first);
      EXPECT_EQ(store.first_unwritten(first + count - 1, 1), first + count - 1);
      EXPECT_EQ(store.first_unwritten(first + count, kSize - first - count), -1);
    }
  }
}

TEST(ByteStoreTest, NoByteIsNoHole) {
  const hw::ByteStore store(64);
  EXPECT_EQ(store.first_unwritten(0, 0), -1);
  EXPECT_EQ(store.first_unwritten(64, 0), -1);
}

TEST(ByteStoreTest, AgreesWithAFlagForEachByteOnRandomWritesAndForgets) {
  constexpr Bytes kSize = 500;
  Random random(1);
  hw::ByteStore store(kSize);
  std::vector<bool> written(kSize);
  for (int step = 0; step < 5000; ++step) {
    const Bytes first = random.integer(0, kSize);
    const Bytes count = random.integer(0, kSize - first);
    const bool write = random.integer(0, 1) == 0;
    if (write) {
      store.write(first, filled(count, step));
    } else {
      store.forget(first, count);
    }
    std::fill_n(written.begin() + first, count, write);
    const Bytes asked = random.integer(0, kSize);
    Bytes hole = asked;
    while (hole < kSize && written[static_cast<std::size_t>(hole)]) {
      ++hole;
    }
    ASSERT_EQ(store.first_unwritten(asked, kSize - asked), hole == kSize ? -1 : hole) << step;
  }
}

}  // namespace
}  // namespace vitsim::test
