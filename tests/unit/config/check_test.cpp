// SPDX-License-Identifier: Apache-2.0
#include <array>

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

std::string attention_error(const std::string& yaml, Attention attention = Attention::kSoftmax) {
  try {
    check_attention(config_of(yaml), attention);
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

/// A machine with a Taylor pipeline of these keys, and these widths.
std::string taylor_machine(const std::string& pipeline, const std::string& precision = "",
                           const std::string& array = "") {
  return "{accelerator: {pe_array: {" + array + "}, taylor_pipeline: {" + pipeline +
         "}}, precision: {" + precision + "}}";
}

TEST(CheckTest, KHatMustFitTheStream) {
  EXPECT_EQ(config_error(taylor_machine("k_hat_bits: 13", "", "stream_bits: 12")),
            "accelerator.taylor_pipeline.k_hat_bits: got '13', expected at most "
            "accelerator.pe_array.stream_bits '12' (K_hat is a left operand), x.yaml");
  EXPECT_NO_THROW(config_of(taylor_machine("k_hat_bits: 12", "", "stream_bits: 12")));
}

TEST(CheckTest, KHatHasNoMoreFractionBitsThanTheMean) {
  EXPECT_EQ(config_error(taylor_machine("k_hat_fraction_bits: 6, mean_fraction_bits: 5")),
            "accelerator.taylor_pipeline.k_hat_fraction_bits: got '6', expected at most "
            "accelerator.taylor_pipeline.mean_fraction_bits '5' (K_hat is rounded from there), "
            "x.yaml");
  EXPECT_NO_THROW(config_of(taylor_machine("k_hat_fraction_bits: 5, mean_fraction_bits: 5")));
}

constexpr std::array kTaylorKinds{Attention::kTaylor, Attention::kTaylorReleased};

TEST(CheckTest, ProductsOfTaylorAttentionMustFitTheAccumulator) {
  const std::string k_hat =
      taylor_machine("k_hat_bits: 13", "accumulator_bits: 20, activation_bits: 8");
  const std::string g =
      taylor_machine("k_hat_bits: 8, g_bits: 13", "accumulator_bits: 20, activation_bits: 8");
  for (const Attention attention : kTaylorKinds) {
    EXPECT_EQ(attention_error(k_hat, attention),
              "precision.accumulator_bits: got '20', expected at least '21' (a product must fit: "
              "13 bits of K_hat times 8 bits of values)");
    EXPECT_EQ(attention_error(g, attention),
              "precision.accumulator_bits: got '20', expected at least '21' (a product must fit: 8 "
              "bits of queries times 13 bits of G)");
    EXPECT_EQ(attention_error(taylor_machine("k_hat_bits: 12, g_bits: 12",
                                             "accumulator_bits: 20, activation_bits: 8"),
                              attention),
              "");
  }
  EXPECT_EQ(attention_error(k_hat), "");  // a machine that does not compute it
}

TEST(CheckTest, TheMeanOfKeysMustFitAWord) {
  const std::string wide = taylor_machine("mean_fraction_bits: 7", "activation_bits: 10");
  for (const Attention attention : kTaylorKinds) {
    EXPECT_EQ(attention_error(wide, attention),
              "accelerator.taylor_pipeline.mean_fraction_bits: got '7', expected at most '6' "
              "(k_mean has 16 bits, 10 of them before the point)");
    EXPECT_EQ(
        attention_error(taylor_machine("mean_fraction_bits: 6", "activation_bits: 10"), attention),
        "");
  }
  EXPECT_EQ(attention_error(wide), "");
}

TEST(CheckTest, TaylorAttentionHasNoScoresThatMustFitButTheReleasedCodeHas) {
  const std::string narrow =
      taylor_machine("k_hat_bits: 8, g_bits: 8, mean_fraction_bits: 6",
                     "accumulator_bits: 19, activation_bits: 10, weight_bits: 4");
  EXPECT_EQ(attention_error(narrow, Attention::kTaylor), "");
  const std::string scores =
      "precision.accumulator_bits: got '19', expected at least '20' (a product must fit: 10 bits "
      "of queries times 10 bits of keys)";
  EXPECT_EQ(attention_error(narrow, Attention::kTaylorReleased), scores);
  EXPECT_EQ(attention_error(narrow, Attention::kSoftmax), scores);
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
