// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/scratchpad.h"

#include <deque>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/bench.h"
#include "support/memory_mocks.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// When the clients' requests of a test begin: what they read is written by then.
constexpr Cycles kStart = 100;

std::vector<std::byte> bytes_of(int count, int first = 0) {
  std::vector<std::byte> bytes;
  for (int i = 0; i < count; ++i) {
    bytes.push_back(static_cast<std::byte>(first + i));
  }
  return bytes;
}

config::Scratchpad small(config::Arbitration arbitration = config::Arbitration::kRoundRobin) {
  config::Scratchpad config;
  config.size_kib = 1;
  config.banks = 4;
  config.bank_width_bytes = 16;
  config.arbitration = arbitration;
  return config;
}

struct ScratchpadBench : Bench {
  config::Scratchpad config;
  std::vector<model::Tensor> tensors{1};
  hw::Scratchpad scratchpad{"scratchpad", config, tensors, clock};
  std::deque<MemoryClient> clients;

  explicit ScratchpadBench(const sc_core::sc_module_name& name,
                           const config::Scratchpad& config_in = small(), int client_count = 1)
      : Bench(name), config(config_in) {
    tensors[0].name = "scores";
    for (int i = 0; i < client_count; ++i) {
      const std::string client_name = "client" + std::to_string(i);
      clients.emplace_back(client_name.c_str(), clock);
      clients.back().port.bind(scratchpad.add_port(client_name, hw::Scratchpad::Writes::kResults));
    }
    clients[0].write(0, 0, bytes_of(256));
  }
  /// The answers to all but the write of the bench.
  [[nodiscard]] std::vector<Cycles> answered(std::size_t client) const {
    const auto& all = clients[client].answered;
    return {all.begin() + (client == 0 ? 1 : 0), all.end()};
  }
};

std::vector<Cycles> cycles_from(Cycles first, int count, Cycles step = 1) {
  std::vector<Cycles> cycles;
  for (int i = 0; i < count; ++i) {
    cycles.push_back(first + i * step);
  }
  return cycles;
}

class ScratchpadLatencyTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Cycles, ScratchpadLatencyTest, testing::Values(1, 2, 7));

TEST_P(ScratchpadLatencyTest, DataComeReadLatencyAfterTheGrantAndNotACycleEarlier) {
  auto config = small();
  config.read_latency_cycles = GetParam();
  ScratchpadBench bench("bench", config);
  bench.clients[0].read(kStart, 32, 16);
  bench.reset();
  const Cycles due = kStart + 1 + GetParam();
  bench.run_through(due - 1);
  EXPECT_THAT(bench.answered(0), IsEmpty());
  bench.run_through(due);
  EXPECT_THAT(bench.answered(0), ElementsAre(due));
  EXPECT_EQ(bench.clients[0].data.back(), bytes_of(16, 32));
}

TEST_P(ScratchpadLatencyTest, ARequesterGetsOneRequestACycleWhateverTheLatency) {
  auto config = small();
  config.read_latency_cycles = GetParam();
  ScratchpadBench bench("bench", config);
  for (int i = 0; i < 40; ++i) {
    bench.clients[0].read(kStart, i % 16 * 16, 16);
  }
  bench.reset();
  bench.run_through(kStart + 100);
  EXPECT_EQ(bench.answered(0), cycles_from(kStart + 1 + GetParam(), 40));
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(bench.clients[0].data[static_cast<std::size_t>(i) + 1], bytes_of(16, i % 16 * 16));
  }
}

TEST(ScratchpadTest, AWriteIsAnsweredACycleAfterItsGrant) {
  ScratchpadBench bench("bench");
  bench.clients[0].write(kStart, 64, bytes_of(16, 7));
  bench.reset();
  bench.run_through(kStart + 1);
  EXPECT_THAT(bench.answered(0), IsEmpty());
  bench.run_through(kStart + 2);
  EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 2));
}

TEST(ScratchpadTest, AReadGrantedTheCycleAfterAWriteSeesWhatItWrote) {
  ScratchpadBench bench("bench");
  bench.clients[0].write(kStart, 64, bytes_of(16, 7));
  bench.clients[0].read(kStart, 64, 16);
  bench.reset();
  bench.run_through(kStart + 10);
  EXPECT_EQ(bench.clients[0].data.back(), bytes_of(16, 7));
}

