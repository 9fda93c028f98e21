// SPDX-License-Identifier: Apache-2.0
#include "vitsim/trace/comparison.h"

#include <gmock/gmock.h>

#include "support/random_trace.h"
#include "support/temporary_directory.h"

namespace vitsim::trace {
namespace {

class ComparisonTest : public testing::Test {
 protected:
  ComparisonTest() { write(events_); }

  /// Makes these the trace.
  void write(const std::vector<Event>& events) const {
    Writer writer(path_, "{}");
    for (const Event& event : events) {
      writer.add(event);
    }
    writer.finish();
  }

  /// Compares with the trace.
  [[nodiscard]] std::optional<Divergence> compare(const std::vector<Event>& run,
                                                  const Tolerance& tolerance = {}) const {
    Reader golden(path_);
    Comparison comparison(golden, tolerance);
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

/// A run of commands, each with the same few events, and transactions between them.
std::vector<Event> some_commands(Cycles gap) {
  std::vector<Event> events;
  for (std::int64_t i = 0; i < 500; ++i) {
    const Cycles cycle = 10 * i + i % 7 * gap;
    events.emplace_back(Released{cycle, i, static_cast<std::uint8_t>(i % 3), 0});
    events.emplace_back(Transaction{cycle + 1, Port::kDramRead, 1, 64 * i, 64, 7});
    events.emplace_back(Done{cycle + 25, i, {{stats::StallCause::kDram, gap}}});
    events.emplace_back(Tile{cycle + 25, i, 0, i, 0, 8, 99, {1, 2, 3}});
  }
  std::ranges::stable_sort(events, {}, [](const Event& event) { return cycle_of(event); });
  return events;
}

class ToleranceTest : public ComparisonTest {
 protected:
  ToleranceTest() { write(some_commands(0)); }
  /// 6 is the most by which some_commands(1) is late.
  static Tolerance within(Cycles cycles) { return {false, false, false, false, cycles}; }
};

TEST_F(ToleranceTest, EventsMayComeInAnotherOrderWithinIt) {
  EXPECT_TRUE(compare(some_commands(1)));
  EXPECT_FALSE(compare(some_commands(1), within(6)));
  EXPECT_FALSE(compare(some_commands(0), within(1)));
}

TEST_F(ToleranceTest, ACycleMoreIsNoticed) {
  const auto divergence = compare(some_commands(1), within(5));
  ASSERT_TRUE(divergence && divergence->expected);
  EXPECT_EQ(divergence->cycle(), 60) << "command 6 is the first that is 6 cycles late";
  EXPECT_EQ(std::get<Released>(*divergence->expected).command, 6);
}

TEST_F(ToleranceTest, ACycleMoreIsNoticedInARunThatIsTooEarly) {
  write(some_commands(1));
  EXPECT_FALSE(compare(some_commands(0), within(6)));
  const auto divergence = compare(some_commands(0), within(5));
  ASSERT_TRUE(divergence && divergence->expected && divergence->got);
  EXPECT_EQ(cycle_of(*divergence->expected) - cycle_of(*divergence->got), 6);
}

TEST_F(ToleranceTest, ValuesAndAddressesAreStillCompared) {
  for (std::size_t at = 100; at < 110; ++at) {
    auto run = some_commands(0);
    if (auto* tile = std::get_if<Tile>(&run[at])) {
      tile->hash ^= 1;
      EXPECT_FALSE(compare(run, {false, false, false, true, 3}));
    } else if (auto* transaction = std::get_if<Transaction>(&run[at])) {
      transaction->address ^= 1;
      EXPECT_FALSE(compare(run, {true, false, false, false, 3}));
    } else if (auto* released = std::get_if<Released>(&run[at])) {
      released->layer = 1;
    } else {
      continue;  // stalls are not compared
    }
    const auto divergence = compare(run, within(3));
    ASSERT_TRUE(divergence) << at;
    EXPECT_EQ(divergence->got, run[at]);
  }
}

TEST_F(ToleranceTest, AnEventTooFewOrTooManyIsNoticed) {
  for (const std::size_t at : {0U, 700U, 1999U}) {
    auto run = some_commands(0);
    const Event lost = run[at];
    run.erase(run.begin() + static_cast<std::ptrdiff_t>(at));
    const auto fewer = compare(run, within(20));
    ASSERT_TRUE(fewer) << at;
    run = some_commands(0);
    run.push_back(run.back());
    EXPECT_TRUE(compare(run, within(20)));
  }
}

}  // namespace
}  // namespace vitsim::trace
