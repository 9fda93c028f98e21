// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/comparison.h"

#include <cmath>
#include <sstream>

#include <gmock/gmock.h>

namespace vitsim::sim {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Json layer(const std::string& name, Cycles start, Cycles end, Cycles exclusive,
           std::int64_t macs = 0) {
  return {
      {"name", name}, {"exclusive_cycles", exclusive}, {"start_cycle", start}, {"end_cycle", end},
      {"macs", macs}, {"dram_read_bytes", 3},          {"dram_write_bytes", 4}};
}

/// Two images on four PEs, on a network of two blocks.
Json report() {
  return {{"attention", "softmax"},
          {"images", 2},
          {"totals",
           {{"cycles", 200},
            {"cycles_per_image", 100},
            {"seconds", 4e-6},
            {"pe_utilization", 0.5},
            {"pe_cycles", {{"useful", 400}, {"idle", 400}}},
            {"dram_read_bytes", 20},
            {"dram_write_bytes", 40},
            {"scratchpad_read_bytes", 60},
            {"scratchpad_write_bytes", 80}}},
          {"layers",
           {layer("patch_embed", 0, 9, 9), layer("blocks.0.attn.qkv", 8, 20, 11),
            layer("blocks.0.attn.qk", 15, 30, 10, 30), layer("blocks.0.attn.softmax", 12, 35, 5),
            layer("blocks.0.attn.proj", 30, 45, 10), layer("blocks.1.attn.qkv", 45, 60, 15),
            layer("blocks.1.attn.qk", 60, 80, 20, 38), layer("blocks.1.attn.softmax", 65, 71, 0)}},
          {"check",
           {{"mode", "exact"},
            {"integer_mismatches", 0},
            {"layers", {{{"sqnr_db", 9.0}}, {{"sqnr_db", 21.5}}}}}},
          {"predictions",
           {{{"top5", {7, 1}}, {"float_top1", 7}}, {{"top5", {7, 1}}, {"float_top1", 1}}}}};
}

Figures with_operators(const std::vector<std::string>& names) {
  Figures figures;
  for (const std::string& name : names) {
    figures.operators.push_back({name, 1});
  }
  return figures;
}

TEST(ComparisonTest, OperatorsOfAllBlocksAreAddedUpInTheOrderOfTheNetwork) {
  const Figures figures = figures_of(report());
  std::vector<std::pair<std::string, Cycles>> operators;
  for (const OperatorCycles& row : figures.operators) {
    operators.emplace_back(row.name, row.exclusive_cycles);
  }
  EXPECT_THAT(operators, ElementsAre(std::pair("patch_embed", 9), std::pair("attn.qkv", 26),
                                     std::pair("attn.qk", 30), std::pair("attn.softmax", 5),
                                     std::pair("attn.proj", 10)));
}

TEST(ComparisonTest, AttentionLastsFromItsFirstStartToItsLastEndInEachBlock) {
  EXPECT_EQ(figures_of(report()).attention_cycles, (35 - 12) + (80 - 60));
}

TEST(ComparisonTest, AttentionHasItsOwnMacsAndBytes) {
  const Figures figures = figures_of(report());
  EXPECT_DOUBLE_EQ(figures.attention_pe_utilization, (30.0 + 38.0) / (4 * 43));
  EXPECT_EQ(figures.attention_dram_bytes, 4 * (3 + 4));
}

TEST(ComparisonTest, TotalsAreBroughtToOneImage) {
  const Figures figures = figures_of(report());
  EXPECT_EQ(figures.cycles, 100);
  EXPECT_DOUBLE_EQ(figures.seconds, 2e-6);
  EXPECT_EQ(figures.dram_read_bytes, 10);
  EXPECT_EQ(figures.dram_write_bytes, 20);
  EXPECT_EQ(figures.scratchpad_read_bytes, 30);
  EXPECT_EQ(figures.scratchpad_write_bytes, 40);
}

TEST(ComparisonTest, TheFloatNetworkIsAskedForItsClassOfEachImage) {
  const Figures figures = figures_of(report());
  EXPECT_EQ(figures.float_images, 2);
  EXPECT_EQ(figures.same_as_float, 1);
  EXPECT_EQ(figures.sqnr_db, 21.5);
  EXPECT_EQ(figures.integer_mismatches, 0);
  EXPECT_EQ(figures.top1, std::nullopt);
}

TEST(ComparisonTest, LogitsWithoutErrorHaveAnInfiniteSqnr) {
  Json exact = report();
  exact["check"]["layers"][1]["sqnr_db"] = nullptr;
  EXPECT_TRUE(std::isinf(figures_of(exact).sqnr_db.value()));
}

TEST(ComparisonTest, WithoutTheCheckNothingIsSaidOfErrors) {
  Json unchecked = report();
  unchecked["check"] = {{"mode", "none"}, {"integer_mismatches", 0}, {"layers", Json::array()}};
  for (Json& prediction : unchecked["predictions"]) {
    prediction["float_top1"] = nullptr;
  }
  const Figures figures = figures_of(unchecked);
  EXPECT_EQ(figures.integer_mismatches, std::nullopt);
  EXPECT_EQ(figures.sqnr_db, std::nullopt);
  EXPECT_EQ(figures.float_images, 0);
}

TEST(ComparisonTest, OperationsAreCountedWhereTheReportHasThem) {
  EXPECT_TRUE(figures_of(report()).operations.empty());
  Json counted = report();
  counted["layers"][0]["operations"] = {{"multiply", 5}};
  counted["layers"][2]["operations"] = {{"multiply", 7}, {"exp", 2}};
  const Figures figures = figures_of(counted);
  ASSERT_EQ(figures.operations.size(), 2U);
  EXPECT_EQ(figures.operations[0].kind, "multiply");
  EXPECT_EQ(figures.operations[0].image, 12);
  EXPECT_EQ(figures.operations[0].attention, 7);
  EXPECT_EQ(figures.operations[1].kind, "exp");
  EXPECT_EQ(figures.operations[1].image, 2);
  EXPECT_EQ(figures.operations[1].attention, 2);
}

TEST(ComparisonTest, OperatorsThatOnlyALaterRunHasStandBeforeWhatTheyPrecedeThere) {
  const std::vector<Figures> runs{with_operators({"embed", "qkv", "softmax", "proj"}),
                                  with_operators({"mean", "embed", "qkv", "taylor", "sum", "proj"}),
                                  with_operators({"embed", "qkv", "softmax", "proj", "head"})};
  EXPECT_THAT(operators_of(runs),
              ElementsAre("mean", "embed", "qkv", "softmax", "taylor", "sum", "proj", "head"));
}

TEST(ComparisonTest, ARatioSaysHowManyTimesLessTheSecondIs) {
  EXPECT_EQ(times_less(30, 15), 2.0);
  EXPECT_EQ(times_less(0, 15), 0.0);
  EXPECT_EQ(times_less(30, 0), std::nullopt);
  EXPECT_EQ(times_less(std::nullopt, 15), std::nullopt);
  EXPECT_EQ(times_less(30, std::nullopt), std::nullopt);
}

Comparison comparison_of(const Json& first, const Json& second) {
  return {"model.yaml",
          "weights.safetensors",
          "images.bin",
          {},
          {{"old", "old.yaml", {}, first}, {"new rows=8", "new.yaml", {"pe.rows=8"}, second}}};
}

TEST(ComparisonTest, MismatchesOfAllRunsCount) {
  Json wrong = report();
  wrong["check"]["integer_mismatches"] = 3;
  EXPECT_EQ(comparison_of(report(), wrong).integer_mismatches(), 3);
}

/// The table's lines with single spaces between the words: where the columns stand is not asked.
std::string text_of(const Json& first, const Json& second) {
  std::istringstream lines(comparison_text(comparison_of(first, second)));
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string joined;
    for (std::string word; words >> word;) {
      joined += (joined.empty() ? "" : " ") + word;
    }
    text += joined + "\n";
  }
  return text;
}

