// SPDX-License-Identifier: Apache-2.0
#include "output_stationary_array.h"

#include <utility>

namespace vitsim::hw {

OutputStationaryArray::OutputStationaryArray(const sc_core::sc_module_name& name,
                                             const config::PeArray& config,
                                             std::unique_ptr<OutputDatapath> datapath,
                                             std::size_t layers, Clock& clock)
    : PeArray(name, config, *datapath, layers, clock), datapath_(std::move(datapath)) {}

bool OutputStationaryArray::may_enter(const Fold& fold) const {
  if (!config_.overlap_folds && fold.streamed == 0) {
    return drained();
  }
  const bool last = fold.streamed + 1 == fold.size.beats;
  const bool drains = last && config_.drain == config::Drain::kExposed && last_pair_ >= 0;
  return !drains || array_now_ >= last_pair_ + config_.rows;
}

PeArray::Entered OutputStationaryArray::enter(Cycles array_now) {
  array_now_ = array_now;
  if (folds_.empty()) {
    return {};
  }
  // Whatever has come: a cycle in which sums hinder the fold counts as another than those after.
  if (!may_enter(folds_.front())) {
    return {false, false, true};
  }
  if (!lhs_in->can_read() || !rhs_in->can_read()) {
    return {};
  }
  const Fold& fold = folds_.front();
  const bool last = fold.streamed + 1 == fold.size.beats;
  if (last) {
    last_pair_ = array_now;
  }
  datapath_->enter(array_now, lhs_in->front(), rhs_in->front(), last);
  lhs_in->pop();
  rhs_in->pop();
  note_beat(fold.size.rows * fold.size.cols);
  return {false, true, false};
}

stats::StallCause OutputStationaryArray::waits_for(const Fold& fold) const {
  return may_enter(fold) ? stats::StallCause::kStreamOperand : stats::StallCause::kDrain;
}

void OutputStationaryArray::reset() {
  PeArray::reset();
  last_pair_ = -1;
}

}  // namespace vitsim::hw
