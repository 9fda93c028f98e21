// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const Arguments kGemm = Arguments{"gemm"} + kMachine;
const Arguments kProduct{"--m", "197", "--k", "192", "--n", "576"};
const Arguments kIdeal{"--ideal-memory"};

Arguments set(const std::string& key, const std::string& value) {
  return {"--set", "accelerator.pe_array." + key + "=" + value};
}

const Arguments kDeitTiny{"--topology", "models/gemm/deit_tiny.csv"};

void expect_closed_form_on_deit_tiny(const Arguments& array) {
  const json report = report_of(kGemm + kIdeal + array + kDeitTiny);
  ASSERT_EQ(report["layers"].size(), 8U);
  for (const json& layer : report["layers"]) {
    EXPECT_EQ(layer["cycles"], layer["closed_form_cycles"])
        << layer["name"] << testing::PrintToString(array);
  }
  EXPECT_EQ(report["check"]["integer_mismatches"], 0);
}

/// The arrays that differ in more than their sizes.
std::vector<Arguments> every_array() {
  std::vector<Arguments> all{set("kind", "row_wise") + set("rows", "7")};
  for (const Arguments& array :
       {set("dataflow", "weight_stationary"), set("dataflow", "input_stationary"),
        set("dataflow", "output_stationary"),
        set("dataflow", "output_stationary") + set("drain", "exposed")}) {
    all.push_back(array);
    all.push_back(array + set("overlap_folds", "false"));
  }
  return all;
}

std::int64_t sum_of(const json& pe_cycles) {
  std::int64_t sum = 0;
  for (const json& cycles : pe_cycles) {
    EXPECT_GE(cycles.get<std::int64_t>(), 0);
    sum += cycles.get<std::int64_t>();
  }
  return sum;
}

struct Published {
  const char* dataflow;
  const char* drain;
  int folds;
  int cycles;
};

TEST(GemmCommandTest, TakesTheCyclesOfTheTableOfDataflows) {
  for (const Published& row : {Published{"weight_stationary", "hidden", 27, 10449},
                               Published{"output_stationary", "hidden", 36, 11448},
                               Published{"output_stationary", "exposed", 36, 36 * (318 + 64)},
                               Published{"input_stationary", "hidden", 12, 9192}}) {
    for (const char* model : {"wavefront", "register"}) {
      const json report =
          report_of(kGemm + kProduct + kIdeal + set("dataflow", row.dataflow) +
                    set("drain", row.drain) + set("overlap_folds", "false") + set("model", model));
      const json& layer = report["layers"][0];
      EXPECT_EQ(layer["cycles"], row.cycles) << row.dataflow << " " << model;
      EXPECT_EQ(layer["closed_form_cycles"], row.cycles);
      EXPECT_EQ(layer["folds"], row.folds);
      EXPECT_EQ(report["check"]["integer_mismatches"], 0);
      EXPECT_EQ(report["check"]["values_compared"], 197 * 576);
    }
  }
}

TEST(GemmCommandTest, ARowWiseArrayTakesAPieceOfAColumnACycle) {
  const json report =
      report_of(kGemm + kProduct + kIdeal + set("kind", "row_wise") + set("rows", "7") +
                set("blocks", "12") + set("macs_per_block", "4"));
  EXPECT_EQ(report["layers"][0]["folds"], 66816);
  EXPECT_EQ(report["layers"][0]["cycles"], 66816 + 4);
  EXPECT_EQ(report["check"]["integer_mismatches"], 0);
}

TEST(GemmCommandTest, EqualsTheClosedFormOnAllProductsOfDeitTinyInAllDataflows) {
  for (const Arguments& array : every_array()) {
    expect_closed_form_on_deit_tiny(array);
  }
}

TEST(GemmCommandTest, EqualsTheClosedFormOnDeitTinyWhereFourRowsLoadACycle) {
  for (const char* dataflow : {"weight_stationary", "input_stationary"}) {
    for (const char* overlap : {"true", "false"}) {
      expect_closed_form_on_deit_tiny(set("dataflow", dataflow) +
                                      set("weight_rows_per_cycle", "4") +
                                      set("overlap_folds", overlap));
    }
  }
}

TEST(GemmCommandTest, HasTheKeysThatStay) {
  const json report = report_of(kGemm + kProduct + kIdeal);
  EXPECT_EQ(report["schema"], "vitsim.gemm/1");
  for (const char* key : {"totals", "layers", "config", "check", "host", "version"}) {
    EXPECT_TRUE(report.contains(key)) << key;
  }
  for (const char* key : {"m", "k", "n", "cycles", "folds", "macs", "pe_utilization"}) {
    EXPECT_TRUE(report["layers"][0].contains(key)) << key;
  }
  EXPECT_EQ(report["totals"]["macs"], 197 * 192 * 576);
  EXPECT_DOUBLE_EQ(report["layers"][0]["pe_utilization"],
                   197.0 * 192 * 576 / (4096 * report["totals"]["cycles"].get<double>()));
}

