// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/fifo.h"

#include <deque>
#include <vector>

#include <gtest/gtest.h>

#include "vitsim/core/random.h"

namespace vitsim::test {
namespace {

TEST(FifoTest, AgreesWithADequeOnRandomPushesAndPopsAcrossAllSizes) {
  Random random(1);
  hw::Fifo<int> fifo;
  std::deque<int> expected;
  for (int step = 0; step < 20000; ++step) {
    // Mostly pushes, then mostly pops: it grows and wraps around at every size.
    const bool grows = step / 1000 % 2 == 0;
    if (random.integer(0, 9) < (grows ? 6 : 4)) {
      fifo.push(step);
      expected.push_back(step);
    } else if (!expected.empty()) {
      fifo.pop();
      expected.pop_front();
    }
    ASSERT_EQ(fifo.size(), expected.size());
    ASSERT_EQ(fifo.empty(), expected.empty());
    if (!expected.empty()) {
      ASSERT_EQ(fifo.front(), expected.front());
      ASSERT_EQ(fifo.back(), expected.back());
      const std::size_t middle = expected.size() / 2;
      ASSERT_EQ(fifo[middle], expected[middle]);
    }
  }
}

TEST(FifoTest, ASlotKeepsTheBufferOfItsLastElement) {
  hw::Fifo<std::vector<int>> fifo;
  fifo.push_used().assign(100, 1);
  const int* buffer = fifo.front().data();
  fifo.pop();
  for (int other = 0; other < 7; ++other) {
    fifo.push({});
    fifo.pop();
  }
  fifo.push_used().assign(50, 2);
  EXPECT_EQ(fifo.front().data(), buffer);
}

TEST(FifoTest, ClearedItIsEmptyAndTakesElementsAgain) {
  hw::Fifo<int> fifo;
  fifo.push(1);
  fifo.push(2);
  fifo.clear();
  EXPECT_TRUE(fifo.empty());
  fifo.push(3);
  EXPECT_EQ(fifo.front(), 3);
  EXPECT_EQ(fifo.back(), 3);
}

}  // namespace
}  // namespace vitsim::test
