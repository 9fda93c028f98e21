// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/banked_dram.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/config/load.h"
#include "vitsim/timing/dram_bandwidth.h"

#include "support/dram_bench.h"
#include "support/dram_checker.h"
#include "support/random_dram.h"

namespace vitsim::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// All parameters of `device` as a file would set them.
config::Accelerator machine_of(config::DramDevice device) {
  config::Accelerator machine;
  machine.dram.kind = config::DramKind::kDdr4At2400;
  config::for_each_dram_parameter(machine.dram.set, device,
                                  [](std::string_view, auto& set, const auto& value, config::Range,
                                     std::string_view) { set = value; });
  return machine;
}

/// A DRAM that makes its own accesses, one a core cycle where there is room.
struct BankedBench {
  struct Access {
    Cycles at = 0;
    bool write = false;
    Bytes address = 0;
    Bytes size = 0;
    Cycles begun = -1;
    Cycles accepted = -1;
    Cycles answered = -1;
  };
  config::Accelerator machine;
  config::DramDevice device = *config::resolved_device(machine.dram);
  stats::Group stats{"dram"};
  hw::BankedDram dram{machine, device, stats};
  std::vector<Access> accesses;
  std::size_t next = 0;
  Cycles now = -1;
  bool dram_first = true;  ///< whether the DRAM or the initiator goes first in a cycle
  bool eager = true;       ///< the DRAM looks at every cycle, not only at those it asks for

  explicit BankedBench(const config::Accelerator& machine_in) : machine(machine_in) {}

  void read(Cycles at, Bytes address, Bytes size) {
    accesses.push_back({at, false, address, size});
  }
  void write(Cycles at, Bytes address, Bytes size) {
    accesses.push_back({at, true, address, size});
  }

  void run_through(Cycles last) {
    while (now < last) {
      ++now;
      if (dram_first) {
        look();
        begin();
      } else {
        begin();
        look();
      }
    }
  }
  /// Runs until the last access is answered, at most `limit` cycles.
  void run(Cycles limit = 10'000'000) {
    while (answers < accesses.size() && now < limit) {
      run_through(now + 1);
    }
    EXPECT_EQ(answers, accesses.size());
  }
  std::size_t answers = 0;

 private:
  void look() {
    if (!eager && dram.next_cycle() > now) {
      return;
    }
    const bool waited = next > 0 && accesses[next - 1].accepted < 0;
    dram.advance(now);
    if (waited && dram.accepts()) {
      accesses[next - 1].accepted = now;
    }
    for (int number = dram.pop_done(now); number >= 0; number = dram.pop_done(now)) {
      accesses[static_cast<std::size_t>(number)].answered = now;
      ++answers;
    }
  }
  void begin() {
    // END_REQ of this cycle counts from the next.
    const bool free = next == 0 || (accesses[next - 1].accepted >= 0 &&
                                    (accesses[next - 1].accepted < now ||
                                     accesses[next - 1].begun == accesses[next - 1].accepted));
    if (next == accesses.size() || accesses[next].at > now || !free || !dram.accepts()) {
      return;
    }
    Access& access = accesses[next];
    access.begun = now;
    dram.begin(static_cast<int>(next), access.write, access.address, access.size, now);
    if (dram.accepts()) {
      access.accepted = now;
    }
    ++next;
  }
};

struct Clocks {
  double core_mhz;
  double dram_mhz;
  Cycles answer;
};

std::ostream& operator<<(std::ostream& out, const Clocks& clocks) {
  return out << clocks.core_mhz << " and " << clocks.dram_mhz << " MHz";
}

class ClockDomainTest : public testing::TestWithParam<Clocks> {};