TEST(ScratchpadTest, RoundRobinAlternatesBetweenTwoRequestersOfOneBank) {
  ScratchpadBench bench("bench", small(), 2);
  for (int i = 0; i < 10; ++i) {
    bench.clients[0].read(kStart, 0, 16);
    bench.clients[1].read(kStart, 64, 16);  // bank 0 as well
  }
  bench.reset();
  bench.run_through(kStart + 100);
  auto even = bench.answered(0);
  auto odd = bench.answered(1);
  if (even.front() > odd.front()) {
    std::swap(even, odd);  // whose turn it is depends on the cycles before
  }
  EXPECT_EQ(even, cycles_from(kStart + 2, 10, 2));
  EXPECT_EQ(odd, cycles_from(kStart + 3, 10, 2));
}

TEST(ScratchpadTest, ConflictsAreCountedByPair) {
  ScratchpadBench bench("bench", small(config::Arbitration::kFixedPriority), 3);
  for (int i = 0; i < 5; ++i) {
    bench.clients[0].read(kStart, 0, 16);
  }
  bench.clients[1].read(kStart, 64, 16);
  bench.clients[2].read(kStart, 16, 16);  // another bank: in nobody's way
  bench.reset();
  bench.run_through(kStart + 100);
  const auto conflicts = bench.scratchpad.conflicts();
  ASSERT_EQ(conflicts.size(), 1U);
  EXPECT_EQ(conflicts[0].loser, "client1");
  EXPECT_EQ(conflicts[0].winner, "client0");
  EXPECT_EQ(conflicts[0].cycles, 5);
  EXPECT_THAT(bench.answered(2), ElementsAre(kStart + 2));
}

TEST(ScratchpadTest, FixedPriorityLetsTheFirstPortStarveTheOthers) {
  ScratchpadBench bench("bench", small(config::Arbitration::kFixedPriority), 2);
  for (int i = 0; i < 30; ++i) {
    bench.clients[0].read(kStart, 0, 16);
  }
  bench.clients[1].read(kStart, 0, 16);
  bench.reset();
  bench.run_through(kStart + 100);
  EXPECT_EQ(bench.answered(0), cycles_from(kStart + 2, 30));
  EXPECT_THAT(bench.answered(1), ElementsAre(kStart + 32));
}

TEST(ScratchpadTest, RoundRobinLetsNobodyWaitLongerThanThereAreRequesters) {
  ScratchpadBench bench("bench", small(), 3);
  for (int i = 0; i < 30; ++i) {
    for (auto& client : bench.clients) {
      client.read(kStart, 0, 16);
    }
  }
  bench.reset();
  bench.run_through(kStart + 200);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto cycles = bench.answered(i);
    ASSERT_EQ(cycles.size(), 30U);
    for (std::size_t j = 1; j < cycles.size(); ++j) {
      EXPECT_EQ(cycles[j] - cycles[j - 1], 3);
    }
  }
}

TEST(ScratchpadTest, TwoPortsServeTwoRequestersOfOneBankInACycleAndNotThree) {
  auto config = small(config::Arbitration::kFixedPriority);
  config.ports = 2;
  ScratchpadBench bench("bench", config, 3);
  for (auto& client : bench.clients) {
    client.read(kStart, 0, 16);
  }
  bench.reset();
  bench.run_through(kStart + 20);
  EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 2));
  EXPECT_THAT(bench.answered(1), ElementsAre(kStart + 2));
  EXPECT_THAT(bench.answered(2), ElementsAre(kStart + 3));
}

TEST(ScratchpadTest, ARequestOfMoreWordsThanBanksTakesARoundACycle) {
  ScratchpadBench bench("bench");
  for (const auto& [address, size, rounds] :
       {std::tuple{0, 64, 1}, {0, 65, 2}, {0, 128, 2}, {0, 129, 3}, {8, 64, 2}, {15, 50, 2}}) {
    SCOPED_TRACE(testing::Message() << size << " bytes at " << address);
    bench.clients[0].plan.resize(1);
    bench.clients[0].read(kStart, address, size);
    bench.reset();
    bench.run_through(kStart + 20);
    EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 1 + rounds));
    EXPECT_EQ(bench.clients[0].data.back(), bytes_of(size, address));
  }
}

