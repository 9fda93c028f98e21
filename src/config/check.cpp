// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "vitsim/config/load.h"
#include "vitsim/core/error.h"

namespace vitsim::config {

void check(const Config& config) {
  const Accelerator& machine = config.accelerator;
  if (machine.gelu_unit && machine.gelu_unit->fused &&
      machine.gelu_unit->kind == GeluKind::kShiftgelu) {
    throw ConfigError(
        "accelerator.gelu_unit.fused: got 'true', expected 'false' with "
        "accelerator.gelu_unit.kind 'shiftgelu' (it needs the maximum of the whole row)");
  }
  const int stream_bits = machine.pe_array.stream_bits;
  if (config.precision.activation_bits > stream_bits) {
    throw ConfigError(
        fmt::format("precision.activation_bits: got '{}', expected at most "
                    "accelerator.pe_array.stream_bits '{}' (activations stream through the array)",
                    config.precision.activation_bits, stream_bits));
  }
  if (machine.softmax_unit && machine.softmax_unit->output_bits > stream_bits) {
    throw ConfigError(fmt::format(
        "accelerator.softmax_unit.output_bits: got '{}', expected at most "
        "accelerator.pe_array.stream_bits '{}' (attention weights stream through the array)",
        machine.softmax_unit->output_bits, stream_bits));
  }
}

}  // namespace vitsim::config
