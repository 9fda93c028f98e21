// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "vitsim/mapping/occupancy.h"
#include "vitsim/mapping/traffic.h"
#include "vitsim/timing/array.h"
#include "vitsim/timing/dram_bandwidth.h"
#include "vitsim/timing/roofline.h"

#include "property/machine_bench.h"

namespace vitsim::test {
namespace {

constexpr int kCasesPerTest = 10;

void expect_traffic(MachineBench& bench, const Case& drawn, const sim::ImageTiming& timing) {
  const auto traffic = mapping::traffic_of(drawn.graph, bench.program());
  mapping::TensorTraffic all;
  for (std::size_t id = 0; id < traffic.size(); ++id) {
    const mapping::TensorTraffic& moved = traffic[id];
    const model::Tensor& tensor = drawn.graph.tensors[id];
    all += moved;
    const bool resident = bench.program().placements[id].resident;
    bench.expect(
        !resident || moved.actual_bytes() == 0,
        fmt::format("{} is resident and moves {} bytes", tensor.name, moved.actual_bytes()));
    const bool written = tensor.role == model::Role::kActivation;
    bench.expect(resident || (written ? moved.write_bytes : moved.read_bytes) >=
                                 (written ? tensor.size_bytes() : moved.distinct_bytes),
                 fmt::format("{} moves {} bytes of {} distinct ones", tensor.name,
                             moved.actual_bytes(), moved.distinct_bytes));
    bench.expect(moved.compulsory_bytes <= moved.distinct_bytes &&
                     moved.distinct_bytes <= tensor.size_bytes(),
                 fmt::format("{}: {} compulsory bytes of {} distinct ones", tensor.name,
                             moved.compulsory_bytes, moved.distinct_bytes));
    bench.expect(moved.avoidable_bytes() >= 0,
                 fmt::format("{} moves {} bytes of {} that must cross", tensor.name,
                             moved.actual_bytes(), moved.compulsory_bytes));
  }
  bench.expect(timing.counter("dram", "read_bytes") == all.read_bytes &&
                   timing.counter("dram", "write_bytes") == all.write_bytes,
               fmt::format("DRAM reads {} and writes {} bytes, but the tensors' traffic is {} and "
                           "{}",
                           timing.counter("dram", "read_bytes"),
                           timing.counter("dram", "write_bytes"), all.read_bytes, all.write_bytes));
}

void expect_below_the_roof(MachineBench& bench, const Case& drawn, const sim::ImageTiming& timing) {
  timing::Roofline roofline = timing::roofline_of(drawn.config.accelerator);
  roofline.peak_bytes_per_cycle = timing::peak_bytes_per_cycle(drawn.config.accelerator);
  const auto expect_point = [&](const std::string& name, std::int64_t macs, Bytes bytes,
                                Cycles cycles) {
    const auto point = timing::roofline_point(roofline, macs, bytes, cycles);
    bench.expect(point.operations_per_cycle <= point.roof * (1 + 1e-9),
                 fmt::format("{}: {} operations a cycle, at most {} are possible", name,
                             point.operations_per_cycle, point.roof));
  };
  for (std::size_t i = 0; i < timing.layers.size(); ++i) {
    const mapping::Layer& layer = bench.program().layers[i];
    const sim::LayerTiming& span = timing.layers[i];
    if (layer.macs > 0) {
      expect_point(layer.name, layer.macs, span.dram_read_bytes + span.dram_write_bytes,
                   span.end - span.start);
    }
  }
  expect_point("the image", mapping::total_macs(bench.program().layers),
               timing.counter("dram", "read_bytes") + timing.counter("dram", "write_bytes"),
               timing.cycles);
}

Cycles busy_cycles(const sim::ImageTiming& timing, std::string_view unit) {
  return std::ranges::find(timing.units, unit, &sim::UnitReport::name)->activity.busy;
}

/// What occupies the scratchpad, told byte by byte: from the release of the command that writes the
/// byte to the end of its last reader.
class ByteByByte {
 public:
  ByteByByte(const mapping::Program& program, const mapping::Schedule& schedule)
      : program_(program),
        schedule_(schedule),
        begin_(static_cast<std::size_t>(program.scratchpad_bytes)),
        end_(begin_.size()) {}