TEST(ScratchpadTest, AnUnalignedRequestTouchesOneBankMore) {
  ScratchpadBench bench("bench", small(config::Arbitration::kFixedPriority), 2);
  for (const bool aligned : {true, false}) {
    bench.clients[0].plan.resize(1);
    bench.clients[1].plan.clear();
    bench.clients[0].read(kStart, aligned ? 0 : 8, 16);  // bank 0, or banks 0 and 1
    bench.clients[1].read(kStart, 16, 16);               // bank 1
    bench.reset();
    bench.run_through(kStart + 20);
    EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 2));
    EXPECT_THAT(bench.answered(1), ElementsAre(kStart + (aligned ? 2 : 3)));
  }
}

TEST(ScratchpadTest, ARequestThatLostABankAsksForThatBankAloneInTheNextCycle) {
  ScratchpadBench bench("bench", small(config::Arbitration::kFixedPriority), 3);
  bench.clients[0].read(kStart, 0, 16);       // bank 0
  bench.clients[1].read(kStart, 0, 64);       // banks 0 to 3: loses 0, gets the others
  bench.clients[2].read(kStart + 1, 16, 16);  // bank 1: free again by then
  bench.reset();
  bench.run_through(kStart + 20);
  EXPECT_THAT(bench.answered(1), ElementsAre(kStart + 3));
  EXPECT_THAT(bench.answered(2), ElementsAre(kStart + 3));
}

TEST(ScratchpadTest, ReadingAnUnwrittenByteFailsAndNamesUnitCycleAddressAndTensor) {
  ScratchpadBench bench("bench");
  bench.clients[0].read(kStart, 250, 10);
  bench.reset();
  EXPECT_EQ(bench.failure_through(kStart), "");
  const std::string message = bench.failure_through(kStart + 1);
  EXPECT_THAT(message, HasSubstr("cycle 101"));
  EXPECT_THAT(message, HasSubstr("client0"));
  EXPECT_THAT(message, HasSubstr("address 256"));
  EXPECT_THAT(message, HasSubstr("'scores'"));
}

TEST(ScratchpadTest, InvalidatedBytesCountAsUnwritten) {
  ScratchpadBench bench("bench");
  bench.clients[0].read(kStart, 32, 16);
  bench.clients[0].read(kStart + 20, 48, 16);
  bench.reset();
  bench.run_through(50);
  bench.scratchpad.invalidate({.address = 16, .rows = 2, .row_bytes = 16, .pitch = 32});
  EXPECT_EQ(bench.failure_through(kStart + 10), "") << "the bytes between two rows are untouched";
  EXPECT_THAT(bench.failure_through(kStart + 30), HasSubstr("address 48"));
}

TEST(ScratchpadTest, ResetForgetsWhatWasWritten) {
  ScratchpadBench bench("bench");
  bench.reset();
  bench.run_through(50);
  bench.clients[0].plan.clear();
  bench.clients[0].read(kStart, 0, 16);
  bench.reset();
  EXPECT_THAT(bench.failure_through(kStart + 10), HasSubstr("nobody has written"));
}

TEST(ScratchpadTest, ARequestBeyondTheEndFails) {
  ScratchpadBench bench("bench");
  bench.clients[0].write(kStart, 1020, bytes_of(4));
  bench.clients[0].write(kStart + 10, 1020, bytes_of(5));
  bench.reset();
  EXPECT_EQ(bench.failure_through(kStart + 10), "");
  const std::string message = bench.failure_through(kStart + 20);
  EXPECT_THAT(message, HasSubstr("cycle 111"));
  EXPECT_THAT(message, HasSubstr("client0"));
  EXPECT_THAT(message, HasSubstr("address 1020 and 5 bytes of 'scores'"));
}

// --- elements a stride apart ---

