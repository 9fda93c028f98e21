// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dram_channel.h"

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/dram_bench.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Banks 0 to 3 are one bank group, 4 to 7 the other one.

/// Opens row 1 of two banks long before edge 500 and leaves the bus in a direction.
void open_rows(ChannelBench& bench, int bank, int other_bank, bool write) {
  bench.push(0, bank, 1, write);
  bench.push(0, other_bank, 1, write);
  bench.run_through(499);
  bench.commands.clear();
  bench.done.clear();
}

/// A constraint: what is asked for, and the last command that it holds back.
struct Constraint {
  std::string name;
  std::function<void(ChannelBench&)> ask;
  DramCommand command;
  Edge edge;  ///< the first at which it may come
};

std::ostream& operator<<(std::ostream& out, const Constraint& constraint) {
  return out << constraint.name;
}

class DramConstraintTest : public testing::TestWithParam<Constraint> {};

TEST_P(DramConstraintTest, HoldsACommandBackUntilItsEdgeAndNotLonger) {
  ChannelBench bench;
  GetParam().ask(bench);
  bench.run_through(GetParam().edge - 1);
  const std::size_t before = bench.commands.size();
  bench.run_through(GetParam().edge);
  ASSERT_EQ(bench.commands.size(), before + 1);
  EXPECT_EQ(bench.commands.back().command, GetParam().command);
  EXPECT_EQ(bench.commands.back().edge, GetParam().edge);
}

constexpr bool kRead = false;
constexpr bool kWrite = true;

INSTANTIATE_TEST_SUITE_P(
    Constraints, DramConstraintTest,
    testing::Values(
        Constraint{"trcd", [](ChannelBench& b) { b.push(0, 0, 1); }, DramCommand::kRead, 11},
        Constraint{"trcd_of_a_write", [](ChannelBench& b) { b.push(0, 0, 1, kWrite); },
                   DramCommand::kWrite, 11},
        Constraint{"tras",
                   [](ChannelBench& b) {
                     b.push(0, 0, 1);
                     b.push(0, 0, 2);
                   },
                   DramCommand::kPrecharge, 41},
        Constraint{"trp",
                   [](ChannelBench& b) {
                     b.push(0, 0, 1);
                     b.push(0, 0, 2);
                   },
                   DramCommand::kActivate, 41 + 13},
        Constraint{"trrd_s",
                   [](ChannelBench& b) {
                     b.push(0, 0, 1);
                     b.push(0, 4, 1);
                   },
                   DramCommand::kActivate, 5},
        Constraint{"trrd_l",
                   [](ChannelBench& b) {
                     b.push(0, 0, 1);
                     b.push(0, 1, 1);
                   },
                   DramCommand::kActivate, 7},
        Constraint{"tfaw",
                   [](ChannelBench& b) {
                     for (const int bank : {0, 4, 1, 5, 2}) {
                       b.push(0, bank, 1);
                     }
                   },
                   DramCommand::kActivate, 43},
        Constraint{"tccd_s",
                   [](ChannelBench& b) {
                     open_rows(b, 0, 4, kRead);
                     b.push(500, 0, 1);
                     b.push(500, 4, 1);
                   },
                   DramCommand::kRead, 500 + 4},
        Constraint{"tccd_l",
                   [](ChannelBench& b) {
                     open_rows(b, 0, 1, kRead);
                     b.push(500, 0, 1);
                     b.push(500, 1, 1);
                   },
                   DramCommand::kRead, 500 + 6},
        Constraint{"tccd_l_of_writes",
                   [](ChannelBench& b) {
                     open_rows(b, 0, 1, kWrite);
                     b.push(500, 0, 1, kWrite);
                     b.push(500, 1, 1, kWrite);
                   },
                   DramCommand::kWrite, 500 + 6},
        Constraint{"twtr_s",
                   [](ChannelBench& b) {
                     open_rows(b, 0, 4, kWrite);
                     b.push(500, 0, 1, kWrite);
                     b.push(500, 4, 1, kRead);
                   },
                   DramCommand::kRead, 500 + 9 + 4 + 8},
        Constraint{"twtr_l",
                   [](ChannelBench& b) {
                     open_rows(b, 0, 1, kWrite);
                     b.push(500, 0, 1, kWrite);
                     b.push(500, 1, 1, kRead);
                   },
                   DramCommand::kRead, 500 + 9 + 4 + 12},
        Constraint{"turnaround",
                   [](ChannelBench& b) {
                     open_rows(b, 0, 4, kRead);
                     b.push(500, 0, 1, kRead);
                     b.push(500, 4, 1, kWrite);
                   },
                   DramCommand::kWrite, 500 + 17 + 4 + 3 - 9},
        Constraint{"trtp",
                   [](ChannelBench& b) {
                     open_rows(b, 0, 4, kRead);
                     b.push(500, 0, 1);
                     b.push(500, 0, 2);
                   },
                   DramCommand::kPrecharge, 500 + 10},
        Constraint{"twr",
                   [](ChannelBench& b) {
                     open_rows(b, 0, 4, kWrite);
                     b.push(500, 0, 1, kWrite);
                     b.push(500, 0, 2);
                   },
                   DramCommand::kPrecharge, 500 + 9 + 4 + 19},
        Constraint{"trefi_closes_rows",
                   [](ChannelBench& b) {
                     open_rows(b, 0, 4, kRead);
                     b.push(1999, 5, 1);  // its row opens, and is closed unread
                   },
                   DramCommand::kPrechargeAll, 1999 + 41},
        Constraint{"trefi", [](ChannelBench&) {}, DramCommand::kRefresh, 2000},
        Constraint{"trp_before_a_refresh", [](ChannelBench& b) { open_rows(b, 0, 4, kRead); },
                   DramCommand::kRefresh, 2000 + 13},
        Constraint{"trfc", [](ChannelBench& b) { b.push(2001, 0, 1); }, DramCommand::kActivate,
                   2000 + 101},
        Constraint{"the_next_trefi_counts_from_the_last_due_edge",
                   [](ChannelBench& b) { open_rows(b, 0, 4, kRead); }, DramCommand::kRefresh,
                   4000}),
    [](const auto& tested) { return tested.param.name; });

