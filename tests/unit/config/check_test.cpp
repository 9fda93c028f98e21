// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support.h"

namespace vitsim::config {
namespace {

TEST(CheckTest, ShiftgeluCannotBeFused) {
  EXPECT_EQ(config_error("accelerator: {gelu_unit: {fused: true}}"),
            "accelerator.gelu_unit.fused: got 'true', expected 'false' with "
            "accelerator.gelu_unit.kind 'shiftgelu' (it needs the maximum of the whole row), "
            "x.yaml");
}

TEST(CheckTest, AttentionWeightsMustFitTheStream) {
  EXPECT_EQ(config_error("accelerator: {pe_array: {stream_bits: 12}, "
                         "softmax_unit: {output_bits: 13}}"),
            "accelerator.softmax_unit.output_bits: got '13', expected at most "
            "accelerator.pe_array.stream_bits '12' (attention weights stream through the array), "
            "x.yaml");
  EXPECT_NO_THROW(
      config_of("accelerator: {pe_array: {stream_bits: 12}, "
                "softmax_unit: {output_bits: 12}}"));
}

TEST(CheckTest, ActivationsMustFitTheStream) {
  EXPECT_EQ(config_error("{accelerator: {pe_array: {stream_bits: 8}}, "
                         "precision: {activation_bits: 9}}"),
            "precision.activation_bits: got '9', expected at most "
            "accelerator.pe_array.stream_bits '8' (activations stream through the array), x.yaml");
  EXPECT_NO_THROW(
      config_of("{accelerator: {pe_array: {stream_bits: 8}}, "
                "precision: {activation_bits: 8}}"));
}

TEST(CheckTest, ANarrowAccumulatorIsNoErrorAsSaturationIsCounted) {
  EXPECT_NO_THROW(config_of("precision: {accumulator_bits: 16, weight_bits: 16}"));
}

TEST(CheckTest, AMachineBuiltInCodeIsHeldToTheSameRules) {
  Config config;
  EXPECT_NO_THROW(check(config));
  config.accelerator.gelu_unit.emplace().fused = true;
  EXPECT_THROW(check(config), ConfigError);
}

}  // namespace
}  // namespace vitsim::config