TEST(ScratchpadTest, AStridedReadTakesAsManyCyclesAsItsBusiestBankHasWords) {
  struct Case {
    std::string what;
    Bytes address;
    std::int64_t elements;
    Bytes element;
    Bytes stride;
    Cycles cycles;
  };
  // Four banks of sixteen bytes: a row of banks is 64 bytes.
  const std::vector<Case> cases{{"one element", 0, 1, 2, 64, 1},
                                {"each in a bank of its own", 0, 4, 2, 16, 1},
                                {"the same, twice round", 0, 8, 2, 16, 2},
                                {"all in one bank", 0, 4, 2, 64, 4},
                                {"all in one bank, not the first", 30, 3, 2, 64, 3},
                                {"in two banks", 0, 4, 2, 32, 2},
                                {"three in one bank, two in another", 0, 5, 1, 32, 3},
                                {"skewed, around the banks", 4, 3, 2, 80, 1},
                                {"several in a word", 0, 8, 2, 2, 1},
                                {"two in a word, words of one bank", 0, 3, 2, 8, 1},
                                {"five words of four banks", 0, 5, 8, 16, 2},
                                {"an element across two words", 15, 1, 2, 64, 1},
                                {"... and three of them", 15, 3, 2, 64, 3}};
  ScratchpadBench bench("bench");
  for (const Case& it : cases) {
    SCOPED_TRACE(it.what);
    bench.clients[0].plan.resize(1);
    bench.clients[0].read_strided(kStart, it.address, it.elements, it.element, it.stride);
    bench.reset();
    bench.run_through(kStart + it.cycles);
    EXPECT_THAT(bench.answered(0), IsEmpty());
    bench.run_through(kStart + 20);
    EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 1 + it.cycles));
    std::vector<std::byte> expected;
    for (std::int64_t i = 0; i < it.elements; ++i) {
      const auto piece =
          bytes_of(static_cast<int>(it.element), static_cast<int>(it.address + i * it.stride));
      expected.insert(expected.end(), piece.begin(), piece.end());
    }
    EXPECT_EQ(bench.clients[0].data.back(), expected);
    EXPECT_EQ(bench.scratchpad.stats().counters()[0].value(), it.elements * it.element);
    EXPECT_EQ(bench.scratchpad.stats().counters()[2].value(), 0) << "no conflict with itself";
  }
}

TEST(ScratchpadTest, TwoPortsOfABankServeOneWordOfAStridedRequestACycle) {
  auto config = small();
  config.ports = 2;
  ScratchpadBench bench("bench", config);
  bench.clients[0].read_strided(kStart, 0, 4, 2, 64);
  bench.reset();
  bench.run_through(kStart + 20);
  EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 1 + 4));
}

TEST(ScratchpadTest, AStridedWriteLeavesTheBytesBetweenAlone) {
  ScratchpadBench bench("bench");
  bench.clients[0].write_strided(kStart, 18, bytes_of(6, 100), 2, 64);  // three words of bank 1
  bench.clients[0].read(kStart + 10, 16, 144);
  bench.reset();
  bench.run_through(kStart + 30);
  EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 1 + 3, testing::_));
  auto expected = bytes_of(144, 16);
  for (std::size_t i = 0; i < 3; ++i) {
    expected[2 + 64 * i] = static_cast<std::byte>(100 + 2 * i);
    expected[3 + 64 * i] = static_cast<std::byte>(101 + 2 * i);
  }
  EXPECT_EQ(bench.clients[0].data.back(), expected);
  EXPECT_EQ(bench.scratchpad.stats().counters()[1].value(), 256 + 6);
}

TEST(ScratchpadTest, AStridedRequestAndAnotherPortConflictInTheBanksThatBothWant) {
  ScratchpadBench bench("bench", small(config::Arbitration::kFixedPriority), 3);
  bench.clients[0].read(kStart + 1, 0, 16);            // bank 0
  bench.clients[1].read_strided(kStart, 0, 4, 2, 64);  // bank 0, four times
  bench.clients[2].read(kStart + 2, 64, 16);           // bank 0
  bench.reset();
  bench.run_through(kStart + 30);
  EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 3));
  EXPECT_THAT(bench.answered(1), ElementsAre(kStart + 1 + 4 + 1));
  EXPECT_THAT(bench.answered(2), ElementsAre(kStart + 2 + 2 + 3)) << "the other is ahead of it";
  const auto conflicts = bench.scratchpad.conflicts();
  ASSERT_EQ(conflicts.size(), 2U);
  EXPECT_EQ(conflicts[0].loser, "client1");
  EXPECT_EQ(conflicts[0].winner, "client0");
  EXPECT_EQ(conflicts[0].cycles, 1);
  EXPECT_EQ(conflicts[1].loser, "client2");
  EXPECT_EQ(conflicts[1].winner, "client1");
  EXPECT_EQ(conflicts[1].cycles, 3);
  EXPECT_EQ(bench.scratchpad.stats().counters()[2].value(), 4);
}

TEST(ScratchpadTest, AnElementThatNobodyHasWrittenIsNamed) {
  ScratchpadBench bench("bench");
  bench.clients[0].read_strided(kStart, 6, 6, 2, 60);  // up to 308, of which 256 are written
  bench.clients[0].plan.back().request.row = 10;
  bench.reset();
  const std::string message = bench.failure_through(kStart + 20);
  EXPECT_THAT(message, HasSubstr("client0 reads address 306 of the scratchpad"));
  EXPECT_THAT(message, HasSubstr("'scores', row 15"));
}

