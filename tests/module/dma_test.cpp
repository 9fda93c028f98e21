// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dma.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/bench.h"
#include "support/commands.h"
#include "support/memory_mocks.h"
#include "support/stream_mocks.h"
#include "support/tlm_mocks.h"
#include "support/token_log.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Bytes kMemoryBytes = 1 << 16;

mapping::Transfer transfer(const mapping::Region& dram, Bytes pad_address, Bytes pad_pitch = 0) {
  return {dram, operand_at(pad_address, dram.rows, dram.row_bytes, 1, pad_pitch)};
}

/// Packed bytes.
mapping::Transfer run_of_bytes(Bytes dram_address, Bytes pad_address, Bytes size) {
  return transfer({dram_address, 1, size, size}, pad_address);
}

// --- bursts

/// DRAM address, scratchpad address, size.
using Piece = std::tuple<Bytes, Bytes, Bytes>;

std::vector<Piece> pieces(const mapping::Transfer& transfer, Bytes burst_bytes) {
  std::vector<Piece> found;
  hw::BurstWalk walk(transfer, burst_bytes);
  while (!walk.done()) {
    hw::Burst burst;
    walk.next(false, burst);
    EXPECT_EQ(burst.get_data_length(), burst.bytes().size());
    found.emplace_back(burst.get_address(), burst.scratchpad.address, burst.scratchpad.size);
  }
  return found;
}

TEST(BurstWalkTest, NoBurstCrossesAMultipleOfBurstBytes) {
  EXPECT_THAT(pieces(run_of_bytes(40, 1000, 100), 64),
              ElementsAre(Piece{40, 1000, 24}, Piece{64, 1024, 64}, Piece{128, 1088, 12}));
}

TEST(BurstWalkTest, ARunThatEndsAtAMultipleHasNoEmptyBurst) {
  EXPECT_THAT(pieces(run_of_bytes(64, 0, 128), 64),
              ElementsAre(Piece{64, 0, 64}, Piece{128, 64, 64}));
}

TEST(BurstWalkTest, RowsThatLiePackedInBothMemoriesAreOneRow) {
  EXPECT_THAT(pieces(transfer({0, 3, 50, 50}, 8), 64),
              ElementsAre(Piece{0, 8, 64}, Piece{64, 72, 64}, Piece{128, 136, 22}));
}

TEST(BurstWalkTest, RowsApartInEitherMemoryAreCutRowByRow) {
  EXPECT_THAT(pieces(transfer({0, 3, 50, 50}, 0, 64), 64),
              ElementsAre(Piece{0, 0, 50}, Piece{50, 64, 14}, Piece{64, 78, 36},
                          Piece{100, 128, 28}, Piece{128, 156, 22}));
  EXPECT_THAT(pieces(transfer({0, 2, 50, 200}, 0), 64),
              ElementsAre(Piece{0, 0, 50}, Piece{200, 50, 50}));
}

TEST(BurstWalkTest, EachBurstKnowsWhichPartOfTheTensorItCarries) {
  mapping::Transfer strided = transfer({0, 2, 100, 200}, 0);
  strided.scratchpad.tile = {7, 30, 40, 2, 50};
  strided.scratchpad.element_bytes = 2;
  hw::BurstWalk walk(strided, 64);
  hw::Burst burst;
  for (int i = 0; i < 4; ++i) {
    walk.next(true, burst);
  }
  EXPECT_EQ(burst.scratchpad.tensor, 7);
  EXPECT_EQ(burst.scratchpad.row, 31);
  EXPECT_EQ(burst.scratchpad.col, 80 + 56);  // 200 = 3 * 64 + 8: the row's first burst has 56 bytes
  EXPECT_FALSE(burst.scratchpad.write) << "a store reads the scratchpad";
  EXPECT_TRUE(burst.is_write());
}

// --- the module

struct DmaBench : Bench {
  config::Dma config;
  hw::Dma dma{"dma", config, 1, clock};
  FakeTarget target{"target", kMemoryBytes, clock};
  FakeMemory pad{"pad", kMemoryBytes, 1, clock};
  TokenLog tokens{clock};
  Commands commands;
  hw::Stream<hw::CommandBeat> load_queue{"load_queue", clock};
  hw::Stream<hw::CommandBeat> store_queue{"store_queue", clock};
  Source<hw::CommandBeat> loads{"loads", clock};
  Source<hw::CommandBeat> stores{"stores", clock};

