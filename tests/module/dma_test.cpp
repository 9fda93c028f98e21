// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dma.h"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/core/random.h"

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
  std::deque<hw::Stream<hw::CommandBeat>> queues;
  std::deque<Source<hw::CommandBeat>> loads;   ///< a channel each
  std::deque<Source<hw::CommandBeat>> stores;  ///< the same

  explicit DmaBench(const sc_core::sc_module_name& name, const config::Dma& config_in = {})
      : Bench(name), config(config_in) {
    dma.socket.bind(target.socket);
    dma.tokens_out.bind(tokens);
    for (std::size_t i = 0; i < static_cast<std::size_t>(config.channels); ++i) {
      const std::string number = std::to_string(i);
      join(dma.load_channel(i), loads.emplace_back(("loads_" + number).c_str(), clock));
      join(dma.store_channel(i), stores.emplace_back(("stores_" + number).c_str(), clock));
    }
    std::vector<std::byte> pattern;
    for (Bytes i = 0; i < kMemoryBytes / 2; ++i) {
      pattern.push_back(static_cast<std::byte>((i * 7 + i / 256) % 251));
    }
    target.bytes.write(0, pattern);  // the upper halves are what commands write
    std::reverse(pattern.begin(), pattern.end());
    pad.put(0, pattern);
  }
  void join(hw::Dma::ChannelEnds& channel, Source<hw::CommandBeat>& source) {
    const std::string queue_name = "queue_" + std::to_string(queues.size());
    auto& queue = queues.emplace_back(queue_name.c_str(), clock);
    channel.port.bind(pad.add_port());
    source.out.bind(queue);
    channel.commands_in.bind(queue);
  }
  void clear_streams() override {
    for (auto& queue : queues) {
      queue.clear();
    }
    tokens.cycles.clear();
  }

  void load(const mapping::Transfer& work, mapping::Token done, std::size_t channel = 0) {
    loads[channel].beats.push_back(commands.add(work, done));
  }
  void store(const mapping::Transfer& work, mapping::Token done, std::size_t channel = 0) {
    stores[channel].beats.push_back(commands.add(work, done));
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

// --- channels

config::Dma channels(int count) {
  config::Dma config;
  config.channels = count;
  return config;
}

TEST(DmaTest, AShortLoadOnAnotherChannelIsDoneBeforeALongOneThatWasGivenFirst) {
  DmaBench bench("bench", channels(2));
  bench.load(run_of_bytes(0, kUpper, 40 * 64), 1, 0);
  bench.load(run_of_bytes(8192, kUpper + 8192, 64), 2, 1);
  bench.reset();
  bench.run_through(5);
  EXPECT_EQ(bench.target.accesses[1].address, 8192);
  EXPECT_EQ(bench.request_cycles()[1], 2) << "the turn moves on with each burst";
  EXPECT_FALSE(bench.tokens.has(2));
  bench.run_through(6);
  EXPECT_EQ(bench.tokens.cycle_of(2), 6);
  EXPECT_FALSE(bench.tokens.has(1));
  bench.run_through(100);
  EXPECT_EQ(bench.tokens.cycle_of(1), 45) << "a cycle later than alone";
}

TEST(DmaTest, CommandsOfOneChannelAreInOrder) {
  DmaBench bench("bench", channels(2));
  bench.load(run_of_bytes(0, kUpper, 40 * 64), 1, 1);
  bench.load(run_of_bytes(8192, kUpper + 8192, 64), 2, 1);
  bench.reset();
  bench.run_through(100);
  EXPECT_LT(bench.tokens.cycle_of(1), bench.tokens.cycle_of(2));
}

TEST(DmaTest, EachChannelHasItsOwnBurstsOutstanding) {
  auto config = channels(3);
  config.max_outstanding = 2;
  DmaBench bench("bench", config);
  bench.target.answer_after = [](std::size_t) { return 50; };
  for (std::size_t i = 0; i < 3; ++i) {
    bench.load(
        run_of_bytes(static_cast<Bytes>(i) * 1024, kUpper + static_cast<Bytes>(i) * 1024, 10 * 64),
        static_cast<int>(i), i);
  }
  bench.reset();
  bench.run_through(50);
  EXPECT_THAT(bench.request_cycles(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(DmaTest, AllChannelsShareTheSocketFairlyAndNeverLeaveItIdle) {
  DmaBench bench("bench", channels(4));
  for (std::size_t i = 0; i < 4; ++i) {
    const auto at = static_cast<Bytes>(i) * 4096;
    bench.load(run_of_bytes(at, kUpper + at, 30 * 64), static_cast<int>(i), i);
    bench.store(run_of_bytes(kUpper + at, at, 30 * 64), static_cast<int>(4 + i), i);
  }
  bench.reset();
  bench.run_through(400);
  ASSERT_EQ(bench.target.accesses.size(), 240U);
  std::array<int, 8> sent{};
  for (std::size_t i = 0; i < 200; ++i) {
    const auto& access = bench.target.accesses[i];
    EXPECT_EQ(access.cycle, static_cast<Cycles>(1 + i));
    ++sent[static_cast<std::size_t>(access.address % kUpper / 4096) + (access.write ? 4 : 0)];
  }
  for (const int bursts : sent) {
    EXPECT_GE(bursts, 23);
    EXPECT_LE(bursts, 27);
  }
}

TEST(DmaTest, EachChannelHasAPortOfTheScratchpad) {
  DmaBench bench("bench", channels(2));
  bench.load(run_of_bytes(0, kUpper, 64), 1, 0);
  bench.load(run_of_bytes(1024, kUpper + 1024, 64), 2, 1);
  bench.store(run_of_bytes(kUpper, 0, 64), 3, 0);
  bench.store(run_of_bytes(kUpper + 1024, 1024, 64), 4, 1);
  bench.reset();
  bench.run_through(50);
  // Ports are made in the order load 0, store 0, load 1, store 1.
  const std::vector<Bytes> addresses{kUpper, 0, kUpper + 1024, 1024};
  for (std::size_t port = 0; port < 4; ++port) {
    ASSERT_EQ(bench.pad.accesses_of(port).size(), 1U);
    EXPECT_EQ(bench.pad.accesses_of(port)[0].address, addresses[port]);
  }
}

// --- back-pressure

/// For a FakeMemory, which asks for its ports about cycles far apart.
bool from_cycle_300(Cycles cycle) { return cycle % 1'000'003 >= 300; }

TEST(DmaTest, AScratchpadThatTakesNothingStopsTheLoadsAndLosesNone) {
  config::Dma config;
  config.max_outstanding = 8;
  DmaBench bench("bench", config);
  bench.pad.grants = from_cycle_300;
  const auto work = run_of_bytes(10, kUpper, 40 * 64);
  bench.load(work, 1);
  bench.reset();
  bench.run_through(299);
  EXPECT_EQ(bench.target.accesses.size(), 8U) << "all under way wait at the port";
  EXPECT_FALSE(bench.tokens.has(1));
  bench.run_through(2000);
  EXPECT_TRUE(bench.tokens.has(1));
  bench.expect_moved(work);
}

TEST(DmaTest, AScratchpadThatAnswersNoReadStopsTheStoresAndLosesNone) {
  config::Dma config;
  config.max_outstanding = 8;
  DmaBench bench("bench", config);
  bench.pad.grants = from_cycle_300;
  const auto work = run_of_bytes(kUpper + 10, 0, 40 * 64);
  bench.store(work, 1);
  bench.reset();
  bench.run_through(299);
  EXPECT_THAT(bench.target.accesses, testing::IsEmpty());
  bench.run_through(2000);
  EXPECT_TRUE(bench.tokens.has(1));
  bench.expect_moved(work);
}

/// Transfers of any shape that touch each byte once: strided on both sides, on one, packed.
std::vector<mapping::Transfer> random_transfers(std::uint64_t seed, bool load, int count) {
  Random random(seed);
  std::vector<mapping::Transfer> works;
  for (int i = 0; i < count; ++i) {
    // Less than 4 KiB on each side, each in a stretch of its own.
    const Bytes stretch = i * Bytes{4096};
    const std::int64_t rows = random.integer(1, 9);
    const Bytes row_bytes = random.integer(1, 200);
    const bool packed = random.integer(0, 2) == 0;
    const Bytes dram_pitch = row_bytes + (packed ? 0 : random.integer(0, 150));
    const Bytes pad_pitch = row_bytes + (packed ? 0 : random.integer(0, 150));
    const Bytes offset = random.integer(0, 130);
    works.push_back(transfer({stretch + offset + (load ? 0 : kUpper), rows, row_bytes, dram_pitch},
                             stretch + random.integer(0, 130) + (load ? kUpper : 0), pad_pitch));
  }
  return works;
}

/// Stalls of all neighbours at random; each seed has another kind of target.
void stall_at_random(DmaBench& bench, std::uint64_t seed) {
  bench.pad.grants = at_random(seed, 30);
  bench.target.manner = static_cast<FakeTarget::Manner>(seed % 5);
  bench.target.accept_after = 1 + static_cast<Cycles>(seed % 4);
  bench.target.answer_after = [seed](std::size_t i) {
    return 5 + static_cast<Cycles>((i * 7 + seed * 3) % 23);
  };
  for (auto* sources : {&bench.loads, &bench.stores}) {
    for (auto& source : *sources) {
      source.offers = at_random(seed + 99, 20);
    }
  }
}

class DmaStallTest : public testing::TestWithParam<std::tuple<int, Bytes>> {};
INSTANTIATE_TEST_SUITE_P(ChannelsAndBursts, DmaStallTest,
                         testing::Combine(testing::Values(1, 2, 4),
                                          testing::Values<Bytes>(8, 11, 64, 100, 4096)));

TEST_P(DmaStallTest, RandomStallsOfEveryNeighbourLoseNoByteOfAnyStridedTransfer) {
  const auto [count, burst_bytes] = GetParam();
  config::Dma config = channels(count);
  config.burst_bytes = static_cast<int>(burst_bytes);
  config.max_outstanding = 5;
  std::deque<DmaBench> benches;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    benches.emplace_back(("bench_" + std::to_string(seed)).c_str(), config);
    stall_at_random(benches.back(), seed);
    int token = 0;
    for (const bool load : {true, false}) {
      for (const auto& work : random_transfers(seed + 100, load, 8)) {
        const auto channel = static_cast<std::size_t>(token % count);
        load ? benches.back().load(work, token, channel)
             : benches.back().store(work, token, channel);
        ++token;
      }
    }
  }
  reset_all(benches);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    DmaBench& bench = benches[seed];
    bench.run_through(40'000);
    EXPECT_EQ(bench.tokens.cycles.size(), 16U);
    for (const auto& work : random_transfers(seed + 100, true, 8)) {
      bench.expect_moved(work);
    }
    Bytes stored = 0;
    for (const auto& work : random_transfers(seed + 100, false, 8)) {
      bench.expect_moved(work);
      stored += work.dram.rows * work.dram.row_bytes;
    }
    Bytes written = 0;
    for (const auto& access : bench.target.accesses) {
      written += access.write ? access.size : 0;
      EXPECT_LE(access.address % burst_bytes + access.size, burst_bytes);
    }
    EXPECT_EQ(written, stored) << "none twice, none besides";
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
  bench.dma.load_channel().activity.account(100);
  const auto total = bench.dma.load_channel().activity.total();
  const auto stall = [&](stats::StallCause cause) {
    return total.stalls[static_cast<std::size_t>(cause)];
  };
  EXPECT_EQ(total.busy, 2);                                  // 1: request; 52: write
  EXPECT_EQ(stall(stats::StallCause::kDram), 50);            // 2 to 51
  EXPECT_EQ(stall(stats::StallCause::kScratchpadWrite), 1);  // 53
  EXPECT_EQ(bench.dma.store_channel().activity.total().busy, 0);
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

// --- what holds a channel

/// An array that waits for loads in every cycle; DRAM of a burst a cycle.
struct WaitsBench : DmaBench {
  stats::Activity array{1};
  stats::ArrayWaits waits{64.0, array, dma.load_channel().activity, dma.store_channel().activity};

  explicit WaitsBench(const sc_core::sc_module_name& name) : DmaBench(name) {
    dma.set_waits(&waits);
    target.answer_after = [](std::size_t) { return 50; };
    load(run_of_bytes(0, kUpper, 10 * 64), 1);
  }
  /// Up to the end of the load.
  stats::ChannelWaits wait() {
    reset();
    array.block(0, 0, stats::StallCause::kWaitDmaLoad);
    Cycles cycle = 0;
    while (!tokens.has(1) && cycle < 5000) {
      run_through(++cycle);
    }
    waits.account(tokens.cycle_of(1));
    return waits.loads();
  }
};

using stats::ChannelHold;

TEST(DmaHoldTest, OneBurstAtATimeIsHeldByOutstandingBursts) {
  WaitsBench bench("bench");
  bench.config.max_outstanding = 1;
  const stats::ChannelWaits waits = bench.wait();
  EXPECT_GT(waits[ChannelHold::kOutstanding], 9 * 40);
  EXPECT_LT(waits[ChannelHold::kLatency], 60) << "of the last one";
}

TEST(DmaHoldTest, AllBurstsAtOnceAreHeldByLatency) {
  WaitsBench bench("bench");
  const stats::ChannelWaits waits = bench.wait();
  EXPECT_GT(waits[ChannelHold::kLatency], 40);
  EXPECT_EQ(waits[ChannelHold::kOutstanding], 0);
  EXPECT_EQ(waits.bandwidth, 10) << "bursts";
}

TEST(DmaHoldTest, BurstsThatCannotBeWrittenAreHeldByTheScratchpad) {
  WaitsBench bench("bench");
  bench.pad.grants = [](Cycles cycle) { return cycle % 100 == 0; };
  const stats::ChannelWaits waits = bench.wait();
  EXPECT_GT(waits[ChannelHold::kScratchpad], 700);
}

}  // namespace
}  // namespace vitsim::test