TEST(ScratchpadTest, AStridedReadAsksNothingOfTheBytesBetween) {
  ScratchpadBench bench("bench");
  bench.clients[0].read_strided(kStart, 0, 4, 2, 64);
  bench.reset();
  bench.run_through(50);
  bench.scratchpad.invalidate({.address = 2, .rows = 3, .row_bytes = 62, .pitch = 64});
  EXPECT_EQ(bench.failure_through(kStart + 20), "");
}

TEST(ScratchpadTest, AStridedRequestBeyondTheEndFails) {
  ScratchpadBench bench("bench");
  bench.clients[0].write_strided(kStart, 894, bytes_of(4), 2, 128);  // ends with the last byte
  bench.clients[0].write_strided(kStart + 10, 895, bytes_of(4), 2, 128);
  bench.reset();
  EXPECT_EQ(bench.failure_through(kStart + 10), "");
  EXPECT_THAT(bench.failure_through(kStart + 20), HasSubstr("address 895 and 4 bytes of 'scores'"));
}

TEST(ScratchpadTest, RunsBehindStridedRequestsAreServedAsEver) {
  ScratchpadBench bench("bench");
  bench.clients[0].read_strided(kStart, 0, 3, 2, 64);
  bench.clients[0].read(kStart, 0, 65);
  bench.clients[0].read_strided(kStart, 0, 2, 2, 16);
  bench.reset();
  bench.run_through(kStart + 30);
  EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 4, kStart + 6, kStart + 7));
}

struct StrideLog : hw::WriteObserver {
  std::vector<hw::MemoryRequest> writes;
  void on_write(Cycles /*cycle*/, const std::string& /*unit*/,
                const hw::MemoryRequest& request) override {
    writes.push_back(request);
  }
};

TEST(ScratchpadTest, TheObserverSeesTheStrideOfAWrite) {
  ScratchpadBench bench("bench");
  StrideLog log;
  bench.clients[0].plan.clear();
  bench.clients[0].write_strided(10, 4, bytes_of(6), 2, 64);
  bench.clients[0].write(20, 4, bytes_of(6));
  bench.scratchpad.set_observer(&log);
  bench.reset();
  bench.run_through(50);
  ASSERT_EQ(log.writes.size(), 2U);
  EXPECT_EQ(log.writes[0].pieces(), 3);
  EXPECT_EQ(log.writes[0].element, 2);
  EXPECT_EQ(log.writes[0].stride, 64);
  EXPECT_EQ(log.writes[0].data, bytes_of(6));
  EXPECT_FALSE(log.writes[1].strided());
}

TEST(MemoryRequestTest, AimsAtARowOfATileOrAtAColumnOfOneThatLiesByColumns) {
  mapping::Operand operand;
  operand.region = {.address = 1000, .rows = 8, .row_bytes = 20, .pitch = 32};
  operand.tile = {3, 40, 5, 8, 10};
  operand.element_bytes = 2;
  hw::MemoryRequest request;
  request.aim(operand, 2, 3, 4);
  EXPECT_EQ(request.address, 1000 + 2 * 32 + 3 * 2);
  EXPECT_EQ(request.size, 8);
  EXPECT_FALSE(request.strided());
  EXPECT_EQ(request.end(), request.address + 8);
  EXPECT_EQ(request.row, 42);
  EXPECT_EQ(request.col, (5 + 3) * 2);
  operand.by_column = true;
  request.aim(operand, 2, 3, 4);
  EXPECT_EQ(request.address, 1000 + 3 * 32 + 2 * 2);
  EXPECT_EQ(request.size, 8);
  EXPECT_EQ(request.element, 2);
  EXPECT_EQ(request.stride, 32);
  EXPECT_EQ(request.end(), request.address + 3 * 32 + 2);
  EXPECT_EQ(request.tensor, 3);
  EXPECT_EQ(request.row, 43);
  EXPECT_EQ(request.col, (5 + 2) * 2);
  operand.by_column = false;
  request.aim(operand, 0, 0, 1);
  EXPECT_FALSE(request.strided()) << "nothing is left of the request before";
}

struct WriteLog : hw::WriteObserver {
  std::vector<std::pair<Cycles, std::string>> writes;
  void on_write(Cycles cycle, const std::string& unit, const hw::MemoryRequest& request) override {
    EXPECT_EQ(request.data.size(), 16U);
    writes.emplace_back(cycle, unit);
  }
};

