// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include <fmt/format.h>

#include "vitsim/config/load.h"
#include "vitsim/core/error.h"

#include "check_dram.h"
#include "check_scratchpad.h"

namespace vitsim::config {

namespace {

/// Vectors of a head lie in words of so many bits.
constexpr int kWordBits = 16;

/// Sums may saturate, which is counted. A single product may not: of operands of a and b bits it
/// takes a + b, where both are the lowest that there are.
void check_product(const Precision& precision, int lhs_bits, std::string_view lhs, int rhs_bits,
                   std::string_view rhs) {
  if (precision.accumulator_bits < lhs_bits + rhs_bits) {
    throw ConfigError(fmt::format(
        "precision.accumulator_bits: got '{}', expected at least '{}' (a product must fit: {} bits "
        "of {} times {} bits of {})",
        precision.accumulator_bits, lhs_bits + rhs_bits, lhs_bits, lhs, rhs_bits, rhs));
  }
}

}  // namespace

void check(const Config& config) {
  const Accelerator& machine = config.accelerator;
  if (machine.gelu_unit && machine.gelu_unit->fused &&
      machine.gelu_unit->kind == GeluKind::kShiftgelu) {
    throw ConfigError(
        "accelerator.gelu_unit.fused: got 'true', expected 'false' with "
        "accelerator.gelu_unit.kind 'shiftgelu' (it needs the maximum of the whole row)");
  }
  check_dram(machine);
  const int stream_bits = machine.pe_array.stream_bits;
  if (config.precision.activation_bits > stream_bits) {
    throw ConfigError(
        fmt::format("precision.activation_bits: got '{}', expected at most "
                    "accelerator.pe_array.stream_bits '{}' (the left operand)",
                    config.precision.activation_bits, stream_bits));
  }
  if (machine.softmax_unit && machine.softmax_unit->output_bits > stream_bits) {
    throw ConfigError(
        fmt::format("accelerator.softmax_unit.output_bits: got '{}', expected at most "
                    "accelerator.pe_array.stream_bits '{}' (attention weights are a left operand)",
                    machine.softmax_unit->output_bits, stream_bits));
  }
  if (machine.taylor_pipeline) {
    const TaylorPipeline& pipeline = *machine.taylor_pipeline;
    if (pipeline.k_hat_bits > stream_bits) {
      throw ConfigError(
          fmt::format("accelerator.taylor_pipeline.k_hat_bits: got '{}', expected at most "
                      "accelerator.pe_array.stream_bits '{}' (K_hat is a left operand)",
                      pipeline.k_hat_bits, stream_bits));
    }
    if (pipeline.k_hat_fraction_bits > pipeline.mean_fraction_bits) {
      throw ConfigError(
          fmt::format("accelerator.taylor_pipeline.k_hat_fraction_bits: got '{}', expected at most "
                      "accelerator.taylor_pipeline.mean_fraction_bits '{}' (K_hat is rounded from "
                      "there)",
                      pipeline.k_hat_fraction_bits, pipeline.mean_fraction_bits));
    }
  }
  check_scratchpad(machine.scratchpad);
  if (config.mapping.strategy == MappingStrategy::kFile && config.mapping.file.empty()) {
    throw ConfigError(
        "mapping.file: got '', expected a file that `vitsim map -o` wrote, as mapping.strategy is "
        "'file'");
  }
  check_product(config.precision, config.precision.activation_bits, "activations",
                config.precision.weight_bits, "weights");
}

namespace {

void check_taylor(const Config& config) {
  const Precision& precision = config.precision;
  const TaylorPipeline& pipeline = *config.accelerator.taylor_pipeline;
  check_product(precision, pipeline.k_hat_bits, "K_hat", precision.activation_bits, "values");
  check_product(precision, precision.activation_bits, "queries", pipeline.g_bits, "G");
  if (precision.activation_bits + pipeline.mean_fraction_bits > kWordBits) {
    throw ConfigError(fmt::format(
        "accelerator.taylor_pipeline.mean_fraction_bits: got '{}', expected at most '{}' (k_mean "
        "has {} bits, {} of them before the point)",
        pipeline.mean_fraction_bits, kWordBits - precision.activation_bits, kWordBits,
        precision.activation_bits));
  }
}

}  // namespace

void check_attention(const Config& config, Attention attention) {
  const Precision& precision = config.precision;
  if (attention != Attention::kSoftmax && config.accelerator.taylor_pipeline) {
    check_taylor(config);
  }
  if (attention == Attention::kTaylor) {
    return;
  }
  check_product(precision, precision.activation_bits, "queries", precision.activation_bits, "keys");
  if (config.accelerator.softmax_unit) {
    check_product(precision, config.accelerator.softmax_unit->output_bits, "attention weights",
                  precision.activation_bits, "values");
  }
}

}  // namespace vitsim::config
