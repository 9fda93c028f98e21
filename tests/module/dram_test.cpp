// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dram.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/core/error.h"

#include "support/bench.h"
#include "support/tlm_mocks.h"

namespace vitsim::test {
namespace {

using testing::HasSubstr;

config::Accelerator ideal() {
  config::Accelerator machine;
  machine.dram.kind = config::DramKind::kIdeal;
  return machine;
}

config::Accelerator simple(double bytes_per_cycle, int latency_cycles) {
  config::Accelerator machine;
  machine.dram.kind = config::DramKind::kSimple;
  machine.dram.bytes_per_cycle = bytes_per_cycle;
  machine.dram.latency_cycles = latency_cycles;
  return machine;
}

std::vector<std::byte> bytes_of(int count, int first = 0) {
  std::vector<std::byte> bytes;
  for (int i = 0; i < count; ++i) {
    bytes.push_back(static_cast<std::byte>(first + i));
  }
  return bytes;
}

struct DramBench : Bench {
  config::Accelerator machine;
  hw::Dram dram{"dram", machine, 4096, [](Bytes) { return std::string("weights"); }, clock};
  FakeInitiator initiator{"initiator", clock};

  DramBench(const sc_core::sc_module_name& name, const config::Accelerator& machine_in)
      : Bench(name), machine(machine_in) {
    initiator.socket.bind(dram.socket);
    dram.host_write(0, bytes_of(256));
  }
  [[nodiscard]] Cycles answered(std::size_t access) const {
    return initiator.accesses[access].answered;
  }
  [[nodiscard]] std::int64_t counter(std::size_t index) {
    return dram.stats().counters()[index].value();
  }
};

TEST(DramTest, IdealAnswersInTheNextCycleAndNotInTheSame) {
  DramBench bench("bench", ideal());
  bench.initiator.read(5, 16, 64);
  bench.reset();
  bench.run_through(5);
  EXPECT_EQ(bench.answered(0), -1);
  bench.run_through(6);
  EXPECT_EQ(bench.answered(0), 6);
  EXPECT_EQ(bench.initiator.accesses[0].bytes, bytes_of(64, 16));
  EXPECT_EQ(bench.initiator.accesses[0].response, tlm::TLM_OK_RESPONSE);
}

TEST(DramTest, SimpleAnswersLatencyAfterTheLastByteAndNotACycleEarlier) {
  DramBench bench("bench", simple(16, 10));
  bench.initiator.read(5, 0, 64);
  bench.reset();
  constexpr Cycles kDue = 5 + 1 + 64 / 16 + 10;
  bench.run_through(kDue - 1);
  EXPECT_EQ(bench.answered(0), -1);
  bench.run_through(kDue);
  EXPECT_EQ(bench.answered(0), kDue);
}

TEST(DramTest, AFractionalBandwidthIsExactOverManyBursts) {
  DramBench bench("bench", simple(25.6, 60));
  for (int i = 0; i < 2000; ++i) {
    bench.initiator.read(0, 0, 64);
  }
  bench.reset();
  bench.run_through(6000);
  for (Cycles i = 0; i < 2000; ++i) {
    // 64 / 25.6 = 5 / 2 cycles a burst
    ASSERT_EQ(bench.answered(static_cast<std::size_t>(i)),
              1 + ceil_div<Cycles>(5 * (i + 1), 2) + 60)
        << "burst " << i;
  }
  EXPECT_EQ(bench.answered(1999), 5061);
}

TEST(DramTest, ABandwidthOfThousandthsIsExactToo) {
  DramBench bench("bench", simple(0.333, 0));
  for (int i = 0; i < 333; ++i) {
    bench.initiator.read(0, 0, 1);
  }
  bench.reset();
  bench.run_through(2000);
  EXPECT_EQ(bench.answered(332), 1 + 1000);
}

TEST(DramTest, AnIdleBusSavesNothingUp) {
  DramBench bench("bench", simple(16, 0));
  bench.initiator.read(0, 0, 64);
  bench.initiator.read(100, 0, 64);
  bench.initiator.read(100, 0, 64);
  bench.reset();
  bench.run_through(200);
  EXPECT_EQ(bench.answered(0), 5);
  EXPECT_EQ(bench.answered(1), 105);
  EXPECT_EQ(bench.answered(2), 109);
}

TEST(DramTest, ReadsAndWritesShareTheBus) {
  DramBench bench("bench", simple(16, 3));
  bench.initiator.read(0, 0, 64);
  bench.initiator.write(0, 1024, bytes_of(64, 5));
  bench.initiator.read(0, 1024, 64);
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.answered(0), 1 + 4 + 3);
  EXPECT_EQ(bench.answered(1), 1 + 8 + 3);
  EXPECT_EQ(bench.answered(2), 1 + 12 + 3);
  EXPECT_EQ(bench.initiator.accesses[2].bytes, bytes_of(64, 5));
  EXPECT_EQ(bench.counter(0), 128);  // read_bytes
  EXPECT_EQ(bench.counter(1), 64);   // write_bytes
  EXPECT_EQ(bench.counter(2), 3);    // bursts
}

TEST(DramTest, ReadingAnUnwrittenByteFailsAndNamesCycleAddressAndTensor) {
  DramBench bench("bench", ideal());
  bench.initiator.read(5, 250, 16);
  bench.reset();
  EXPECT_EQ(bench.failure_through(5), "");
  const std::string message = bench.failure_through(6);
  EXPECT_THAT(message, HasSubstr("cycle 6"));
  EXPECT_THAT(message, HasSubstr("address 256"));
  EXPECT_THAT(message, HasSubstr("'weights'"));
}

TEST(DramTest, WhatTheHostForgetsCountsAsUnwritten) {
  DramBench bench("bench", ideal());
  bench.dram.host_forget(20, 1);
  bench.initiator.read(5, 0, 20);
  bench.initiator.read(50, 0, 21);
  bench.reset();
  EXPECT_EQ(bench.failure_through(50), "");
  EXPECT_THAT(bench.failure_through(60), HasSubstr("address 20"));
}

TEST(DramTest, AConstantIsReadFromWhereItLiesAndWritingToItFails) {
  DramBench bench("bench", ideal());
  const auto constant = bytes_of(64, 100);
  bench.dram.host_share(1024, constant);
  bench.initiator.read(5, 1024, 64);
  bench.initiator.write(50, 960, bytes_of(65));
  bench.reset();
  EXPECT_EQ(bench.failure_through(50), "");
  EXPECT_EQ(bench.initiator.accesses[0].bytes, constant);
  const std::string message = bench.failure_through(60);
  EXPECT_THAT(message, HasSubstr("writes address 1024 of DRAM"));
  EXPECT_THAT(message, HasSubstr("'weights'"));
}

TEST(DramTest, AnAddressBeyondTheEndIsAnAddressError) {
  DramBench bench("bench", ideal());
  bench.initiator.write(0, 4032, bytes_of(64));
  bench.initiator.write(0, 4033, bytes_of(64));
  bench.initiator.read(0, 1 << 20, 64);
  bench.reset();
  bench.run_through(10);
  EXPECT_EQ(bench.initiator.accesses[0].response, tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(bench.initiator.accesses[1].response, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(bench.initiator.accesses[2].response, tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST(DramTest, TakesEndRespOfAnInitiatorThatEndsTheResponseLater) {
  DramBench bench("bench", simple(16, 3));
  bench.initiator.ends_later = true;
  bench.initiator.read(0, 0, 64);
  bench.initiator.read(0, 64, 64);
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.answered(0), 8);
  EXPECT_EQ(bench.answered(1), 12);
  EXPECT_EQ(bench.initiator.freed, 2) << "DRAM holds no payload that was answered";
}

TEST(DramTest, ResetDropsWhatIsUnderWayAndFreesTheBus) {
  DramBench bench("bench", simple(16, 50));
  bench.initiator.read(0, 0, 64);
  bench.reset();
  bench.run_through(10);
  bench.reset();
  bench.run_through(100);
  EXPECT_EQ(bench.answered(0), 1 + 4 + 50);
  EXPECT_EQ(bench.counter(2), 1);
}

/// A DDR4-2400 with a short queue and a core as fast as it.
config::Accelerator banked(int queue_depth) {
  config::Accelerator machine;
  machine.clock_mhz = 1200;
  machine.dram.kind = config::DramKind::kDdr4At2400;
  machine.dram.queue_depth = queue_depth;
  return machine;
}

TEST(DramTest, WithBanksAReadIsAnsweredAfterActivateReadAndDataAndNotACycleEarlier) {
  DramBench bench("bench", banked(32));
  bench.initiator.read(5, 16, 64);  // two bursts: the second bank group's row opens tRRD_S later
  bench.reset();
  constexpr Cycles kDue = 6 + 4 + 16 + 16 + 4;
  bench.run_through(kDue - 1);
  EXPECT_EQ(bench.answered(0), -1);
  bench.run_through(kDue);
  EXPECT_EQ(bench.answered(0), kDue);
  EXPECT_EQ(bench.initiator.accesses[0].bytes, bytes_of(64, 16));
}

TEST(DramTest, AFullQueueHoldsEndReqBackUntilThereIsRoomInBothOrders) {
  DramBench bench("bench", banked(1));
  for (int i = 0; i < 3; ++i) {
    bench.initiator.read(0, 0, 64);
  }
  for (const bool reverse : {false, true}) {
    bench.clock.set_reverse_order(reverse);
    bench.reset();
    bench.run_through(200);
    // Activated in 1, read in 17; then each read tCCD_L after the last, or when it has come.
    EXPECT_EQ(bench.initiator.accesses[0].accepted, 0);
    EXPECT_EQ(bench.initiator.accesses[1].accepted, 17);
    EXPECT_EQ(bench.initiator.accesses[2].accepted, 23);
    EXPECT_EQ(bench.answered(0), 17 + 16 + 4);
    EXPECT_EQ(bench.answered(1), 23 + 16 + 4);
    EXPECT_EQ(bench.answered(2), 29 + 16 + 4);
  }
}

TEST(DramTest, WithBanksTheRightBytesComeWhateverTheOrder) {
  DramBench bench("bench", banked(4));
  for (int i = 0; i < 40; ++i) {
    bench.initiator.write(0, 1024 + 64 * (i * 7 % 40), bytes_of(64, i));
  }
  for (int i = 0; i < 40; ++i) {
    bench.initiator.read(2000, 1024 + 64 * (i * 7 % 40), 64);
  }
  bench.reset();
  bench.run_through(4000);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(bench.initiator.accesses[static_cast<std::size_t>(40 + i)].bytes, bytes_of(64, i));
  }
}

TEST(DramTest, WithBanksResetDropsWhatIsUnderWayAndStartsAnew) {
  DramBench bench("bench", banked(1));
  bench.initiator.read(0, 0, 64);
  bench.initiator.read(0, 128, 64);
  bench.reset();
  bench.run_through(10);
  bench.reset();
  bench.run_through(200);
  EXPECT_EQ(bench.answered(0), 1 + 16 + 16 + 4);
  EXPECT_EQ(bench.counter(2), 2);
}

TEST(DramTest, AProgramThatIsLargerThanTheDramIsRefusedBeforeTheSimulation) {
  config::Accelerator machine = banked(4);
  machine.dram.set.rows = 1;
  Bench bench("bench");
  const auto make = [&](Bytes size) {
    const hw::Dram dram(
        "dram", machine, size, [](Bytes) { return std::string(); }, bench.clock);
  };
  EXPECT_NO_THROW(make(131072));
  try {
    make(131073);
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "accelerator.dram.rows: got '1', expected at least '2': DRAM holds 131072 bytes, "
                 "but the program's tensors take 131073");
  }
}

}  // namespace
}  // namespace vitsim::test
