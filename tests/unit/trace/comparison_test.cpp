// SPDX-License-Identifier: Apache-2.0
#include "vitsim/trace/comparison.h"

#include <gmock/gmock.h>

#include "support/random_trace.h"
#include "support/temporary_directory.h"

namespace vitsim::trace {
namespace {

class ComparisonTest : public testing::Test {
 protected:
  ComparisonTest() {
    Writer writer(path_, "{}");
    for (const Event& event : events_) {
      writer.add(event);
    }
    writer.finish();
  }

  /// Compares with the trace.
  [[nodiscard]] std::optional<Divergence> compare(const std::vector<Event>& run) const {
    Reader golden(path_);
    Comparison comparison(golden);
    for (const Event& event : run) {
      comparison.add(event);
    }
    comparison.finish();
    return comparison.divergence();
  }

  std::vector<Event> events_ = test::random_events(1, 1000);
  test::TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "golden.vtrc";
};

TEST_F(ComparisonTest, TheSameEventsDoNotDiverge) { EXPECT_FALSE(compare(events_)); }

TEST_F(ComparisonTest, OneCycleIsNoticedWhereverItIs) {
  for (std::size_t at = 0; at < events_.size(); at += 37) {
    auto run = events_;
    std::visit([](auto& event) { ++event.cycle; }, run[at]);
    const auto divergence = compare(run);
    ASSERT_TRUE(divergence) << at;
    EXPECT_EQ(divergence->expected, events_[at]);
    EXPECT_EQ(divergence->got, run[at]);
  }
}

TEST_F(ComparisonTest, OneBitOfAHashIsNoticedWhereverItIs) {
  int tiles = 0;
  for (std::size_t at = 0; at < events_.size(); ++at) {
    auto run = events_;
    if (auto* tile = std::get_if<Tile>(&run[at])) {
      tile->hash ^= std::uint64_t{1} << at % 64;
      const auto divergence = compare(run);
      ASSERT_TRUE(divergence) << at;
      EXPECT_EQ(divergence->got, run[at]);
      ++tiles;
    }
  }
  EXPECT_GT(tiles, 100);
}

TEST_F(ComparisonTest, ShowsTheTenEventsBefore) {
  auto run = events_;
  run[500] = Released{1, 1, 0, 0};
  const auto divergence = compare(run);
  ASSERT_TRUE(divergence);
  EXPECT_THAT(divergence->before, testing::ElementsAreArray(&events_[490], 10));
}

TEST_F(ComparisonTest, ShowsFewerWhereTheRunHasJustBegun) {
  auto run = events_;
  run[3] = Released{1, 1, 0, 0};
  const auto divergence = compare(run);
  ASSERT_TRUE(divergence);
  EXPECT_THAT(divergence->before, testing::ElementsAreArray(events_.data(), 3));
}

TEST_F(ComparisonTest, ARunThatEndsTooEarlyDiverges) {
  auto run = events_;
  run.pop_back();
  const auto divergence = compare(run);
  ASSERT_TRUE(divergence);
  EXPECT_EQ(divergence->expected, events_.back());
  EXPECT_FALSE(divergence->got);
}

TEST_F(ComparisonTest, ARunThatGoesOnDiverges) {
  auto run = events_;
  run.emplace_back(Released{1, 1, 0, 0});
  run.emplace_back(Released{2, 2, 0, 0});
  const auto divergence = compare(run);
  ASSERT_TRUE(divergence);
  EXPECT_FALSE(divergence->expected);
  EXPECT_EQ(divergence->got, run[run.size() - 2]);
}

}  // namespace
}  // namespace vitsim::trace