  /// Byte-cycles.
  std::int64_t area() {
    for (std::size_t i = 0; i < program_.commands.size(); ++i) {
      const mapping::Command& command = program_.commands[i];
      const Cycles done = set(command.done);
      if (const auto* transfer = std::get_if<mapping::Transfer>(&command.work)) {
        command.unit == mapping::Unit::kDmaLoad
            ? write(transfer->scratchpad, schedule_.released[i], done)
            : read(transfer->scratchpad, done);
      } else if (const auto* product = std::get_if<mapping::MatmulTile>(&command.work)) {
        read(product->lhs, set(product->lhs_read));
        read(product->rhs, set(product->rhs_read));
        read(product->params, done);
        read(product->residual, done);
        write(product->out, schedule_.released[i], done);
      } else if (const auto* rows = std::get_if<mapping::RowsTile>(&command.work)) {
        read(rows->in, done);
        read(rows->second, done);
        for (const mapping::Operand& table : rows->tables) {
          read(table, done);
        }
        write(rows->out, schedule_.released[i], done);
      } else {
        read(std::get<mapping::DiagTile>(command.work).k_hat_sum, done);
      }
    }
    for (std::size_t i = 0; i < begin_.size(); ++i) {
      area_ += end_[i] - begin_[i];
    }
    return area_;
  }

 private:
  [[nodiscard]] Cycles set(mapping::Token token) const {
    return schedule_.set[static_cast<std::size_t>(token)];
  }
  template <class Visit>
  static void for_each_byte(const std::optional<mapping::Operand>& operand, const Visit& visit) {
    for (std::int64_t row = 0; operand && row < operand->region.rows; ++row) {
      const Bytes first = operand->region.address + row * operand->region.pitch;
      for (Bytes byte = first; byte < first + operand->region.row_bytes; ++byte) {
        visit(static_cast<std::size_t>(byte));
      }
    }
  }
  void write(const std::optional<mapping::Operand>& operand, Cycles released, Cycles done) {
    for_each_byte(operand, [&](std::size_t byte) {
      area_ += end_[byte] - begin_[byte];
      begin_[byte] = released;
      end_[byte] = done;
    });
  }
  void read(const std::optional<mapping::Operand>& operand, Cycles done) {
    for_each_byte(operand, [&](std::size_t byte) { end_[byte] = std::max(end_[byte], done); });
  }

