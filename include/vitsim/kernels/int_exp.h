// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace vitsim::kernels {

/// I-ViT's integer exponential (code of the authors): x is an integer of scale S, not positive for
/// softmax. `x0` = floor(-1/S). Returns max(0, floor((r/2 - x0) 2^(n-q))), saturated at 2^31 - 1.
class IntExp {
 public:
  /// ModelError where `scale` is not positive and finite or so large or small that x0 is 0 or
  /// needs more than 31 bits.
  IntExp(double scale, int n);
  std::int64_t operator()(std::int64_t x) const;
  [[nodiscard]] std::int64_t x0() const { return x0_; }
  [[nodiscard]] int n() const { return n_; }

 private:
  std::int64_t x0_ = 0;
  int n_;
};

}  // namespace vitsim::kernels
