// SPDX-License-Identifier: Apache-2.0
#include "support/random_case.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <variant>

#include <fmt/format.h>

#include "vitsim/config/load.h"
#include "vitsim/core/error.h"
#include "vitsim/core/units.h"
#include "vitsim/mapping/mapper.h"
#include "vitsim/model/vit_graph.h"
#include "vitsim/reference/weights.h"
#include "vitsim/timing/dram_bandwidth.h"

#include "support/random_dram.h"

namespace vitsim::test {
namespace {

int integer(Random& random, int low, int high) {
  return static_cast<int>(random.integer(low, high));
}

bool coin(Random& random) { return random.integer(0, 1) == 1; }

int one_of(Random& random, std::initializer_list<int> values) {
  return values.begin()[random.integer(0, static_cast<std::int64_t>(values.size()) - 1)];
}

/// Half of the time something small.
int skewed(Random& random, int low, int high) {
  return coin(random) ? integer(random, low, std::min(high, low + 3)) : integer(random, low, high);
}

template <class Unit>
Unit random_unit(Random& random) {
  Unit unit;
  unit.lanes = integer(random, 1, 24);
  unit.latency_cycles = skewed(random, 1, 30);
  unit.initiation_interval = one_of(random, {1, 1, 1, 2, 3, 5});
  return unit;
}

config::Scratchpad random_scratchpad(Random& random) {
  config::Scratchpad pad;
  pad.size_kib = 1;
  pad.banks = integer(random, 1, 20);
  pad.bank_width_bytes = one_of(random, {1, 2, 3, 4, 7, 8, 12, 16, 24, 64});
  pad.ports = one_of(random, {1, 1, 1, 2, 3});
  pad.read_latency_cycles = skewed(random, 1, 9);
  pad.arbitration =
      coin(random) ? config::Arbitration::kRoundRobin : config::Arbitration::kFixedPriority;
  return pad;
}

/// Numbers that `random` does not miss: whoever draws from it later draws the same as ever, so that
/// seeds which once found a fault still do.
Random aside(const Random& random) {
  Random copy = random;
  return Random(copy.next());
}

/// What came to the memory system later than its other keys.
void extend_memory(Random random, config::Accelerator& machine) {
  config::Scratchpad& pad = machine.scratchpad;
  pad.port_kind = coin(random) ? config::PortKind::kShared : config::PortKind::kSeparate;
  pad.interleaving = static_cast<config::Interleaving>(integer(random, 0, 2));
  if (pad.interleaving == config::Interleaving::kXor) {
    pad.banks = 1 << integer(random, 0, 5);
  } else if (pad.interleaving == config::Interleaving::kByTensor) {
    pad.bank_groups = integer(random, 1, 4);
    pad.banks = round_up(pad.banks, pad.bank_groups);
  }
  machine.dma.channels = one_of(random, {1, 1, 2, 3, 4});
}

template <class Array>
Array random_taylor_array(Random& random) {
  Array array = random_unit<Array>(random);
  array.lanes = coin(random) ? 0 : array.lanes;
  return array;
}

/// Narrow, wide, or anything between.
int random_width(Random& random) { return one_of(random, {4, 8, 16, integer(random, 4, 16)}); }

config::TaylorPipeline random_pipeline(Random& random, int activation_bits) {
  config::TaylorPipeline pipeline;
  pipeline.lanes = integer(random, 1, 24);
  pipeline.overlap = static_cast<config::Overlap>(integer(random, 0, 2));
  pipeline.denominator =
      coin(random) ? config::Denominator::kComputed : config::Denominator::kConstant;
  pipeline.centering = coin(random) ? config::Centering::kBefore : config::Centering::kDeferred;
  // k_mean takes 16 bits.
  pipeline.mean_fraction_bits = skewed(random, 0, std::min(14, 16 - activation_bits));
  pipeline.k_hat_fraction_bits = integer(random, 0, pipeline.mean_fraction_bits);
  pipeline.k_hat_bits = random_width(random);
  pipeline.g_bits = random_width(random);
  pipeline.k_hat_layout = static_cast<config::KHatLayout>(integer(random, 0, 2));
  pipeline.feature_reads =
      coin(random) ? config::FeatureReads::kTransposeBuffer : config::FeatureReads::kGather;
  pipeline.accumulator_array = random_taylor_array<config::AccumulatorArray>(random);
  pipeline.divider_array = random_taylor_array<config::DividerArray>(random);
  pipeline.divider_array.kind =
      coin(random) ? config::DividerKind::kRadix : config::DividerKind::kReciprocal;
  pipeline.divider_array.radix_bits = integer(random, 1, 8);
  pipeline.divider_array.quotient_bits = integer(random, 4, 32);
  pipeline.divider_array.reciprocal_bits = integer(random, 4, 30);
  pipeline.adder_array = random_taylor_array<config::AdderArray>(random);
  pipeline.sa_diag.latency_cycles = skewed(random, 1, 12);
  pipeline.sa_diag.divisor_queue = skewed(random, 1, 40);
  return pipeline;
}

bool is(const config::PeArray& array, config::Dataflow dataflow) {
  return array.kind == config::ArrayKind::kSystolic && array.dataflow == dataflow;
}

/// Any array. One that is stepped register by register is small.
config::PeArray random_array(Random& random) {
  config::PeArray array;
  const bool registers = integer(random, 0, 3) == 0;
  const int largest = registers ? 10 : 40;
  array.model = registers ? config::ArrayModel::kRegister : config::ArrayModel::kWavefront;
  array.kind =
      integer(random, 0, 3) == 0 ? config::ArrayKind::kRowWise : config::ArrayKind::kSystolic;
  array.dataflow = static_cast<config::Dataflow>(integer(random, 0, 2));
  array.drain = coin(random) ? config::Drain::kHidden : config::Drain::kExposed;
  array.rows = skewed(random, 1, largest);
  array.cols = skewed(random, 1, largest);
  array.blocks = skewed(random, 1, registers ? 6 : 16);
  array.macs_per_block = skewed(random, 1, 8);
  array.row_buffer_elements = skewed(random, 1, 160);
  array.overlap_folds = coin(random);
  array.weight_rows_per_cycle = one_of(random, {1, 1, 2, 3, 7, 32});
  return array;
}

/// About what a product takes: cycles in the array, and bytes that it reads for them.
struct Effort {
  double cycles = 0;
  double bytes = 0;
};

Effort effort_of(const model::GemmShape& shape, const config::PeArray& array) {
  const auto [m, k, n] = shape;
  const auto parts = [](std::int64_t total, int step) {
    return ceil_div<std::int64_t>(total, step);
  };
  std::int64_t cycles = 0;
  std::int64_t elements = 0;
  if (array.kind == config::ArrayKind::kRowWise) {
    cycles = parts(m, array.rows) * n * parts(k, array.blocks * array.macs_per_block);
    elements = parts(m, array.rows) * k * n;
  } else if (is(array, config::Dataflow::kWeightStationary)) {
    cycles = parts(k, array.rows) * parts(n, array.cols) * (m + 2 * array.rows);
    elements = parts(n, array.cols) * m * k;
  } else if (is(array, config::Dataflow::kInputStationary)) {
    cycles = parts(k, array.rows) * parts(m, array.cols) * (n + 2 * array.rows);
    elements = parts(m, array.cols) * k * n;
  } else {
    cycles = parts(m, array.rows) * parts(n, array.cols) * (k + 2 * array.rows);
    elements = parts(n, array.cols) * m * k + parts(m, array.rows) * k * n;
  }
  return {static_cast<double>(cycles), 2 * static_cast<double>(elements)};
}

/// About how many cycles a run takes, to leave out what takes too long.
double estimate_cycles(const Case& drawn) {
  const auto& machine = drawn.config.accelerator;
  const double pad_rate = static_cast<double>(machine.scratchpad.banks) *
                          std::min(machine.scratchpad.bank_width_bytes, 16);
  // Rows that are opened for a burst each take many times their data.
  const bool banked = config::dram_preset(machine.dram.kind) != nullptr;
  const double dram_rate = timing::peak_bytes_per_cycle(machine) / (banked ? 6 : 1);
  const double burst_cycles = static_cast<double>(machine.dram.latency_cycles) /
                              (machine.dma.max_outstanding * machine.dma.burst_bytes);
  double cycles = 0;
  for (const model::Op& op : drawn.graph.ops) {
    double pad_bytes = 0;
    double dram_bytes = 0;
    for (const model::View& view : model::inputs_of(op)) {
      dram_bytes +=
          static_cast<double>(view.rows * view.cols * drawn.graph.tensor(view).element_bytes);
    }
    pad_bytes = 2 * dram_bytes;
    if (const model::Matmul* matmul = model::product_of(op)) {
      const Effort effort = effort_of(model::shape_of(*matmul), machine.pe_array);
      cycles += effort.cycles;
      // Where features are gathered, an access reads an element.
      pad_bytes +=
          effort.bytes * (matmul->lhs_transposed ? machine.scratchpad.bank_width_bytes : 1);
    } else {
      const model::View& rows =
          std::holds_alternative<model::TokenSum>(op.work) ? model::inputs_of(op).front() : op.out;
      cycles += static_cast<double>(rows.rows * rows.cols);
    }
    cycles += pad_bytes / pad_rate + 2 * dram_bytes * (1 / dram_rate + burst_cycles);
  }
  return cycles;
}

/// Gives a quarter of the scratchpads partitions, of up to `most_kib` each and any banks.
void partition_at_random(Random random, config::Scratchpad& pad, int most_kib) {
  if (integer(random, 0, 3) != 0 || 1024 % pad.bank_width_bytes != 0) {
    return;
  }
  const auto kib = [&] { return integer(random, ceil_div(most_kib, 3), most_kib); };
  const auto banks = [&] {
    return pad.interleaving == config::Interleaving::kXor ? 1 << integer(random, 0, 3)
           : pad.interleaving == config::Interleaving::kByTensor
               ? pad.bank_groups * integer(random, 1, 4)
               : integer(random, 1, 12);
  };
  const config::Partitions parts{kib(), kib(), kib(), banks(), banks(), banks()};
  pad.partitions = parts;
  pad.size_kib = parts.weights_kib + parts.activations_kib + parts.scores_kib;
  pad.banks = parts.weights_banks + parts.activations_banks + parts.scores_banks;
}

Case draw(Random& random, std::optional<config::Attention> attention) {
  Case drawn;
  drawn.config = random_config(random);
  if (attention) {
    drawn.config.attention = *attention;
  }
  drawn.model = random_model(random);
  drawn.graph = model::build_vit_graph(drawn.config, drawn.model,
                                       reference::random_weights(random.next(), drawn.model),
                                       random_ranges(random, drawn.model, drawn.config.attention));
  auto& pad = drawn.config.accelerator.scratchpad;
  const int least = least_kib(drawn.graph, drawn.config.accelerator);
  pad.size_kib = one_of(
      random, {least, least, least + 1, least + integer(random, 1, 8), 2 * least, 4 * least, 512});
  partition_at_random(aside(random), pad, std::min(pad.size_kib, 2 * least));
  return drawn;
}

/// The vectors of the Taylor pipeline may lie such that no piece of the smallest scratchpad is long
/// enough for the tiles of some operator, which is an error; then a larger one is meant.
void grow_until_it_maps(Case& drawn) {
  for (;;) {
    try {
      mapping::map_program(drawn.graph, drawn.config.accelerator);
      return;
    } catch (const ConfigError&) {
      config::Scratchpad& pad = drawn.config.accelerator.scratchpad;
      ++pad.size_kib;
      if (pad.partitions) {
        ++pad.partitions->weights_kib;
        ++pad.partitions->activations_kib;
        ++pad.partitions->scores_kib;
        pad.size_kib += 2;
      }
    }
  }
}

constexpr double kMostCycles = 60000;

}  // namespace

config::Config random_config(Random& random) {
  config::Config config;
  auto& precision = config.precision;
  precision.weight_bits = integer(random, 4, 16);
  precision.activation_bits = integer(random, 4, 16);
  precision.residual_bits = integer(random, 8, 16);
  auto& machine = config.accelerator;
  machine.sequencer.queue_depth = integer(random, 1, 4);
  machine.sequencer.watchdog_cycles = 20000;
  machine.pe_array = random_array(random);
  machine.accumulator_buffer.rows = skewed(random, 1, 64);
  machine.post_processor.lanes = integer(random, 1, 48);
  machine.post_processor.latency_cycles = skewed(random, 1, 12);
  machine.scratchpad = random_scratchpad(random);
  machine.dram.kind = coin(random) ? config::DramKind::kIdeal : config::DramKind::kSimple;
  machine.dram.bytes_per_cycle = static_cast<double>(random.integer(700, 40000)) / 1000;
  machine.dram.latency_cycles = skewed(random, 0, 100);
  machine.dma.burst_bytes = one_of(random, {8, 11, 16, 32, 64, 100, 256});
  machine.dma.max_outstanding = skewed(random, 1, 64);
  machine.softmax_unit = random_unit<config::SoftmaxUnit>(random);
  machine.softmax_unit->output_bits = integer(random, 4, 16);
  machine.gelu_unit = random_unit<config::GeluUnit>(random);
  machine.layer_norm_unit = random_unit<config::LayerNormUnit>(random);
  machine.vector_unit = random_unit<config::VectorUnit>(random);
  const int kind = integer(random, 0, 7);
  config.attention = kind < 3   ? config::Attention::kSoftmax
                     : kind < 7 ? config::Attention::kTaylor
                                : config::Attention::kTaylorReleased;
  machine.taylor_pipeline = random_pipeline(random, precision.activation_bits);
  const auto& pipeline = *machine.taylor_pipeline;
  const int lhs_bits =
      std::max({precision.activation_bits, machine.softmax_unit->output_bits, pipeline.k_hat_bits});
  const int rhs_bits =
      std::max({precision.activation_bits, precision.weight_bits, pipeline.g_bits});
  machine.pe_array.stream_bits = integer(random, lhs_bits, 16);
  // From what a product takes, so that sums saturate now and then.
  precision.accumulator_bits = skewed(random, std::max(16, lhs_bits + rhs_bits), 48);
  extend_memory(aside(random), machine);
  // From numbers of its own, so that the other half of the seeds are the machines they always were.
  Random of_dram = random;
  if (coin(of_dram)) {
    draw_banked_dram(of_dram, machine);
  }
  config::check(config);
  return config;
}

config::Model random_model(Random& random) {
  config::Model model;
  model.name = "random";
  model.patch_size = 4;
  model.image_size = 4 * one_of(random, {integer(random, 2, 6), integer(random, 1, 10)});
  model.channels = integer(random, 1, 3);
  model.heads = integer(random, 1, 4);
  model.embed_dim = model.heads * integer(random, ceil_div(4, model.heads), 48 / model.heads);
  model.depth = integer(random, 1, 2);
  model.mlp_ratio = static_cast<double>(random.integer(4, 16)) / 4;
  model.classes = integer(random, 2, 12);
  return model;
}

reference::Ranges random_ranges(Random& random, const config::Model& model,
                                config::Attention attention) {
  reference::Ranges ranges = reference::fixed_ranges(model, attention);
  for (auto& [name, range] : ranges.values) {
    range = std::ldexp(1.0 + static_cast<double>(random.uniform()), integer(random, -1, 1));
  }
  return ranges;
}

IntMatrix random_input(Random& random, const model::Graph& graph) {
  const model::Tensor& tensor = graph.tensors[static_cast<std::size_t>(graph.input)];
  const std::int64_t largest = (1 << (tensor.bits - 1)) - 1;
  IntMatrix input(tensor.rows, tensor.cols);
  for (std::int64_t row = 0; row < input.rows(); ++row) {
    for (auto& value : input.row(row)) {
      value = static_cast<std::int16_t>(random.integer(-largest - 1, largest));
    }
  }
  return input;
}

Case random_case(std::uint64_t seed, std::optional<config::Attention> attention) {
  Random random(seed);
  for (;;) {
    Case drawn = draw(random, attention);
    drawn.seed = seed;
    if (estimate_cycles(drawn) <= kMostCycles) {
      grow_until_it_maps(drawn);
      return drawn;
    }
  }
}

namespace {

std::string describe(const config::PeArray& array) {
  const bool registers = array.model == config::ArrayModel::kRegister;
  if (array.kind == config::ArrayKind::kRowWise) {
    return fmt::format("row_wise {} rows x {} blocks x {} MACs, row buffer {}, {} rows a cycle{}",
                       array.rows, array.blocks, array.macs_per_block, array.row_buffer_elements,
                       array.weight_rows_per_cycle, registers ? ", registers" : "");
  }
  return fmt::format("{} {}x{} overlap {}, drain {}, {} rows a cycle{}",
                     config::name_of(config::kDataflowNames, array.dataflow), array.rows,
                     array.cols, array.overlap_folds,
                     config::name_of(config::kDrainNames, array.drain), array.weight_rows_per_cycle,
                     registers ? ", registers" : "");
}

std::string describe(const std::optional<config::Partitions>& partitions) {
  return partitions ? fmt::format(" in partitions of {} {} {} KiB {} {} {} banks",
                                  partitions->weights_kib, partitions->activations_kib,
                                  partitions->scores_kib, partitions->weights_banks,
                                  partitions->activations_banks, partitions->scores_banks)
                    : "";
}

std::string describe(const config::TaylorPipeline& pipeline) {
  const auto& divider = pipeline.divider_array;
  return fmt::format(
      "{} lanes ({} {} {}), overlap {}, denominator {}, centering {}, mean {}, K_hat {} bits {} of "
      "them fraction {} {}, G {} bits, {} divider radix 2^{} {} bits reciprocal {} bits, divisor "
      "queue {}",
      pipeline.lanes, pipeline.accumulator_array.lanes, divider.lanes, pipeline.adder_array.lanes,
      config::name_of(config::kOverlapNames, pipeline.overlap),
      config::name_of(config::kDenominatorNames, pipeline.denominator),
      config::name_of(config::kCenteringNames, pipeline.centering), pipeline.mean_fraction_bits,
      pipeline.k_hat_bits, pipeline.k_hat_fraction_bits,
      config::name_of(config::kKHatLayoutNames, pipeline.k_hat_layout),
      config::name_of(config::kFeatureReadsNames, pipeline.feature_reads), pipeline.g_bits,
      config::name_of(config::kDividerKindNames, divider.kind), divider.radix_bits,
      divider.quotient_bits, divider.reciprocal_bits, pipeline.sa_diag.divisor_queue);
}

}  // namespace

std::string describe(const Case& drawn) {
  const auto& machine = drawn.config.accelerator;
  const auto& precision = drawn.config.precision;
  return fmt::format(
      "seed {}: {}array {}, accumulator rows {}, scratchpad {} KiB {} banks x {} bytes "
      "{} {} ports latency {} interleaving {} groups {}{}, dram {} {} bytes a cycle latency {}, {} "
      "channels of {} bursts of {}, queue {}, bits "
      "w{} "
      "a{} r{} acc{}; {} tokens, embed_dim {}, depth {}, heads {}, mlp_dim {}, classes {}",
      drawn.seed,
      drawn.config.attention == config::Attention::kSoftmax
          ? ""
          : fmt::format("{}: {}, ",
                        config::name_of(config::kAttentionNames, drawn.config.attention),
                        describe(*machine.taylor_pipeline)),
      describe(machine.pe_array), machine.accumulator_buffer.rows, machine.scratchpad.size_kib,
      machine.scratchpad.banks, machine.scratchpad.bank_width_bytes, machine.scratchpad.ports,
      config::name_of(config::kPortKindNames, machine.scratchpad.port_kind),
      machine.scratchpad.read_latency_cycles,
      config::name_of(config::kInterleavingNames, machine.scratchpad.interleaving),
      machine.scratchpad.bank_groups, describe(machine.scratchpad.partitions),
      config::name_of(config::kDramKindNames, machine.dram.kind), machine.dram.bytes_per_cycle,
      machine.dram.latency_cycles, machine.dma.channels, machine.dma.max_outstanding,
      machine.dma.burst_bytes, machine.sequencer.queue_depth, precision.weight_bits,
      precision.activation_bits, precision.residual_bits, precision.accumulator_bits,
      drawn.model.tokens(), drawn.model.embed_dim, drawn.model.depth, drawn.model.heads,
      drawn.model.mlp_dim(), drawn.model.classes);
}

namespace {

/// The smallest tile of a product: what is in the array at a time, and of what streams, or of the
/// sums, a single row.
model::GemmShape least_tile(const model::GemmShape& shape, const config::PeArray& array) {
  const auto at_most = [](std::int64_t size, std::int64_t limit) { return std::min(size, limit); };
  if (array.kind == config::ArrayKind::kRowWise) {
    return {at_most(shape.m, array.rows), at_most(shape.k, array.blocks * array.macs_per_block), 1};
  }
  const std::int64_t k = at_most(shape.k, array.rows);
  return is(array, config::Dataflow::kInputStationary)
             ? model::GemmShape{at_most(shape.m, array.cols), k, 1}
             : model::GemmShape{1, k, at_most(shape.n, array.cols)};
}

/// During each operator, bytes of the vectors that never leave the chip, from the first operator
/// that touches them to the last.
std::vector<Bytes> vector_bytes(const model::Graph& graph, const config::Scratchpad& pad) {
  const auto touches = [&](const model::Op& op, model::TensorId id) {
    const auto views = model::inputs_of(op);
    return op.out.tensor == id ||
           std::ranges::any_of(views, [&](const model::View& view) { return view.tensor == id; });
  };
  std::vector<Bytes> bytes(graph.ops.size());
  for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
    const model::Tensor& tensor = graph.tensors[id];
    if (!tensor.on_chip) {
      continue;
    }
    const auto is_touched = [&](const model::Op& op) {
      return touches(op, static_cast<model::TensorId>(id));
    };
    const auto first = std::ranges::find_if(graph.ops, is_touched) - graph.ops.begin();
    const auto last =
        graph.ops.rend() - std::find_if(graph.ops.rbegin(), graph.ops.rend(), is_touched);
    for (auto op = first; op < last; ++op) {
      bytes[static_cast<std::size_t>(op)] +=
          tensor.rows * round_up<Bytes>(tensor.row_bytes(), pad.bank_width_bytes);
    }
  }
  return bytes;
}

}  // namespace