TEST(DramChannelTest, AReadIsDoneWhenItsDataHavePassed) {
  ChannelBench bench;
  bench.push(0, 0, 1);
  bench.run_through(11);
  ASSERT_EQ(bench.done.size(), 1U);
  EXPECT_EQ(bench.done[0].edge, 11 + 17 + 4);
}

TEST(DramChannelTest, AWriteIsDoneWhenItsDataHavePassed) {
  ChannelBench bench;
  bench.push(0, 0, 1, kWrite);
  bench.run_through(11);
  ASSERT_EQ(bench.done.size(), 1U);
  EXPECT_EQ(bench.done[0].edge, 11 + 9 + 4);
}

TEST(DramChannelTest, IssuesOneCommandAnEdge) {
  config::DramDevice device = odd_device();
  device.trrd_s_clocks = 11;  // the second activate and the first read want the same edge
  device.trrd_l_clocks = 11;
  ChannelBench bench({}, device);
  bench.push(0, 0, 1);
  bench.push(0, 4, 1);
  bench.run_through(12);
  ASSERT_EQ(bench.commands.size(), 3U);
  EXPECT_EQ(bench.commands[1].edge, 11);
  EXPECT_EQ(bench.commands[1].command, DramCommand::kRead) << "data before rows";
  EXPECT_EQ(bench.commands[2].edge, 12);
}

TEST(DramChannelTest, AnOpenRowIsServedBeforeAnOlderAccessToAClosedOne) {
  ChannelBench bench;
  open_rows(bench, 0, 4, kRead);
  bench.push(500, 0, 2);
  bench.push(500, 0, 1);
  bench.push(500, 4, 1);
  bench.run_through(600);
  EXPECT_THAT(bench.order(), ElementsAre(3, 4, 2));
}

TEST(DramChannelTest, OfAccessesToOpenRowsTheOldestIsServedFirst) {
  ChannelBench bench;
  open_rows(bench, 0, 4, kRead);
  bench.push(500, 4, 1);
  bench.push(500, 0, 1);
  bench.push(500, 4, 1);
  bench.run_through(600);
  EXPECT_THAT(bench.order(), ElementsAre(2, 3, 4));
}

TEST(DramChannelTest, AccessesOfTheBusesDirectionAreServedBeforeOlderOnesThatTurnItAround) {
  ChannelBench bench;
  open_rows(bench, 0, 4, kRead);
  bench.push(500, 0, 1, kWrite);
  bench.push(500, 4, 1, kRead);
  bench.push(500, 0, 1, kRead);
  bench.push(500, 4, 1, kWrite);
  bench.run_through(700);
  EXPECT_THAT(bench.order(), ElementsAre(3, 4, 2, 5));
  EXPECT_EQ(bench.counters.turnarounds.value(), 1);
}

