// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "vitsim/core/matrix.h"

namespace vitsim::sim {

/// How far the integer network is from the float network, over all values that were added.
class ErrorFigure {
 public:
  void add(MatrixView<const float> exact, MatrixView<const float> got);

  [[nodiscard]] std::int64_t count() const { return count_; }
  /// 10 log10(sum of exact^2 / sum of (got - exact)^2); infinite where there is no error.
  [[nodiscard]] double sqnr_db() const;
  /// Cosine of the angle between the two, in [-1, 1]; 1 where one of them is zero.
  [[nodiscard]] double cosine() const;
  [[nodiscard]] double max_abs_error() const { return max_abs_error_; }

 private:
  std::int64_t count_ = 0;
  double exact_power_ = 0;
  double got_power_ = 0;
  double product_ = 0;
  double noise_power_ = 0;
  double max_abs_error_ = 0;
};

}  // namespace vitsim::sim