  explicit DmaBench(const sc_core::sc_module_name& name, const config::Dma& config_in = {})
      : Bench(name), config(config_in) {
    dma.socket.bind(target.socket);
    dma.load_port.bind(pad.add_port());
    dma.store_port.bind(pad.add_port());
    dma.tokens_out.bind(tokens);
    loads.out.bind(load_queue);
    dma.loads_in.bind(load_queue);
    stores.out.bind(store_queue);
    dma.stores_in.bind(store_queue);
    std::vector<std::byte> pattern;
    for (Bytes i = 0; i < kMemoryBytes / 2; ++i) {
      pattern.push_back(static_cast<std::byte>((i * 7 + i / 256) % 251));
    }
    target.bytes.write(0, pattern);  // the upper halves are what commands write
    std::reverse(pattern.begin(), pattern.end());
    pad.put(0, pattern);
  }
  void clear_streams() override {
    load_queue.clear();
    store_queue.clear();
    tokens.cycles.clear();
  }

  void load(const mapping::Transfer& work, mapping::Token done) {
    loads.beats.push_back(commands.add(work, done));
  }
  void store(const mapping::Transfer& work, mapping::Token done) {
    stores.beats.push_back(commands.add(work, done));
  }
  /// That both memories hold the same bytes for all rows.
  void expect_moved(const mapping::Transfer& work) const {
    const auto& in_pad = work.scratchpad.region;
    for (std::int64_t row = 0; row < work.dram.rows; ++row) {
      const Bytes dram_address = work.dram.address + row * work.dram.pitch;
      const Bytes pad_address = in_pad.address + row * in_pad.pitch;
      ASSERT_EQ(target.bytes.first_unwritten(dram_address, in_pad.row_bytes), -1);
      ASSERT_TRUE(pad.all_written(pad_address, in_pad.row_bytes));
      const auto in_dram = target.bytes.read(dram_address, in_pad.row_bytes);
      EXPECT_EQ(pad.bytes(pad_address, in_pad.row_bytes),
                std::vector<std::byte>(in_dram.begin(), in_dram.end()));
    }
  }
  [[nodiscard]] std::vector<Cycles> request_cycles() const {
    std::vector<Cycles> cycles;
    for (const auto& access : target.accesses) {
      cycles.push_back(access.cycle);
    }
    return cycles;
  }
};

constexpr Bytes kUpper = kMemoryBytes / 2;

TEST(DmaTest, ALoadOfOneBurstIsDoneWhenItsWriteIsConfirmedAndNotACycleEarlier) {
  DmaBench bench("bench");
  bench.load(run_of_bytes(0, kUpper, 64), 5);
  bench.reset();
  bench.run_through(4);
  EXPECT_EQ(bench.request_cycles(), std::vector<Cycles>{1});
  ASSERT_EQ(bench.pad.accesses.size(), 1U);
  EXPECT_EQ(bench.pad.accesses[0].cycle, 4);  // answered in 2, seen and asked for in 3
  EXPECT_FALSE(bench.tokens.has(5));
  bench.run_through(5);
  EXPECT_EQ(bench.tokens.cycle_of(5), 5);
}

TEST(DmaTest, AStoreOfOneBurstIsDoneWhenDramHasAnsweredAndNotACycleEarlier) {
  DmaBench bench("bench");
  bench.store(run_of_bytes(kUpper, 0, 64), 5);
  bench.reset();
  bench.run_through(4);
  EXPECT_EQ(bench.pad.accesses[0].cycle, 2);
  EXPECT_EQ(bench.request_cycles(), std::vector<Cycles>{3});  // the cycle in which the data came
  EXPECT_FALSE(bench.tokens.has(5));
  bench.run_through(5);
  EXPECT_EQ(bench.tokens.cycle_of(5), 5);  // answered in 4, seen in 5
}

TEST(DmaTest, StridedLoadsAndStoresMoveTheRightBytesAndNoOthers) {
  DmaBench bench("bench");
  const auto load = transfer({100, 7, 90, 130}, kUpper + 8, 96);
  const auto store = transfer({kUpper + 60, 5, 200, 333}, 40, 208);
  bench.load(load, 1);
  bench.store(store, 2);
  bench.reset();
  bench.run_through(500);
  ASSERT_TRUE(bench.tokens.has(1));
  ASSERT_TRUE(bench.tokens.has(2));
  bench.expect_moved(load);
  bench.expect_moved(store);
  EXPECT_FALSE(bench.pad.all_written(kUpper + 8 + 90, 6)) << "between two rows";
  EXPECT_GE(bench.target.bytes.first_unwritten(kUpper + 60, 201), kUpper + 60 + 200);
}