TEST(DramChannelTest, NoAccessIsPassedByMoreThanReorderLimitYoungerOnes) {
  for (const int limit : {0, 1, 3}) {
    config::Dram config;
    config.reorder_limit = limit;
    ChannelBench bench(config);
    open_rows(bench, 0, 4, kRead);
    bench.push(500, 0, 2);
    for (int i = 0; i < 6; ++i) {
      bench.push(500, 0, 1);
    }
    bench.run_through(900);
    const auto order = bench.order();
    ASSERT_EQ(order.size(), 7U);
    EXPECT_EQ(order[static_cast<std::size_t>(limit)], 2) << "limit " << limit;
  }
}

TEST(DramChannelTest, ARefreshOpensNothingAndClosesEverything) {
  ChannelBench bench;
  open_rows(bench, 0, 4, kRead);
  bench.push(1990, 0, 1);
  bench.push(2000, 0, 1);
  bench.run_through(2200);
  std::vector<DramCommand> commands;
  for (const auto& issued : bench.commands) {
    commands.push_back(issued.command);
  }
  EXPECT_THAT(commands,
              ElementsAre(DramCommand::kRead, DramCommand::kPrechargeAll, DramCommand::kRefresh,
                          DramCommand::kActivate, DramCommand::kRead));
  EXPECT_EQ(bench.counters.refreshes.value(), 1);
  EXPECT_EQ(bench.counters.row_misses.value(), 3) << "two at first, one after the refresh";
}

TEST(DramChannelTest, WithoutRefreshNothingHappensInIdleTime) {
  config::Dram config;
  config.refresh = false;
  ChannelBench bench(config);
  open_rows(bench, 0, 4, kRead);
  bench.run_through(1'000'000);
  EXPECT_THAT(bench.commands, IsEmpty());
}

TEST(DramChannelTest, IdleTimeIsCaughtUpWithEveryRefresh) {
  ChannelBench bench;
  bench.run_through(200'000);
  EXPECT_EQ(bench.counters.refreshes.value(), 100);
  EXPECT_EQ(bench.channel.next_edge(), hw::DramChannel::kNever) << "nobody needs to wake for them";
}

TEST(DramChannelTest, TheQueueIsFullAtItsDepthAndHasRoomWhenOneIsServed) {
  config::Dram config;
  config.queue_depth = 2;
  ChannelBench bench(config);
  bench.push(0, 0, 1);
  EXPECT_FALSE(bench.channel.full());
  bench.push(0, 0, 1);
  bench.run_through(10);
  EXPECT_TRUE(bench.channel.full());
  bench.run_through(11);
  EXPECT_FALSE(bench.channel.full());
}

TEST(DramChannelTest, CountsHitsMissesConflictsAndWhyTheBusWasIdle) {
  config::Dram config;
  ChannelBench bench(config);
  bench.push(100, 0, 1);          // read at 111, data from 128 to 132
  bench.push(100, 0, 1);          // read at 117, data from 134 to 138: 2 idle for tccd_l
  bench.push(100, 0, 2, kWrite);  // precharge at 141, activate at 154, write at 165, data from 174
  bench.run_through(1000);
  EXPECT_EQ(bench.counters.row_misses.value(), 1);
  EXPECT_EQ(bench.counters.row_hits.value(), 1);
  EXPECT_EQ(bench.counters.row_conflicts.value(), 1);
  EXPECT_EQ(bench.counters.activates.value(), 2);
  EXPECT_EQ(bench.counters.precharges.value(), 1);
  EXPECT_EQ(bench.counters.bus_busy.value(), 12);
  EXPECT_EQ(bench.counters.lost_to_no_access.value(), 117) << "up to 100 + tcl";
  EXPECT_EQ(bench.counters.lost_to_rows.value(), 11);
  EXPECT_EQ(bench.counters.lost_to_gaps.value(), 2);
  EXPECT_EQ(bench.counters.lost_to_turnaround.value(), 174 - 138);
}

TEST(DramChannelTest, AfterResetTheSameAccessesGetTheSameCommands) {
  ChannelBench bench;
  const auto run = [&] {
    bench.accesses = 0;
    bench.commands.clear();
    for (int i = 0; i < 20; ++i) {
      bench.push(i * 97, i * 5 % 8, i % 3, i % 4 == 0);
    }
    bench.run_through(5000);
    std::vector<Edge> edges;
    for (const auto& issued : bench.commands) {
      edges.push_back(issued.edge);
    }
    return edges;
  };
  const auto first = run();
  bench.channel.reset();
  EXPECT_EQ(run(), first);
}

}  // namespace
}  // namespace vitsim::test