  const mapping::Program& program_;
  const mapping::Schedule& schedule_;
  std::vector<Cycles> begin_;  ///< by byte
  std::vector<Cycles> end_;
  std::int64_t area_ = 0;
};

/// Tiles occupy their bytes as long as somebody reads any of them, so at least as long as each byte
/// is to be read, and seldom much longer.
void expect_occupancy(MachineBench& bench, const Case& drawn) {
  const mapping::Schedule& schedule = bench.machine().schedule();
  std::int64_t area = 0;
  for (const auto& tile : mapping::occupations(drawn.graph, bench.program(), schedule)) {
    bench.expect(0 <= tile.begin && tile.begin < tile.end && tile.bytes > 0,
                 fmt::format("{} bytes from {} to {}", tile.bytes, tile.begin, tile.end));
    area += tile.bytes * (tile.end - tile.begin);
  }
  const std::int64_t of_bytes = ByteByByte(bench.program(), schedule).area();
  bench.expect(of_bytes <= area && area <= 2 * of_bytes,
               fmt::format("tiles occupy {} byte-cycles, their bytes {}", area, of_bytes));
}

/// Windows add up to the totals, and no window moves more than it can.
void expect_timeline(MachineBench& bench, const sim::ImageTiming& timing) {
  const sim::ImageTimeline timeline = bench.machine().timeline();
  bench.expect(timeline.cycles == timing.cycles, "the timeline has other cycles");
  const auto windows = static_cast<std::size_t>(ceil_div(timing.cycles, timeline.window_cycles));
  bench.expect(windows <= stats::Timeline::kMostWindows, "too many windows");
  const auto series = [&](std::string_view name) {
    const auto found =
        std::ranges::find(timeline.counts, name, &stats::Timeline::Series::name)->amounts;
    bench.expect(found.size() == windows, fmt::format("{} windows of {}", found.size(), name));
    return found;
  };
  const auto expect_sum = [&](std::string_view name, std::int64_t total) {
    const auto amounts = series(name);
    const std::int64_t sum = std::accumulate(amounts.begin(), amounts.end(), std::int64_t{0});
    bench.expect(sum == total,
                 fmt::format("the windows of {} add up to {}, not {}", name, sum, total));
  };
  for (const std::string memory : {"scratchpad", "dram"}) {
    expect_sum(memory + "_read_bytes", timing.counter(memory, "read_bytes"));
    expect_sum(memory + "_write_bytes", timing.counter(memory, "write_bytes"));
  }
  expect_sum("pe_busy_cycles", busy_cycles(timing, "pe_array"));
  expect_sum("macs", mapping::total_macs(bench.program().layers));
  for (const std::int64_t busy : series("pe_busy_cycles")) {
    bench.expect(busy <= timeline.window_cycles, fmt::format("{} busy cycles in a window", busy));
  }
  const Bytes in_use = bench.program().scratchpad_bytes;
  bench.expect(
      timeline.most_occupied_bytes <= in_use,
      fmt::format("{} bytes are occupied of {} in use", timeline.most_occupied_bytes, in_use));
  bench.expect(timeline.occupied_bytes.size() == windows, "windows of occupancy");
  for (const double bytes : timeline.occupied_bytes) {
    bench.expect(bytes >= 0 && bytes <= static_cast<double>(timeline.most_occupied_bytes) + 1e-6,
                 fmt::format("{} bytes are occupied in a window, {} at most", bytes,
                             timeline.most_occupied_bytes));
  }
}

/// Commands lie inside the image, each done after its release, and none before what it waits for;
/// the first fill and the last drain count.
void expect_schedule(MachineBench& bench, const sim::ImageTiming& timing) {
  const mapping::Schedule& schedule = bench.machine().schedule();
  const auto& commands = bench.program().commands;
  Cycles last_store = 0;
  Cycles first_load = timing.cycles;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const Cycles released = schedule.released[i];
    const Cycles done = schedule.set[static_cast<std::size_t>(commands[i].done)];
    bench.expect(0 <= released && released < done && done <= timing.cycles,
                 fmt::format("command {} runs from {} to {} of {} cycles", i, released, done,
                             timing.cycles));
    for (const mapping::Token token : commands[i].waits) {
      bench.expect(schedule.set[static_cast<std::size_t>(token)] <= released,
                   fmt::format("command {} is released before token {} counts", i, token));
    }
    if (commands[i].unit == mapping::Unit::kDmaStore) {
      last_store = std::max(last_store, done);
    } else if (commands[i].unit == mapping::Unit::kDmaLoad) {
      first_load = std::min(first_load, released);
    }
  }
  bench.expect(first_load >= 0 && first_load < timing.cycles, "no load is inside the image");
  bench.expect(last_store > 0 && last_store <= timing.cycles, "the last store is outside");
}

/// Each unit is busy, stalled or idle in each cycle, and no wait of the array is left unexplained.
void expect_waits(MachineBench& bench, const sim::ImageTiming& timing) {
  for (const sim::UnitReport& unit : timing.units) {
    const Cycles idle = timing.cycles - unit.activity.total();
    bench.expect(!unit.has_activity || (unit.activity.busy >= 0 && idle >= 0),
                 fmt::format("{} is idle for {} of {} cycles", unit.name, idle, timing.cycles));
  }
  const auto& array = std::ranges::find(timing.units, "pe_array", &sim::UnitReport::name)->activity;
  const auto expect_explained = [&](const stats::ChannelWaits& waits, stats::StallCause cause) {
    const auto index = static_cast<std::size_t>(cause);
    bench.expect(waits.total() == array.stalls[index],
                 fmt::format("{} cycles of {} explained, not {}", waits.total(),
                             stats::kStallCauseNames[index], array.stalls[index]));
    bench.expect(waits.bandwidth >= 0 && waits.released() >= 0 &&
                     std::ranges::all_of(waits.holds, [](Cycles held) { return held >= 0; }),
                 "negative cycles of a wait");
  };
  expect_explained(timing.load_waits, stats::StallCause::kWaitDmaLoad);
  expect_explained(timing.store_waits, stats::StallCause::kWaitDmaStore);
}

class MemoryReports : public testing::TestWithParam<int> {};

TEST_P(MemoryReports, AgreeWithWhatTheMachineCounted) {
  const auto first = 600000 + static_cast<std::uint64_t>(GetParam() * kCasesPerTest);
  for_random_cases(first, kCasesPerTest, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    // The second image: what is left of the first must not show.
    bench.run(random_input(random, drawn.graph));
    const auto timing = bench.run(random_input(random, drawn.graph));
    expect_traffic(bench, drawn, timing);
    expect_below_the_roof(bench, drawn, timing);
    expect_timeline(bench, timing);
    expect_occupancy(bench, drawn);
    expect_schedule(bench, timing);
    expect_waits(bench, timing);
    return bench.failures();
  });
}

