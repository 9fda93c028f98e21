// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support.h"

namespace vitsim::config {
namespace {

TEST(ConfigMessageTest, AnIntegerOutOfRange) {
  EXPECT_EQ(config_error("accelerator:\n  pe_array:\n    rows: 0\n"),
            "accelerator.pe_array.rows: got '0', expected an integer in [1, 512] (rows of "
            "processing elements; row_wise: tokens at a time), x.yaml line 3");
  EXPECT_EQ(config_error("accelerator: {pe_array: {rows: 513}}"),
            "accelerator.pe_array.rows: got '513', expected an integer in [1, 512] (rows of "
            "processing elements; row_wise: tokens at a time), x.yaml line 1");
}

TEST(ConfigMessageTest, ASizeOfAnArrayOutOfRange) {
  const auto expect_out_of_range = [](const std::string& key, const std::string& value,
                                      const std::string& range, const std::string& meaning,
                                      const std::string& kind) {
    EXPECT_EQ(
        config_error("accelerator: {pe_array: {kind: " + kind + ", " + key + ": " + value + "}}"),
        "accelerator.pe_array." + key + ": got '" + value + "', expected an integer in " + range +
            " (" + meaning + "), x.yaml line 1");
  };
  for (const std::string kind : {"systolic", "row_wise"}) {
    expect_out_of_range("rows", "0", "[1, 512]",
                        "rows of processing elements; row_wise: tokens at a time", kind);
    expect_out_of_range("rows", "100000", "[1, 512]",
                        "rows of processing elements; row_wise: tokens at a time", kind);
    // A key of another kind is not used, but must be right all the same.
    expect_out_of_range("cols", "513", "[1, 512]", "columns of processing elements", kind);
    expect_out_of_range("cols", "-1", "[1, 512]", "columns of processing elements", kind);
    expect_out_of_range("blocks", "0", "[1, 512]", "row_wise: blocks of a row", kind);
    expect_out_of_range("macs_per_block", "65", "[1, 64]", "row_wise: MACs of a block", kind);
    expect_out_of_range(
        "row_buffer_elements", "65537", "[1, 65536]",
        "row_wise: elements of each token that are held, blocks x macs_per_block at the "
        "least; a longer contraction is cut",
        kind);
    expect_out_of_range("weight_rows_per_cycle", "0", "[1, 32]",
                        "rows of the operand that stays which are fetched and enter in a cycle",
                        kind);
  }
  EXPECT_NO_THROW(config_of("accelerator: {pe_array: {rows: 512, cols: 512}}"));
  EXPECT_NO_THROW(
      config_of("accelerator: {pe_array: {kind: row_wise, rows: 1, blocks: 512, "
                "macs_per_block: 64, row_buffer_elements: 1}}"));
}

TEST(ConfigMessageTest, AnUnknownWayForTheArrayToWork) {
  EXPECT_EQ(config_error("accelerator: {pe_array: {dataflow: output_stationery}}"),
            "accelerator.pe_array.dataflow: got 'output_stationery', expected one of "
            "weight_stationary, output_stationary, input_stationary, did you mean "
            "'output_stationary'? (what stays in the array), x.yaml line 1");
  EXPECT_EQ(config_error("accelerator: {pe_array: {kind: rowwise}}"),
            "accelerator.pe_array.kind: got 'rowwise', expected one of systolic, row_wise, did you "
            "mean 'row_wise'? (how the processing elements are joined), x.yaml line 1");
  EXPECT_EQ(config_error("accelerator: {pe_array: {drain: 1}}"),
            "accelerator.pe_array.drain: got '1', expected one of hidden, exposed "
            "(output_stationary: finished sums are read out in parallel, or shifted down the "
            "columns), x.yaml line 1");
}

TEST(ConfigMessageTest, WhatIsNoIntegerLiteral) {
  for (const std::string text : {"'64.0'", "'6e1'", "'abc'", "'010'", "'0x10'", "'+4'", "'1_0'",
                                 "'99999999999999999999'", "'.inf'"}) {
    EXPECT_EQ(
        config_error("accelerator:\n  pe_array:\n    rows: " + text.substr(1, text.size() - 2) +
                     "\n"),
        "accelerator.pe_array.rows: got " + text +
            ", expected an integer in [1, 512] (rows of processing elements; row_wise: tokens "
            "at a time), x.yaml line 3");
  }
  EXPECT_EQ(config_error("accelerator: {pe_array: {rows: \"64\"}}"),
            "accelerator.pe_array.rows: got '\"64\"', expected an integer in [1, 512] (rows of "
            "processing elements; row_wise: tokens at a time), x.yaml line 1");
}

TEST(ConfigMessageTest, WhatIsNoFiniteNumberInItsRange) {
  for (const std::string text :
       {"nan", "inf", "-inf", ".nan", "1e999", "0", "1e6", "fast", "1,5"}) {
    EXPECT_EQ(config_error("accelerator:\n  clock_mhz: " + text + "\n"),
              "accelerator.clock_mhz: got '" + text +
                  "', expected a number in [0.001, 100000] (core clock; turns cycles into "
                  "seconds), x.yaml line 2");
  }
}

TEST(ConfigMessageTest, ABooleanOfAnotherSpelling) {
  for (const std::string text : {"yes", "True", "1"}) {
    EXPECT_EQ(config_error("accelerator: {gelu_unit: {fused: " + text + "}}"),
              "accelerator.gelu_unit.fused: got '" + text +
                  "', expected true or false (inside the post-processor; only for elementwise "
                  "kinds), x.yaml line 1");
  }
}

TEST(ConfigMessageTest, AnUnknownChoiceWithTheNearestOne) {
  EXPECT_EQ(config_error("accelerator:\n  dram: {kind: simpel}\n"),
            "accelerator.dram.kind: got 'simpel', expected one of ideal, simple, ddr4_2400, "
            "ddr4_3200, lpddr4_3200, lpddr5_6400, hbm2, did you mean 'simple'? (ideal: answers at "
            "once; simple: fixed latency and bandwidth; others: banks, rows and their timing, with "
            "the parameters of this preset), x.yaml line 2");
  EXPECT_EQ(config_error("attention: 7"),
            "attention: got '7', expected one of softmax, taylor, taylor_released (which attention "
            "the machine "
            "computes), x.yaml line 1");
  EXPECT_EQ(config_error("attention: [softmax]"),
            "attention: got a list, expected one of softmax, taylor, taylor_released (which "
            "attention the machine "
            "computes), x.yaml line 1");
}

TEST(ConfigMessageTest, AnUnknownKeyWithTheNearestOne) {
  EXPECT_EQ(config_error("accelerator:\n  pe_array:\n    rows: 4\n    row: 64\n"),
            "accelerator.pe_array.row: unknown key, did you mean 'rows'?, x.yaml line 4");
  EXPECT_EQ(config_error("acelerator: {}"),
            "acelerator: unknown key, did you mean 'accelerator'?, x.yaml line 1");
}

TEST(ConfigMessageTest, AnUnknownKeyUnlikeAnyOtherListsTheValidOnes) {
  EXPECT_EQ(
      config_error("precision: {}\nmemory_controller: 3\n"),
      "memory_controller: unknown key, expected one of accelerator, attention, precision, mapping, "
      "x.yaml line 2");
}

TEST(ConfigMessageTest, AValueWhereASectionIsExpected) {
  EXPECT_EQ(config_error("accelerator:\n  dma: 64\n"),
            "accelerator.dma: got '64', expected a map of keys (moves tiles between the two), "
            "x.yaml line 2");
  EXPECT_EQ(config_error("accelerator: {softmax_unit: [1]}"),
            "accelerator.softmax_unit: got a list, expected a map of keys (softmax over rows of "
            "scores), x.yaml line 1");
}

TEST(ConfigMessageTest, NullIsAbsentOnlyForPartsThatMayBeAbsent) {
  EXPECT_EQ(config_error("accelerator:\n  dma:\n  clock_mhz: 500\n"),
            "accelerator.dma: got null, expected a map of keys (moves tiles between the two), "
            "x.yaml line 2");
  EXPECT_EQ(config_error("accelerator:\n  clock_mhz:\n\n\nattention: softmax\n"),
            "accelerator.clock_mhz: got null, expected a number in [0.001, 100000] (core clock; "
            "turns cycles into seconds), x.yaml line 2");
}

TEST(ConfigMessageTest, AKeyGivenTwice) {
  EXPECT_EQ(config_error("accelerator:\n  pe_array:\n    rows: 4\n    rows: 8\n"),
            "accelerator.pe_array.rows: got the key a second time, expected it once (line 3), "
            "x.yaml line 4");
}

TEST(ConfigMessageTest, AFileThatHoldsNoMap) {
  EXPECT_EQ(config_error(""), "x.yaml: got nothing, expected a map of keys");
  EXPECT_EQ(config_error("# nothing\n"), "x.yaml: got nothing, expected a map of keys");
  EXPECT_EQ(config_error("- 1\n"), "x.yaml line 1: got a list, expected a map of keys");
  EXPECT_EQ(config_error("fast\n"), "x.yaml line 1: got 'fast', expected a map of keys");
}

TEST(ConfigMessageTest, TextThatIsNoYaml) {
  EXPECT_EQ(config_error("accelerator:\n  dram: {kind: simple\n"),
            "x.yaml line 3: got malformed YAML (end of map flow not found), expected key: value");
  EXPECT_EQ(config_error("accelerator:\n\tclock_mhz: 4\n"),
            "x.yaml line 2: got a tab in the indentation, expected spaces");
  EXPECT_EQ(config_error("attention: softmax\n---\nattention: taylor\n"),
            "x.yaml line 2: got a second document, expected one");
  EXPECT_EQ(config_error("attention: !!str softmax\n"),
            "x.yaml line 1: got tag 'tag:yaml.org,2002:str', expected no tags");
  EXPECT_EQ(config_error("? [a]\n: 1\n"),
            "x.yaml line 1: got a list as a key, expected a name (is a bracket left open?)");
  EXPECT_EQ(config_error("? {a: 1}\n: 1\n"),
            "x.yaml line 1: got a map as a key, expected a name (is a bracket left open?)");
  EXPECT_EQ(config_error("~: 1\n"), "x.yaml line 1: got null as a key, expected a name");
}

TEST(ConfigMessageTest, ControlCharactersDoNotReachTheTerminal) {
  EXPECT_EQ(config_error("attention: \"\\e[2J\"\n").find('\x1b'), std::string::npos);
  EXPECT_EQ(config_error("\"\\e[2J\": 1\n").find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace vitsim::config