TEST(ScratchpadTest, TheObserverSeesResultsAtTheirGrantAndNoLoads) {
  ScratchpadBench bench("bench", small(), 2);
  MemoryClient loader("loader", bench.clock);
  loader.port.bind(bench.scratchpad.add_port("dma", hw::Scratchpad::Writes::kLoads));
  WriteLog log;
  bench.clients[0].plan.clear();
  bench.clients[1].write(10, 16, bytes_of(16));
  bench.clients[1].read(20, 16, 16);
  loader.write(10, 64, bytes_of(16));
  bench.scratchpad.set_observer(&log);
  bench.reset();
  bench.run_through(50);
  EXPECT_THAT(log.writes, ElementsAre(std::pair<Cycles, std::string>{11, "client1"}));
}

// --- kinds of ports

class PortKindTest : public testing::TestWithParam<config::PortKind> {
 protected:
  static config::Scratchpad config() {
    auto config = small(config::Arbitration::kFixedPriority);
    config.port_kind = GetParam();
    return config;
  }
  static bool separate() { return GetParam() == config::PortKind::kSeparate; }
};
INSTANTIATE_TEST_SUITE_P(Kinds, PortKindTest,
                         testing::Values(config::PortKind::kShared, config::PortKind::kSeparate));

TEST_P(PortKindTest, AReadAndAWriteOfOneBankMeetInACycleOnlyWherePortsAreSeparate) {
  ScratchpadBench bench("bench", config(), 2);
  bench.clients[0].read(kStart, 0, 16);
  bench.clients[1].write(kStart, 64, bytes_of(16));
  bench.reset();
  bench.run_through(kStart + 1);
  EXPECT_THAT(bench.answered(1), IsEmpty());
  bench.run_through(kStart + 2);
  EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 2));
  EXPECT_EQ(bench.answered(1).size(), separate() ? 1U : 0U);
  bench.run_through(kStart + 3);
  EXPECT_THAT(bench.answered(1), ElementsAre(kStart + (separate() ? 2 : 3)));
  EXPECT_EQ(bench.scratchpad.conflicts().size(), separate() ? 0U : 1U);
}

TEST_P(PortKindTest, TwoReadsOfOneBankConflictAndSoDoTwoWrites) {
  ScratchpadBench bench("bench", config(), 2);
  for (auto& client : bench.clients) {
    client.read(kStart, 0, 16);
    client.write(kStart + 20, 64, bytes_of(16));
  }
  bench.reset();
  bench.run_through(kStart + 50);
  EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 2, kStart + 22));
  EXPECT_THAT(bench.answered(1), ElementsAre(kStart + 3, kStart + 23));
}

TEST(ScratchpadTest, WritesOnSeparatePortsConflictWithWritesAlone) {
  auto config = small(config::Arbitration::kFixedPriority);
  config.port_kind = config::PortKind::kSeparate;
  ScratchpadBench bench("bench", config, 4);
  for (int i = 0; i < 5; ++i) {
    bench.clients[0].read(kStart, 0, 16);
    bench.clients[1].write(kStart, 64, bytes_of(16));
  }
  bench.clients[2].write(kStart, 128, bytes_of(16));
  bench.clients[3].read(kStart, 192, 16);
  bench.reset();
  bench.run_through(kStart + 20);
  EXPECT_THAT(bench.answered(2), ElementsAre(kStart + 7));
  EXPECT_THAT(bench.answered(3), ElementsAre(kStart + 7));
  const auto conflicts = bench.scratchpad.conflicts();
  ASSERT_EQ(conflicts.size(), 2U);
  EXPECT_EQ(conflicts[0].loser, "client2");
  EXPECT_EQ(conflicts[0].winner, "client1");
  EXPECT_EQ(conflicts[0].cycles, 5);
  EXPECT_EQ(conflicts[1].loser, "client3");
  EXPECT_EQ(conflicts[1].winner, "client0");
  EXPECT_EQ(conflicts[1].cycles, 5);
}

TEST(ScratchpadTest, TwoSeparatePortsServeTwoReadsAndTwoWritesOfABankInACycle) {
  auto config = small(config::Arbitration::kFixedPriority);
  config.port_kind = config::PortKind::kSeparate;
  config.ports = 2;
  ScratchpadBench bench("bench", config, 6);
  for (std::size_t i = 0; i < 6; ++i) {
    if (i % 2 == 0) {
      bench.clients[i].read(kStart, 0, 16);
    } else {
      bench.clients[i].write(kStart, 256 + 64 * static_cast<Bytes>(i), bytes_of(16));
    }
  }
  bench.reset();
  bench.run_through(kStart + 20);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_THAT(bench.answered(i), ElementsAre(kStart + (i < 4 ? 2 : 3))) << i;
  }
}

