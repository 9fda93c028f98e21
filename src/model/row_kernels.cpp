// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/row_kernels.h"

#include <algorithm>
#include <cmath>

#include "vitsim/core/error.h"
#include "vitsim/kernels/shiftgelu.h"
#include "vitsim/kernels/shiftmax.h"

namespace vitsim::model {

namespace {

RowKernel softmax_of_kind(const config::SoftmaxUnit& unit, double scale) {
  switch (unit.kind) {
    case config::SoftmaxKind::kShiftmax:
      return kernels::Shiftmax(scale, unit.output_bits);
  }
  throw ConfigError("accelerator.softmax_unit.kind: no kernel for this kind");
}

}  // namespace

RowKernel make_softmax(const config::SoftmaxUnit& unit, double scale, double threshold) {
  RowKernel softmax = softmax_of_kind(unit, scale);
  const auto lowest = static_cast<std::int16_t>(std::floor(threshold / softmax_output_scale(unit)));
  if (lowest == 0) {
    return softmax;
  }
  return [softmax, lowest](std::span<const std::int16_t> in, std::span<std::int16_t> out) {
    softmax(in, out);
    std::ranges::replace_if(
        out, [lowest](std::int16_t weight) { return weight <= lowest; }, 0);
  };
}

double softmax_output_scale(const config::SoftmaxUnit& unit) {
  return std::ldexp(1.0, -(unit.output_bits - 1));
}

RowKernel make_gelu(const config::GeluUnit& unit, double scale, double output_scale,
                    int output_bits) {
  switch (unit.kind) {
    case config::GeluKind::kShiftgelu:
      return kernels::ShiftGelu(scale, output_scale, output_bits);
  }
  throw ConfigError("accelerator.gelu_unit.kind: no kernel for this kind");
}

}  // namespace vitsim::model
