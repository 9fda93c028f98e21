// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/error_figure.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vitsim::sim {

void ErrorFigure::add(MatrixView<const float> exact, MatrixView<const float> got) {
  for (std::int64_t r = 0; r < exact.rows(); ++r) {
    for (std::int64_t c = 0; c < exact.cols(); ++c) {
      const auto x = static_cast<double>(exact(r, c));
      const auto y = static_cast<double>(got(r, c));
      exact_power_ += x * x;
      got_power_ += y * y;
      product_ += x * y;
      noise_power_ += (y - x) * (y - x);
      max_abs_error_ = std::max(max_abs_error_, std::abs(y - x));
    }
  }
  count_ += exact.rows() * exact.cols();
}

double ErrorFigure::sqnr_db() const {
  return noise_power_ > 0 ? 10 * std::log10(exact_power_ / noise_power_)
                          : std::numeric_limits<double>::infinity();
}

double ErrorFigure::cosine() const {
  const double norms = std::sqrt(exact_power_) * std::sqrt(got_power_);
  return norms > 0 ? product_ / norms : 1;
}

}  // namespace vitsim::sim