TEST(GemmCommandTest, PeCyclesAddUpToAllPesInAllCycles) {
  for (const Arguments& memory : {kIdeal, Arguments{}}) {
    for (const Arguments& array : every_array()) {
      const json report =
          report_of(kGemm + Arguments{"--m", "50", "--k", "100", "--n", "70"} + memory + array);
      const json& layer = report["layers"][0];
      const json& pes = report["config"]["accelerator"]["pe_array"];
      const std::int64_t count =
          pes["rows"].get<std::int64_t>() *
          (pes["kind"] == "row_wise"
               ? pes["blocks"].get<std::int64_t>() * pes["macs_per_block"].get<std::int64_t>()
               : pes["cols"].get<std::int64_t>());
      const std::string what = testing::PrintToString(memory + array);
      EXPECT_EQ(sum_of(layer["pe_cycles"]), count * layer["cycles"].get<std::int64_t>()) << what;
      EXPECT_EQ(layer["pe_cycles"]["useful"], 50 * 100 * 70) << what;
      EXPECT_EQ(layer["pe_cycles"], report["totals"]["pe_cycles"]) << what;
      if (!memory.empty()) {
        EXPECT_EQ(layer["pe_cycles"]["idle"], 0) << what;
        EXPECT_EQ(layer["pe_cycles"]["output_wait"], 0) << what;
      }
    }
  }
}

TEST(GemmCommandTest, NoPeWaitsForOperandsThatAreThere) {
  for (const Arguments& array : every_array()) {
    const json report =
        report_of(kGemm + Arguments{"--m", "50", "--k", "100", "--n", "70"} + kIdeal + array);
    EXPECT_EQ(report["totals"]["pe_cycles"]["operand_wait"], 0) << testing::PrintToString(array);
    EXPECT_EQ(report["totals"]["pe_cycles"]["idle"], 0) << testing::PrintToString(array);
  }
}

TEST(GemmCommandTest, WithMemoryTheArrayWaitsAndTheMachineReadsEachOperand) {
  const json report = report_of(kGemm + kProduct);
  const json& layer = report["layers"][0];
  EXPECT_EQ(report["memory"], "simulated");
  EXPECT_GE(layer["cycles"], layer["closed_form_cycles"]);
  EXPECT_GT(layer["machine_cycles"], layer["cycles"]);
  EXPECT_GE(layer["dram_read_bytes"], 197 * 192 + 192 * 576);
  EXPECT_EQ(layer["dram_write_bytes"], 2 * 197 * 576);
  EXPECT_EQ(report["check"]["integer_mismatches"], 0);
  EXPECT_GE(report["check"]["values_compared"], 197 * 576);
}

TEST(GemmCommandTest, BothFormsOfTheArrayGiveTheSameReport) {
  for (const Arguments& memory : {kIdeal, Arguments{}}) {
    for (const Arguments& array : every_array()) {
      json reports[2];
      for (int form = 0; form < 2; ++form) {
        reports[form] =
            report_of(kGemm + Arguments{"--m", "40", "--k", "130", "--n", "90"} + memory + array +
                      set("model", form == 0 ? "wavefront" : "register"));
        reports[form].erase("host");
        reports[form]["config"]["accelerator"]["pe_array"].erase("model");
      }
      EXPECT_EQ(reports[0], reports[1]) << testing::PrintToString(memory + array);
    }
  }
}

TEST(GemmCommandTest, WithoutTheCheckNothingIsComparedAndTheCyclesAreTheSame) {
  for (const Arguments& memory : {kIdeal, Arguments{}}) {
    const json checked = report_of(kGemm + kProduct + memory);
    const json unchecked = report_of(kGemm + kProduct + memory + Arguments{"--check", "none"});
    EXPECT_EQ(unchecked["check"]["mode"], "none");
    EXPECT_EQ(unchecked["check"]["values_compared"], 0);
    EXPECT_EQ(unchecked["check"]["integer_mismatches"], 0);
    EXPECT_TRUE(unchecked["check"]["first_mismatch"].is_null());
    EXPECT_EQ(unchecked["layers"], checked["layers"]);
    EXPECT_EQ(unchecked["totals"], checked["totals"]);
  }
}

