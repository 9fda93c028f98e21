// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/sequencer.h"

#include <deque>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/bench.h"
#include "support/memory_mocks.h"
#include "support/stream_mocks.h"

namespace vitsim::test {
namespace {

using mapping::Unit;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Sets tokens in given cycles.
class TokenSource : public hw::Ticked {
 public:
  sc_core::sc_port<hw::TokenSink> out{"out"};
  std::vector<std::pair<Cycles, mapping::Token>> plan;  ///< in order of cycles

  TokenSource(const sc_core::sc_module_name& name, hw::Clock& clock) : Ticked(name, clock) {}
  void reset() override {
    for (const auto& [cycle, token] : plan) {
      wake_at(cycle);
    }
  }
  [[nodiscard]] std::string status() const override { return "tokens"; }

 private:
  void tick() override {
    for (const auto& [cycle, token] : plan) {
      if (cycle == now()) {
        out->set(token);
      }
    }
  }
};

/// Commands without work, each of the layer of its operator. Token i is set by command i.
mapping::Program program(const std::vector<std::tuple<Unit, int, std::vector<int>>>& commands) {
  mapping::Program found;
  for (const auto& [unit, layer, waits] : commands) {
    mapping::Command command;
    command.unit = unit;
    command.op = layer;
    command.waits = waits;
    command.done = static_cast<mapping::Token>(found.commands.size());
    if (unit != Unit::kDmaLoad && unit != Unit::kDmaStore) {
      command.work = mapping::RowsTile{};
    }
    found.commands.push_back(std::move(command));
  }
  found.token_count = found.commands.size();
  found.layers.resize(3);
  found.layer_of_op = {0, 1, 2};
  return found;
}

/// DMA channels that load, and as many that store.
constexpr int kChannels = 2;

struct SequencerBench : Bench {
  mapping::Program program;
  config::Scratchpad config;
  std::vector<model::Tensor> tensors{1};
  hw::Scratchpad scratchpad{"scratchpad", config, tensors, clock};
  hw::Sequencer sequencer{"sequencer", program, kChannels, scratchpad, clock};
  TokenSource tokens{"tokens", clock};
  std::deque<hw::Stream<hw::CommandBeat>> queues;
  std::deque<Sink<hw::CommandBeat>> units;
  stats::Activity gelu{3};

