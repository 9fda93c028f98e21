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
            "accelerator.pe_array.stream_bits '12' (attention weights are a left operand), "
            "x.yaml");
  EXPECT_NO_THROW(
      config_of("accelerator: {pe_array: {stream_bits: 12}, "
                "softmax_unit: {output_bits: 12}}"));
}

TEST(CheckTest, ActivationsMustFitTheStream) {
  EXPECT_EQ(config_error("{accelerator: {pe_array: {stream_bits: 8}}, "
                         "precision: {activation_bits: 9}}"),
            "precision.activation_bits: got '9', expected at most "
            "accelerator.pe_array.stream_bits '8' (the left operand), x.yaml");
  EXPECT_NO_THROW(
      config_of("{accelerator: {pe_array: {stream_bits: 8}}, "
                "precision: {activation_bits: 8}}"));
}

TEST(CheckTest, AProductMustFitTheAccumulator) {
  EXPECT_EQ(config_error("precision: {accumulator_bits: 16, activation_bits: 8, weight_bits: 9}"),
            "precision.accumulator_bits: got '16', expected at least '17' (a product must fit: 8 "
            "bits of activations times 9 bits of weights), x.yaml");
  EXPECT_NO_THROW(
      config_of("precision: {accumulator_bits: 17, activation_bits: 8, weight_bits: 9}"));
}

std::string attention_error(const std::string& yaml) {
  try {
    check_attention(config_of(yaml));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(CheckTest, ProductsOfAttentionMustFitTheAccumulatorOfAMachineThatComputesIt) {
  const std::string narrow = "{accumulator_bits: 19, activation_bits: 10, weight_bits: 4}";
  EXPECT_EQ(attention_error("precision: " + narrow),
            "precision.accumulator_bits: got '19', expected at least '20' (a product must fit: 10 "
            "bits of queries times 10 bits of keys)");
  const std::string precision =
      "precision: {accumulator_bits: 19, activation_bits: 8, weight_bits: 8}";
  EXPECT_EQ(attention_error(precision), "");
  EXPECT_EQ(attention_error("{accelerator: {softmax_unit: {output_bits: 12}}, " + precision + "}"),
            "precision.accumulator_bits: got '19', expected at least '20' (a product must fit: 12 "
            "bits of attention weights times 8 bits of values)");
  EXPECT_EQ(attention_error("{accelerator: {softmax_unit: {output_bits: 11}}, " + precision + "}"),
            "");
}

TEST(CheckTest, AnAccumulatorThatManyProductsOverflowIsNoErrorAsSaturationIsCounted) {
  EXPECT_NO_THROW(
      config_of("precision: {accumulator_bits: 16, activation_bits: 8, weight_bits: 8}"));
}

TEST(CheckTest, AMachineBuiltInCodeIsHeldToTheSameRules) {
  Config config;
  EXPECT_NO_THROW(check(config));
  config.accelerator.gelu_unit.emplace().fused = true;
  EXPECT_THROW(check(config), ConfigError);
}

}  // namespace
}  // namespace vitsim::config
