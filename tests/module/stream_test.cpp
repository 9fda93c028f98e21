// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/stream.h"

#include <deque>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/bench.h"
#include "support/stream_mocks.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct StreamBench : Bench {
  hw::Stream<int> stream;
  Source<int> source{"source", clock};
  Sink<int> sink{"sink", clock};

  StreamBench(const sc_core::sc_module_name& name, std::size_t slots, int beats)
      : Bench(name), stream("stream", clock, slots) {
    source.out.bind(stream);
    sink.in.bind(stream);
    for (int i = 0; i < beats; ++i) {
      source.beats.push_back(i);
    }
  }
  void clear_streams() override { stream.clear(); }
};

std::vector<Cycles> every(Cycles step, Cycles first, int count) {
  std::vector<Cycles> cycles;
  for (int i = 0; i < count; ++i) {
    cycles.push_back(first + i * step);
  }
  return cycles;
}

/// Runs in both orders of execution.
class StreamTest : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Order, StreamTest, testing::Bool(), [](const auto& order) {
  return std::string(order.param ? "Reversed" : "Forwards");
});

TEST_P(StreamTest, ABeatWrittenInACycleCanBeReadInTheNextAndNotInTheSame) {
  StreamBench bench("bench", 2, 1);
  bench.clock.set_reverse_order(GetParam());
  bench.source.offers = [](Cycles cycle) { return cycle >= 5; };
  bench.sink.takes = [](Cycles) { return true; };
  bench.reset();
  bench.run_through(5);
  EXPECT_THAT(bench.source.written, ElementsAre(5));
  EXPECT_THAT(bench.sink.beats, IsEmpty());
  bench.run_through(6);
  EXPECT_THAT(bench.sink.beats, ElementsAre(0));
}

TEST_P(StreamTest, TwoSlotsGiveABeatACycle) {
  StreamBench bench("bench", 2, 50);
  bench.clock.set_reverse_order(GetParam());
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.source.written, every(1, 0, 50));
  EXPECT_EQ(bench.sink.cycles, every(1, 1, 50));
  EXPECT_EQ(bench.sink.beats, bench.source.beats);
}

TEST_P(StreamTest, OneSlotGivesABeatEveryOtherCycle) {
  StreamBench bench("bench", 1, 50);
  bench.clock.set_reverse_order(GetParam());
  bench.reset();
  bench.run_through(200);
  EXPECT_EQ(bench.source.written, every(2, 0, 50));
  EXPECT_EQ(bench.sink.cycles, every(2, 1, 50));
}

TEST_P(StreamTest, AFullStreamHoldsItsWriterUntilTheCycleAfterASlotWasFreed) {
  StreamBench bench("bench", 3, 5);
  bench.clock.set_reverse_order(GetParam());
  bench.sink.takes = [](Cycles cycle) { return cycle >= 20; };
  bench.reset();
  bench.run_through(20);
  EXPECT_THAT(bench.source.written, ElementsAre(0, 1, 2));
  EXPECT_THAT(bench.sink.cycles, ElementsAre(20));
  bench.run_through(100);
  EXPECT_THAT(bench.source.written, ElementsAre(0, 1, 2, 21, 22));
  EXPECT_THAT(bench.sink.cycles, ElementsAre(20, 21, 22, 23, 24));
  EXPECT_THAT(bench.sink.beats, ElementsAre(0, 1, 2, 3, 4));
}

TEST_P(StreamTest, ClearedItIsEmptyAndTakesAsManyBeatsAsBefore) {
  StreamBench bench("bench", 2, 4);
  bench.clock.set_reverse_order(GetParam());
  bench.sink.takes = [](Cycles cycle) { return cycle >= 10; };
  bench.reset();
  bench.run_through(5);
  bench.reset();
  bench.run_through(9);
  EXPECT_THAT(bench.source.written, ElementsAre(0, 1));
  bench.run_through(50);
  EXPECT_THAT(bench.sink.beats, ElementsAre(0, 1, 2, 3));
}

TEST(StreamOrderTest, StallsOnBothSidesGiveTheSameCyclesInBothOrdersOfExecution) {
  std::deque<StreamBench> benches;
  for (std::size_t slots = 1; slots <= 4; ++slots) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      StreamBench& bench = benches.emplace_back(sc_core::sc_gen_unique_name("bench"), slots, 300);
      bench.source.offers = at_random(seed, 60);
      bench.sink.takes = at_random(seed + 100, 50);
    }
  }
  for (StreamBench& bench : benches) {
    bench.reset();
  }
  benches.back().run_through(5000);
  for (StreamBench& bench : benches) {
    const auto written = bench.source.written;
    const auto taken = bench.sink.cycles;
    EXPECT_EQ(bench.sink.beats, bench.source.beats);
    bench.clock.set_reverse_order(true);
    bench.reset();
    bench.run_through(5000);
    EXPECT_EQ(bench.source.written, written);
    EXPECT_EQ(bench.sink.cycles, taken);
    EXPECT_EQ(bench.sink.beats, bench.source.beats);
  }
}

struct FanOutBench : Bench {
  /// Writes to all streams whenever it can.
  class Writer : public hw::Ticked {
   public:
    hw::StreamFanOut<int> out{"out", *this};
    std::vector<Cycles> written;
    Writer(const sc_core::sc_module_name& name, hw::Clock& clock) : Ticked(name, clock) {}
    void reset() override { wake(); }
    [[nodiscard]] std::string status() const override { return "writer"; }

   private:
    void tick() override {
      if (out.can_write() && written.size() < 6) {
        out.write(static_cast<int>(written.size()));
        written.push_back(now());
        wake();
      }
    }
  };
  Writer writer{"writer", clock};
  hw::Stream<int> wide{"wide", clock, 4};
  hw::Stream<int> narrow{"narrow", clock, 2};
  Sink<int> wide_sink{"wide_sink", clock};
  Sink<int> narrow_sink{"narrow_sink", clock};

  explicit FanOutBench(const sc_core::sc_module_name& name) : Bench(name) {
    writer.out.bind(wide);
    writer.out.bind(narrow);
    wide_sink.in.bind(wide);
    narrow_sink.in.bind(narrow);
  }
};

TEST(StreamFanOutTest, GivesEachBeatToEveryStreamAndWaitsForTheFullestOfThem) {
  FanOutBench bench("bench");
  bench.narrow_sink.takes = [](Cycles cycle) { return cycle >= 10; };
  bench.reset();
  bench.run_through(50);
  EXPECT_THAT(bench.writer.written, ElementsAre(0, 1, 11, 12, 13, 14));
  EXPECT_THAT(bench.wide_sink.beats, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(bench.narrow_sink.beats, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(bench.wide_sink.cycles, ElementsAre(1, 2, 12, 13, 14, 15));
}

}  // namespace
}  // namespace vitsim::test
