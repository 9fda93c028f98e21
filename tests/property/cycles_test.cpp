// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "vitsim/timing/array.h"
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

using config::ArrayKind;
using config::Dataflow;
using config::Drain;

/// The beats that stream through each fold of a tile.
std::vector<Cycles> fold_beats(const model::GemmShape& tile, const config::PeArray& array) {
  const auto folds = [&](std::int64_t cut, Cycles beats) {
    return std::vector<Cycles>(static_cast<std::size_t>(ceil_div<std::int64_t>(cut, array.rows)),
                               beats);
  };
  if (array.kind == ArrayKind::kRowWise) {
    return folds(tile.m,
                 tile.n * ceil_div<std::int64_t>(tile.k, array.blocks * array.macs_per_block));
  }
  switch (array.dataflow) {
    case Dataflow::kInputStationary:
      return folds(tile.k, tile.n);
    case Dataflow::kOutputStationary:
      return folds(tile.m, tile.k);
    case Dataflow::kWeightStationary:
      break;
  }
  return folds(tile.k, tile.m);
}

/// The shapes of a layer's tiles, in the order in which the array takes them.
std::vector<model::GemmShape> tiles_of(const mapping::Program& program, std::size_t layer) {
  std::vector<model::GemmShape> tiles;
  for (const Command& command : program.commands) {
    const auto* tile = std::get_if<MatmulTile>(&command.work);
    if (tile != nullptr &&
        program.layer_of_op[static_cast<std::size_t>(command.op)] == static_cast<int>(layer)) {
      tiles.push_back(tile->shape);
    }
  }
  return tiles;
}

/// How many tiles a context of `m` rows is wide.
std::int64_t tiles_across(const mapping::Program& program, int op, std::int64_t m) {
  std::int64_t rows = 0;
  for (const Command& command : program.commands) {
    const auto* tile = std::get_if<MatmulTile>(&command.work);
    if (command.op == op && tile != nullptr && tile->last &&
        tile->sink == mapping::SumSink::kAdderArray) {
      rows += tile->shape.m;
    }
  }
  return rows / m;
}

/// The beats of each fold of a layer, in the order in which the array takes them.
std::vector<Cycles> layer_beats(const mapping::Program& program, std::size_t layer,
                                const config::PeArray& array) {
  std::vector<Cycles> beats;
  for (const model::GemmShape& tile : tiles_of(program, layer)) {
    const auto folds = fold_beats(tile, array);
    beats.insert(beats.end(), folds.begin(), folds.end());
  }
  return beats;
}

Cycles sum_of(const std::vector<Cycles>& cycles) {
  return std::accumulate(cycles.begin(), cycles.end(), Cycles{0});
}

/// No layer of these folds can be faster, whatever runs between them and whatever waits. Where an
/// operand is stationary:
/// - a fold's beats stream once its operand has entered, some rows of PEs at a time, and the last
///   beat's sums leave R + C - 2 cycles after it entered;
/// - with overlap the next fold's operand enters from this one's first beat on, a row of PEs a
///   cycle at most as the wave sets shadow registers free, so that its own first beat comes
///   max(beats, R) cycles later at the earliest;
/// - without, it enters once all sums of this one have left.
/// Where sums are, nothing loads, and with overlap a fold's beats follow the last one's; but two
/// folds' last beats are R apart where the sums are shifted out, and the last sums take R more.
/// A row-wise array streams all beats one by one, and its adder tree takes a cycle a level.
/// The layer begins with the release of its first command and ends with its last result written, so
/// both lie outside.
Cycles least_cycles(const std::vector<Cycles>& folds, const config::PeArray& array) {
  if (array.kind == ArrayKind::kRowWise) {
    Cycles levels = 0;
    while ((1 << levels) < array.blocks) {
      ++levels;
    }
    return sum_of(folds) + levels;
  }
  const bool holds_sums = array.dataflow == Dataflow::kOutputStationary;
  const bool shifts_out = holds_sums && array.drain == Drain::kExposed;
  const Cycles load = holds_sums ? 0 : ceil_div<Cycles>(array.rows, array.weight_rows_per_cycle);
  const Cycles through = array.rows + array.cols - 2 + (shifts_out ? array.rows : 0);
  if (!array.overlap_folds) {
    return sum_of(folds) + static_cast<Cycles>(folds.size()) * (load + through);
  }
  const auto at_least_rows = [&](Cycles sum, Cycles beats) {
    return sum + std::max<Cycles>(beats, array.rows);
  };
  if (!holds_sums) {
    return std::accumulate(folds.begin(), folds.end() - 1, load + folds.back() + through,
                           at_least_rows);
  }
  return shifts_out ? std::accumulate(folds.begin() + 1, folds.end(), folds.front() + through,
                                      at_least_rows)
                    : sum_of(folds) + through;
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
    const auto folds = layer_beats(bench.program(), i, array);
    bench.expect(cycles >= least_cycles(folds, array),
                 fmt::format("{}: {} cycles, but its folds alone take {}", layer.name, cycles,
                             least_cycles(folds, array)));
    bench.expect(timing.layers[i].unit.busy == sum_of(folds),
                 fmt::format("{}: the array is busy for {} cycles, but {} beats stream", layer.name,
                             timing.layers[i].unit.busy, sum_of(folds)));
  }
}