// --- interleaving

TEST(ScratchpadTest, XorReadsAColumnInACycleThatLowOrderReadsRowByRow) {
  auto config = small();
  config.interleaving = config::Interleaving::kXor;
  ScratchpadBench bench("bench", config);
  bench.clients[0].read_strided(kStart, 4, 4, 2, 64);  // words 0, 4, 8, 12
  bench.reset();
  bench.run_through(kStart + 1);
  EXPECT_THAT(bench.answered(0), IsEmpty());
  bench.run_through(kStart + 2);
  EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 2));
}

TEST(ScratchpadTest, ARunThatMeetsABankTwiceTakesARoundMoreWithXor) {
  auto config = small();
  config.interleaving = config::Interleaving::kXor;
  ScratchpadBench bench("bench", config);
  for (const auto& [address, size, rounds] :
       {std::tuple{0, 64, 1}, {0, 65, 2}, {16, 48, 1}, {16, 64, 2}, {64, 128, 2}}) {
    SCOPED_TRACE(testing::Message() << size << " bytes at " << address);
    bench.clients[0].plan.resize(1);
    bench.clients[0].read(kStart, address, size);
    bench.reset();
    bench.run_through(kStart + rounds);
    EXPECT_THAT(bench.answered(0), IsEmpty());
    bench.run_through(kStart + 20);
    EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 1 + rounds));
    EXPECT_EQ(bench.clients[0].data.back(), bytes_of(size, address));
  }
}

TEST(ScratchpadTest, XorCountsConflictsInTheBanksThatItGives) {
  auto config = small(config::Arbitration::kFixedPriority);
  config.interleaving = config::Interleaving::kXor;
  ScratchpadBench bench("bench", config, 3);
  bench.clients[0].read(kStart, 0, 16);   // bank 0
  bench.clients[1].read(kStart, 80, 16);  // word 5: bank 1 ^ 1
  bench.clients[2].read(kStart, 64, 16);  // word 4: bank 1
  bench.reset();
  bench.run_through(kStart + 20);
  EXPECT_THAT(bench.answered(1), ElementsAre(kStart + 3));
  EXPECT_THAT(bench.answered(2), ElementsAre(kStart + 2));
  const auto conflicts = bench.scratchpad.conflicts();
  ASSERT_EQ(conflicts.size(), 1U);
  EXPECT_EQ(conflicts[0].loser, "client1");
  EXPECT_EQ(conflicts[0].winner, "client0");
}

/// Two requesters that read all banks of the addresses from 0 and from 512 on.
struct HalvesBench : ScratchpadBench {
  HalvesBench(const sc_core::sc_module_name& name, const config::Scratchpad& config_in)
      : ScratchpadBench(name, config_in, 2) {
    clients[1].write(0, 512, bytes_of(256));
    for (int i = 0; i < 10; ++i) {
      clients[0].read(kStart, 0, 32);
      clients[1].read(kStart, 512, 32);
    }
    reset();
    run_through(kStart + 60);
  }
};

TEST(ScratchpadTest, RequestersInDifferentGroupsOfBanksNeverConflict) {
  auto config = small();
  config.interleaving = config::Interleaving::kByTensor;
  config.bank_groups = 2;
  HalvesBench bench("bench", config);
  EXPECT_EQ(bench.answered(0), cycles_from(kStart + 2, 10));
  EXPECT_EQ(bench.clients[1].answered.size(), 11U);
  EXPECT_EQ(bench.clients[1].answered.back(), kStart + 11);
  EXPECT_THAT(bench.scratchpad.conflicts(), IsEmpty());
}

TEST(ScratchpadTest, RequestersOfOneGroupConflictAsWithLowOrder) {
  HalvesBench bench("bench", small());
  EXPECT_EQ(bench.scratchpad.conflicts().size(), 2U);
}

TEST(ScratchpadTest, ARequestOfMoreWordsThanItsGroupHasBanksTakesARoundMore) {
  auto config = small();
  config.interleaving = config::Interleaving::kByTensor;
  config.bank_groups = 2;
  ScratchpadBench bench("bench", config);
  bench.clients[0].read(kStart, 0, 64);
  bench.reset();
  bench.run_through(kStart + 20);
  EXPECT_THAT(bench.answered(0), ElementsAre(kStart + 3));
}

