// SPDX-License-Identifier: Apache-2.0
#include "vitsim/stats/counters.h"

#include <gtest/gtest.h>

namespace vitsim::stats {
namespace {

TEST(Counter, CountsByOneAndByMore) {
  Counter counter("read_bytes", "bytes read");
  ++counter;
  counter += 63;
  EXPECT_EQ(counter.value(), 64);
  EXPECT_EQ(counter.name(), "read_bytes");
  EXPECT_EQ(counter.meaning(), "bytes read");
  counter.reset();
  EXPECT_EQ(counter.value(), 0);
}

TEST(Group, KeepsItsCountersWhereTheyAreInTheOrderOfTheirDeclaration) {
  Group group("dram");
  Counter& first = group.counter("first", "");
  for (int i = 0; i < 100; ++i) {
    group.counter("other", "");
  }
  ++first;
  EXPECT_EQ(group.counters().front().name(), "first");
  EXPECT_EQ(group.counters().front().value(), 1);
  EXPECT_EQ(group.counters().size(), 101U);
}

TEST(Group, ResetSetsAllItsCountersToZero) {
  Group group("dram");
  ++group.counter("a", "");
  group.counter("b", "") += 7;
  group.reset();
  for (const Counter& counter : group.counters()) {
    EXPECT_EQ(counter.value(), 0);
  }
  EXPECT_EQ(group.name(), "dram");
}

}  // namespace
}  // namespace vitsim::stats
