// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/shared_work.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "vitsim/core/random.h"

namespace vitsim::timing {
namespace {

using Parts = std::vector<std::pair<std::int64_t, std::int64_t>>;

std::int64_t end_of(const Parts& parts) {
  SharedWork work;
  for (const auto& [from, size] : parts) {
    work.add(from, size);
  }
  return work.end();
}

/// By the definition, over all times at which a part may begin.
std::int64_t by_definition(const Parts& parts) {
  std::int64_t end = 0;
  for (const auto& [from, size] : parts) {
    std::int64_t sum = from;
    for (const auto& [other, work] : parts) {
      sum += other >= from ? work : 0;
    }
    end = std::max(end, sum);
  }
  return end;
}

TEST(SharedWorkTest, EndsWhenItBeganAndAllThatFollowsIsDone) {
  EXPECT_EQ(end_of({}), 0);
  EXPECT_EQ(end_of({{5, 10}}), 15);
  EXPECT_EQ(end_of({{5, 10}, {6, 10}}), 25);
  EXPECT_EQ(end_of({{5, 10}, {100, 10}}), 110);
}

TEST(SharedWorkTest, WorkThatIsAddedLateMayHaveBeenDoneBefore) {
  EXPECT_EQ(end_of({{100, 10}, {5, 10}}), 110);
  EXPECT_EQ(end_of({{100, 10}, {99, 10}}), 119);
}

TEST(SharedWorkTest, FewPartsEndAsTheDefinitionSaysInWhateverOrder) {
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    Parts parts;
    for (std::int64_t j = random.integer(1, 7); j > 0; --j) {
      parts.emplace_back(random.integer(0, 40), random.integer(1, 12));
    }
    ASSERT_EQ(end_of(parts), by_definition(parts));
  }
}

TEST(SharedWorkTest, ManyPartsNeverEndLater) {
  Random random(4);
  for (int i = 0; i < 500; ++i) {
    Parts parts;
    for (std::int64_t j = random.integer(20, 60); j > 0; --j) {
      parts.emplace_back(random.integer(0, 300), random.integer(1, 12));
    }
    ASSERT_LE(end_of(parts), by_definition(parts));
  }
}

}  // namespace
}  // namespace vitsim::timing