TEST(DmaTest, OneBurstEntersDramAndOneIsWrittenEachCycle) {
  DmaBench bench("bench");
  bench.load(run_of_bytes(0, kUpper, 40 * 64), 1);
  bench.reset();
  bench.run_through(100);
  for (Cycles i = 0; i < 40; ++i) {
    EXPECT_EQ(bench.target.accesses[static_cast<std::size_t>(i)].cycle, 1 + i);
    EXPECT_EQ(bench.pad.accesses[static_cast<std::size_t>(i)].cycle, 4 + i);
  }
  EXPECT_EQ(bench.tokens.cycle_of(1), 44);
}

TEST(DmaTest, NoMoreThanMaxOutstandingBurstsAreUnderWay) {
  config::Dma config;
  config.max_outstanding = 4;
  DmaBench bench("bench", config);
  bench.target.answer_after = [](std::size_t) { return 50; };
  bench.load(run_of_bytes(0, kUpper, 20 * 64), 1);
  bench.reset();
  bench.run_through(53);
  EXPECT_THAT(bench.request_cycles(), ElementsAre(1, 2, 3, 4));
  bench.run_through(54);  // the first was answered in 51, written in 53, confirmed in 54
  EXPECT_THAT(bench.request_cycles(), ElementsAre(1, 2, 3, 4, 54));
}

TEST(DmaTest, StoresCountAsUnderWayFromTheirReadOn) {
  config::Dma config;
  config.max_outstanding = 4;
  DmaBench bench("bench", config);
  bench.target.answer_after = [](std::size_t) { return 50; };
  bench.store(run_of_bytes(kUpper, 0, 20 * 64), 1);
  bench.reset();
  bench.run_through(53);
  EXPECT_EQ(bench.pad.accesses.size(), 4U);
  EXPECT_EQ(bench.target.accesses.size(), 4U);
}

TEST(DmaTest, TheChannelsSendTheirBurstsInTurn) {
  DmaBench bench("bench");
  bench.load(run_of_bytes(0, kUpper, 20 * 64), 1);
  bench.store(run_of_bytes(kUpper, 0, 20 * 64), 2);
  bench.reset();
  bench.run_through(200);
  ASSERT_EQ(bench.target.accesses.size(), 40U);
  for (std::size_t i = 2; i < 36; ++i) {
    EXPECT_NE(bench.target.accesses[i].write, bench.target.accesses[i + 1].write) << i;
    EXPECT_EQ(bench.target.accesses[i].cycle + 1, bench.target.accesses[i + 1].cycle);
  }
}

