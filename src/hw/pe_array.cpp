// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/pe_array.h"

#include <fmt/format.h>

#include "vitsim/timing/gemm.h"

#include "output_stationary_array.h"
#include "row_wise_array.h"
#include "stationary_array.h"

namespace vitsim::hw {
namespace {

/// Folds known at a time: the one that streams, and the next, whose operand loads.
constexpr std::size_t kFoldsKnown = 2;

bool may_pass_straight_through(const config::PeArray& config) {
  // Rows of PEs that hold sums let them go one by one, the first as it has crossed the columns.
  return timing::type_of(config) == timing::ArrayType::kOutputStationary
             ? config.cols == 1 && config.drain == config::Drain::kHidden
             : timing::array_latency(config) == 0;
}

}  // namespace

PeArray::PeArray(const sc_core::sc_module_name& name, const config::PeArray& config,
                 ArrayDatapath& inside, std::size_t layers, Clock& clock)
    : Ticked(name, clock),
      config_(config),
      inside_(inside),
      passes_straight_through_(may_pass_straight_through(config)),
      activity_(layers) {}

void PeArray::tick() {
  // 1. a command's folds join those that wait
  const bool taken = take_command();
  // 2. stand still while sums that are due find no room
  if (stands_still()) {
    if (still_since_ < 0) {
      still_since_ = now();
    }
    activity_.stall(now(), layer_, stats::StallCause::kOutputFull);
    if (taken) {
      wake();
    }
    return;
  }
  if (still_since_ >= 0) {
    still_cycles_ += now() - still_since_;
    still_since_ = -1;
  }
  // 3. operands enter
  const Cycles array_now = now() - still_cycles_;
  const Entered entered = enter(array_now);
  if (first_operand_ < 0 && (entered.loaded || entered.streamed)) {
    first_operand_ = now();
    activity_.account(now());
    before_ = activity_.total();
  }
  // 4. all registers step; sums leave
  const bool delivered = inside_.step(array_now, out_);
  if (delivered) {
    sums_out->write(out_);
    last_sum_left_ = now();
  }
  account(entered, delivered);
  // 5. sleep when nothing moved, until the next sums are due; beats and room wake
  if (taken || entered.loaded || entered.streamed || entered.waits || delivered) {
    wake();
  } else if (const auto next = inside_.next_event(array_now)) {
    wake_at(*next + still_cycles_);
  }
}

bool PeArray::take_command() {
  bool moved = false;
  if (command_ == nullptr && folds_.size() < kFoldsKnown && commands_in->can_read()) {
    const CommandBeat beat = commands_in->front();
    commands_in->pop();
    command_ = beat.command;
    command_layer_ = beat.layer;
    next_fold_ = 0;
    moved = true;
  }
  while (command_ != nullptr && folds_.size() < kFoldsKnown) {
    Fold fold;
    fold.tile = std::get<mapping::MatmulTile>(command_->work).shape;
    fold.size = timing::tile_fold(fold.tile, config_, next_fold_);
    fold.layer = command_layer_;
    folds_.push(fold);
    if (++next_fold_ == timing::tile_folds(fold.tile, config_)) {
      command_ = nullptr;
    }
  }
  return moved;
}

bool PeArray::stands_still() const {
  if (sums_out->can_write()) {
    return false;
  }
  // What passes straight through may only enter where it can leave.
  const Cycles array_now = now() - still_cycles_ - (still_since_ < 0 ? 0 : now() - still_since_);
  return passes_straight_through_ || inside_.delivers(array_now);
}

bool PeArray::drained() const { return inside_.empty() && last_sum_left_ < now(); }

void PeArray::note_beat(std::int64_t macs) {
  Fold& fold = folds_.front();
  layer_ = fold.layer;
  ++beats_;
  macs_ += macs;
  if (++fold.streamed == fold.size.beats) {
    ++folds_done_;
    folds_.pop();
  }
}

void PeArray::account(Entered entered, bool delivered) {
  if (entered.streamed) {
    activity_.busy(now(), layer_);
    return;
  }
  if (folds_.empty()) {
    if (delivered || !inside_.empty()) {
      activity_.stall(now(), layer_, stats::StallCause::kDrain);
    } else {
      activity_.idle(now());
    }
    return;
  }
  const Fold& fold = folds_.front();
  layer_ = fold.layer;
  activity_.stall(now(), layer_, entered.loaded ? stats::StallCause::kWeightLoad : waits_for(fold));
}

stats::ArrayWindow PeArray::window() {
  activity_.account(now());
  stats::CycleCount own = activity_.total();
  own -= before_;
  const Cycles cycles = first_operand_ < 0 ? 0 : last_sum_left_ - first_operand_ + 1;
  return {cycles, own, own.total()};
}

void PeArray::reset() {
  inside_.reset();
  folds_.clear();
  command_ = nullptr;
  still_cycles_ = 0;
  still_since_ = -1;
  first_operand_ = -1;
  before_ = {};
  last_sum_left_ = -1;
  layer_ = 0;
  activity_.reset();
  stats_.reset();
}

void PeArray::add_signals(Signals& signals) const {
  const std::string module = basename();
  signals.add(module + ".stands_still", 1, [this] { return still_since_ >= 0 ? 1 : 0; });
  signals.add(module + ".folds_known", 8,
              [this] { return static_cast<std::int64_t>(folds_.size()); });
  inside_.add_signals(signals, module);
}

std::string PeArray::status() const {
  if (folds_.empty()) {
    return fmt::format("no folds, {} ({})", inside_.empty() ? "empty" : "sums inside",
                       activity_.state());
  }
  const Fold& fold = folds_.front();
  return fmt::format("{} folds; the first has {} of {} rows of PEs loaded and {} of {} beats ({})",
                     folds_.size(), fold.loaded, config_.rows, fold.streamed, fold.size.beats,
                     activity_.state());
}

std::unique_ptr<PeArray> make_pe_array(const sc_core::sc_module_name& name,
                                       const config::PeArray& config, OperandBits bits,
                                       std::size_t layers, Clock& clock) {
  switch (timing::type_of(config)) {
    case timing::ArrayType::kWeightStationary:
    case timing::ArrayType::kInputStationary:
      return std::make_unique<StationaryArray>(name, config, make_stationary_datapath(config, bits),
                                               layers, clock);
    case timing::ArrayType::kOutputStationary:
      return std::make_unique<OutputStationaryArray>(
          name, config, make_output_datapath(config, bits), layers, clock);
    case timing::ArrayType::kRowWise:
      break;
  }
  return std::make_unique<RowWiseArray>(name, config, make_row_wise_datapath(config, bits), layers,
                                        clock);
}

}  // namespace vitsim::hw
