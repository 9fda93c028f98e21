// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <fstream>

#include "end_to_end/failure.h"
#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const Arguments kTaylorShapes{"-m", "models/shapes10_vit_taylor.yaml"};
const Arguments kRunVitality = Arguments{"run", "-c", "configs/vitality.yaml"};
const Arguments kRunTaylor = kRunVitality + kTaylorShapes;
const Arguments kFourImages{"-i", kImages + ":0-3"};
/// Widths that values do not fit.
const Arguments kNarrow{"--set", "accelerator.taylor_pipeline.mean_fraction_bits=0",
                        "--set", "accelerator.taylor_pipeline.k_hat_fraction_bits=0",
                        "--set", "accelerator.taylor_pipeline.k_hat_bits=4",
                        "--set", "accelerator.taylor_pipeline.g_bits=4",
                        "--set", "precision.accumulator_bits=16"};

constexpr std::array<const char*, 4> kTaylorCounts{"clipped_g", "saturated_k_hat",
                                                   "saturated_token_sums", "nonpositive_divisors"};

/// Of Algorithm 1, for so many heads of n tokens and d features.
json operations_of(std::int64_t heads, std::int64_t n, std::int64_t d) {
  return {{"multiply", heads * (2 * n * d * d + n * d)},
          {"add", heads * (2 * n * d * d + 6 * n * d + n)},
          {"divide", heads * (n * d + d)},
          {"exp", 0}};
}

bool ends_with(const json& name, const std::string& end) {
  return name.get<std::string>().ends_with(end);
}

TEST(TaylorTest, EveryIntegerIsEqualAndNothingIsOutOfRange) {
  const json report = report_of(kRunTaylor + kFourImages);
  EXPECT_EQ(report["attention"], "taylor");
  EXPECT_EQ(report["check"]["integer_mismatches"], 0);
  EXPECT_GT(report["check"]["values_compared"], 1'000'000);
  for (const char* count : kTaylorCounts) {
    EXPECT_EQ(report["totals"][count], 0) << count;
  }
  for (const char* unit : {"accumulator_array", "divider_array", "adder_array", "sa_diag"}) {
    EXPECT_GT(report["units"][unit]["busy_cycles"], 0) << unit;
  }
}

TEST(TaylorTest, AttentionHasTheOperationsOfAlgorithm1) {
  const json report = report_of(kRunTaylor + kFourImages);
  constexpr std::int64_t kImagesRun = 4;
  constexpr std::int64_t kHeads = 2 * 4;
  EXPECT_EQ(report["totals"]["attention_operations"], operations_of(kImagesRun * kHeads, 65, 32));
  json all{{"multiply", 0}, {"add", 0}, {"divide", 0}, {"exp", 0}};
  for (const json& layer : report["layers"]) {
    for (auto& [kind, sum] : all.items()) {
      sum = sum.get<std::int64_t>() + kImagesRun * layer["operations"][kind].get<std::int64_t>();
    }
  }
  EXPECT_EQ(report["totals"]["operations"], all);
}

TEST(TaylorTest, DeitTinyHasTheOperationsOfItsHeads) {
  const json report = report_of(
      kRunVitality + Arguments{"-m", "models/deit_tiny.yaml", "-w", "random:1", "--check", "none"});
  EXPECT_EQ(report["totals"]["attention_operations"], operations_of(36, 197, 64));
  EXPECT_TRUE(report["check"]["layers"].empty());
}

TEST(TaylorTest, ContextsAreComparedWithSoftmaxAttentionToo) {
  const json report = report_of(kRunTaylor + kFourImages);
  int contexts = 0;
  for (const json& layer : report["check"]["layers"]) {
    ASSERT_EQ(layer.contains("against_softmax"), ends_with(layer["name"], ".attn.taylor"));
    if (layer.contains("against_softmax")) {
      ++contexts;
      const json& softmax = layer["against_softmax"];
      EXPECT_LT(softmax["sqnr_db"].get<double>(), layer["sqnr_db"].get<double>());
      EXPECT_LT(softmax["cosine"].get<double>(), layer["cosine"].get<double>());
      EXPECT_GT(softmax["max_abs_error"].get<double>(), layer["max_abs_error"].get<double>());
    }
  }
  EXPECT_EQ(contexts, 4);
  const json with_softmax = report_of(kRunOne);
  for (const json& layer : with_softmax["check"]["layers"]) {
    EXPECT_FALSE(layer.contains("against_softmax")) << layer["name"];
  }
}

/// The check's SQNR of a layer that the float network has, too.
double sqnr_of(const json& report, const std::string& name) {
  for (const json& layer : report["check"]["layers"]) {
    if (layer["name"] == name) {
      return layer["sqnr_db"];
    }
  }
  ADD_FAILURE() << "no " << name;
  return 0;
}

