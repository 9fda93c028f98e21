// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/runner.h"

#include <chrono>
#include <csignal>
#include <map>
#include <set>
#include <thread>

#include <gmock/gmock.h>

#include "vitsim/core/error.h"
#include "vitsim/core/random.h"
#include "vitsim/sweep/pareto.h"
#include "vitsim/sweep/pareto_search.h"

#include "support/temporary_directory.h"

namespace vitsim::sweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RunnerTest : public testing::Test {
 protected:
  RunnerTest() { options_.objectives = {{"totals.cycles", false}}; }

  /// A point that takes this many cycles.
  static Job job(std::size_t number, double cycles) {
    Job job;
    job.hash = std::to_string(number);
    job.parameters = {{"rows", static_cast<double>(number)}};
    job.simulate = [=] { return Figures{{{"totals.cycles", cycles}}, {}}; };
    job.estimate = job.simulate;
    return job;
  }
  Tally run(std::size_t count, const std::function<Job(std::size_t)>& job_of) {
    return run_points(count, job_of, store_, options_);
  }
  /// Messages of the points, by hash.
  [[nodiscard]] std::map<std::string, std::string> messages() const {
    std::map<std::string, std::string> messages;
    store_.each({}, [&](const Row& row) { messages[row.hash] = row.message; });
    return messages;
  }

  test::TemporaryDirectory directory_;
  Store store_{directory_.path() / "sweep.sqlite", Store::Mode::kWrite};
  RunnerOptions options_;
};

TEST_F(RunnerTest, EveryPointIsInTheStoreWithItsParametersAndFigures) {
  options_.jobs = 3;
  const Tally tally = run(20, [](std::size_t i) { return job(i, 100.0 - static_cast<double>(i)); });
  EXPECT_EQ(tally.done, 20U);
  EXPECT_EQ(tally.over(), 20U);
  ASSERT_TRUE(tally.best);
  EXPECT_EQ(tally.best->value, 81);
  EXPECT_EQ(tally.best->parameters[0].second, Value(19.0));
  std::set<double> sums;
  store_.each({"rows", "totals.cycles"}, [&](const Row& row) {
    EXPECT_TRUE(row.done);
    sums.insert(std::get<double>(*row.values[0]) + std::get<double>(*row.values[1]));
  });
  EXPECT_EQ(store_.count(), 20);
  EXPECT_THAT(sums, ElementsAre(100.0));
}

TEST_F(RunnerTest, WhatBefallsAPointIsARowAndTheSweepGoesOn) {
  options_.jobs = 2;
  options_.limits.time = std::chrono::milliseconds(300);
  const Tally tally = run(6, [](std::size_t i) {
    Job one = job(i, 1);
    switch (i) {
      case 0:
        one.problem = "rows: got 0";
        break;
      case 1:
        one.simulate = []() -> Figures { throw SimulationError("deadlock at cycle 7"); };
        break;
      case 2:
        one.simulate = []() -> Figures {
          ::raise(SIGKILL);
          return {};
        };
        break;
      case 3:
        one.simulate = []() -> Figures {
          std::this_thread::sleep_for(std::chrono::minutes(1));
          return {};
        };
        break;
      case 4:
        one.simulate = []() -> Figures { throw std::bad_alloc(); };
        break;
      default:
        break;
    }
    return one;
  });
  EXPECT_EQ(tally.done, 1U);
  EXPECT_EQ(tally.failed, 5U);
  EXPECT_EQ(tally.first_failure, "rows: got 0");
  const auto said = messages();
  EXPECT_EQ(said.at("0"), "rows: got 0");
  EXPECT_EQ(said.at("1"), "deadlock at cycle 7");
  EXPECT_THAT(said.at("2"), HasSubstr("killed by signal 9"));
  EXPECT_EQ(said.at("3"), "the simulation took longer than 0.3 s");
  EXPECT_EQ(said.at("4"), "out of memory");
  EXPECT_EQ(said.at("5"), "");
}

TEST_F(RunnerTest, APointThatTheStoreKnowsIsNotRunAgain) {
  const auto never = [](std::size_t i) {
    Job one = job(i, 1);
    one.simulate = []() -> Figures { throw SimulationError("it ran"); };
    return one;
  };
  run(3, [](std::size_t i) { return job(i, 5); });
  const Tally again = run(4, never);
  EXPECT_EQ(again.known, 3U);
  EXPECT_EQ(again.failed, 1U);
  ASSERT_TRUE(again.best);
  EXPECT_EQ(again.best->value, 5);
  // What has failed fails again, unless the user thinks otherwise.
  EXPECT_EQ(run(4, never).known, 4U);
  options_.retry_failed = true;
  const Tally retried = run(4, [](std::size_t i) { return job(i, 7); });
  EXPECT_EQ(retried.known, 3U);
  EXPECT_EQ(retried.done, 1U);
  EXPECT_TRUE(store_.is_done("3"));
}