/// The products of operands that each layer asks of the array: where it has no SA-Diag, those of
/// the divisors, too, once for each tile that the context is wide.
std::vector<std::int64_t> layer_macs(const mapping::Program& program, const Case& drawn) {
  const config::PeArray& array = drawn.config.accelerator.pe_array;
  const bool row_wise = array.kind == ArrayKind::kRowWise;
  const bool has_sa_diag = !row_wise && array.dataflow == Dataflow::kWeightStationary;
  std::vector<std::int64_t> macs(program.layers.size());
  for (std::size_t op = 0; op < drawn.graph.ops.size(); ++op) {
    const model::Matmul* product = model::product_of(drawn.graph.ops[op]);
    if (product == nullptr) {
      continue;
    }
    const model::GemmShape shape = model::shape_of(*product);
    std::int64_t& of_layer = macs[static_cast<std::size_t>(program.layer_of_op[op])];
    of_layer += shape.macs();
    const auto* context = std::get_if<model::TaylorContext>(&drawn.graph.ops[op].work);
    if (context != nullptr && context->k_hat_sum && !has_sa_diag) {
      of_layer += shape.m * shape.k * tiles_across(program, static_cast<int>(op), shape.m);
    }
  }
  return macs;
}

std::int64_t all_macs(MachineBench& bench, const Case& drawn) {
  const auto macs = layer_macs(bench.program(), drawn);
  return std::accumulate(macs.begin(), macs.end(), std::int64_t{0});
}

/// The array makes each product of operands once, whatever it pads.
void expect_every_product_once(MachineBench& bench, const Case& drawn,
                               const sim::ImageTiming& timing) {
  const std::int64_t macs = all_macs(bench, drawn);
  bench.expect(timing.counter("pe_array", "macs") == macs,
               fmt::format("{} products, expected {}", timing.counter("pe_array", "macs"), macs));
}

