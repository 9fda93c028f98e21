// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const Arguments kEstimate = Arguments{"estimate"} + kMachine;
const Arguments kEstimateShapes = kEstimate + kShapes;

TEST(EstimateCommandTest, CyclesAreAtMostThoseOfTheRunAndTrafficIsTheSame) {
  for (const Arguments& machine :
       {kMachine, Arguments{"-c", "configs/edge_16x16.yaml"},
        Arguments{"-c", "configs/row_wise_7x12x4.yaml"},
        kMachine + Arguments{"--set", "accelerator.dram.kind=ideal"},
        kMachine + Arguments{"--set", "accelerator.pe_array.dataflow=output_stationary"}}) {
    const json run = report_of(Arguments{"run", "-w", "random:1", "--check", "none"} + machine +
                               kShapes)["totals"];
    const json estimate = report_of(Arguments{"estimate"} + machine + kShapes)["totals"];
    EXPECT_LE(estimate["cycles"], run["cycles"]) << testing::PrintToString(machine);
    EXPECT_GT(estimate["cycles"].get<double>(), 0.85 * run["cycles"].get<double>())
        << testing::PrintToString(machine);
    EXPECT_EQ(estimate["macs"], run["macs"]);
    EXPECT_EQ(estimate["dram_read_bytes"], run["dram_read_bytes"]);
    EXPECT_EQ(estimate["dram_write_bytes"], run["dram_write_bytes"]);
  }
}

TEST(EstimateCommandTest, HasTheKeysThatStay) {
  const json report = report_of(kEstimateShapes);
  EXPECT_EQ(report["schema"], "vitsim.estimate/1");
  for (const char* key :
       {"version", "files", "config", "model", "attention", "totals", "layers", "host"}) {
    EXPECT_TRUE(report.contains(key)) << key;
  }
  const json& totals = report["totals"];
  for (const char* key : {"cycles", "seconds", "macs", "pe_utilization", "dram_read_bytes",
                          "dram_write_bytes", "commands", "bound_by", "busy_cycles"}) {
    EXPECT_TRUE(totals.contains(key)) << key;
  }
  EXPECT_DOUBLE_EQ(totals["seconds"], totals["cycles"].get<double>() / 500e6);
  std::int64_t exclusive = 0;
  std::int64_t read = 0;
  for (const json& layer : report["layers"]) {
    EXPECT_LT(layer["start_cycle"], layer["end_cycle"]) << layer["name"];
    EXPECT_GT(layer["busy_cycles"], 0) << layer["name"];
    EXPECT_EQ(layer["pe_utilization"].is_null(), layer["macs"] == 0) << layer["name"];
    exclusive += layer["exclusive_cycles"].get<std::int64_t>();
    read += layer["dram_read_bytes"].get<std::int64_t>();
  }
  EXPECT_LE(exclusive, totals["cycles"]);
  EXPECT_EQ(read, totals["dram_read_bytes"]);
}

TEST(EstimateCommandTest, SaysWhatBoundsTheMachine) {
  const auto bound = [](const Arguments& changes) {
    return report_of(kEstimateShapes + changes)["totals"]["bound_by"];
  };
  EXPECT_EQ(bound({"--set", "accelerator.dram.bytes_per_cycle=1"}), "dram_bandwidth");
  EXPECT_EQ(bound({"--set", "accelerator.softmax_unit.lanes=1", "--set",
                   "accelerator.softmax_unit.initiation_interval=4"}),
            "softmax_unit");
  EXPECT_EQ(bound({"--set", "accelerator.pe_array.rows=4", "--set", "accelerator.pe_array.cols=4",
                   "--set", "accelerator.dram.kind=ideal"}),
            "pe_array");
  EXPECT_EQ(bound({"--set", "accelerator.scratchpad.banks=1", "--set",
                   "accelerator.scratchpad.bank_width_bytes=4"}),
            "scratchpad_bandwidth");
}

TEST(EstimateCommandTest, NeedsNeitherWeightsNorScales) {
  const ProgramResult result =
      run_vitsim(kEstimate + Arguments{"-m", "models/deit_tiny.yaml", "--layers"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  for (const char* text : {"blocks.11.mlp.fc2", "1,253,683,200 MACs", "bound by"}) {
    EXPECT_THAT(result.out, HasSubstr(text));
  }
}

TEST(EstimateCommandTest, SumsUpTheBlocksUnlessAllLayersAreAskedFor) {
  const ProgramResult result = run_vitsim(kEstimateShapes);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\nmlp.fc2 "));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("blocks.0")));
}

TEST(EstimateCommandTest, TheReportGoesToAFileWhole) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "estimate.json";
  const ProgramResult result =
      run_vitsim(kEstimateShapes + Arguments{"--json", file.string(), "--quiet"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_GT(json::parse(std::ifstream(file))["totals"]["cycles"], 0);
}

void expect_error(const Arguments& arguments, int exit_code, const std::string& message) {
  const ProgramResult result = run_vitsim(arguments);
  EXPECT_EQ(result.exit_code, exit_code);
  EXPECT_THAT(result.err, testing::StartsWith("vitsim: error: "));
  EXPECT_THAT(result.err, HasSubstr(message));
  EXPECT_EQ(result.out, "");
}

TEST(BadEstimateTest, AMachineAndAModelAreAskedFor) {
  expect_error({"estimate"}, 2, "estimate: -c FILE is missing");
  expect_error(kEstimate, 2, "estimate: -m FILE is missing");
}

TEST(BadEstimateTest, WhatTheMachineLacksIsNamed) {
  expect_error(kEstimateShapes + Arguments{"--set", "attention=taylor"}, 2,
               "add the section 'taylor_pipeline'");
  expect_error(kEstimateShapes + Arguments{"--set", "accelerator.scratchpad.size_kib=1"}, 2,
               "accelerator.scratchpad.size_kib: got '1', expected at least ");
  expect_error(kEstimateShapes + Arguments{"--set", "accelerator.scratchpad.bank=1"}, 2,
               "did you mean 'banks'?");
}

TEST(BadEstimateTest, OptionsOfARunAreNotTaken) {
  expect_error(kEstimateShapes + Arguments{"--weights", "random:1"}, 2, "unknown option");
}

TEST(BadEstimateTest, AFileThatCannotBeWrittenIsRefused) {
  expect_error(kEstimateShapes + Arguments{"--json", "/nowhere/estimate.json"}, 5, "/nowhere");
}

}  // namespace
}  // namespace vitsim::test