TEST(ScratchpadTest, RequestersInDifferentPartitionsNeverConflict) {
  auto config = small();
  config.size_kib = 3;
  config.partitions = config::Partitions{1, 1, 1, 1, 2, 1};
  ScratchpadBench bench("bench", config, 2);
  bench.clients[1].write(0, 1024, bytes_of(64));
  for (int i = 0; i < 10; ++i) {
    bench.clients[0].read(kStart, 0, 16);
    bench.clients[1].read(kStart, 1024, 32);
  }
  bench.reset();
  bench.run_through(kStart + 30);
  EXPECT_EQ(bench.answered(0), cycles_from(kStart + 2, 10));
  EXPECT_EQ(bench.clients[1].answered.back(), kStart + 11);
  EXPECT_THAT(bench.scratchpad.conflicts(), IsEmpty());
}

TEST(ScratchpadTest, BytesAreCountedByRequester) {
  ScratchpadBench bench("bench", small(), 2);
  bench.clients[0].read(kStart, 3, 50);
  bench.clients[1].write(kStart, 300, bytes_of(7));
  bench.clients[1].read_strided(kStart, 0, 3, 2, 64);
  for (int run = 0; run < 2; ++run) {  // a reset counts from 0 again
    bench.reset();
    bench.run_through(kStart + 20);
    const auto requesters = bench.scratchpad.requesters();
    ASSERT_EQ(requesters.size(), 2U);
    EXPECT_EQ(requesters[0].unit, "client0");
    EXPECT_EQ(requesters[0].read_bytes, 50);
    EXPECT_EQ(requesters[0].write_bytes, 256);
    EXPECT_EQ(requesters[1].read_bytes, 6);
    EXPECT_EQ(requesters[1].write_bytes, 7);
  }
}

TEST(ScratchpadTest, CountsBytesReadAndWritten) {
  ScratchpadBench bench("bench");
  bench.clients[0].read(kStart, 3, 50);
  bench.reset();
  bench.run_through(kStart + 20);
  EXPECT_EQ(bench.scratchpad.stats().counters()[0].name(), "read_bytes");
  EXPECT_EQ(bench.scratchpad.stats().counters()[0].value(), 50);
  EXPECT_EQ(bench.scratchpad.stats().counters()[1].value(), 256);
}

class ScratchpadOrderTest
    : public testing::TestWithParam<std::tuple<config::Interleaving, config::PortKind>> {};
INSTANTIATE_TEST_SUITE_P(
    Kinds, ScratchpadOrderTest,
    testing::Combine(testing::Values(config::Interleaving::kLowOrder, config::Interleaving::kXor,
                                     config::Interleaving::kByTensor),
                     testing::Values(config::PortKind::kShared, config::PortKind::kSeparate)));

TEST_P(ScratchpadOrderTest, TheOrderInWhichModulesRunDoesNotShow) {
  auto config = small();
  config.interleaving = std::get<0>(GetParam());
  config.port_kind = std::get<1>(GetParam());
  config.bank_groups = 2;
  ScratchpadBench bench("bench", config, 4);
  for (std::uint64_t i = 0; i < 4; ++i) {
    Cycles at = kStart;
    for (int j = 0; j < 100; ++j) {
      at += at_random(i, 50)(j) ? 1 : 0;
      if (j % 3 == 1) {
        bench.clients[i].read_strided(at, (j * 11 + static_cast<int>(i) * 7) % 50, 1 + j % 7, 2,
                                      2 + j * 5 % 28);
        continue;
      }
      if (j % 5 == 2) {
        bench.clients[i].write(at, 256 + 64 * static_cast<Bytes>(i) + j % 60, bytes_of(1 + j % 4));
        continue;
      }
      bench.clients[i].read(at, (j * 37 + static_cast<int>(i) * 11) % 180, 1 + (j * 13) % 70);
    }
  }
  bench.reset();
  bench.run_through(5000);
  std::vector<std::vector<Cycles>> answered;
  for (auto& client : bench.clients) {
    answered.push_back(client.answered);
  }
  bench.clock.set_reverse_order(true);
  bench.reset();
  bench.run_through(5000);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(bench.clients[i].answered.size(), bench.clients[i].plan.size());
    EXPECT_EQ(bench.clients[i].answered, answered[i]);
  }
}

}  // namespace
}  // namespace vitsim::test