TEST(TaylorTest, KHatAndGHaveFiguresAndSumsThatOnlyTheMachineHasDoNot) {
  for (const char* layout : {"token_major", "feature_major"}) {
    const json report = report_of(
        kRunTaylor + kFourImages +
        Arguments{"--set", std::string("accelerator.taylor_pipeline.k_hat_layout=") + layout});
    EXPECT_GT(sqnr_of(report, "blocks.0.attn.k_hat"), 30) << layout;
    EXPECT_GT(sqnr_of(report, "blocks.0.attn.g"), 25) << layout;
    for (const json& layer : report["check"]["layers"]) {
      for (const char* sum : {"k_sum", "k_mean", "v_sum", "k_hat_sum"}) {
        EXPECT_FALSE(ends_with(layer["name"], sum)) << layer["name"];
      }
    }
  }
}

TEST(TaylorTest, NarrowWidthsAreCountedAndTheIntegerNetworkAgrees) {
  const json report = report_of(kRunTaylor + kFourImages + kNarrow);
  EXPECT_EQ(report["check"]["integer_mismatches"], 0) << report["check"]["first_mismatch"];
  EXPECT_GT(report["totals"]["saturated_sums"], 0);
  EXPECT_GT(report["totals"]["saturated_k_hat"], 0);
}

TEST(TaylorTest, RangesThatAreTooSmallAreCountedAndTheIntegerNetworkAgrees) {
  json scales = json::parse(std::ifstream(std::string(VITSIM_SOURCE_DIR) +
                                          "/models/weights/shapes10_vit_taylor.scales.json"));
  for (auto& [name, range] : scales["ranges"].items()) {
    if (name.ends_with(".g") || name.ends_with(".k")) {
      range = 0.1 * range.get<double>();
    }
  }
  const TemporaryDirectory directory;
  const Arguments small{"--set",
                        "model.scales=" + directory.write("scales.json", scales.dump()).string(),
                        "--set", "accelerator.taylor_pipeline.k_hat_fraction_bits=8"};
  for (const char* centering : {"before", "deferred"}) {
    const json report = report_of(
        kRunTaylor + kFourImages + small +
        Arguments{"--set", std::string("accelerator.taylor_pipeline.centering=") + centering});
    EXPECT_EQ(report["check"]["integer_mismatches"], 0) << report["check"]["first_mismatch"];
    EXPECT_GT(report["totals"]["clipped_g"], 0) << centering;
    const bool has_k_hat = centering == std::string("before");
    EXPECT_EQ(report["totals"]["saturated_k_hat"] > 0, has_k_hat);
    EXPECT_EQ(report["totals"]["saturated_token_sums"] > 0, has_k_hat);
  }
}

TEST(TaylorTest, CountsAreTheSumOverAllImages) {
  json sum = json::object();
  for (const char* image : {":0", ":1"}) {
    const json totals =
        report_of(kRunTaylor + Arguments{"-i", kImages + image} + kNarrow)["totals"];
    for (const char* count : {"saturated_sums", "saturated_k_hat"}) {
      sum[count] = sum.value(count, 0) + totals[count].get<int>();
    }
  }
  const json both = report_of(kRunTaylor + Arguments{"-i", kImages + ":0-1"} + kNarrow)["totals"];
  EXPECT_EQ(both["saturated_sums"], sum["saturated_sums"]);
  EXPECT_EQ(both["saturated_k_hat"], sum["saturated_k_hat"]);
}

TEST(TaylorTest, TheTextShowsOperationsDistanceFromSoftmaxAndWhatDidNotFit) {
  const ProgramResult usual = run_vitsim(kRunTaylor + kFourImages);
  EXPECT_EQ(usual.exit_code, 0) << usual.err;
  EXPECT_THAT(usual.out, HasSubstr("operations  multiply 14.26 M (attention 1.08), add "));
  EXPECT_THAT(usual.out, HasSubstr("against softmax attention: SQNR "));
  EXPECT_THAT(usual.out, Not(HasSubstr("saturated")));
  const ProgramResult narrow = run_vitsim(kRunTaylor + kFourImages + kNarrow);
  EXPECT_EQ(narrow.exit_code, 0) << narrow.err;
  EXPECT_THAT(narrow.out, HasSubstr(" sums saturated at 16 bits\n"));
  EXPECT_THAT(narrow.out, HasSubstr(" values of K_hat saturated at 4 bits\n"));
}

TEST(TaylorTest, AMachineWithoutThePipelineHasNoneOfItsCounts) {
  const json totals = report_of(kRunOne)["totals"];
  for (const char* count : kTaylorCounts) {
    EXPECT_FALSE(totals.contains(count)) << count;
  }
}

class TaylorFailureTest : public FailureTest {};

TEST_F(TaylorFailureTest, TaylorAttentionWithoutThePipeline) {
  const std::string message = "add the section 'taylor_pipeline'";
  expect_failure(kRunTaylor + kFourImages + Arguments{"--set", "accelerator.taylor_pipeline=null"},
                 2, message);
  expect_failure(Arguments{"run"} + kMachine + kTaylorShapes + kFourImages, 2, message);
}

TEST_F(TaylorFailureTest, SoftmaxAttentionWithoutASoftmaxUnit) {
  expect_failure(kRunVitality + kShapes + kFourImages, 2, "add the section 'softmax_unit'");
}

}  // namespace
}  // namespace vitsim::test