/// Layers of the units that take whole rows.
void expect_rows_no_faster_than_possible(MachineBench& bench, const Case& drawn,
                                         const sim::ImageTiming& timing) {
  const auto& machine = drawn.config.accelerator;
  const std::map<Unit, timing::RowUnit> units{
      {Unit::kSoftmaxUnit, timing::row_unit(*machine.softmax_unit)},
      {Unit::kGeluUnit, timing::row_unit(*machine.gelu_unit)},
      {Unit::kLayerNormUnit, timing::row_unit(*machine.layer_norm_unit)},
      {Unit::kVectorUnit, timing::row_unit(*machine.vector_unit)},
      {Unit::kAccumulatorArray, timing::accumulator_array(*machine.taylor_pipeline)},
      {Unit::kDividerArray, timing::divider_array(*machine.taylor_pipeline)},
      {Unit::kAdderArray, timing::adder_array(*machine.taylor_pipeline)}};
  std::vector<std::int64_t> rows(timing.layers.size());
  std::vector<std::int64_t> cols(timing.layers.size());
  for (std::size_t op = 0; op < drawn.graph.ops.size(); ++op) {
    const auto layer = static_cast<std::size_t>(bench.program().layer_of_op[op]);
    const auto& work = drawn.graph.ops[op].work;
    const auto* sum = std::get_if<model::TokenSum>(&work);
    const auto* center = std::get_if<model::Center>(&work);
    const bool turned = sum != nullptr ? sum->by_feature : center != nullptr && center->by_feature;
    const model::View& view = sum != nullptr ? sum->in : drawn.graph.ops[op].out;
    rows[layer] += turned ? view.cols : view.rows;
    cols[layer] = turned ? view.rows : view.cols;
  }
  for (std::size_t i = 0; i < timing.layers.size(); ++i) {
    const auto unit = units.find(bench.program().layers[i].unit);
    if (unit == units.end()) {
      continue;
    }
    const Cycles cycles = timing.layers[i].end - timing.layers[i].start;
    const bool by_features = std::ranges::any_of(drawn.graph.ops, [&](const model::Op& op) {
      return op.layer == bench.program().layers[i].name &&
             std::holds_alternative<model::CenterFeatures>(op.work);
    });
    const timing::RowUnit form =
        by_features ? timing::feature_centering(*machine.taylor_pipeline) : unit->second;
    const Cycles least = timing::rows_cycles(rows[i], cols[i], form);
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

/// One stretch of time: every PE spends every cycle on one use, and each product takes one.
void expect_pe_cycles(MachineBench& bench, const std::string& name, const stats::PeCycles& spent,
                      std::int64_t all, std::int64_t macs) {
  bench.expect(spent.total() == all,
               fmt::format("{}: {} PE-cycles, expected {}", name, spent.total(), all));
  for (std::size_t use = 0; use < stats::kPeUseCount; ++use) {
    bench.expect(spent.uses[use] >= 0, fmt::format("{}: {} PE-cycles of {}", name, spent.uses[use],
                                                   stats::kPeUseNames[use]));
  }
  bench.expect(spent[stats::PeUse::kUseful] == macs,
               fmt::format("{}: {} useful PE-cycles, but {} products", name,
                           spent[stats::PeUse::kUseful], macs));
}

void expect_pe_cycles_accounted_for(MachineBench& bench, const Case& drawn,
                                    const sim::ImageTiming& timing) {
  const std::int64_t pes = timing::pe_count(drawn.config.accelerator.pe_array);
  const std::int64_t macs = all_macs(bench, drawn);
  expect_pe_cycles(bench, "the image", timing.pe_cycles, pes * timing.cycles, macs);
  bench.expect(timing.pe_cycles[stats::PeUse::kOtherLayers] == 0,
               "the image: there are no layers but its own");
  expect_pe_cycles(bench, "the array", timing.array_pe_cycles, pes * timing.array_cycles, macs);
  bench.expect(timing.array_cycles <= timing.cycles,
               fmt::format("the array: {} of {} cycles", timing.array_cycles, timing.cycles));
  const auto macs_of = layer_macs(bench.program(), drawn);
  for (std::size_t i = 0; i < timing.layers.size(); ++i) {
    const sim::LayerTiming& layer = timing.layers[i];
    expect_pe_cycles(bench, bench.program().layers[i].name, layer.pe_cycles,
                     pes * (layer.end - layer.start), macs_of[i]);
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

/// Every byte that enters the scratchpad, or leaves it, does so for a requester; what the DMA moves
/// is what DRAM moves.
void expect_scratchpad_bytes(MachineBench& bench, const sim::ImageTiming& timing) {
  Bytes read = 0;
  Bytes written = 0;
  Bytes loaded = 0;
  Bytes stored = 0;
  for (const auto& requester : timing.requesters) {
    read += requester.read_bytes;
    written += requester.write_bytes;
    const bool loads = requester.name.starts_with("dma_load");
    const bool stores = requester.name.starts_with("dma_store");
    loaded += loads ? requester.write_bytes : 0;
    stored += stores ? requester.read_bytes : 0;
    bench.expect(!loads || requester.read_bytes == 0, requester.name + " reads the scratchpad");
    bench.expect(!stores || requester.write_bytes == 0, requester.name + " writes the scratchpad");
  }
  const auto expect_equal = [&](const char* what, Bytes got, Bytes expected) {
    bench.expect(got == expected, fmt::format("{}: {}, expected {}", what, got, expected));
  };
  expect_equal("bytes read, by requester", read, timing.counter("scratchpad", "read_bytes"));
  expect_equal("bytes written, by requester", written, timing.counter("scratchpad", "write_bytes"));
  expect_equal("bytes loaded", loaded, timing.counter("dram", "read_bytes"));
  expect_equal("bytes stored", stored, timing.counter("dram", "write_bytes"));
}

class RandomTimings : public testing::TestWithParam<int> {};

TEST_P(RandomTimings, AreNeverBelowTheClosedFormsAndAddUp) {
  const auto first = 400000 + static_cast<std::uint64_t>(GetParam() * kCasesPerTest);
  for_random_cases(first, kCasesPerTest, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    const auto timing = bench.run(random_input(random, drawn.graph));
    expect_layers_no_faster_than_possible(bench, drawn, timing);
    expect_every_product_once(bench, drawn, timing);
    expect_rows_no_faster_than_possible(bench, drawn, timing);
    expect_cycles_accounted_for(bench, timing);
    expect_pe_cycles_accounted_for(bench, drawn, timing);
    expect_dram_traffic(bench, drawn, timing);
    expect_scratchpad_bytes(bench, timing);
    return bench.failures();
  });
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomTimings, testing::Range(0, 16));

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

/// Whether no fold of a product is smaller for being in a tile: it is cut along what streams, or
/// between folds.
bool keeps_folds_whole(const std::vector<model::GemmShape>& tiles, const model::GemmShape& shape,
                       const config::PeArray& array) {
  return array.kind == ArrayKind::kRowWise || array.dataflow != Dataflow::kOutputStationary ||
         std::ranges::all_of(tiles, [&](const model::GemmShape& tile) {
           return tile.m == shape.m || tiles.front().m % array.rows == 0;
         });
}

/// Whether each fold streams as much as it would if the product were a single tile.
bool keeps_streams_whole(const std::vector<Cycles>& folds, const model::GemmShape& shape,
                         const config::PeArray& array) {
  const Cycles beats = array.dataflow == Dataflow::kOutputStationary  ? shape.k
                       : array.dataflow == Dataflow::kInputStationary ? shape.n
                                                                      : shape.m;
  return array.kind == ArrayKind::kRowWise ||
         std::ranges::all_of(folds, [&](Cycles fold) { return fold == beats; });
}

/// Products whose folds take what timing says, and those that are cut such that they need not.
struct Compared {
  int whole = 0;
  int cut = 0;
};

void expect_beats_of_closed_form(MachineBench& bench, const Case& drawn,
                                 const sim::ImageTiming& timing, Compared& compared) {
  const auto& array = drawn.config.accelerator.pe_array;
  for (const model::Op& op : drawn.graph.ops) {
    const auto* matmul = std::get_if<model::Matmul>(&op.work);
    if (matmul == nullptr || op.name != op.layer) {
      continue;  // several heads make one layer
    }
    const auto layer = static_cast<std::size_t>(
        bench.program().layer_of_op[static_cast<std::size_t>(&op - drawn.graph.ops.data())]);
    const auto shape = model::shape_of(*matmul);
    const auto folds = layer_beats(bench.program(), layer, array);
    if (!keeps_folds_whole(tiles_of(bench.program(), layer), shape, array)) {
      ++compared.cut;
      continue;
    }
    const bool row_wise = array.kind == ArrayKind::kRowWise;
    const Cycles beats = timing::fold_count(shape, array) *
                         (row_wise                                        ? 1
                          : array.dataflow == Dataflow::kOutputStationary ? shape.k
                          : array.dataflow == Dataflow::kInputStationary  ? shape.n
                                                                          : shape.m);
    bench.expect(timing.layers[layer].unit.busy == beats,
                 fmt::format("{}: the array is busy for {} cycles, expected {}", op.name,
                             timing.layers[layer].unit.busy, beats));
    if (!keeps_streams_whole(folds, shape, array)) {
      ++compared.cut;
      continue;
    }
    ++compared.whole;
    bench.expect(least_cycles(folds, array) == timing::gemm_cycles(shape, array),
                 op.name + ": the folds do not take what timing says");
  }
}

class WithoutContention : public testing::TestWithParam<std::size_t> {
 protected:
  /// The dataflows, and the row-wise array.
  static bool is_chosen(const config::PeArray& array) {
    return GetParam() == 3 ? array.kind == ArrayKind::kRowWise
                           : array.kind == ArrayKind::kSystolic &&
                                 array.dataflow == static_cast<Dataflow>(GetParam());
  }
};

TEST_P(WithoutContention, AProductStreamsEachBeatOnceAFold) {
  constexpr int kCases = 15;
  int cases = 0;
  Compared compared;
  for (std::uint64_t seed = 500000; cases < kCases; ++seed) {
    const Case drawn = without_contention(seed);
    if (!is_chosen(drawn.config.accelerator.pe_array)) {
      continue;
    }
    ++cases;
    const ChildResult result = in_child([&] {
      MachineBench bench(drawn);
      Random random(drawn.seed);
      const auto timing = bench.run(random_input(random, drawn.graph));
      Compared here;
      expect_beats_of_closed_form(bench, drawn, timing, here);
      bench.expect(timing.counter("scratchpad", "conflict_cycles") == 0, "banks conflict");
      const std::string failures = bench.failures();
      return failures.empty() ? fmt::format("{} {}", here.whole, here.cut) : failures;
    });
    Compared here;
    EXPECT_TRUE(result.returned &&
                std::sscanf(result.text.c_str(), "%d %d", &here.whole, &here.cut) == 2)
        << describe(drawn) << "\n"
        << result.text;
    compared.whole += here.whole;
    compared.cut += here.cut;
  }
  RecordProperty("whole", compared.whole);
  RecordProperty("cut", compared.cut);
  EXPECT_GT(compared.whole, kCases);
}

INSTANTIATE_TEST_SUITE_P(Arrays, WithoutContention, testing::Range<std::size_t>(0, 4));

}  // namespace
}  // namespace vitsim::test