TEST(DmaTest, TheNextCommandsBurstsBeginWhileTheLastOnesAreUnderWay) {
  DmaBench bench("bench");
  bench.target.answer_after = [](std::size_t) { return 50; };
  bench.load(run_of_bytes(0, kUpper, 4 * 64), 1);
  bench.load(run_of_bytes(1024, kUpper + 1024, 4 * 64), 2);
  bench.reset();
  bench.run_through(200);
  EXPECT_THAT(bench.request_cycles(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_EQ(bench.tokens.cycle_of(1), 57);
  EXPECT_EQ(bench.tokens.cycle_of(2), 61);
}

TEST(DmaTest, AnswersOutOfOrderReachTheirAddressesAndTokensWaitForTheLastByte) {
  DmaBench bench("bench");
  bench.target.answer_after = [](std::size_t i) { return 100 - 11 * static_cast<Cycles>(i); };
  const auto first = run_of_bytes(10, kUpper, 4 * 64 - 10);
  const auto second = run_of_bytes(1024, kUpper + 1024, 4 * 64);
  bench.load(first, 1);
  bench.load(second, 2);
  bench.tokens.on_set = [&](mapping::Token token) {
    const auto& region = (token == 1 ? first : second).scratchpad.region;
    EXPECT_TRUE(bench.pad.all_written(region.address, region.row_bytes)) << "token " << token;
  };
  bench.reset();
  bench.run_through(103);
  EXPECT_FALSE(bench.tokens.has(1));
  bench.run_through(200);
  EXPECT_EQ(bench.tokens.cycle_of(1), 104);  // its first burst is answered last, in 101
  EXPECT_EQ(bench.tokens.cycle_of(2), 104);
  bench.expect_moved(first);
  bench.expect_moved(second);
}

class DmaMannerTest : public testing::TestWithParam<std::tuple<FakeTarget::Manner, bool>> {};
INSTANTIATE_TEST_SUITE_P(Manners, DmaMannerTest,
                         testing::Combine(testing::Values(FakeTarget::Manner::kFourPhases,
                                                          FakeTarget::Manner::kAcceptsAtOnce,
                                                          FakeTarget::Manner::kAnswersForAccept,
                                                          FakeTarget::Manner::kAnswersAtOnce,
                                                          FakeTarget::Manner::kCompletesAtOnce),
                                          testing::Bool()));

TEST_P(DmaMannerTest, WorksWithEveryMannerOfTargetAndWithOneRequestOpenAtATime) {
  DmaBench bench("bench");
  bench.target.manner = std::get<0>(GetParam());
  bench.target.accept_after = 3;
  // Answers fall between a later request and its END_REQ.
  bench.target.answer_after = [](std::size_t i) { return 5 + static_cast<Cycles>(i * 7 % 5); };
  bench.clock.set_reverse_order(std::get<1>(GetParam()));
  std::vector<mapping::Transfer> works;
  for (Bytes i = 0; i < 6; ++i) {
    works.push_back(transfer({i * 1000, 3, 100, 150}, kUpper + i * 512, 112));
    bench.load(works.back(), static_cast<int>(2 * i));
    works.push_back(transfer({kUpper + i * 1000, 3, 100, 150}, i * 512, 112));
    bench.store(works.back(), static_cast<int>(2 * i + 1));
  }
  bench.reset();
  bench.run_through(2000);
  EXPECT_EQ(bench.tokens.cycles.size(), works.size());
  for (const auto& work : works) {
    bench.expect_moved(work);
  }
}

TEST(DmaTest, ALateEndReqHoldsTheNextRequestUntilTheCycleAfterInBothOrders) {
  DmaBench bench("bench");
  bench.target.manner = FakeTarget::Manner::kFourPhases;
  bench.target.accept_after = 4;
  // Answers keep the DMA awake in the cycles in which END_REQ comes.
  bench.target.answer_after = [](std::size_t) { return 7; };
  bench.load(run_of_bytes(0, kUpper, 6 * 64), 1);
  for (const bool reverse : {false, true}) {
    bench.clock.set_reverse_order(reverse);
    bench.reset();
    bench.run_through(200);
    EXPECT_THAT(bench.request_cycles(), ElementsAre(1, 6, 11, 16, 21, 26));
  }
}

TEST(DmaTest, RefusalByDramFailsAndNamesTheAddress) {
  DmaBench bench("bench");
  bench.target.response = tlm::TLM_ADDRESS_ERROR_RESPONSE;
  bench.load(run_of_bytes(128, kUpper, 64), 1);
  bench.reset();
  const std::string message = bench.failure_through(20);
  EXPECT_THAT(message, HasSubstr("cycle 3: DRAM refuses 64 bytes at address 128"));
}

TEST(DmaTest, CountsWhatItWaitsFor) {
  DmaBench bench("bench");
  bench.target.answer_after = [](std::size_t) { return 50; };
  bench.load(run_of_bytes(0, kUpper, 64), 1);
  bench.reset();
  bench.run_through(100);
  bench.dma.load_activity().account(100);
  const auto total = bench.dma.load_activity().total();
  const auto stall = [&](stats::StallCause cause) {
    return total.stalls[static_cast<std::size_t>(cause)];
  };
  EXPECT_EQ(total.busy, 2);                                  // 1: request; 52: write
  EXPECT_EQ(stall(stats::StallCause::kDram), 50);            // 2 to 51
  EXPECT_EQ(stall(stats::StallCause::kScratchpadWrite), 1);  // 53
  EXPECT_EQ(bench.dma.store_activity().total().busy, 0);
}

TEST(DmaTest, ASecondRunFromResetIsTheSame) {
  DmaBench bench("bench");
  bench.target.answer_after = [](std::size_t i) { return 5 + static_cast<Cycles>(i * 7 % 5); };
  bench.load(transfer({0, 9, 100, 150}, kUpper, 112), 1);
  bench.store(transfer({kUpper, 9, 100, 150}, 0, 112), 2);
  bench.reset();
  bench.run_through(500);
  const auto requests = bench.request_cycles();
  const auto tokens = bench.tokens.cycles;
  EXPECT_EQ(tokens.size(), 2U);
  bench.reset();
  bench.run_through(500);
  EXPECT_EQ(bench.request_cycles(), requests);
  EXPECT_EQ(bench.tokens.cycles, tokens);
}

}  // namespace
}  // namespace vitsim::test
