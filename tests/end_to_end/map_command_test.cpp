// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iterator>
#include <regex>

#include "end_to_end/failure.h"
#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using testing::HasSubstr;

const Arguments kSearch{"--set", "mapping.strategy=search", "--set", "mapping.finalists=1"};
const Arguments kOneBlock{"--set", "model.depth=1"};

Arguments from_file(const std::string& file) {
  return {"--set", "mapping.strategy=file", "--set", "mapping.file=" + file};
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream text(file);
  return {std::istreambuf_iterator<char>(text), {}};
}

class MapCommandTest : public testing::Test {
 protected:
  /// The mapping of a network that was mapped so.
  std::string map(const Arguments& how) {
    const std::string file = (directory_.path() / "mapping.yaml").string();
    const ProgramResult result = run_vitsim(Arguments{"map", "-o", file} + how);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.err, "");
    return file;
  }
  TemporaryDirectory directory_;
};

TEST_F(MapCommandTest, SaysWhatStaysAndWhatASearchTried) {
  const ProgramResult result =
      run_vitsim(Arguments{"map"} + kMachine + kShapes + kSearch + kOneBlock);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const char* part : {"least cycles", "\n* ", "greedy", "scratchpad  ", "stays  ", "groups"}) {
    EXPECT_THAT(result.out, HasSubstr(part));
  }
}

TEST_F(MapCommandTest, SaysNothingOfASearchWhereThereWasNone) {
  const ProgramResult result = run_vitsim(Arguments{"map"} + kMachine + kShapes + kOneBlock);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, testing::Not(HasSubstr("least cycles")));
}

TEST_F(MapCommandTest, WhatWasWrittenDownRunsInTheSameCycles) {
  for (const Arguments& strategy : {Arguments{}, kSearch}) {
    const Arguments network = kMachine + kShapes + kOneBlock;
    const std::string file = map(network + strategy);
    const Arguments run = Arguments{"run", "-w", "random:1"} + network;
    const auto first = report_of(run + strategy);
    const auto again = report_of(run + from_file(file));
    EXPECT_EQ(again["totals"]["cycles"], first["totals"]["cycles"]);
    EXPECT_EQ(again["totals"]["dram_read_bytes"], first["totals"]["dram_read_bytes"]);
  }
}

TEST_F(MapCommandTest, AMappingWithoutAddressesRunsToo) {
  const Arguments network = kMachine + kShapes + kOneBlock;
  const std::string file = map(network);
  const std::string text = content_of(file);
  std::ofstream(file) << std::regex_replace(
      text, std::regex(R"(, address(es)?: (\[[0-9, ]*\]|[0-9]+))"), "");
  const auto report = report_of(Arguments{"run", "-w", "random:1"} + network + from_file(file));
  EXPECT_EQ(report["check"]["integer_mismatches"], 0);
}

TEST_F(MapCommandTest, AFileThatAConfigurationNamesIsRelativeToTheConfiguration) {
  const std::string file = map(kMachine + kShapes + kOneBlock);
  const auto config = directory_.write(
      "machine.yaml", content_of(std::filesystem::path(VITSIM_SOURCE_DIR) / kMachine[1]) +
                          "\nmapping: {strategy: file, file: mapping.yaml}\n");
  const ProgramResult result =
      run_vitsim(Arguments{"map", "-c", config.string()} + kShapes + kOneBlock);
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

class BadMappingTest : public FailureTest {
 protected:
  void expect_refusal(const Arguments& how, const std::string& message) {
    expect_failure(Arguments{"run", "-w", "random:1"} + kMachine + kShapes + how, 2, message);
  }
};

TEST_F(BadMappingTest, AMappingOfAnotherNetworkIsRefused) {
  const std::string file = (directory_.path() / "mapping.yaml").string();
  EXPECT_EQ(run_vitsim(Arguments{"map", "-o", file} + kMachine + kShapes + kOneBlock).exit_code, 0);
  expect_refusal(from_file(file), "model.operators: got '");
}

TEST_F(BadMappingTest, AFileThatIsNoMappingIsRefused) {
  expect_refusal(from_file("configs/softmax_64x64.yaml"), "schema: got nothing");
}

TEST_F(BadMappingTest, AFileThatIsNotThereIsRefused) {
  expect_refusal(from_file("no/such/mapping.yaml"), "no/such/mapping.yaml");
}

TEST_F(BadMappingTest, AFileMustBeNamed) {
  expect_refusal({"--set", "mapping.strategy=file"}, "mapping.file: got ''");
}

}  // namespace
}  // namespace vitsim::test
