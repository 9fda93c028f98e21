// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "vitsim/kernels/int_exp.h"

namespace vitsim::kernels {

/// I-ViT's Shiftmax over one row: integer softmax with n = 15. The result has `output_bits` b bits
/// and scale 2^-(b-1). Input: integers of scale `scale`.
class Shiftmax {
 public:
  Shiftmax(double scale, int output_bits);
  void operator()(std::span<const std::int32_t> scores, std::span<std::int32_t> weights) const;
  void operator()(std::span<const std::int16_t> scores, std::span<std::int16_t> weights) const;

 private:
  IntExp exp_;
  int output_bits_;
};

}  // namespace vitsim::kernels
