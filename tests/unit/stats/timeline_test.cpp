// SPDX-License-Identifier: Apache-2.0
#include "vitsim/stats/timeline.h"

#include <numeric>

#include <gmock/gmock.h>

#include "vitsim/core/random.h"

namespace vitsim::stats {
namespace {

using testing::ElementsAre;

class TimelineTest : public testing::Test {
 protected:
  TimelineTest() { timeline_.watch("bytes", counter_); }
  [[nodiscard]] const std::vector<std::int64_t>& amounts() const {
    return timeline_.series().front().amounts;
  }

  Counter counter_{"bytes", ""};
  Timeline timeline_;
};

TEST_F(TimelineTest, WhatIsCountedInAWindowIsItsOwn) {
  EXPECT_EQ(timeline_.sample(0), 64);
  counter_ += 5;  // in a cycle before 64
  EXPECT_EQ(timeline_.sample(64), 128);
  counter_ += 7;
  EXPECT_EQ(timeline_.sample(130), 192);
  timeline_.finish(150);
  EXPECT_THAT(amounts(), ElementsAre(5, 7, 0));
}

TEST_F(TimelineTest, NothingIsCountedInWindowsThatPassWithoutASample) {
  counter_ += 5;
  timeline_.sample(300);  // nobody was awake since
  counter_ += 1;
  timeline_.finish(320);
  EXPECT_THAT(amounts(), ElementsAre(5, 0, 0, 0, 1));
  EXPECT_EQ(timeline_.window_cycles(), 64);
}

TEST_F(TimelineTest, WindowsDoubleWhenThereAreTooMany) {
  const Cycles most = static_cast<Cycles>(Timeline::kMostWindows) * Timeline::kFirstWindow;
  Cycles due = timeline_.sample(0);
  for (Cycles cycle = 0; cycle < most; ++cycle) {
    if (cycle >= due) {
      due = timeline_.sample(cycle);
    }
    ++counter_;
  }
  EXPECT_EQ(timeline_.window_cycles(), 64);
  due = timeline_.sample(most);
  EXPECT_EQ(timeline_.window_cycles(), 128);
  EXPECT_EQ(due, most + 128);
  EXPECT_EQ(amounts().size(), Timeline::kMostWindows / 2);
  EXPECT_THAT(amounts(), testing::Each(128));
}

TEST_F(TimelineTest, AnImageFromResetBeginsAnew) {
  counter_ += 5;
  timeline_.sample(1'000'000);
  counter_.reset();
  timeline_.reset();
  counter_ += 3;
  timeline_.finish(10);
  EXPECT_THAT(amounts(), ElementsAre(3));
}

/// The same from a list of what was counted when.
TEST_F(TimelineTest, WindowsAddUpAndEachHasWhatWasCountedInIt) {
  Random random(11);
  for (int round = 0; round < 40; ++round) {
    counter_.reset();
    timeline_.reset();
    std::vector<std::pair<Cycles, std::int64_t>> events;
    Cycles cycle = 0;
    Cycles due = timeline_.sample(0);
    const Cycles longest = std::int64_t{1} << random.integer(1, 14);
    for (int i = 0; i < 2000; ++i) {
      if (cycle >= due) {
        due = timeline_.sample(cycle);
      }
      events.emplace_back(cycle, random.integer(0, 9));
      counter_ += events.back().second;
      cycle += random.integer(1, longest);
    }
    timeline_.finish(cycle);
    ASSERT_LE(amounts().size(), Timeline::kMostWindows);
    const Cycles window = timeline_.window_cycles();
    ASSERT_EQ(static_cast<Cycles>(amounts().size()), ceil_div(cycle, window));
    std::vector<std::int64_t> expected(amounts().size());
    for (const auto& [when, amount] : events) {
      expected[static_cast<std::size_t>(when / window)] += amount;
    }
    ASSERT_EQ(amounts(), expected) << "round " << round;
  }
}

}  // namespace
}  // namespace vitsim::stats