  SequencerBench(const sc_core::sc_module_name& name, mapping::Program program_in,
                 std::size_t queue_depth = 2)
      : Bench(name), program(std::move(program_in)) {
    tokens.out.bind(sequencer);
    for (int unit = 0; unit < mapping::kUnitCount; ++unit) {
      add_unit(static_cast<Unit>(unit), 0, queue_depth);
    }
    add_unit(Unit::kDmaLoad, 1, queue_depth);
    add_unit(Unit::kDmaStore, 1, queue_depth);
    sequencer.set_activity(Unit::kGeluUnit, 0, gelu);
  }
  void add_unit(Unit unit, int channel, std::size_t queue_depth) {
    const std::string own = mapping::name_of(unit, channel);
    queues.emplace_back((own + "_queue").c_str(), clock, queue_depth);
    units.emplace_back(own.c_str(), clock);
    units.back().in.bind(queues.back());
    sequencer.commands_out(unit, channel).bind(queues.back());
  }
  void clear_streams() override {
    for (auto& queue : queues) {
      queue.clear();
    }
  }
  /// Cycles in which a unit saw its commands.
  [[nodiscard]] const std::vector<Cycles>& seen(Unit unit) const { return sink(unit).cycles; }
  [[nodiscard]] std::vector<mapping::Token> commands_of(Unit unit) const {
    std::vector<mapping::Token> found;
    for (const auto& beat : sink(unit).beats) {
      found.push_back(beat.command->done);
    }
    return found;
  }
  [[nodiscard]] const Sink<hw::CommandBeat>& sink(Unit unit) const {
    return units[static_cast<std::size_t>(unit)];
  }
  Sink<hw::CommandBeat>& sink(Unit unit) { return units[static_cast<std::size_t>(unit)]; }
};

TEST(SequencerTest, ACommandThatWaitsForNothingIsSeenInCycleOne) {
  SequencerBench bench("bench", program({{Unit::kDmaLoad, 0, {}}, {Unit::kGeluUnit, 1, {}}}));
  bench.reset();
  bench.run_through(0);
  EXPECT_THAT(bench.seen(Unit::kDmaLoad), IsEmpty());
  bench.run_through(10);
  EXPECT_THAT(bench.seen(Unit::kDmaLoad), ElementsAre(1));
  EXPECT_THAT(bench.seen(Unit::kGeluUnit), ElementsAre(1));
  EXPECT_EQ(bench.sink(Unit::kGeluUnit).beats[0].layer, 1);
}

TEST(SequencerTest, TheScheduleSaysWhenCommandsWereReleasedAndFromWhenTokensCount) {
  SequencerBench bench("bench", program({{Unit::kDmaLoad, 0, {}}, {Unit::kGeluUnit, 1, {0}}}));
  bench.tokens.plan = {{10, 0}, {30, 1}};
  bench.reset();
  bench.run_through(40);
  EXPECT_THAT(bench.sequencer.schedule().released, ElementsAre(0, 11));
  EXPECT_THAT(bench.sequencer.schedule().set, ElementsAre(11, 31));
  bench.reset();
  bench.run_through(5);
  EXPECT_THAT(bench.sequencer.schedule().set, ElementsAre(0, 0)) << "another image";
}

TEST(SequencerTest, ACommandIsSeenTwoCyclesAfterTheLastOfItsTokensWasSetAndNotACycleEarlier) {
  SequencerBench bench(
      "bench",
      program({{Unit::kDmaLoad, 0, {}}, {Unit::kDmaLoad, 0, {}}, {Unit::kGeluUnit, 1, {0, 1}}}));
  bench.tokens.plan = {{10, 1}, {20, 0}};
  bench.reset();
  bench.run_through(21);
  EXPECT_THAT(bench.seen(Unit::kGeluUnit), IsEmpty());
  bench.run_through(22);
  EXPECT_THAT(bench.seen(Unit::kGeluUnit), ElementsAre(22));
}

TEST(SequencerTest, TheOrderOfExecutionDoesNotChangeWhenATokenCounts) {
  SequencerBench bench("bench", program({{Unit::kDmaLoad, 0, {}}, {Unit::kGeluUnit, 1, {0}}}));
  bench.tokens.plan = {{0, 0}};  // a cycle in which the sequencer runs anyway
  for (const bool reverse : {false, true}) {
    bench.clock.set_reverse_order(reverse);
    bench.reset();
    bench.run_through(20);
    EXPECT_THAT(bench.seen(Unit::kGeluUnit), ElementsAre(2));
  }
}

TEST(SequencerTest, NoCommandOvertakesAnotherOfItsUnitAndOtherUnitsGoOn) {
  SequencerBench bench("bench", program({{Unit::kDmaLoad, 0, {}},
                                         {Unit::kGeluUnit, 0, {0}},
                                         {Unit::kGeluUnit, 0, {}},
                                         {Unit::kVectorUnit, 0, {}}}));
  bench.tokens.plan = {{30, 0}};
  bench.reset();
  bench.run_through(100);
  EXPECT_THAT(bench.commands_of(Unit::kGeluUnit), ElementsAre(1, 2));
  EXPECT_THAT(bench.seen(Unit::kGeluUnit), ElementsAre(32, 33));
  EXPECT_THAT(bench.seen(Unit::kVectorUnit), ElementsAre(1));
}

TEST(SequencerTest, ChannelsHaveQueuesOfTheirOwn) {
  auto commands = program({{Unit::kDmaLoad, 0, {}},
                           {Unit::kDmaLoad, 0, {0}},
                           {Unit::kDmaLoad, 0, {}},
                           {Unit::kDmaStore, 0, {}},
                           {Unit::kDmaLoad, 0, {}}});
  commands.commands[2].channel = 1;
  commands.commands[3].channel = 1;
  SequencerBench bench("bench", std::move(commands));
  bench.tokens.plan = {{30, 0}};
  bench.reset();
  bench.run_through(100);
  EXPECT_THAT(bench.seen(Unit::kDmaLoad), ElementsAre(1, 32, 33));
  EXPECT_THAT(bench.commands_of(Unit::kDmaLoad), ElementsAre(0, 1, 4));
  const auto& load_1 = bench.units[mapping::kUnitCount];
  const auto& store_1 = bench.units[mapping::kUnitCount + 1];
  EXPECT_THAT(load_1.cycles, ElementsAre(1)) << "it overtakes the channel that waits";
  EXPECT_THAT(store_1.cycles, ElementsAre(1));
  EXPECT_THAT(bench.seen(Unit::kDmaStore), IsEmpty());
}

TEST(SequencerTest, AChannelsWaitIsCountedThere) {
  auto commands = program({{Unit::kVectorUnit, 0, {}}, {Unit::kDmaLoad, 1, {0}}});
  commands.commands[1].channel = 1;
  SequencerBench bench("bench", std::move(commands));
  stats::Activity channel(3);
  bench.sequencer.set_activity(Unit::kDmaLoad, 1, channel);
  bench.tokens.plan = {{10, 0}};
  bench.reset();
  bench.run_through(60);
  channel.account(60);
  const auto cause = static_cast<std::size_t>(stats::StallCause::kWaitVectorUnit);
  EXPECT_EQ(channel.by_layer()[1].stalls[cause], 11);
}

TEST(SequencerTest, ReleasesOneCommandOfAUnitACycle) {
  SequencerBench bench("bench", program({{Unit::kDmaStore, 0, {}},
                                         {Unit::kDmaStore, 0, {}},
                                         {Unit::kDmaStore, 0, {}},
                                         {Unit::kDmaStore, 0, {}}}));
  bench.reset();
  bench.run_through(20);
  EXPECT_THAT(bench.seen(Unit::kDmaStore), ElementsAre(1, 2, 3, 4));
}

TEST(SequencerTest, ReleasesNoMoreCommandsThanTheUnitsQueueHolds) {
  SequencerBench bench("bench",
                       program({{Unit::kDmaStore, 0, {}},
                                {Unit::kDmaStore, 1, {}},
                                {Unit::kDmaStore, 1, {}},
                                {Unit::kDmaStore, 2, {}}}),
                       3);
  bench.sink(Unit::kDmaStore).takes = [](Cycles cycle) { return cycle >= 50; };
  bench.reset();
  bench.run_through(50);
  EXPECT_EQ(bench.sequencer.layers()[1].start, 1);
  EXPECT_EQ(bench.sequencer.layers()[2].start, -1) << "the fourth command was not released";
  bench.run_through(100);
  EXPECT_EQ(bench.sequencer.layers()[2].start, 51);
  EXPECT_THAT(bench.seen(Unit::kDmaStore), ElementsAre(50, 51, 52, 53));
}

TEST(SequencerTest, ALayerSpansFromItsFirstReleaseToTheCycleAfterItsLastCommandWasDone) {
  SequencerBench bench("bench", program({{Unit::kDmaLoad, 0, {}},
                                         {Unit::kGeluUnit, 0, {0}},
                                         {Unit::kVectorUnit, 1, {0}},
                                         {Unit::kDmaStore, 0, {1}}}));
  bench.tokens.plan = {{10, 0}, {20, 2}, {30, 1}, {40, 3}};
  bench.reset();
  bench.run_through(40);
  EXPECT_FALSE(bench.sequencer.done());
  bench.run_through(100);
  EXPECT_EQ(bench.sequencer.layers()[0].start, 0);
  EXPECT_EQ(bench.sequencer.layers()[0].end, 41);
  EXPECT_EQ(bench.sequencer.layers()[1].start, 11);
  EXPECT_EQ(bench.sequencer.layers()[1].end, 21);
}

TEST(SequencerTest, StopsTheClockWhenAllCommandsAreDone) {
  SequencerBench bench("bench", program({{Unit::kDmaLoad, 0, {}}, {Unit::kGeluUnit, 1, {0}}}));
  bench.tokens.plan = {{10, 0}, {25, 1}};
  bench.reset();
  bench.run_through(25);
  EXPECT_FALSE(bench.clock.stopped());
  EXPECT_EQ(bench.sequencer.commands_done(), 1U);
  bench.run_through(26);
  EXPECT_TRUE(bench.clock.stopped());
  EXPECT_TRUE(bench.sequencer.done());
}

TEST(SequencerTest, AUnitsWaitIsChargedToTheLayerThatWaitsAndTheUnitWaitedFor) {
  SequencerBench bench("bench", program({{Unit::kDmaLoad, 0, {}},
                                         {Unit::kVectorUnit, 0, {}},
                                         {Unit::kGeluUnit, 1, {0}},
                                         {Unit::kGeluUnit, 2, {1}}}));
  bench.tokens.plan = {{10, 0}, {50, 1}};
  bench.reset();
  bench.run_through(60);
  bench.gelu.account(60);
  const auto stall = [&](std::size_t layer, stats::StallCause cause) {
    return bench.gelu.by_layer()[layer].stalls[static_cast<std::size_t>(cause)];
  };
  EXPECT_EQ(stall(1, stats::StallCause::kWaitDmaLoad), 11);     // 0 to 10
  EXPECT_EQ(stall(2, stats::StallCause::kWaitVectorUnit), 40);  // 11 to 50
  EXPECT_EQ(bench.gelu.total().busy, 0);
}

TEST(SequencerTest, WhatACommandWillWriteCountsAsUnwrittenFromItsReleaseOn) {
  auto commands = program({{Unit::kVectorUnit, 0, {}}, {Unit::kGeluUnit, 0, {0}}});
  mapping::RowsTile tile;
  tile.out.emplace().region = {.address = 64, .rows = 1, .row_bytes = 16, .pitch = 16};
  commands.commands[1].work = tile;
  SequencerBench bench("bench", std::move(commands));
  MemoryClient client("client", bench.clock);
  client.port.bind(bench.scratchpad.add_port("client", hw::Scratchpad::Writes::kLoads));
  client.write(0, 64, std::vector<std::byte>(16));
  client.read(28, 64, 16);  // granted in 29, before the release
  client.read(30, 64, 16);  // granted in 31, after it
  bench.tokens.plan = {{29, 0}};
  bench.reset();
  EXPECT_EQ(bench.failure_through(30), "");
  EXPECT_THAT(bench.failure_through(40), HasSubstr("cycle 31: client reads address 64"));
}

TEST(SequencerTest, OnlyCommandsThatWriteTheScratchpadMakeBytesUnwritten) {
  // A product whose sums go to another unit, rows that do, a partial sum, and a column of PEs.
  auto commands = program({{Unit::kPeArray, 0, {}},
                           {Unit::kAdderArray, 0, {}},
                           {Unit::kAccumulatorArray, 0, {}},
                           {Unit::kSaDiag, 0, {}},
                           {Unit::kPeArray, 0, {4}}});
  mapping::MatmulTile to_adder_array;
  to_adder_array.sink = mapping::SumSink::kAdderArray;
  to_adder_array.lhs_read = to_adder_array.rhs_read = 0;
  commands.commands[0].work = to_adder_array;
  commands.commands[3].work = mapping::DiagTile{};
  commands.commands[4].waits = {0};
  mapping::MatmulTile writes;
  writes.lhs_read = writes.rhs_read = 4;
  writes.out.emplace().region = {.address = 0, .rows = 1, .row_bytes = 8, .pitch = 8};
  commands.commands[4].work = writes;
  SequencerBench bench("bench", std::move(commands));
  bench.tokens.plan = {{29, 0}};
  MemoryClient client("client", bench.clock);
  client.port.bind(bench.scratchpad.add_port("client", hw::Scratchpad::Writes::kLoads));
  client.write(0, 0, std::vector<std::byte>(16));
  client.read(10, 0, 16);
  client.read(28, 0, 16);
  client.read(30, 8, 8);
  client.read(32, 0, 16);
  bench.reset();
  EXPECT_EQ(bench.failure_through(32), "");
  EXPECT_THAT(bench.seen(Unit::kAdderArray), ElementsAre(1));
  EXPECT_THAT(bench.seen(Unit::kSaDiag), ElementsAre(1));
  EXPECT_THAT(bench.seen(Unit::kPeArray), ElementsAre(1, 31));
  EXPECT_THAT(bench.failure_through(40), HasSubstr("cycle 33: client reads address 0"));
}

TEST(SequencerTest, StatusSaysHowManyCommandsAreLeftAndWhichTokenTheFirstWaitsFor) {
  SequencerBench bench("bench", program({{Unit::kDmaLoad, 0, {}}, {Unit::kDmaStore, 1, {0}}}));
  bench.reset();
  bench.run_through(20);
  EXPECT_THAT(bench.sequencer.status(), HasSubstr("0 of 2 commands done"));
  EXPECT_THAT(bench.sequencer.status(),
              HasSubstr("dma_store: 1 commands left, the first (store, done t1) waits for t0"));
}

TEST(SequencerTest, ASecondRunFromResetIsTheSame) {
  SequencerBench bench(
      "bench",
      program({{Unit::kDmaLoad, 0, {}}, {Unit::kGeluUnit, 1, {0}}, {Unit::kDmaStore, 2, {1}}}));
  bench.tokens.plan = {{10, 0}, {25, 1}, {40, 2}};
  for (int run = 0; run < 2; ++run) {
    bench.reset();
    bench.run_through(100);
    EXPECT_TRUE(bench.sequencer.done());
    EXPECT_THAT(bench.seen(Unit::kDmaStore), ElementsAre(27));
    EXPECT_EQ(bench.sequencer.layers()[2].start, 26);
    EXPECT_EQ(bench.sequencer.layers()[2].end, 41);
  }
}

}  // namespace
}  // namespace vitsim::test
