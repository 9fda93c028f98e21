// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/estimate.h"

#include <algorithm>

#include "vitsim/mapping/operand_walk.h"
#include "vitsim/timing/dram_bandwidth.h"
#include "vitsim/timing/earliest_products.h"
#include "vitsim/timing/earliest_rows.h"
#include "vitsim/timing/earliest_transfers.h"
#include "vitsim/timing/gemm.h"
#include "vitsim/timing/scratchpad_port.h"
#include "vitsim/timing/units.h"

namespace vitsim::mapping {
namespace {

constexpr std::size_t index_of(Unit unit) { return static_cast<std::size_t>(unit); }

/// How each unit on whole rows works; those that a machine has not stay as they are.
std::array<timing::RowUnit, kUnitCount> row_forms(const config::Accelerator& machine) {
  std::array<timing::RowUnit, kUnitCount> forms;
  const auto set = [&](Unit unit, const auto& section) {
    if (section) {
      forms[index_of(unit)] = timing::row_unit(*section);
    }
  };
  set(Unit::kSoftmaxUnit, machine.softmax_unit);
  set(Unit::kGeluUnit, machine.gelu_unit);
  set(Unit::kLayerNormUnit, machine.layer_norm_unit);
  set(Unit::kVectorUnit, machine.vector_unit);
  if (machine.taylor_pipeline) {
    forms[index_of(Unit::kAccumulatorArray)] = timing::accumulator_array(*machine.taylor_pipeline);
    forms[index_of(Unit::kDividerArray)] = timing::divider_array(*machine.taylor_pipeline);
    forms[index_of(Unit::kAdderArray)] = timing::adder_array(*machine.taylor_pipeline);
  }
  return forms;
}

/// Commands of a unit that were released and wait, as the sequencer sees them.
class Queue {
 public:
  /// The earliest cycle in which the next command goes out that waits for a token set in `token`.
  Cycles release(Cycles token, std::size_t depth) {
    const Cycles room = taken_[(count_ + kMost - depth) % kMost];
    last_ = std::max({last_ + 1, token + 1, room + 1});
    return last_;
  }
  void taken(Cycles cycle) { taken_[count_++ % kMost] = cycle; }

 private:
  static constexpr std::size_t kMost = 16;
  Cycles last_ = -1;
  std::array<Cycles, kMost> taken_{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
  std::size_t count_ = 0;
};

/// The machine, unit by unit; takes commands in the order of the program.
class Schedule {
 public:
  Schedule(const model::Graph& graph, const config::Accelerator& machine)
      : graph_(graph),
        machine_(machine),
        pad_(machine.scratchpad),
        forms_(row_forms(machine)),
        loads_(timing::EarliestTransfers::Direction::kLoad, machine),
        stores_(timing::EarliestTransfers::Direction::kStore, machine),
        products_(machine),
        rows_{rows(), rows(), rows(), rows(), rows(), rows(),
              rows(), rows(), rows(), rows(), rows()} {}

  Estimate run(std::span<const Command> commands);

 private:
  [[nodiscard]] timing::EarliestRows rows() const {
    return timing::EarliestRows(machine_.scratchpad.read_latency_cycles);
  }
  Cycles operator()(const Transfer& transfer);
  Cycles operator()(const MatmulTile& tile);
  Cycles operator()(const RowsTile& tile);
  Cycles operator()(const DiagTile& tile);
  friend struct Visit;

  timing::PadAccess access(const Operand& operand, std::int64_t elements) const;
  /// A row of an operand, a group of lanes a request.
  struct RowAccess {
    Cycles cycles = 0;
    Cycles last_cycles = 0;  ///< of the last group
    std::int64_t words = 0;
  };
  [[nodiscard]] RowAccess row_access(const Operand& operand, std::int64_t cols, int lanes) const;
  timing::FetchBlock fetch_block(const OperandBlock& block, const Operand& operand, bool gathers);
  void stream_product(const MatmulTile& tile);
  void stream_sums(const MatmulTile& tile);