TEST(ComparisonTextTest, AnOperatorThatARunDoesNotHaveIsADash) {
  Json other = report();
  other["layers"][3]["name"] = "blocks.0.attn.taylor";
  other["layers"][7]["name"] = "blocks.1.attn.taylor";
  EXPECT_THAT(text_of(report(), other), HasSubstr("\nattn.softmax 5 -\nattn.taylor - 5\n"));
}

TEST(ComparisonTextTest, OperationsStandThereWhereTheyAreCounted) {
  EXPECT_THAT(text_of(report(), report()), Not(HasSubstr("operations")));
  Json counted = report();
  counted["layers"][0]["operations"] = {{"multiply", 5000}, {"exp", 0}};
  counted["layers"][2]["operations"] = {{"multiply", 7000}, {"exp", 2}};
  Json less = counted;
  less["layers"][2]["operations"] = {{"multiply", 1000}, {"exp", 0}};
  EXPECT_THAT(text_of(counted, less), HasSubstr("operations\n"
                                                "multiply 12,000 6,000 2.00x\n"
                                                "exp 2 0\n"
                                                "operations, attention alone\n"
                                                "multiply 7,000 1,000 7.00x\n"
                                                "exp 2 0\n"));
}

TEST(ComparisonTextTest, NamesOfColumnsStandWordBelowWord) {
  EXPECT_THAT(text_of(report(), report()), HasSubstr("\nold new\nrows=8\ncycles by operator\n"));
}

TEST(ComparisonJsonTest, RatiosAreNullWhereOneOfThemHasNone) {
  Json first = report();
  Json second = report();
  second["totals"]["dram_read_bytes"] = 0;
  second["totals"]["dram_write_bytes"] = 10;
  second["layers"][0]["name"] = "conv";
  const Json ratios = comparison_json(comparison_of(first, second))["comparison"][1]["ratios"];
  EXPECT_EQ(ratios["dram_read_bytes"], nullptr);
  EXPECT_EQ(ratios["dram_write_bytes"], 4.0);
  EXPECT_EQ(ratios["operators"]["conv"]["exclusive_cycles"], nullptr);
  EXPECT_EQ(ratios["operators"]["attn.qk"]["exclusive_cycles"], 1.0);
  EXPECT_FALSE(ratios.contains("operations"));
}

TEST(ComparisonJsonTest, WhatIsNotKnownOfTheAccuracyIsNull) {
  Json exact = report();
  exact["check"]["layers"][1]["sqnr_db"] = nullptr;
  const Json json = comparison_json(comparison_of(report(), exact))["comparison"];
  EXPECT_EQ(json[0]["accuracy"]["logits_sqnr_db"], 21.5);
  EXPECT_EQ(json[1]["accuracy"]["logits_sqnr_db"], nullptr);
  EXPECT_EQ(json[1]["accuracy"]["top1"], nullptr);
}

}  // namespace
}  // namespace vitsim::sim
