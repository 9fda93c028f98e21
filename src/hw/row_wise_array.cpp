// SPDX-License-Identifier: Apache-2.0
#include "row_wise_array.h"

#include <algorithm>
#include <utility>

namespace vitsim::hw {

RowWiseArray::RowWiseArray(const sc_core::sc_module_name& name, const config::PeArray& config,
                           std::unique_ptr<RowWiseDatapath> datapath, std::size_t layers,
                           Clock& clock)
    : PeArray(name, config, *datapath, layers, clock), datapath_(std::move(datapath)) {}

PeArray::Entered RowWiseArray::enter(Cycles array_now) {
  if (folds_.empty() || !rhs_in->can_read()) {
    return {};
  }
  const Fold& fold = folds_.front();
  if (fold.streamed == 0) {
    if (!lhs_in->can_read()) {
      return {};
    }
    datapath_->load(lhs_in->front());
    lhs_in->pop();
  }
  const std::int64_t width = timing::contraction_width(config_);
  const std::int64_t pieces = ceil_div(fold.size.cols, width);
  const std::int64_t k = fold.streamed % pieces * width;
  datapath_->enter(array_now, rhs_in->front(), k, k + width >= fold.size.cols);
  rhs_in->pop();
  note_beat(fold.size.rows * std::min(width, fold.size.cols - k));
  return {false, true, false};
}

stats::StallCause RowWiseArray::waits_for(const Fold& fold) const {
  return fold.streamed == 0 && !lhs_in->can_read() ? stats::StallCause::kStationaryOperand
                                                   : stats::StallCause::kStreamOperand;
}

}  // namespace vitsim::hw
