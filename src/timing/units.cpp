// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/units.h"

namespace vitsim::timing {
namespace {

template <class Unit>
RowUnit with_passes(const Unit& unit, int passes) {
  return {unit.lanes, unit.initiation_interval, passes, unit.latency_cycles, 1};
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

}  // namespace vitsim::timing
