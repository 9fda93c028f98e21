// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "vitsim/timing/gemm.h"
#include "vitsim/timing/units.h"

#include "property/machine_bench.h"
#include "support/in_child.h"

namespace vitsim::test {
namespace {

using mapping::Command;
using mapping::MatmulTile;
using mapping::Unit;

constexpr int kCasesPerTest = 10;

/// The rows that each fold of a layer streams, in the order in which the array takes them.
std::vector<Cycles> fold_rows(const mapping::Program& program, std::size_t layer, int array_rows) {
  std::vector<Cycles> rows;
  for (const Command& command : program.commands) {
    const auto* tile = std::get_if<MatmulTile>(&command.work);
    if (tile != nullptr &&
        program.layer_of_op[static_cast<std::size_t>(command.op)] == static_cast<int>(layer)) {
      rows.insert(rows.end(),
                  static_cast<std::size_t>(ceil_div<std::int64_t>(tile->shape.k, array_rows)),
                  tile->shape.m);
    }
  }
  return rows;
}

/// No layer of these folds can be faster, whatever runs between them and whatever waits:
/// - a fold's rows stream once its weights have entered, in R beats, and the last row's sums leave
///   R + C - 2 cycles after it entered;
/// - with overlap the next fold's weights enter from this one's first row on, so that its own first
///   row comes max(M, R) cycles later at the earliest;
/// - without, they enter once all sums of this one have left.
/// The layer begins with the release of its first command and ends with its last result written, so
/// both lie outside.
Cycles least_cycles(const std::vector<Cycles>& folds, const config::PeArray& array) {
  const Cycles through = array.rows + array.cols - 2;
  if (!array.overlap_folds) {
    return std::accumulate(folds.begin(), folds.end(), Cycles{0}, [&](Cycles sum, Cycles rows) {
      return sum + array.rows + rows + through;
    });
  }
  return std::accumulate(
      folds.begin(), folds.end() - 1, array.rows + folds.back() + through,
      [&](Cycles sum, Cycles rows) { return sum + std::max<Cycles>(rows, array.rows); });
}

void expect_layers_no_faster_than_possible(MachineBench& bench, const Case& drawn,
                                           const sim::ImageTiming& timing) {
  const auto& array = drawn.config.accelerator.pe_array;
  for (std::size_t i = 0; i < timing.layers.size(); ++i) {
    const mapping::Layer& layer = bench.program().layers[i];
    const Cycles cycles = timing.layers[i].end - timing.layers[i].start;
    if (layer.unit != Unit::kPeArray) {
      continue;
    }
    const auto folds = fold_rows(bench.program(), i, array.rows);
    bench.expect(cycles >= least_cycles(folds, array),
                 fmt::format("{}: {} cycles, but its folds alone take {}", layer.name, cycles,
                             least_cycles(folds, array)));
    const Cycles rows = std::accumulate(folds.begin(), folds.end(), Cycles{0});
    bench.expect(timing.layers[i].unit.busy == rows,
                 fmt::format("{}: the array is busy for {} cycles, but {} rows stream", layer.name,
                             timing.layers[i].unit.busy, rows));
  }
}

/// Layers of the units that take whole rows.
void expect_rows_no_faster_than_possible(MachineBench& bench, const Case& drawn,
                                         const sim::ImageTiming& timing) {
  const auto& machine = drawn.config.accelerator;
  const std::map<Unit, timing::RowUnit> units{
      {Unit::kSoftmaxUnit, timing::row_unit(*machine.softmax_unit)},
      {Unit::kGeluUnit, timing::row_unit(*machine.gelu_unit)},
      {Unit::kLayerNormUnit, timing::row_unit(*machine.layer_norm_unit)},
      {Unit::kVectorUnit, timing::row_unit(*machine.vector_unit)}};
  std::vector<std::int64_t> rows(timing.layers.size());
  std::vector<std::int64_t> cols(timing.layers.size());
  for (std::size_t op = 0; op < drawn.graph.ops.size(); ++op) {
    const auto layer = static_cast<std::size_t>(bench.program().layer_of_op[op]);
    rows[layer] += drawn.graph.ops[op].out.rows;
    cols[layer] = drawn.graph.ops[op].out.cols;
  }
  for (std::size_t i = 0; i < timing.layers.size(); ++i) {
    const auto unit = units.find(bench.program().layers[i].unit);
    if (unit == units.end()) {
      continue;
    }
    const Cycles cycles = timing.layers[i].end - timing.layers[i].start;
    const Cycles least = timing::rows_cycles(rows[i], cols[i], unit->second);
    bench.expect(cycles >= least, fmt::format("{}: {} cycles, but the closed form takes {}",
                                              bench.program().layers[i].name, cycles, least));
  }
}

void expect_cycles_accounted_for(MachineBench& bench, const sim::ImageTiming& timing) {
  Cycles exclusive = 0;
  for (const auto& layer : timing.layers) {
    exclusive += layer.exclusive;
    bench.expect(
        0 <= layer.start && layer.start < layer.end && layer.end <= timing.cycles,
        fmt::format("a layer from {} to {} in {} cycles", layer.start, layer.end, timing.cycles));
  }
  bench.expect(exclusive == timing.cycles,
               fmt::format("exclusive cycles add up to {}, not {}", exclusive, timing.cycles));
  for (const auto& unit : timing.units) {
    const Cycles spent = std::accumulate(unit.activity.stalls.begin(), unit.activity.stalls.end(),
                                         unit.activity.busy);
    bench.expect(spent <= timing.cycles,
                 fmt::format("{}: {} of {} cycles accounted for", unit.name, spent, timing.cycles));
    bench.expect(unit.activity.busy >= 0 &&
                     std::all_of(unit.activity.stalls.begin(), unit.activity.stalls.end(),
                                 [](Cycles cycles) { return cycles >= 0; }),
                 unit.name + ": negative cycles");
  }
}

/// Elements of each tensor that some operator reads.
std::vector<std::vector<bool>> read_elements(const model::Graph& graph) {
  std::vector<std::vector<bool>> read;
  for (const model::Tensor& tensor : graph.tensors) {
    read.emplace_back(static_cast<std::size_t>(tensor.rows * tensor.cols));
  }
  for (const model::Op& op : graph.ops) {
    for (const model::View& view : model::inputs_of(op)) {
      for (std::int64_t row = view.row; row < view.row + view.rows; ++row) {
        for (std::int64_t col = view.col; col < view.col + view.cols; ++col) {
          const std::int64_t element = row * graph.tensor(view).cols + col;
          read[static_cast<std::size_t>(view.tensor)][static_cast<std::size_t>(element)] = true;
        }
      }
    }
  }
  return read;
}

void expect_dram_traffic(MachineBench& bench, const Case& drawn, const sim::ImageTiming& timing) {
  const auto read = read_elements(drawn.graph);
  std::vector<Bytes> loaded(drawn.graph.tensors.size());
  std::vector<Bytes> stored(drawn.graph.tensors.size());
  for (const Command& command : bench.program().commands) {
    if (const auto* transfer = std::get_if<mapping::Transfer>(&command.work)) {
      auto& bytes = command.unit == Unit::kDmaLoad ? loaded : stored;
      bytes[static_cast<std::size_t>(transfer->scratchpad.tile.tensor)] +=
          transfer->dram.rows * transfer->dram.row_bytes;
    }
  }
  for (std::size_t id = 0; id < read.size(); ++id) {
    if (bench.program().placements[id].resident) {
      continue;
    }
    const model::Tensor& tensor = drawn.graph.tensors[id];
    const Bytes distinct =
        std::count(read[id].begin(), read[id].end(), true) * tensor.element_bytes;
    bench.expect(loaded[id] >= distinct, fmt::format("{}: {} bytes loaded, but {} are read",
                                                     tensor.name, loaded[id], distinct));
    bench.expect(stored[id] == (tensor.role == model::Role::kActivation ? tensor.size_bytes() : 0),
                 fmt::format("{}: {} bytes stored", tensor.name, stored[id]));
  }
  Bytes layers_read = 0;
  Bytes layers_written = 0;
  for (const auto& layer : timing.layers) {
    layers_read += layer.dram_read_bytes;
    layers_written += layer.dram_write_bytes;
  }
  const Bytes all_loaded = std::accumulate(loaded.begin(), loaded.end(), Bytes{0});
  const Bytes all_stored = std::accumulate(stored.begin(), stored.end(), Bytes{0});
  bench.expect(timing.counter("dram", "read_bytes") == all_loaded && layers_read == all_loaded,
               "DRAM, layers and program differ about the bytes read");
  bench.expect(timing.counter("dram", "write_bytes") == all_stored && layers_written == all_stored,
               "DRAM, layers and program differ about the bytes written");
}

class RandomTimings : public testing::TestWithParam<int> {};

TEST_P(RandomTimings, AreNeverBelowTheClosedFormsAndAddUp) {
  const auto first = 400000 + static_cast<std::uint64_t>(GetParam() * kCasesPerTest);
  for_random_cases(first, kCasesPerTest, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    const auto timing = bench.run(random_input(random, drawn.graph));
    expect_layers_no_faster_than_possible(bench, drawn, timing);
    expect_rows_no_faster_than_possible(bench, drawn, timing);
    expect_cycles_accounted_for(bench, timing);
    expect_dram_traffic(bench, drawn, timing);
    return bench.failures();
  });
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomTimings, testing::Range(0, 8));

/// Where nothing contends: an ideal DRAM, room for everything, a port for everyone at each of many
/// wide banks.
Case without_contention(std::uint64_t seed) {
  Case drawn = random_case(seed);
  auto& machine = drawn.config.accelerator;
  machine.dram.kind = config::DramKind::kIdeal;
  machine.dma.burst_bytes = 256;
  machine.dma.max_outstanding = 256;
  machine.scratchpad = {4096, 64, 64, 8, 1, config::Arbitration::kRoundRobin};
  machine.accumulator_buffer.rows = 64;
  machine.post_processor.lanes = 64;
  machine.sequencer.queue_depth = 4;
  return drawn;
}

TEST(WithoutContention, AProductStreamsEachRowOnceAFold) {
  for (std::uint64_t seed = 500000; seed < 500015; ++seed) {
    const Case drawn = without_contention(seed);
    const ChildResult result = in_child([&] {
      MachineBench bench(drawn);
      Random random(drawn.seed);
      const auto timing = bench.run(random_input(random, drawn.graph));
      const auto& array = drawn.config.accelerator.pe_array;
      for (const model::Op& op : drawn.graph.ops) {
        const auto* matmul = std::get_if<model::Matmul>(&op.work);
        if (matmul == nullptr || op.name != op.layer) {
          continue;  // several heads make one layer
        }
        const auto layer = static_cast<std::size_t>(
            bench.program().layer_of_op[static_cast<std::size_t>(&op - drawn.graph.ops.data())]);
        const auto shape = model::shape_of(*matmul);
        const auto folds = fold_rows(bench.program(), layer, array.rows);
        if (folds.front() == shape.m) {  // else the rows are cut, and each cut loads anew
          bench.expect(least_cycles(folds, array) == timing::gemm_cycles(shape, array),
                       op.name + ": the folds do not take what timing says");
        }
        const Cycles expected = shape.m * timing::fold_count(shape, array);
        bench.expect(timing.layers[layer].unit.busy == expected,
                     fmt::format("{}: the array is busy for {} cycles, expected {}", op.name,
                                 timing.layers[layer].unit.busy, expected));
      }
      bench.expect(timing.counter("scratchpad", "conflict_cycles") == 0, "banks conflict");
      return bench.failures();
    });
    EXPECT_TRUE(result.returned && result.text.empty()) << describe(drawn) << "\n" << result.text;
  }
}

}  // namespace
}  // namespace vitsim::test