  const model::Graph& graph_;
  const config::Accelerator& machine_;
  const config::Scratchpad& pad_;
  std::array<timing::RowUnit, kUnitCount> forms_;
  std::array<Queue, kUnitCount> queues_;
  timing::EarliestTransfers loads_;
  timing::EarliestTransfers stores_;
  timing::EarliestProducts products_;
  std::array<timing::EarliestRows, kUnitCount> rows_;
  // SA-Diag
  Cycles diag_free_ = -1;
  Cycles diag_first_ = -1;
  // the command
  const Command* command_ = nullptr;
  Cycles released_ = 0;
  std::vector<Cycles> tokens_;
  Token first_token_ = 0;
  // rows on their way between units
  timing::RowTimes sums_{-1, -1};
  timing::RowTimes divisors_{-1, -1};
  timing::RowTimes numerators_{-1, -1};
  std::int64_t pad_words_ = 0;
  Estimate result_;
};

/// Elements of a line of the operand, as one request.
timing::PadAccess Schedule::access(const Operand& operand, std::int64_t elements) const {
  return operand.by_column ? timing::strided_access(elements, operand.region.pitch, pad_)
                           : timing::run_access(elements * operand.element_bytes, pad_);
}

Cycles Schedule::operator()(const Transfer& transfer) {
  const bool load = command_->unit == Unit::kDmaLoad;
  const Region& dram = transfer.dram;
  const bool packed = dram.pitch == dram.row_bytes &&
                      transfer.scratchpad.region.pitch == transfer.scratchpad.region.row_bytes;
  const timing::TransferSize size = timing::transfer_size(
      dram.address, dram.rows, dram.row_bytes, dram.pitch, packed, machine_.dma.burst_bytes);
  auto& channel = load ? loads_ : stores_;
  const Cycles done = channel.transfer(released_, size);
  queues_[index_of(command_->unit)].taken(channel.taken());
  (load ? result_.dram_read_bytes : result_.dram_write_bytes) += size.bytes;
  result_.busy[index_of(command_->unit)] += size.bursts;
  pad_words_ += std::max(size.bursts, ceil_div<Bytes>(size.bytes, pad_.bank_width_bytes));
  return done;
}

timing::FetchBlock Schedule::fetch_block(const OperandBlock& shape, const Operand& operand,
                                         bool gathers) {
  timing::FetchBlock block;
  block.beats = shape.beats();
  block.rows_per_beat = shape.rows_per_beat;
  if (gathers && shape.order == OperandBlock::Order::kColumns) {
    block.reads = shape.cols;
    const auto read = timing::strided_access(shape.rows, operand.region.pitch, pad_);
    block.read_cycles = read.cycles;
    pad_words_ += read.words * block.reads;
    return block;
  }
  block.reads = shape.reads();
  block.buffered = shape.order != OperandBlock::Order::kRows;
  block.padding_beats = shape.padding / shape.rows_per_beat;
  const std::int64_t pieces = block.buffered ? 1 : shape.pieces();
  const std::int64_t piece = pieces == 1 ? shape.cols : shape.piece;
  const auto last = access(operand, shape.cols - (pieces - 1) * piece);
  block.read_cycles = last.cycles;
  std::int64_t words = last.words;
  if (pieces > 1) {
    const auto whole = access(operand, piece);
    // No more than the mean of the pieces of a row.
    block.read_cycles = ((pieces - 1) * whole.cycles + last.cycles) / pieces;
    words += (pieces - 1) * whole.words;
  }
  pad_words_ += shape.rows * words;
  return block;
}

void Schedule::stream_product(const MatmulTile& tile) {
  const auto& array = machine_.pe_array;
  const bool gathers = machine_.taylor_pipeline && tile.lhs_transposed &&
                       machine_.taylor_pipeline->feature_reads == config::FeatureReads::kGather;
  OperandWalk lhs(tile.shape, tile.lhs_transposed, Side::kLhs, array);
  OperandWalk rhs(tile.shape, tile.rhs_transposed, Side::kRhs, array);
  const bool holds_lhs = stationary_side(array) == Side::kLhs;
  OperandWalk& held = holds_lhs ? lhs : rhs;
  OperandWalk& streams = holds_lhs ? rhs : lhs;
  const std::int64_t folds = timing::tile_folds(tile.shape, array);
  for (std::int64_t i = 0; i < folds; ++i) {
    products_.load(fetch_block(held.next(), holds_lhs ? tile.lhs : tile.rhs, holds_lhs && gathers));
    const std::int64_t beats = timing::tile_fold(tile.shape, array, i).beats;
    for (std::int64_t beat = 0; beat < beats;) {
      const auto block =
          fetch_block(streams.next(), holds_lhs ? tile.rhs : tile.lhs, !holds_lhs && gathers);
      products_.stream(block, beat == 0, beat + block.beats >= beats);
      beat += block.beats;
    }
  }
}

/// An array that holds sums takes both operands at a time.
void Schedule::stream_sums(const MatmulTile& tile) {
  const auto& array = machine_.pe_array;
  const bool gathers = machine_.taylor_pipeline && tile.lhs_transposed &&
                       machine_.taylor_pipeline->feature_reads == config::FeatureReads::kGather;
  OperandWalk lhs_walk(tile.shape, tile.lhs_transposed, Side::kLhs, array);
  OperandWalk rhs_walk(tile.shape, tile.rhs_transposed, Side::kRhs, array);
  const std::int64_t folds = timing::tile_folds(tile.shape, array);
  for (std::int64_t i = 0; i < folds; ++i) {
    const std::int64_t beats = timing::tile_fold(tile.shape, array, i).beats;
    timing::FetchBlock lhs;
    timing::FetchBlock rhs;
    std::int64_t lhs_left = 0;
    std::int64_t rhs_left = 0;
    for (std::int64_t beat = 0; beat < beats;) {
      const bool lhs_begins = lhs_left == 0;
      const bool rhs_begins = rhs_left == 0;
      if (lhs_begins) {
        lhs = fetch_block(lhs_walk.next(), tile.lhs, gathers);
        lhs_left = lhs.beats;
      }
      if (rhs_begins) {
        rhs = fetch_block(rhs_walk.next(), tile.rhs, false);
        rhs_left = rhs.beats;
      }
      const std::int64_t pairs = std::min(lhs_left, rhs_left);
      lhs_left -= pairs;
      rhs_left -= pairs;
      products_.stream_pairs(pairs, {&lhs, lhs_begins, lhs_left == 0},
                             {&rhs, rhs_begins, rhs_left == 0}, beat == 0, beat + pairs >= beats);
      beat += pairs;
    }
  }
}

Cycles Schedule::operator()(const MatmulTile& tile) {
  const auto& array = machine_.pe_array;
  released_ = std::max(released_, products_.queue_taken(machine_.sequencer.queue_depth) + 1);
  products_.begin(released_, tile.shape);
  if (timing::type_of(array) == timing::ArrayType::kOutputStationary) {
    stream_sums(tile);
  } else {
    stream_product(tile);
  }
  for (std::int64_t i = 0; i < timing::tile_folds(tile.shape, array); ++i) {
    result_.busy[index_of(Unit::kPeArray)] += timing::tile_fold(tile.shape, array, i).beats;
  }
  timing::SumFinish finish;
  finish.completes = tile.last;
  finish.to_post_processor = tile.sink == SumSink::kPostProcessor;
  if (tile.last && tile.params) {
    const auto read = access(*tile.params, tile.params->tile.cols);
    finish.params_cycles = read.cycles;
    pad_words_ += read.words;
  }
  if (tile.last && tile.residual) {
    const auto read = access(*tile.residual, tile.residual->tile.cols);
    finish.residual_cycles = read.cycles;
    pad_words_ += read.words * tile.shape.m;
  }
  if (tile.last && tile.out) {
    const auto write = access(*tile.out, tile.out->tile.cols);
    finish.write_cycles = write.cycles;
    pad_words_ += write.words * tile.shape.m;
  }
  const Cycles done = products_.finish(finish);
  const auto set = [&](Token token, Cycles cycle) {
    tokens_[static_cast<std::size_t>(token - first_token_)] = cycle;
  };
  set(tile.lhs_read, products_.lhs_read());
  set(tile.rhs_read, products_.rhs_read());
  if (tile.last && tile.sink == SumSink::kAdderArray) {
    sums_ = products_.rows_out();
  } else if (tile.last && tile.sink == SumSink::kDividers) {
    divisors_ = products_.rows_out();
  }
  queues_[index_of(Unit::kPeArray)].taken(-1);
  return done;
}

Schedule::RowAccess Schedule::row_access(const Operand& operand, std::int64_t cols,
                                         int lanes) const {
  const std::int64_t elements = operand.by_column ? operand.tile.rows : operand.tile.cols;
  const std::int64_t each = elements / cols;  // of a column
  const std::int64_t groups = ceil_div<std::int64_t>(cols, lanes);
  const auto last = access(operand, (cols - (groups - 1) * lanes) * each);
  if (groups == 1) {
    return {last.cycles, last.cycles, last.words};
  }
  const auto whole = access(operand, lanes * each);
  return {(groups - 1) * whole.cycles + last.cycles, last.cycles,
          (groups - 1) * whole.words + last.words};
}

Cycles Schedule::operator()(const RowsTile& tile) {
  const std::size_t unit = index_of(command_->unit);
  const model::Op& op = graph_.ops[static_cast<std::size_t>(command_->op)];
  const bool centers_features = std::holds_alternative<model::CenterFeatures>(op.work);
  timing::RowUnit form =
      centers_features ? timing::feature_centering(*machine_.taylor_pipeline) : forms_[unit];
  form.reads = tile.second ? 2 : 1;
  timing::RowsCommand work;
  work.rows = tile.rows;
  work.cols = tile.cols;
  work.results = tile.results();
  work.tables = static_cast<int>(tile.tables.size());
  work.from_memory = tile.in.has_value();
  work.to_memory = tile.out.has_value() || work.results == 0;
  for (const Operand& table : tile.tables) {
    const auto read = access(table, table.tile.cols);
    work.table_cycles += read.cycles;
    pad_words_ += read.words;
  }
  if (tile.in) {
    const RowAccess in = row_access(*tile.in, tile.cols, form.lanes);
    const RowAccess second =
        tile.second ? row_access(*tile.second, tile.cols, form.lanes) : RowAccess{};
    work.row_read_cycles = in.cycles + second.cycles;
    pad_words_ += (in.words + second.words) * tile.rows;
  }
  if (tile.out) {
    const RowAccess out = row_access(*tile.out, tile.cols, form.lanes);
    work.row_write_cycles = out.cycles;
    work.last_write_cycles = out.last_cycles;
    pad_words_ += out.words * work.results;
  }
  auto& rows = rows_[unit];
  timing::RowTimes come{-1, -1};
  timing::RowTimes beside{-1, -1};
  if (!tile.in) {
    const bool divides = command_->unit == Unit::kDividerArray;
    come = divides ? numerators_ : sums_;
    beside = divides ? divisors_ : timing::RowTimes{-1, -1};
  }
  const Cycles done = rows.command(released_, work, form, come, beside);
  queues_[unit].taken(rows.taken());
  if (!tile.in && command_->unit == Unit::kAdderArray) {
    products_.rows_taken(rows.took_row(tile.rows - 1), timing::row_interval(tile.cols, form));
    numerators_ = rows.left();
  }
  result_.busy[unit] += tile.rows * timing::row_interval(tile.cols, form);
  return done;
}

/// The rows of Q that the array takes, too.
Cycles Schedule::operator()(const DiagTile& tile) {
  const std::int64_t pe_rows = machine_.pe_array.rows;
  const Cycles taken = released_ + 1;
  const auto read = access(tile.k_hat_sum, tile.k);
  pad_words_ += read.words;
  const Cycles loaded =
      std::max(taken + read.cycles + pad_.read_latency_cycles, diag_first_) + pe_rows;
  const std::int64_t rows = ceil_div<std::int64_t>(tile.k, pe_rows) * tile.m;
  diag_first_ = std::max(loaded, diag_free_ + 1);
  diag_free_ = std::max(diag_first_ + rows - 1, products_.lhs_read() + 1);
  const Cycles way = timing::array_latency(machine_.pe_array) + 1 +
                     machine_.taylor_pipeline->sa_diag.latency_cycles;
  if (tile.last) {
    divisors_ = {diag_first_ + rows - tile.m + way, diag_free_ + way};
  }
  queues_[index_of(Unit::kSaDiag)].taken(taken);
  result_.busy[index_of(Unit::kSaDiag)] += rows;
  return diag_free_;
}

Estimate Schedule::run(std::span<const Command> commands) {
  // Tokens are numbered as commands are emitted; a matmul has three.
  Token last_token = -1;
  first_token_ = commands.empty() ? 0 : commands.front().done;
  for (const Command& command : commands) {
    first_token_ = std::min(first_token_, command.done);
    last_token = std::max(last_token, command.done);
    if (const auto* tile = std::get_if<MatmulTile>(&command.work)) {
      last_token = std::max({last_token, tile->lhs_read, tile->rhs_read});
    }
  }
  tokens_.assign(static_cast<std::size_t>(last_token - first_token_ + 1), -1);
  result_.commands.reserve(commands.size());
  const auto depth = static_cast<std::size_t>(machine_.sequencer.queue_depth);
  Cycles last = -1;
  for (const Command& command : commands) {
    command_ = &command;
    Cycles token = -1;
    for (const Token wait : command.waits) {
      if (wait >= first_token_) {
        token = std::max(token, tokens_[static_cast<std::size_t>(wait - first_token_)]);
      }
    }
    released_ = queues_[index_of(command.unit)].release(token, depth);
    const Cycles done =
        std::visit([this](const auto& work) { return (*this)(work); }, command.work);
    tokens_[static_cast<std::size_t>(command.done - first_token_)] = done;
    result_.commands.push_back({released_, done});
    last = std::max(last, done);
  }
  // A token counts from the cycle behind it.
  result_.cycles = last + 1;
  const double rate = timing::peak_bytes_per_cycle(machine_);
  result_.dram_cycles = static_cast<Cycles>(
      static_cast<double>(result_.dram_read_bytes + result_.dram_write_bytes) / rate);
  result_.scratchpad_cycles = pad_words_ / timing::words_per_cycle(pad_);
  result_.cycles = std::max({result_.cycles, result_.dram_cycles, result_.scratchpad_cycles});
  return std::move(result_);
}

}  // namespace

Estimate estimate(std::span<const Command> commands, const model::Graph& graph,
                  const config::Accelerator& machine) {
  return Schedule(graph, machine).run(commands);
}

Estimate estimate(const Program& program, const model::Graph& graph,
                  const config::Accelerator& machine) {
  Estimate result = estimate(program.commands, graph, machine);
  result.layers.assign(program.layers.size(), {-1, -1, 0, 0});
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const Command& command = program.commands[i];
    LayerTimes& layer = result.layers[static_cast<std::size_t>(
        program.layer_of_op[static_cast<std::size_t>(command.op)])];
    const CommandTimes& times = result.commands[i];
    layer.start = layer.start < 0 ? times.released : std::min(layer.start, times.released);
    layer.end = std::max(layer.end, times.done + 1);
    if (const auto* transfer = std::get_if<Transfer>(&command.work)) {
      (command.unit == Unit::kDmaLoad ? layer.dram_read_bytes : layer.dram_write_bytes) +=
          transfer->dram.rows * transfer->dram.row_bytes;
    }
  }
  return result;
}

}  // namespace vitsim::mapping