INSTANTIATE_TEST_SUITE_P(Seeds, MemoryReports, testing::Range(0, 16));

/// A machine with nothing to hold it back but one thing.
Case starved(const std::function<void(config::Accelerator&)>& starve) {
  Case drawn = random_case(4242, config::Attention::kSoftmax);
  auto& machine = drawn.config.accelerator;
  machine.dram.kind = config::DramKind::kSimple;
  machine.dram.bytes_per_cycle = 64;
  machine.dram.latency_cycles = 0;
  machine.dma.burst_bytes = 64;
  machine.dma.max_outstanding = 256;
  starve(machine);
  return drawn;
}

/// What holds the array's loads most: an index into ChannelHold, or kChannelHoldCount for
/// bandwidth.
std::size_t main_hold(const Case& drawn) {
  MachineBench bench(drawn);
  Random random(drawn.seed);
  const stats::ChannelWaits waits = bench.run(random_input(random, drawn.graph)).load_waits;
  std::vector<Cycles> parts(waits.holds.begin(), waits.holds.end());
  parts.push_back(waits.bandwidth);
  return static_cast<std::size_t>(std::ranges::max_element(parts) - parts.begin());
}

TEST(StarvedMachines, ALittleBandwidthIsToBlame) {
  EXPECT_EQ(main_hold(starved([](auto& machine) { machine.dram.bytes_per_cycle = 0.5; })),
            stats::kChannelHoldCount);
}

TEST(StarvedMachines, ALongLatencyIsToBlame) {
  EXPECT_EQ(main_hold(starved([](auto& machine) { machine.dram.latency_cycles = 2000; })),
            static_cast<std::size_t>(stats::ChannelHold::kLatency));
}

TEST(StarvedMachines, FewOutstandingBurstsAreToBlame) {
  EXPECT_EQ(main_hold(starved([](auto& machine) {
              machine.dram.latency_cycles = 200;
              machine.dma.max_outstanding = 1;
              machine.dma.burst_bytes = 16;
            })),
            static_cast<std::size_t>(stats::ChannelHold::kOutstanding));
}

}  // namespace
}  // namespace vitsim::test
