// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/timing/row_unit.h"

/// How often each kind of unit takes a row through its lanes.
namespace vitsim::timing {

/// Shiftmax: the maximum; exponentials and their sum; the products with the reciprocal.
RowUnit row_unit(const config::SoftmaxUnit& unit);
/// ShiftGELU: the maximum; exponentials and the products.
RowUnit row_unit(const config::GeluUnit& unit);
/// I-LayerNorm: the sum; the squares; gain and offset.
RowUnit row_unit(const config::LayerNormUnit& unit);
/// Addition: once.
RowUnit row_unit(const config::VectorUnit& unit);

}  // namespace vitsim::timing