// A read of cycle 5 counts from the DRAM's first edge in cycle 6; activate, read and data take
// 11 + 17 + 4 clocks.
INSTANTIATE_TEST_SUITE_P(Ratios, ClockDomainTest,
                         testing::Values(Clocks{1000, 1000, 6 + 32},
                                         // edge 15 (6 x 2.4 = 14.4) to 47, which is in 19.6
                                         Clocks{500, 1200, 20},
                                         // edge 3 (6 x 5 / 12 = 2.5) to 35: 35 x 2.4 = 84
                                         Clocks{1200, 500, 84},
                                         // edge 11 (6 x 1.7778) to 43: 43 / 1.7778 = 24.2
                                         Clocks{599.999, 1066.667, 25},
                                         // a cycle of a hundred clocks: edge 600 to 632
                                         Clocks{10, 1000, 7}));

TEST_P(ClockDomainTest, TheAnswerComesInTheFirstCoreCycleAfterTheDataAndNotOneEarlier) {
  config::DramDevice device = odd_device();
  device.clock_mhz = GetParam().dram_mhz;
  config::Accelerator machine = machine_of(device);
  machine.clock_mhz = GetParam().core_mhz;
  BankedBench bench(machine);
  bench.read(5, 0, 32);
  bench.run_through(GetParam().answer - 1);
  EXPECT_EQ(bench.accesses[0].answered, -1);
  bench.run_through(GetParam().answer);
  EXPECT_EQ(bench.accesses[0].answered, GetParam().answer);
}

/// The device with a core as fast as itself.
config::Accelerator odd_machine() {
  config::Accelerator machine = machine_of(odd_device());
  machine.clock_mhz = 1000;
  return machine;
}

TEST(BankedDramTest, AnAccessOfSeveralBurstsIsDoneWithTheLast) {
  BankedBench bench(odd_machine());
  bench.read(0, 0, 128);  // two bank groups, two columns of each: read at 12, 17, 21, 25
  bench.run();
  EXPECT_EQ(bench.accesses[0].answered, 25 + 17 + 4);
  EXPECT_EQ(bench.stats.counters()[0].value(), 2) << "row hits";
}

TEST(BankedDramTest, ChannelsWorkSideBySide) {
  config::DramDevice device = odd_device();
  device.channels = 2;
  config::Accelerator machine = machine_of(device);
  machine.clock_mhz = 1000;
  BankedBench bench(machine);
  bench.read(0, 0, 64);
  bench.run();
  EXPECT_EQ(bench.accesses[0].answered, 1 + 32);
}

TEST(BankedDramTest, AccessesThatBeginOrEndInsideABurstTakeAllOfIt) {
  BankedBench bench(odd_machine());
  bench.read(0, 31, 2);
  bench.run();
  const auto& counters = bench.stats.counters();
  EXPECT_EQ(counters[0].value() + counters[1].value() + counters[2].value(), 2);
}

TEST(BankedDramTest, AFullQueueHoldsTheAccessUntilARowIsReadAndNotLonger) {
  config::Accelerator machine = odd_machine();
  machine.dram.queue_depth = 2;
  BankedBench bench(machine);
  for (int i = 0; i < 4; ++i) {
    bench.read(0, 64 * i, 32);  // one bank, one row
  }
  bench.run();
  EXPECT_EQ(bench.accesses[0].accepted, 0);
  EXPECT_EQ(bench.accesses[1].accepted, 1);
  EXPECT_EQ(bench.accesses[2].begun, 2);
  EXPECT_EQ(bench.accesses[2].accepted, 12) << "the first is read at 1 + trcd";
  EXPECT_EQ(bench.accesses[3].begun, 13);
  EXPECT_EQ(bench.accesses[3].accepted, 18) << "the second tccd_l later";
}

TEST(BankedDramTest, AnswersOvertakeEachOther) {
  BankedBench bench(odd_machine());
  bench.read(0, 0, 32);
  bench.read(0, 64 * 32, 32);  // another row of the bank
  bench.read(0, 64, 32);       // the first one again
  bench.run();
  EXPECT_LT(bench.accesses[2].answered, bench.accesses[1].answered);
}

