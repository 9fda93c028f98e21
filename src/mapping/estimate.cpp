// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/estimate.h"

#include <algorithm>
#include <utility>

#include "vitsim/timing/dram_bandwidth.h"
#include "vitsim/timing/earliest_rows.h"
#include "vitsim/timing/gemm.h"
#include "vitsim/timing/scratchpad_port.h"
#include "vitsim/timing/units.h"

#include "pad_access.h"
#include "product_schedule.h"
#include "transfer_schedule.h"

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

/// A token: when it is set, at the earliest, and what is over by then.
struct SetToken {
  Cycles cycle = -1;
  TransfersOver over;
};

template <std::size_t... Unit>
std::array<timing::EarliestRows, kUnitCount> row_clocks(Cycles read_latency,
                                                        std::index_sequence<Unit...> /*units*/) {
  return {((void)Unit, timing::EarliestRows(read_latency))...};
}

}  // namespace

/// The machine, unit by unit; takes commands in the order of the program.
class Estimator::Schedule {
 public:
  Schedule(const model::Graph& graph, const config::Accelerator& machine);
  CommandTimes add(const Command& command);
  Estimate finish() &&;

 private:
  /// The next command of its unit: the cycle in which its token is set.
  Cycles done(const Transfer& transfer);
  Cycles done(const MatmulTile& tile);
  Cycles done(const RowsTile& tile);
  Cycles done(const DiagTile& tile);
  [[nodiscard]] SetToken& token(Token id) {
    const auto index = static_cast<std::size_t>(id);
    if (index >= tokens_.size()) {
      tokens_.resize(std::max(index + 1, 2 * tokens_.size()));
    }
    return tokens_[index];
  }
  Queue& queue_of(const Command& command) {
    return queues_[index_of(command.unit) * kMostChannels +
                   static_cast<std::size_t>(command.channel)];
  }
  Cycles wait(const Command& command);

  const model::Graph& graph_;
  const config::Accelerator& machine_;
  const config::Scratchpad& pad_;
  std::array<timing::RowUnit, kUnitCount> forms_;
  std::array<Queue, kUnitCount * kMostChannels> queues_;  ///< of units and their channels
  TransferSchedule transfers_;
  ProductSchedule products_;
  std::array<timing::EarliestRows, kUnitCount> rows_;
  Cycles diag_first_ = -1;  ///< row that SA-Diag takes of its command, and the last
  Cycles diag_last_ = -1;
  // the command
  const Command* command_ = nullptr;
  Cycles released_ = 0;
  Cycles busy_ = 0;
  TransfersOver over_;  ///< when it is released, then when it is done
  // what has happened
  std::vector<SetToken> tokens_;  ///< those that nobody has set count as set from the beginning
  Cycles last_ = -1;
  std::array<TransfersOver, kUnitCount> over_with_;  ///< when the unit's last command is done
  TransfersOver over_with_reads_;  ///< when the array's last operands have been read
  // rows on their way between units
  timing::RowTimes sums_{-1, -1};
  timing::RowTimes divisors_{-1, -1};
  timing::RowTimes numerators_{-1, -1};
  std::int64_t pad_words_ = 0;
  Estimate result_;
};

Estimator::Schedule::Schedule(const model::Graph& graph, const config::Accelerator& machine)
    : graph_(graph),
      machine_(machine),
      pad_(machine.scratchpad),
      forms_(row_forms(machine)),
      transfers_(machine),
      products_(machine),
      rows_(row_clocks(machine.scratchpad.read_latency_cycles,
                       std::make_index_sequence<static_cast<std::size_t>(kUnitCount)>())) {}

Cycles Estimator::Schedule::done(const Transfer& transfer) {
  const bool load = command_->unit == Unit::kDmaLoad;
  const auto times = transfers_.transfer(released_, *command_, transfer, over_);
  queue_of(*command_).taken(times.taken);
  (load ? result_.dram_read_bytes : result_.dram_write_bytes) += times.bytes;
  busy_ = times.bursts;
  pad_words_ += std::max(times.bursts, ceil_div<Bytes>(times.bytes, pad_.bank_width_bytes));
  return times.done;
}

Cycles Estimator::Schedule::done(const MatmulTile& tile) {
  const Cycles done = products_.product(released_, tile);
  released_ = products_.released();
  busy_ = products_.beats();
  const auto& clock = products_.clock();
  over_with_reads_.merge(over_);
  token(tile.lhs_read) = {clock.lhs_read(), over_with_reads_};
  token(tile.rhs_read) = {clock.rhs_read(), over_with_reads_};
  if (tile.last && tile.sink == SumSink::kAdderArray) {
    sums_ = clock.rows_out();
  } else if (tile.last && tile.sink == SumSink::kDividers) {
    divisors_ = clock.rows_out();
  }
  return done;
}

