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

/// The arrays of the Taylor pipeline, one pass each; the divider's depth includes its digits.
RowUnit accumulator_array(const config::TaylorPipeline& pipeline);
RowUnit divider_array(const config::TaylorPipeline& pipeline);
RowUnit adder_array(const config::TaylorPipeline& pipeline);
/// Centring of tokens over their features: a row goes through the lanes for its sum, an adder tree
/// and a division by one divisor, then for the difference.
RowUnit feature_centering(const config::TaylorPipeline& pipeline);

/// Cycles of a division: ceil(quotient_bits / radix_bits) digits; by reciprocal the digits of that,
/// its leading one included, and a multiplication.
int division_cycles(const config::DividerArray& divider);

}  // namespace vitsim::timing