TEST(BankedDramTest, ResetClosesRowsAndStartsRefreshAnew) {
  BankedBench bench(odd_machine());
  const auto run = [&] {
    bench.accesses.clear();
    bench.next = 0;
    bench.answers = 0;
    bench.now = -1;
    for (int i = 0; i < 300; ++i) {
      bench.read(7 * i, 32 * (i % 50), 32);
    }
    bench.run();
    std::vector<Cycles> answers;
    for (const auto& access : bench.accesses) {
      answers.push_back(access.answered);
    }
    return answers;
  };
  const auto first = run();
  bench.dram.reset();
  EXPECT_EQ(run(), first);
}

/// Any DRAM and any accesses: bursts of reads and writes, in streams and at random, with gaps.
class RandomAccesses {
 public:
  explicit RandomAccesses(std::uint64_t seed) : random_(seed) {
    config::Config config;
    config.accelerator.clock_mhz = static_cast<double>(random_.integer(50000, 2000000)) / 1000;
    draw_banked_dram(random_, config.accelerator);
    config::check(config);
    machine = config.accelerator;
    device = *config::resolved_device(machine.dram);
    Bytes address = 0;
    bool write = false;
    Cycles at = 0;
    const Bytes place = std::min<Bytes>(device.capacity(), 1 << 22);
    for (int i = 0; i < 400; ++i) {
      if (random_.integer(0, 7) == 0) {
        address = random_.integer(0, place - 1);
        write = random_.integer(0, 2) == 0;
      }
      if (random_.integer(0, 40) == 0) {
        at += random_.integer(0, 500);
      }
      const Bytes size =
          std::min<Bytes>(random_.integer(1, machine.dma.burst_bytes), device.capacity() - address);
      accesses.push_back({at, write, address, size});
      address = (address + size) % place;
    }
  }
  config::Accelerator machine;
  config::DramDevice device;
  std::vector<BankedBench::Access> accesses;

 private:
  Random random_;
};

struct Log : hw::DramCommandLog {
  std::vector<hw::IssuedCommand> commands;
  void issued(const hw::IssuedCommand& command) override { commands.push_back(command); }
};

TEST(BankedDramPropertyTest, NoCommandOfRandomAccessesBreaksARule) {
  std::size_t commands = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const RandomAccesses drawn(seed);
    BankedBench bench(drawn.machine);
    std::deque<Log> logs;
    for (int channel = 0; channel < drawn.device.channels; ++channel) {
      bench.dram.set_log(channel, &logs.emplace_back());
    }
    bench.accesses = drawn.accesses;
    bench.run();
    for (const Log& log : logs) {
      EXPECT_THAT(broken_rules(log.commands, drawn.device, drawn.machine.dram.refresh), IsEmpty())
          << "seed " << seed;
      commands += log.commands.size();
    }
  }
  EXPECT_GT(commands, 100000U);
}

TEST(BankedDramPropertyTest, AnswersDoNotDependOnWhoGoesFirstNorOnHowOftenItIsLookedAt) {
  for (std::uint64_t seed = 1000; seed < 1150; ++seed) {
    const RandomAccesses drawn(seed);
    std::vector<std::vector<Cycles>> runs;
    for (const auto& [dram_first, eager] : {std::pair{true, true}, std::pair{false, true},
                                            std::pair{true, false}, std::pair{false, false}}) {
      BankedBench bench(drawn.machine);
      bench.dram_first = dram_first;
      bench.eager = eager;
      bench.accesses = drawn.accesses;
      bench.run();
      auto& cycles = runs.emplace_back();
      for (const auto& access : bench.accesses) {
        cycles.insert(cycles.end(), {access.begun, access.accepted, access.answered});
      }
    }
    EXPECT_EQ(runs[0], runs[1]) << "seed " << seed;
    EXPECT_EQ(runs[0], runs[2]) << "seed " << seed;
    EXPECT_EQ(runs[0], runs[3]) << "seed " << seed;
  }
}

// --- bandwidth

/// A machine with this DRAM whose core is fast enough to fill every channel.
config::Accelerator fast_machine(config::DramKind kind) {
  config::Accelerator machine;
  machine.dram.kind = kind;
  const auto device = *config::resolved_device(machine.dram);
  machine.clock_mhz = device.clock_mhz * device.channels;
  machine.dma.burst_bytes = device.burst_bytes();
  return machine;
}

