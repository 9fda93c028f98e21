// SPDX-License-Identifier: Apache-2.0
#include "stationary_array.h"

#include <algorithm>
#include <utility>

namespace vitsim::hw {

StationaryArray::StationaryArray(const sc_core::sc_module_name& name, const config::PeArray& config,
                                 std::unique_ptr<StationaryDatapath> datapath, std::size_t layers,
                                 Clock& clock)
    : PeArray(name, config, *datapath, layers, clock),
      stationary_in_(timing::sums_are_columns(config) ? lhs_in : rhs_in),
      streaming_in_(timing::sums_are_columns(config) ? rhs_in : lhs_in),
      datapath_(std::move(datapath)) {}

PeArray::Entered StationaryArray::enter(Cycles array_now) {
  waits_for_wave_ = false;
  Entered entered;
  entered.loaded = load(array_now);
  entered.streamed = stream(array_now);
  if (entered.streamed && !entered.loaded) {
    entered.loaded = load(array_now);  // the fold's first row sets shadow registers free
  }
  entered.waits = waits_for_wave_;
  return entered;
}

/// The fold whose stationary operand is not complete: the first, or the one behind it.
PeArray::Fold* StationaryArray::loading() {
  for (std::size_t i = 0; i < folds_.size(); ++i) {
    if (folds_[i].loaded < config_.rows) {
      return &folds_[i];
    }
  }
  return nullptr;
}

bool StationaryArray::may_load() const {
  const Fold& first = folds_.front();
  if (first.loaded < config_.rows) {
    return config_.overlap_folds || drained();
  }
  return config_.overlap_folds && first.streamed > 0;
}

bool StationaryArray::load(Cycles array_now) {
  if (folds_.empty() || !may_load() || !stationary_in_->can_read()) {
    return false;
  }
  Fold* const fold = loading();
  if (fold == nullptr) {
    return false;
  }
  const OperandRows& beat = stationary_in_->front();
  // The lowest row of PEs that this beat reaches must have been passed by the wave before.
  waits_for_wave_ = first_beat_ >= 0 && array_now < first_beat_ + fold->loaded + beat.rows - 1;
  if (waits_for_wave_) {
    return false;
  }
  datapath_->load(array_now, beat, fold->loaded);
  fold->loaded += beat.rows;
  last_load_ = array_now;
  stationary_in_->pop();
  return true;
}

bool StationaryArray::stream(Cycles array_now) {
  // The last row to enter is in the registers a cycle after it did.
  if (folds_.empty() || folds_.front().loaded < config_.rows ||
      (folds_.front().streamed == 0 && last_load_ == array_now) || !streaming_in_->can_read()) {
    return false;
  }
  const Fold& fold = folds_.front();
  if (fold.streamed == 0) {
    first_beat_ = array_now;
  }
  datapath_->enter(array_now, streaming_in_->front(), fold.streamed == 0, fold.size.cols);
  streaming_in_->pop();
  note_beat(fold.size.rows * fold.size.cols);
  return true;
}

stats::StallCause StationaryArray::waits_for(const Fold& fold) const {
  if (fold.loaded == config_.rows) {
    return stats::StallCause::kStreamOperand;
  }
  if (!may_load()) {
    return stats::StallCause::kDrain;
  }
  return waits_for_wave_ ? stats::StallCause::kWeightLoad : stats::StallCause::kStationaryOperand;
}

void StationaryArray::reset() {
  PeArray::reset();
  last_load_ = -1;
  first_beat_ = -1;
}

}  // namespace vitsim::hw
