// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/units.h"

#include <algorithm>
#include <bit>

#include "vitsim/core/units.h"

namespace vitsim::timing {
namespace {

template <class Unit>
RowUnit with_passes(const Unit& unit, int passes) {
  return {unit.lanes, unit.initiation_interval, passes, unit.latency_cycles, 1};
}

template <class Array>
RowUnit taylor_array(const Array& array, const config::TaylorPipeline& pipeline) {
  RowUnit form = with_passes(array, 1);
  form.lanes = array.lanes > 0 ? array.lanes : pipeline.lanes;
  return form;
}

/// Cycles from one adder tree's leaves to its root.
int tree_depth(int leaves) {
  return static_cast<int>(std::bit_width(static_cast<unsigned>(leaves) - 1));
}

}  // namespace

RowUnit row_unit(const config::SoftmaxUnit& unit) { return with_passes(unit, 3); }
RowUnit row_unit(const config::GeluUnit& unit) { return with_passes(unit, 2); }
RowUnit row_unit(const config::LayerNormUnit& unit) { return with_passes(unit, 3); }
RowUnit row_unit(const config::VectorUnit& unit) {
  RowUnit form = with_passes(unit, 1);
  form.reads = 2;
  return form;
}

int division_cycles(const config::DividerArray& divider) {
  const bool reciprocal = divider.kind == config::DividerKind::kReciprocal;
  const int bits = reciprocal ? divider.reciprocal_bits + 1 : divider.quotient_bits;
  return ceil_div(bits, divider.radix_bits) + (reciprocal ? 1 : 0);
}

RowUnit accumulator_array(const config::TaylorPipeline& pipeline) {
  return taylor_array(pipeline.accumulator_array, pipeline);
}

RowUnit divider_array(const config::TaylorPipeline& pipeline) {
  RowUnit form = taylor_array(pipeline.divider_array, pipeline);
  form.latency_cycles += division_cycles(pipeline.divider_array);
  return form;
}

RowUnit adder_array(const config::TaylorPipeline& pipeline) {
  return taylor_array(pipeline.adder_array, pipeline);
}

RowUnit feature_centering(const config::TaylorPipeline& pipeline) {
  RowUnit form = adder_array(pipeline);
  const RowUnit sums = accumulator_array(pipeline);
  form.passes = 2;
  form.lanes = std::min(form.lanes, sums.lanes);
  form.initiation_interval = std::max(form.initiation_interval, sums.initiation_interval);
  form.latency_cycles += tree_depth(form.lanes) + sums.latency_cycles +
                         pipeline.divider_array.latency_cycles +
                         division_cycles(pipeline.divider_array);
  return form;
}

}  // namespace vitsim::timing