TEST_F(RunnerTest, PointsThatAreTheSameMachineAreRunOnce) {
  options_.jobs = 4;
  const Tally tally = run(8, [](std::size_t i) {
    Job one = job(i, 1);
    one.hash = i % 2 == 0 ? "even" : "odd";
    return one;
  });
  EXPECT_EQ(tally.done, 2U);
  EXPECT_EQ(tally.known, 6U);
}

TEST_F(RunnerTest, AnObjectiveThatNoReportHasIsNamedAndTheFirstPointKept) {
  options_.objectives = {{"totals.cycels", false}};
  try {
    run(5, [](std::size_t i) { return job(i, 1); });
    FAIL() << "it was accepted";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("such as 'totals.cycles'"));
  }
  EXPECT_GE(store_.count(), 1);
}

TEST_F(RunnerTest, WrongIntegersAreCounted) {
  const Tally tally = run(2, [](std::size_t i) {
    Job one = job(i, 1);
    one.simulate = [] {
      return Figures{{{"totals.cycles", 1.0}, {"check.integer_mismatches", 21.0}}, {}};
    };
    return one;
  });
  EXPECT_EQ(tally.mismatches, 42);
}

/// Random costs with bounds that are never above them.
struct RandomSpace {
  explicit RandomSpace(std::uint64_t seed) {
    Random random(seed);
    points.resize(static_cast<std::size_t>(random.integer(1, 60)));
    for (auto& [cycles, least_cycles, pes] : points) {
      cycles = static_cast<double>(random.integer(1, 40));
      least_cycles =
          cycles - static_cast<double>(random.integer(0, static_cast<std::int64_t>(cycles * 0.3)));
      pes = static_cast<double>(random.integer(1, 8));
    }
  }
  struct One {
    double cycles = 0;
    double least_cycles = 0;
    double pes = 0;
  };
  std::vector<One> points;
};

TEST_F(RunnerTest, APrunedSweepHasTheWholeFrontAndLeavesPointsOut) {
  options_.jobs = 2;
  options_.prune = true;
  options_.objectives = {{"totals.cycles", false}, {"totals.pes", false}};
  std::size_t pruned = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const RandomSpace space(seed);
    Store store(directory_.path() / std::to_string(seed), Store::Mode::kWrite);
    const Tally tally = run_points(
        space.points.size(),
        [&](std::size_t i) {
          const RandomSpace::One one = space.points[i];
          Job made = job(i, 0);
          made.simulate = [=] {
            return Figures{{{"totals.cycles", one.cycles}, {"totals.pes", one.pes}}, {}};
          };
          made.estimate = [=] {
            return Figures{{{"totals.cycles", one.least_cycles}, {"totals.pes", one.pes}}, {}};
          };
          return made;
        },
        store, options_);
    EXPECT_EQ(tally.over(), space.points.size());
    pruned += tally.pruned;
    std::vector<Costs> costs;
    for (const auto& one : space.points) {
      costs.push_back({one.cycles, one.pes});
    }
    for (const std::size_t on_front : pareto_front(costs)) {
      EXPECT_TRUE(store.is_done(std::to_string(on_front))) << "seed " << seed;
    }
  }
  EXPECT_GT(pruned, 100U);
}

TEST(ParetoSearchTest, AnEstimateBoundsWhatItKnowsAndNothingElse) {
  const std::vector<Named> parameters{{"accelerator.scratchpad.size_kib", 64.0},
                                      {"config", std::string("a.yaml")}};
  const std::vector<Named> estimate{{"totals.cycles", 100.0},
                                    {"totals.pes", 16.0},
                                    {"totals.pe_utilization", 0.5},
                                    {"config.accelerator.dram.bytes_per_cycle", 12.8}};
  const double unknown = -std::numeric_limits<double>::infinity();
  const auto bound = [&](const std::string& key, bool maximize) {
    return bounds_of({{key, maximize}}, parameters, estimate)[0];
  };
  EXPECT_EQ(bound("totals.cycles", false), 100);
  EXPECT_EQ(bound("totals.cycles_per_image", false), 100);
  EXPECT_EQ(bound("totals.cycles", true), unknown);
  EXPECT_EQ(bound("totals.pe_utilization", true), -0.5);
  EXPECT_EQ(bound("totals.pe_utilization", false), unknown);
  EXPECT_EQ(bound("totals.pes", false), 16);
  EXPECT_EQ(bound("totals.pes", true), -16);
  EXPECT_EQ(bound("config.accelerator.dram.bytes_per_cycle", false), 12.8);
  EXPECT_EQ(bound("accelerator.scratchpad.size_kib", true), -64);
  EXPECT_EQ(bound("totals.top1", true), unknown);
  EXPECT_EQ(bound("totals.dram_read_bytes", false), unknown);
}

TEST(ParetoSearchTest, WithoutABoundForEveryObjectiveNothingIsLeftOut) {
  ParetoSearch search({Costs{5, -std::numeric_limits<double>::infinity()}, std::nullopt});
  search.add({1, 1});
  EXPECT_TRUE(search.can_reach_front(0));
  EXPECT_TRUE(search.can_reach_front(1));
}

}  // namespace
}  // namespace vitsim::sweep