/// The part of the peak that reads of one DRAM burst each reach.
template <class Address>
double reached(const config::Accelerator& machine, int accesses, Address address) {
  BankedBench bench(machine);
  bench.eager = false;
  const Bytes burst = bench.device.burst_bytes();
  for (int i = 0; i < accesses; ++i) {
    bench.read(0, address(i) * burst, burst);
  }
  bench.run();
  const double bytes = static_cast<double>(accesses) * static_cast<double>(burst);
  return bytes / static_cast<double>(bench.now) /
         timing::bus_bytes_per_cycle(bench.device, machine.clock_mhz);
}

/// The most that reads of a row each can reach: each costs an activate, and a bank stays with it
/// for a row's cycle; refresh takes its part.
double random_bound(const config::DramDevice& device) {
  const double row_cycle =
      std::max(device.tras_clocks, device.trcd_clocks + device.trtp_clocks) + device.trp_clocks;
  const double clocks = std::max(
      {static_cast<double>(device.tccd_s_clocks), static_cast<double>(device.trrd_s_clocks),
       device.tfaw_clocks / 4.0, row_cycle / device.banks_per_channel()});
  return device.burst_clocks() / clocks *
         (1 - static_cast<double>(device.trfc_clocks) / device.trefi_clocks);
}

struct Bandwidth {
  std::string_view name;
  double gigabytes;
  double streaming;
  double random;
  double bound;
};

std::vector<Bandwidth> bandwidths() {
  std::vector<Bandwidth> table;
  for (const auto& kind : config::kDramKindNames) {
    const config::DramDevice* device = config::dram_preset(kind.value);
    if (device == nullptr) {
      continue;
    }
    const config::Accelerator machine = fast_machine(kind.value);
    const int accesses = 20000 * device->channels;
    Random random(11);
    const auto last = device->capacity() / device->burst_bytes() - 1;
    table.push_back({kind.name, timing::bus_bytes_per_cycle(*device, 1000),
                     reached(machine, accesses, [](int i) { return i; }),
                     reached(machine, accesses, [&](int) { return random.integer(0, last); }),
                     random_bound(*device)});
  }
  return table;
}

TEST(DramBandwidthTest, AStreamReachesMoreThan85PercentOfThePeakAndRandomReadsWhatRowsAllow) {
  const auto table = bandwidths();
  ASSERT_EQ(table.size(), 5U);
  for (const Bandwidth& row : table) {
    EXPECT_GT(row.streaming, 0.85) << row.name;
    EXPECT_LE(row.streaming, 1) << row.name;
    EXPECT_LE(row.random, row.bound) << row.name;
    EXPECT_GT(row.random, 0.75 * row.bound) << row.name;
  }
}

TEST(DramBandwidthDocumentationTest, ThePageShowsWhatIsMeasured) {
  const std::string page = std::string(VITSIM_SOURCE_DIR) + "/docs/validation.md";
  const std::string begin = "<!-- dram bandwidth: measured -->\n";
  const std::string end = "<!-- end of dram bandwidth -->\n";
  std::string measured =
      "| preset | peak, GB/s | stream of reads | random reads | their bound "
      "|\n|---|---|---|---|---|\n";
  for (const Bandwidth& row : bandwidths()) {
    measured += fmt::format("| `{}` | {:.1f} | {:.1f} % | {:.1f} % | {:.1f} % |\n", row.name,
                            row.gigabytes, 100 * row.streaming, 100 * row.random, 100 * row.bound);
  }
  std::ifstream in(page, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto from = text.find(begin);
  const auto to = text.find(end);
  ASSERT_NE(from, text.npos);
  ASSERT_NE(to, text.npos);
  const auto start = from + begin.size();
  if (std::getenv("VITSIM_UPDATE_DOCS") != nullptr) {
    text.replace(start, to - start, measured);
    std::ofstream(page, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(text.substr(start, to - start), measured)
      << "run `VITSIM_UPDATE_DOCS=1 ctest -R DocumentationTest` to write it anew";
}

}  // namespace
}  // namespace vitsim::test