Cycles Estimator::Schedule::done(const RowsTile& tile) {
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
    const auto read = line_access(table, table.tile.cols, pad_);
    work.table_cycles += read.cycles;
    pad_words_ += read.words;
  }
  if (tile.in) {
    const RowAccess in = row_access(*tile.in, tile.cols, form.lanes, pad_);
    const RowAccess second =
        tile.second ? row_access(*tile.second, tile.cols, form.lanes, pad_) : RowAccess{};
    work.row_read_cycles = in.cycles + second.cycles;
    pad_words_ += (in.words + second.words) * tile.rows;
  }
  if (tile.out) {
    const RowAccess out = row_access(*tile.out, tile.cols, form.lanes, pad_);
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
  queue_of(*command_).taken(rows.taken());
  if (!tile.in && command_->unit == Unit::kAdderArray) {
    products_.clock().rows_taken(rows.took_row(tile.rows - 1),
                                 timing::row_interval(tile.cols, form));
    numerators_ = rows.left();
  }
  busy_ = tile.rows * timing::row_interval(tile.cols, form);
  return done;
}

/// The rows of Q that the array takes, too.
Cycles Estimator::Schedule::done(const DiagTile& tile) {
  const std::int64_t pe_rows = machine_.pe_array.rows;
  const Cycles taken = released_ + 1;
  const auto read = line_access(tile.k_hat_sum, tile.k, pad_);
  pad_words_ += read.words;
  const Cycles loaded =
      std::max(taken + read.cycles + pad_.read_latency_cycles, diag_first_) + pe_rows;
  const std::int64_t rows = ceil_div<std::int64_t>(tile.k, pe_rows) * tile.m;
  diag_first_ = std::max(loaded, diag_last_ + 1);
  diag_last_ = std::max(diag_first_ + rows - 1, products_.clock().lhs_read() + 1);
  const Cycles way = timing::array_latency(machine_.pe_array) + 1 +
                     machine_.taylor_pipeline->sa_diag.latency_cycles;
  if (tile.last) {
    divisors_ = {diag_first_ + rows - tile.m + way, diag_last_ + way};
  }
  queue_of(*command_).taken(taken);
  busy_ = rows;
  return diag_last_;
}

/// When the last of the tokens that the command waits for is set.
Cycles Estimator::Schedule::wait(const Command& command) {
  Cycles last = -1;
  over_ = {};
  for (const Token id : command.waits) {
    const SetToken& set = token(id);
    last = std::max(last, set.cycle);
    over_.merge(set.over);
  }
  return last;
}

CommandTimes Estimator::Schedule::add(const Command& command) {
  const std::size_t unit = index_of(command.unit);
  command_ = &command;
  busy_ = 0;
  released_ = queue_of(command).release(wait(command),
                                        static_cast<std::size_t>(machine_.sequencer.queue_depth));
  const Cycles done_in = std::visit([this](const auto& work) { return done(work); }, command.work);
  over_with_[unit].merge(over_);
  token(command.done) = {done_in, over_with_[unit]};
  result_.busy[unit] += busy_;
  last_ = std::max(last_, done_in);
  return {released_, done_in, busy_};
}

Estimate Estimator::Schedule::finish() && {
  const double rate = timing::peak_bytes_per_cycle(machine_);
  const auto bytes = static_cast<double>(result_.dram_read_bytes + result_.dram_write_bytes);
  result_.dram_cycles = static_cast<Cycles>(bytes / rate);
  result_.scratchpad_cycles = (pad_words_ + products_.words()) / timing::words_per_cycle(pad_);
  // A token counts from the cycle behind it.
  result_.cycles = std::max({last_ + 1, transfers_.all_crossed(), result_.scratchpad_cycles});
  return std::move(result_);
}

Estimator::Estimator(const model::Graph& graph, const config::Accelerator& machine)
    : schedule_(std::make_unique<Schedule>(graph, machine)) {}
Estimator::~Estimator() = default;

CommandTimes Estimator::add(const Command& command) { return schedule_->add(command); }
Estimate Estimator::finish() && { return std::move(*schedule_).finish(); }

Estimate estimate(std::span<const Command> commands, const model::Graph& graph,
                  const config::Accelerator& machine) {
  Estimator estimator(graph, machine);
  std::vector<CommandTimes> times;
  times.reserve(commands.size());
  for (const Command& command : commands) {
    times.push_back(estimator.add(command));
  }
  Estimate result = std::move(estimator).finish();
  result.commands = std::move(times);
  return result;
}

Estimate estimate(const Program& program, const model::Graph& graph,
                  const config::Accelerator& machine) {
  Estimate result = estimate(program.commands, graph, machine);
  result.layers.assign(program.layers.size(), {-1, -1, 0, 0, 0});
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const Command& command = program.commands[i];
    const auto index =
        static_cast<std::size_t>(program.layer_of_op[static_cast<std::size_t>(command.op)]);
    LayerTimes& layer = result.layers[index];
    const CommandTimes& times = result.commands[i];
    layer.start = layer.start < 0 ? times.released : std::min(layer.start, times.released);
    layer.end = std::max(layer.end, times.done + 1);
    layer.busy += command.unit == program.layers[index].unit ? times.busy : 0;
    if (const auto* transfer = std::get_if<Transfer>(&command.work)) {
      (command.unit == Unit::kDmaLoad ? layer.dram_read_bytes : layer.dram_write_bytes) +=
          transfer->dram.rows * transfer->dram.row_bytes;
    }
  }
  return result;
}

}  // namespace vitsim::mapping