TEST(GemmCommandTest, WithoutTheCheckTheTableSaysSo) {
  const ProgramResult result = run_vitsim(kGemm + kProduct + kIdeal + Arguments{"--check", "none"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, HasSubstr("values were not compared"));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("equal")));
}

TEST(GemmCommandTest, SumsBeyondTheAccumulatorAreCounted) {
  const json report = report_of(kGemm + kProduct + kIdeal +
                                Arguments{"--set", "precision.accumulator_bits=24", "--set",
                                          "accelerator.softmax_unit.output_bits=8"});
  EXPECT_EQ(report["totals"]["saturated_sums"], 0);
  const json narrow = report_of(kGemm + kProduct + kIdeal +
                                Arguments{"--set", "precision.accumulator_bits=16", "--set",
                                          "accelerator.softmax_unit.output_bits=8", "--set",
                                          "precision.weight_bits=8"});
  EXPECT_GT(narrow["totals"]["saturated_sums"], 0);
  EXPECT_EQ(narrow["check"]["integer_mismatches"], 0);
}

TEST(GemmCommandTest, PrintsATableWithALineALayer) {
  const ProgramResult result = run_vitsim(kGemm + kIdeal + kDeitTiny);
  EXPECT_EQ(result.exit_code, 0);
  for (const char* name : {"patch_embed", "attn.qk", "mlp.fc2", "all layers"}) {
    EXPECT_THAT(result.out, HasSubstr(name));
  }
  EXPECT_THAT(result.out, HasSubstr("every sum equal"));
  EXPECT_EQ(result.err, "");
}

TEST(GemmCommandTest, ReportsGoToAFileWhole) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "gemm.json";
  const ProgramResult result =
      run_vitsim(kGemm + kProduct + kIdeal + Arguments{"--json", file.string(), "--quiet"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(json::parse(std::ifstream(file))["totals"]["folds"], 27);
}

void expect_error(const Arguments& arguments, int exit_code, const std::string& message) {
  const ProgramResult result = run_vitsim(kGemm + arguments);
  EXPECT_EQ(result.exit_code, exit_code);
  EXPECT_THAT(result.err, testing::StartsWith("vitsim: error: "));
  EXPECT_THAT(result.err, HasSubstr(message));
  EXPECT_EQ(result.out, "");
}

TEST(BadGemmTest, SidesOrATopologyAreAskedFor) {
  const std::string expected = "expected --m M --k K --n N, all three, or --topology FILE";
  expect_error({}, 2, expected);
  expect_error({"--m", "3", "--k", "4"}, 2, expected);
  expect_error(kProduct + kDeitTiny, 2, expected);
  expect_error({"--m", "0", "--k", "4", "--n", "4"}, 2, "--m");
  expect_error({"--m", "x", "--k", "4", "--n", "4"}, 2, "--m");
  EXPECT_EQ(run_vitsim({"gemm"}).exit_code, 2);
}

TEST(BadGemmTest, AnArrayOfNoRowsOrOfAHundredThousandIsRefused) {
  expect_error(kProduct + set("rows", "0"), 2, "got '0', expected an integer in [1, 512]");
  expect_error(kProduct + set("rows", "100000"), 2,
               "got '100000', expected an integer in [1, 512]");
}

TEST(BadGemmTest, AProductBeyondMemoryIsRefusedBeforeItBegins) {
  for (const Arguments& memory : {kIdeal, Arguments{}}) {
    expect_error(Arguments{"--m", "2000000000", "--k", "2000000000", "--n", "2000000000"} + memory,
                 2, "expected a product that fits this machine's memory");
  }
}

TEST(BadGemmTest, ABadLineOfATopologyIsNamed) {
  const TemporaryDirectory directory;
  const auto file = directory.write("bad.csv", "Layer,M,N,K,\na,1,2,3,\nb,-4,5,6,\n");
  expect_error({"--topology", file.string()}, 3, "bad.csv, line 3, column 3: got '-4'");
}

TEST(BadGemmTest, ALineOfATopologyBeyondMemoryIsNamed) {
  const TemporaryDirectory directory;
  const auto file =
      directory.write("large.csv", "Layer,M,N,K,\na,2000000000,2000000000,2000000000,\nb,1,2,3,\n");
  for (const Arguments& memory : {kIdeal, Arguments{}}) {
    expect_error(Arguments{"--topology", file.string()} + memory, 3, "large.csv, line 2");
  }
}

TEST(BadGemmTest, AFileThatCannotBeWrittenIsRefusedBeforeTheWork) {
  expect_error(kProduct + Arguments{"--json", "/nowhere/gemm.json"}, 5, "/nowhere");
}

}  // namespace
}  // namespace vitsim::test