int least_kib(const model::Graph& graph, const config::Accelerator& machine) {
  const auto rows_of = [&](std::int64_t rows, std::int64_t cols, const model::View& view) {
    const model::Tensor& tensor = graph.tensor(view);
    return tensor.on_chip ? 0
                          : rows * round_up<Bytes>(cols * tensor.element_bytes,
                                                   machine.scratchpad.bank_width_bytes);
  };
  // A row or a column.
  const auto line_of = [&](const model::View& view, bool column) {
    return column ? rows_of(view.rows, 1, view) : rows_of(1, view.cols, view);
  };
  const std::vector<Bytes> on_chip = vector_bytes(graph, machine.scratchpad);
  Bytes needed = 0;
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const model::Op& op = graph.ops[i];
    Bytes bytes = on_chip[i];
    const auto* sum = std::get_if<model::TokenSum>(&op.work);
    const auto* center = std::get_if<model::Center>(&op.work);
    if (const model::Matmul* matmul = model::product_of(op)) {
      const auto [m, k, n] = least_tile(model::shape_of(*matmul), machine.pe_array);
      bytes += rows_of(m, n, op.out) +
               (matmul->lhs_transposed ? rows_of(k, m, matmul->lhs) : rows_of(m, k, matmul->lhs)) +
               (matmul->rhs_transposed ? rows_of(n, k, matmul->rhs) : rows_of(k, n, matmul->rhs)) +
               (matmul->params ? rows_of(1, n, *matmul->params) : 0) +
               (matmul->residual ? rows_of(m, n, *matmul->residual) : 0);
    } else {
      bytes += line_of(op.out, center != nullptr && center->by_feature);
      for (const model::View& view : model::inputs_of(op)) {
        bytes += line_of(view, sum != nullptr && sum->by_feature);
      }
    }
    needed = std::max(needed, bytes);
  }
  return static_cast<int>(ceil_div<Bytes>(needed, 1024));
}

}  // namespace vitsim::test
