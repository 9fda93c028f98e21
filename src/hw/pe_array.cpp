// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/pe_array.h"

#include <algorithm>

#include <fmt/format.h>

#include "vitsim/kernels/gemm.h"
#include "vitsim/timing/gemm.h"

namespace vitsim::hw {

PeArray::PeArray(const sc_core::sc_module_name& name, const config::PeArray& config,
                 int stationary_bits, std::size_t layers, Clock& clock)
    : Ticked(name, clock),
      config_(config),
      stationary_bits_(stationary_bits),
      latency_(timing::array_latency(config)),
      active_(config.rows, config.cols),
      shadow_(config.rows, config.cols),
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
  // 3. weights and operands enter
  bool loaded = load_weights();
  const bool streamed = stream_row();
  if (streamed && !loaded) {
    loaded = load_weights();  // the operands' first row sets the shadow registers free
  }
  // 4. sums leave
  const bool delivered = deliver();
  note(loaded, streamed, delivered);
  // 5. sleep when nothing moved, until the next sums are due; beats and room wake
  if (taken || loaded || streamed || delivered) {
    wake();
  } else if (!waves_.empty()) {
    wake_at(waves_.front().due + still_cycles_);
  }
}

bool PeArray::take_command() {
  // The next command's first fold loads while this one's last streams; more would only pile up.
  if (folds_.size() > 1 || !commands_in->can_read()) {
    return false;
  }
  const CommandBeat beat = commands_in->front();
  const auto& shape = std::get<mapping::MatmulTile>(beat.command->work).shape;
  for (std::int64_t k = 0; k < shape.k; k += config_.rows) {
    Fold fold;
    fold.m = shape.m;
    fold.k = std::min<std::int64_t>(config_.rows, shape.k - k);
    fold.n = shape.n;
    fold.layer = beat.layer;
    folds_.push_back(fold);
  }
  commands_in->pop();
  return true;
}

bool PeArray::stands_still() const {
  if (sums_out->can_write()) {
    return false;
  }
  const Cycles array_now = now() - still_cycles_ - (still_since_ < 0 ? 0 : now() - still_since_);
  // Without latency a row leaves as it enters, so it may only enter where it can leave.
  return latency_ == 0 || (!waves_.empty() && waves_.front().due <= array_now);
}

bool PeArray::may_load() const {
  if (folds_.empty()) {
    return false;
  }
  const Fold& first = folds_.front();
  if (first.loaded < config_.rows) {
    // Alone in the array: with one set of registers, all sums of the fold before have left.
    return config_.overlap_folds || (waves_.empty() && last_sum_left_ < now());
  }
  return config_.overlap_folds && first.streamed > 0 && folds_.size() > 1 &&
         folds_[1].loaded < config_.rows;
}

bool PeArray::load_weights() {
  if (!may_load() || !weights_in->can_read()) {
    return false;
  }
  Fold& fold = folds_.front().loaded < config_.rows ? folds_.front() : folds_[1];
  const auto& values = weights_in->front().values;
  std::copy(values.begin(), values.end(), shadow_.row(config_.rows - 1 - fold.loaded).begin());
  ++fold.loaded;
  fold.last_load = now();
  weights_in->pop();
  return true;
}

bool PeArray::stream_row() {
  // The last row of weights is in the registers a cycle after it entered.
  if (folds_.empty() || folds_.front().loaded < config_.rows || folds_.front().last_load == now() ||
      !rows_in->can_read()) {
    return false;
  }
  Fold& fold = folds_.front();
  layer_ = fold.layer;
  if (fold.streamed == 0) {
    std::swap(active_, shadow_);
  }
  Wave wave;
  wave.due = now() - still_cycles_ + latency_;
  if (!spare_.empty()) {
    wave.row = std::move(spare_.back());
    spare_.pop_back();
  }
  wave.row.sums.resize(static_cast<std::size_t>(fold.n));
  const auto& operands = rows_in->front().values;
  kernels::gemm_row(operands, std::as_const(active_).view().block(0, 0, fold.k, fold.n),
                    wave.row.sums, config_.stream_bits, stationary_bits_);
  rows_in->pop();
  waves_.push_back(std::move(wave));
  ++rows_streamed_;
  if (++fold.streamed == fold.m) {
    ++folds_done_;
    folds_.pop_front();
  }
  return true;
}

bool PeArray::deliver() {
  if (waves_.empty() || waves_.front().due > now() - still_cycles_) {
    return false;
  }
  sums_out->write(waves_.front().row);
  spare_.push_back(std::move(waves_.front().row));
  waves_.pop_front();
  last_sum_left_ = now();
  return true;
}

void PeArray::note(bool loaded, bool streamed, bool delivered) {
  if (streamed) {
    activity_.busy(now(), layer_);
    return;
  }
  if (folds_.empty()) {
    if (delivered || !waves_.empty()) {
      activity_.stall(now(), layer_, stats::StallCause::kDrain);
    } else {
      activity_.idle(now());
    }
    return;
  }
  const Fold& fold = folds_.front();
  layer_ = fold.layer;
  if (loaded) {
    activity_.stall(now(), layer_, stats::StallCause::kWeightLoad);
  } else if (fold.loaded == config_.rows) {
    activity_.stall(now(), layer_, stats::StallCause::kStreamOperand);
  } else {
    activity_.stall(now(), layer_,
                    may_load() ? stats::StallCause::kStationaryOperand : stats::StallCause::kDrain);
  }
}

void PeArray::reset() {
  folds_.clear();
  waves_.clear();
  still_cycles_ = 0;
  still_since_ = -1;
  last_sum_left_ = -1;
  layer_ = 0;
  activity_.reset();
  stats_.reset();
}

std::string PeArray::status() const {
  if (folds_.empty()) {
    return fmt::format("no folds, {} rows of sums inside ({})", waves_.size(), activity_.state());
  }
  const Fold& fold = folds_.front();
  return fmt::format("{} folds; the first has {} of {} rows of weights and {} of {} operands ({})",
                     folds_.size(), fold.loaded, config_.rows, fold.streamed, fold.m,
                     activity_.state());
}

}  // namespace vitsim::hw
