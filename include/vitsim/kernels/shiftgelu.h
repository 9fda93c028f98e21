// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "vitsim/kernels/int_exp.h"
#include "vitsim/kernels/requantize.h"

namespace vitsim::kernels {

/// I-ViT's ShiftGELU over one row (it needs the row's maximum): x sigma(1.702 x) with n = 23 and an
/// 8-bit sigma.
class ShiftGelu {
 public:
  /// Input integers of scale `scale`; results requantized to `output_bits` at `output_scale`.
  ShiftGelu(double scale, double output_scale, int output_bits);
  /// Before requantization: x * sigma, scale `scale` / 128.
  void raw(std::span<const std::int32_t> x, std::span<std::int64_t> y) const;
  void operator()(std::span<const std::int16_t> x, std::span<std::int16_t> y) const;

 private:
  IntExp exp_;
  Rescale rescale_;
  int output_bits_;
};

}  // namespace vitsim::kernels
