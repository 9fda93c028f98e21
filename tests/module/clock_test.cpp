// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/clock.h"

#include <deque>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/bench.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

/// Notes its cycles and does what the test says.
class Sleeper : public hw::Ticked {
 public:
  Sleeper(const sc_core::sc_module_name& name, hw::Clock& clock) : Ticked(name, clock) {}

  std::vector<Cycles> cycles;
  std::function<void(Sleeper&)> on_reset = [](Sleeper& self) { self.wake(); };
  std::function<void(Sleeper&, Cycles)> on_tick = [](Sleeper&, Cycles) {};
  std::vector<std::string>* order = nullptr;
  void wake_in(Cycles cycle) { wake_at(cycle); }

  void reset() override {
    cycles.clear();
    on_reset(*this);
  }
  [[nodiscard]] std::string status() const override { return "sleeps well"; }

 private:
  void tick() override {
    cycles.push_back(now());
    if (order != nullptr) {
      order->emplace_back(basename());
    }
    on_tick(*this, now());
  }
};

struct ClockBench : Bench {
  Sleeper first{"first", clock};
  Sleeper second{"second", clock};
  explicit ClockBench(const sc_core::sc_module_name& name, Cycles watchdog_cycles = 1'000'000'000)
      : Bench(name, watchdog_cycles) {}
};

TEST(ClockTest, AModuleThatWakesItselfRunsInTheNextCycleAndThenSleeps) {
  ClockBench bench("bench");
  bench.first.on_tick = [](Sleeper& self, Cycles now) {
    if (now == 0) {
      self.wake();
    }
  };
  bench.reset();
  bench.run_through(0);
  EXPECT_THAT(bench.first.cycles, ElementsAre(0));
  bench.run_through(100);
  EXPECT_THAT(bench.first.cycles, ElementsAre(0, 1));
}

TEST(ClockTest, AnAlarmRunsTheModuleInItsCycleAndNotOneEarlier) {
  ClockBench bench("bench");
  bench.first.on_reset = [](Sleeper& self) { self.wake_in(7); };
  bench.reset();
  bench.run_through(6);
  EXPECT_THAT(bench.first.cycles, IsEmpty());
  bench.run_through(7);
  EXPECT_THAT(bench.first.cycles, ElementsAre(7));
}

TEST(ClockTest, AnAlarmForACycleThatIsNotAheadIsForTheNextCycle) {
  ClockBench bench("bench");
  bench.first.on_tick = [](Sleeper& self, Cycles now) {
    if (now == 0) {
      self.wake_in(0);
    }
  };
  bench.reset();
  bench.run_through(100);
  EXPECT_THAT(bench.first.cycles, ElementsAre(0, 1));
}

TEST(ClockTest, AlarmsOfSeveralModulesRingInTheOrderOfTheirCycles) {
  ClockBench bench("bench");
  bench.first.on_reset = [](Sleeper& self) {
    self.wake_in(50);
    self.wake_in(10);
  };
  bench.second.on_reset = [](Sleeper& self) { self.wake_in(30); };
  bench.reset();
  bench.run_through(100);
  EXPECT_THAT(bench.first.cycles, ElementsAre(10, 50));
  EXPECT_THAT(bench.second.cycles, ElementsAre(30));
}

TEST(ClockTest, AlarmsAroundTheLengthOfTheClocksWheelRingInTheirCyclesFromAnyCycle) {
  ClockBench bench("bench");
  Cycles start = 0;
  Cycles ahead = 0;
  bench.first.on_reset = [&](Sleeper& self) { self.wake_in(start); };
  bench.first.on_tick = [&](Sleeper& self, Cycles now) {
    if (now == start) {
      self.wake_in(now + ahead);
      self.wake_in(now + 64);
    }
  };
  for (start = 60; start <= 68; ++start) {
    for (ahead = 62; ahead <= 130; ++ahead) {
      bench.reset();
      bench.run_through(1000);
      const std::set<Cycles> expected{start, start + 64, start + ahead};
      EXPECT_THAT(bench.first.cycles, ElementsAreArray(expected)) << start << " + " << ahead;
    }
  }
}

TEST(ClockTest, AnAlarmFromAfarAndAWakeOfTheSameCycleRunTheModuleOnce) {
  ClockBench bench("bench");
  bench.first.on_reset = [](Sleeper& self) {
    self.wake_in(200);
    self.wake_in(200);
  };
  bench.second.on_reset = [](Sleeper& self) { self.wake_in(199); };
  bench.second.on_tick = [&bench](Sleeper&, Cycles) { bench.first.wake(); };
  bench.reset();
  bench.run_through(300);
  EXPECT_THAT(bench.first.cycles, ElementsAre(200));
}

TEST(ClockTest, AlarmsAndWakesInOneCycleRunTheModuleOnce) {
  ClockBench bench("bench");
  bench.first.on_reset = [](Sleeper& self) {
    self.wake_in(5);
    self.wake_in(5);
    self.wake_in(4);
  };
  bench.first.on_tick = [](Sleeper& self, Cycles now) {
    if (now == 4) {
      self.wake();
      self.wake();
    }
  };
  bench.second.on_reset = [](Sleeper& self) { self.wake_in(4); };
  bench.second.on_tick = [&bench](Sleeper&, Cycles) { bench.first.wake(); };
  bench.reset();
  bench.run_through(100);
  EXPECT_THAT(bench.first.cycles, ElementsAre(4, 5));
}

TEST(ClockTest, CyclesThatNobodyAskedForCostNothing) {
  ClockBench bench("bench");
  bench.first.on_reset = [](Sleeper& self) { self.wake_in(100'000'000); };
  bench.reset();
  const auto before = sc_core::sc_delta_count();
  bench.run_through(100'000'001);
  EXPECT_THAT(bench.first.cycles, ElementsAre(100'000'000));
  EXPECT_LT(sc_core::sc_delta_count() - before, 10U);
}

TEST(ClockTest, WithoutProgressTheWatchdogFiresInItsCycleAndShowsWhatEveryModuleWaitsFor) {
  ClockBench bench("bench", 100);
  bench.first.on_reset = [](Sleeper& self) { self.wake_in(10); };
  bench.first.on_tick = [&bench](Sleeper&, Cycles) { bench.clock.note_progress(); };
  bench.reset();
  EXPECT_EQ(bench.failure_through(109), "");
  const std::string message = bench.failure_through(110);
  EXPECT_THAT(message, HasSubstr("cycle 110: deadlock: no unit has done anything since cycle 10"));
  EXPECT_THAT(message, HasSubstr("watchdog_cycles 100"));
  EXPECT_THAT(message, HasSubstr("bench.first: sleeps well"));
  EXPECT_THAT(message, HasSubstr("bench.second: sleeps well"));
}

TEST(ClockTest, AModuleThatIsAwakeButMovesNothingDoesNotHoldOffTheWatchdog) {
  ClockBench bench("bench", 100);
  bench.first.on_tick = [](Sleeper& self, Cycles) { self.wake(); };
  bench.reset();
  EXPECT_EQ(bench.failure_through(99), "");
  EXPECT_THAT(bench.failure_through(100), HasSubstr("cycle 100: deadlock"));
}

TEST(ClockTest, ProgressWithinWatchdogCyclesKeepsTheRunAlive) {
  ClockBench bench("bench", 100);
  bench.first.on_tick = [&bench](Sleeper& self, Cycles now) {
    bench.clock.note_progress();
    if (now < 990) {
      self.wake_in(now + 99);
    }
  };
  bench.reset();
  EXPECT_EQ(bench.failure_through(1089), "");
  EXPECT_THAT(bench.failure_through(1090), HasSubstr("since cycle 990"));
}

TEST(ClockTest, AnObserverLooksBeforeTheModulesOfTheFirstCycleFromTheOneOnThatItAskedFor) {
  ClockBench bench("bench");
  std::vector<std::string> order;
  bench.first.order = &order;
  bench.first.on_tick = [](Sleeper& self, Cycles now) {
    if (now < 3) {
      self.wake();
    } else if (now == 3) {
      self.wake_in(50);
    }
  };
  bench.second.on_reset = [](Sleeper&) {};
  std::vector<Cycles> looks;
  bench.clock.set_observer([&](Cycles now) {
    looks.push_back(now);
    order.emplace_back("look");
    return now + 2;
  });
  bench.reset();
  bench.run_through(100);
  EXPECT_THAT(looks, ElementsAre(0, 2, 50)) << "it wakes nobody";
  EXPECT_THAT(order,
              ElementsAre("look", "first", "first", "look", "first", "first", "look", "first"));
  bench.reset();
  bench.run_through(1);
  EXPECT_THAT(looks, ElementsAre(0, 2, 50, 0)) << "each run begins with a look";
}

TEST(ClockTest, AnObserverDoesNotHoldOffTheWatchdog) {
  ClockBench bench("bench", 100);
  bench.clock.set_observer([](Cycles now) { return now + 1; });
  bench.first.on_tick = [](Sleeper& self, Cycles) { self.wake(); };
  bench.reset();
  EXPECT_EQ(bench.failure_through(99), "");
  EXPECT_THAT(bench.failure_through(100), HasSubstr("cycle 100: deadlock"));
}

TEST(ClockTest, StopLetsTheCycleFinishAndBeginsNoOther) {
  ClockBench bench("bench");
  bench.first.on_tick = [&bench](Sleeper& self, Cycles now) {
    self.wake();
    if (now == 3) {
      bench.clock.stop();
    }
  };
  bench.second.on_tick = [](Sleeper& self, Cycles) { self.wake(); };
  bench.reset();
  bench.run_through(100);
  EXPECT_TRUE(bench.clock.stopped());
  EXPECT_THAT(bench.first.cycles, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(bench.second.cycles, ElementsAre(0, 1, 2, 3));
}

TEST(ClockTest, ResetForgetsAlarmsAndWakesAndMakesTheNextRunTheSame) {
  ClockBench bench("bench");
  bench.first.on_tick = [](Sleeper& self, Cycles now) {
    if (now < 40) {
      self.wake_in(now + 3);
      self.wake();
    }
  };
  bench.second.on_reset = [](Sleeper& self) { self.wake_in(17); };
  bench.reset();
  bench.run_through(60);
  const auto first = bench.first.cycles;
  const auto second = bench.second.cycles;
  bench.reset();
  bench.run_through(11);  // stops in the middle, with a wake and these alarms open
  bench.first.wake_in(55);
  bench.second.wake_in(20);
  bench.reset();
  bench.run_through(60);
  EXPECT_EQ(bench.first.cycles, first);
  EXPECT_EQ(bench.second.cycles, second);
}

TEST(ClockTest, ServesSixtyFourModulesAndRefusesAnother) {
  ClockBench bench("bench");
  std::deque<Sleeper> others;
  while (others.size() < 62) {
    others.emplace_back(sc_core::sc_gen_unique_name("other"), bench.clock);
  }
  bench.reset();
  bench.run_through(0);
  EXPECT_THAT(bench.first.cycles, ElementsAre(0));
  EXPECT_THAT(others.back().cycles, ElementsAre(0));
  EXPECT_THROW(bench.clock.attach(others.back()), sc_core::sc_report);
}

TEST(ClockTest, ReverseOrderRunsTheModulesOfACycleInReverse) {
  ClockBench bench("bench");
  std::vector<std::string> order;
  bench.first.order = &order;
  bench.second.order = &order;
  bench.reset();
  bench.run_through(0);
  bench.clock.set_reverse_order(true);
  bench.reset();
  bench.run_through(0);
  ASSERT_EQ(order.size(), 4U);
  EXPECT_NE(order[0], order[1]);
  EXPECT_EQ(order[2], order[1]);
  EXPECT_EQ(order[3], order[0]);
}

/// Somebody who keeps SystemC's time and wakes a module at a moment of it.
class Outsider : public sc_core::sc_module {
 public:
  Sleeper* woken = nullptr;
  std::vector<Cycles> seen;  ///< what the clock says at each moment

  Outsider(const sc_core::sc_module_name& name, const hw::Clock& clock)
      : sc_module(name), clock_(clock) {
    SC_HAS_PROCESS(Outsider);
    SC_METHOD(act);
    dont_initialize();
    sensitive << moment_;
  }
  void act_after(const sc_core::sc_time& time) { moment_.notify(time); }

 private:
  void act() {
    seen.push_back(clock_.seen_after(sc_core::SC_ZERO_TIME));
    woken->wake();
  }
  const hw::Clock& clock_;
  sc_core::sc_event moment_;
};

struct TimedBench : ClockBench {
  Outsider outsider{"outsider", clock};
  explicit TimedBench(const sc_core::sc_module_name& name, double mhz) : ClockBench(name) {
    clock.set_frequency(mhz);
    outsider.woken = &first;
    first.on_reset = [](Sleeper&) {};
    second.on_reset = [](Sleeper&) {};
  }
};

// At 300 MHz edges are at 3334, 6667, 10000 ... ps after the reset: cycle 0, 1, 2 ...

TEST(TimedClockTest, WhatHappensBetweenTwoEdgesIsSeenInTheNextCycle) {
  TimedBench bench("bench", 300);
  bench.reset();
  bench.outsider.act_after(sc_core::sc_time(50001, sc_core::SC_PS));  // cycle 14 begins at 50000
  sc_core::sc_start(sc_core::sc_time(100, sc_core::SC_NS));
  EXPECT_THAT(bench.first.cycles, ElementsAre(15));
  EXPECT_THAT(bench.outsider.seen, ElementsAre(15));
}

TEST(TimedClockTest, WhatHappensAtTheEdgeOfAnIdleCycleIsSeenInTheNext) {
  TimedBench bench("bench", 300);
  bench.reset();
  bench.outsider.act_after(sc_core::sc_time(50000, sc_core::SC_PS));
  sc_core::sc_start(sc_core::sc_time(100, sc_core::SC_NS));
  EXPECT_THAT(bench.first.cycles, ElementsAre(15));
}

TEST(TimedClockTest, WhatHappensAtTheEdgeOfABusyCycleIsSeenInTheNext) {
  TimedBench bench("bench", 300);
  bench.second.on_reset = [](Sleeper& self) { self.wake_in(14); };
  bench.reset();
  bench.outsider.act_after(sc_core::sc_time(50000, sc_core::SC_PS));
  sc_core::sc_start(sc_core::sc_time(100, sc_core::SC_NS));
  EXPECT_THAT(bench.second.cycles, ElementsAre(14));
  EXPECT_THAT(bench.first.cycles, ElementsAre(15));
}

TEST(TimedClockTest, EdgesAreRoundedUpAndRoundingDoesNotAddUp) {
  TimedBench bench("bench", 300);
  EXPECT_EQ(bench.clock.duration(1), sc_core::sc_time(3334, sc_core::SC_PS));
  EXPECT_EQ(bench.clock.duration(2), sc_core::sc_time(6667, sc_core::SC_PS));
  EXPECT_EQ(bench.clock.duration(300'000'000), sc_core::sc_time(1, sc_core::SC_SEC));
}

}  // namespace
}  // namespace vitsim::test
