// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <sstream>

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

void expect_keys(const json& object, const std::vector<std::string>& keys) {
  ASSERT_TRUE(object.is_object()) << object.dump();
  for (const std::string& key : keys) {
    EXPECT_TRUE(object.contains(key)) << key;
  }
}

TEST(ReportTest, HasTheKeysThatStay) {
  const json report = report_of(kRunOne);
  EXPECT_EQ(report["schema"], "vitsim.run/1");
  expect_keys(report, {"schema", "version", "config", "model", "seed", "images", "mapping",
                       "totals", "layers", "units", "scratchpad_requesters", "scratchpad_conflicts",
                       "traffic", "roofline", "timeline", "check", "predictions", "host"});
  expect_keys(report["totals"],
              {"cycles", "cycles_per_image", "seconds", "macs", "pe_utilization", "dram_read_bytes",
               "dram_write_bytes", "scratchpad_read_bytes", "scratchpad_write_bytes", "energy_pj",
               "area_mm2", "saturated_sums", "top1", "float_top1", "operations",
               "attention_operations", "dram_traffic", "array_waits"});
  for (const json& layer : report["layers"]) {
    expect_keys(layer, {"name", "op", "unit", "cycles", "exclusive_cycles", "start_cycle",
                        "end_cycle", "macs", "pe_utilization", "busy_cycles", "stall_cycles",
                        "pe_cycles", "operations", "dram_read_bytes", "dram_write_bytes"});
    expect_keys(layer["operations"], {"multiply", "add", "divide", "exp"});
  }
  for (const char* unit : {"dma_load", "dma_store", "pe_array", "softmax_unit", "gelu_unit",
                           "layer_norm_unit", "vector_unit"}) {
    expect_keys(report["units"][unit], {"busy_cycles", "stall_cycles"});
  }
  expect_keys(report["check"],
              {"mode", "integer_mismatches", "values_compared", "first_mismatch", "layers"});
  for (const json& layer : report["check"]["layers"]) {
    expect_keys(layer, {"name", "sqnr_db", "cosine", "max_abs_error"});
  }
  expect_keys(report["predictions"][0], {"input", "label", "top5", "logits", "float_top1"});
  expect_keys(report["host"], {"wall_seconds", "simulated_cycles_per_second", "peak_rss_bytes"});
}

TEST(ReportTest, BytesOfAllRequestersAddUpToTheScratchpads) {
  const json report = report_of(kRunOne);
  std::int64_t read = 0;
  std::int64_t written = 0;
  for (const json& requester : report["scratchpad_requesters"]) {
    expect_keys(requester, {"name", "read_bytes", "write_bytes"});
    read += requester["read_bytes"].get<std::int64_t>();
    written += requester["write_bytes"].get<std::int64_t>();
  }
  EXPECT_GT(read, 0);
  EXPECT_EQ(read, report["units"]["scratchpad"]["read_bytes"]);
  EXPECT_EQ(written, report["units"]["scratchpad"]["write_bytes"]);
}

TEST(ReportTest, ExclusiveCyclesOfAllLayersAddUpToOneImage) {
  const json report = report_of(kRunOne);
  std::int64_t cycles = 0;
  for (const json& layer : report["layers"]) {
    cycles += layer["exclusive_cycles"].get<std::int64_t>();
    EXPECT_EQ(layer["cycles"].get<std::int64_t>(),
              layer["end_cycle"].get<std::int64_t>() - layer["start_cycle"].get<std::int64_t>());
  }
  EXPECT_EQ(cycles, report["totals"]["cycles_per_image"]);
}

TEST(ReportTest, TrafficAndWorkOfAllLayersAddUpToTheTotals) {
  const json report = report_of(kRunOne);
  for (const char* key : {"dram_read_bytes", "dram_write_bytes", "macs"}) {
    std::int64_t sum = 0;
    for (const json& layer : report["layers"]) {
      sum += layer[key].get<std::int64_t>();
    }
    EXPECT_EQ(sum, report["totals"][key]) << key;
  }
}

TEST(ReportTest, CountsTheMacsOfTheNetworkWithoutPadding) {
  const json report = report_of(kRunOne);
  // 65 tokens, 64 features, 4 blocks, 256 hidden features; 64 patches of 48 values; 10 classes.
  constexpr std::int64_t kBlock = 65 * 64 * (3 * 64 + 64 + 2 * 256) + 2 * 65 * 65 * 64;
  EXPECT_EQ(report["totals"]["macs"], 64 * 48 * 64 + 4 * kBlock + 64 * 10);
  const double all = 64.0 * 64 * report["totals"]["cycles"].get<double>();
  EXPECT_DOUBLE_EQ(report["totals"]["pe_utilization"],
                   report["totals"]["macs"].get<double>() / all);
  for (const json& layer : report["layers"]) {
    EXPECT_EQ(layer["pe_utilization"].is_null(), layer["op"] != "matmul") << layer["name"];
  }
}

std::int64_t sum_of(const json& pe_cycles) {
  std::int64_t sum = 0;
  for (const json& cycles : pe_cycles) {
    EXPECT_GE(cycles.get<std::int64_t>(), 0);
    sum += cycles.get<std::int64_t>();
  }
  return sum;
}

TEST(ReportTest, PeCyclesAddUpToAllPesInAllCyclesOfEachLayerAndOfTheRun) {
  const json report = report_of(kRunShapes + Arguments{"-i", kImages + ":0-1"});
  const json& totals = report["totals"];
  EXPECT_EQ(sum_of(totals["pe_cycles"]), 4096 * totals["cycles"].get<std::int64_t>());
  EXPECT_EQ(totals["pe_cycles"]["useful"], totals["macs"]);
  EXPECT_EQ(totals["pe_cycles"]["other_layers"], 0);
  for (const json& layer : report["layers"]) {
    EXPECT_EQ(sum_of(layer["pe_cycles"]), 4096 * layer["cycles"].get<std::int64_t>())
        << layer["name"];
    EXPECT_EQ(layer["pe_cycles"]["useful"], layer["macs"]);
  }
}

TEST(ReportTest, PredictsTheLabelWithTheLargestLogitFirst) {
  const json prediction = report_of(kRunOne)["predictions"][0];
  const auto logits = prediction["logits"].get<std::vector<double>>();
  ASSERT_EQ(logits.size(), 10U);
  const auto top5 = prediction["top5"].get<std::vector<std::size_t>>();
  ASSERT_EQ(top5.size(), 5U);
  for (std::size_t i = 1; i < top5.size(); ++i) {
    EXPECT_GE(logits[top5[i - 1]], logits[top5[i]]);
  }
  EXPECT_EQ(prediction["label"], prediction["top5"][0]);
  EXPECT_EQ(prediction["input"], kImages + ":0");
}

TEST(ReportTest, TheDirectoryIsMadeAndHoldsTheSameReport) {
  const TemporaryDirectory temporary;
  const auto directory = temporary.path() / "a" / "b";
  const json printed = report_of(kRunOne + Arguments{"-o", directory.string()});
  const json written = json::parse(std::ifstream(directory / "report.json"));
  EXPECT_EQ(printed, written);
  EXPECT_GT(std::filesystem::file_size(directory / "layers.csv"), 0U);
  EXPECT_GT(std::filesystem::file_size(directory / "report.html"), 0U);
}

std::string page_of(const Arguments& more) {
  const TemporaryDirectory directory;
  const ProgramResult result =
      run_vitsim(kRunOne + Arguments{"-o", directory.path().string(), "--quiet"} + more);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  std::ostringstream page;
  page << std::ifstream(directory.path() / "report.html").rdbuf();
  return page.str();
}

TEST(ReportTest, ThePageShowsEveryLayerAndNeedsNeitherScriptNorNetwork) {
  const std::string page = page_of({});
  const json report = report_of(kRunOne);
  for (const json& layer : report["layers"]) {
    const std::string name = layer["name"];
    EXPECT_THAT(page, HasSubstr("<tr><td>" + name + "</td>"));
    EXPECT_THAT(page, HasSubstr(name + ": cycles " + layer["start_cycle"].dump() + " to " +
                                layer["end_cycle"].dump()));
  }
  for (const char* outside : {"<script", "http:", "https:", "src=", "@import"}) {
    EXPECT_THAT(page, testing::Not(HasSubstr(outside)));
  }
}

TEST(ReportTest, NamesFromFilesAreTextInThePage) {
  const std::string page = page_of({"-w", "random:1", "--set", "model.name=<img>&x"});
  EXPECT_THAT(page, testing::Not(HasSubstr("<img>")));
  EXPECT_THAT(
      page,
      HasSubstr("<h1>&lt;img&gt;&amp;x on a weight_stationary systolic array of 64 x 64</h1>"));
}

TEST(ReportTest, JsonCanGoToAFileOfItsOwn) {
  const TemporaryDirectory temporary;
  const auto file = temporary.path() / "own.json";
  EXPECT_EQ(run_vitsim(kRunOne + Arguments{"--json", file.string()}).exit_code, 0);
  EXPECT_EQ(json::parse(std::ifstream(file))["images"], 1);
}

TEST(ReportTest, TheTableOfLayersHasALineALayerWithAsManyColumns) {
  const TemporaryDirectory directory;
  const json report = report_of(kRunOne + Arguments{"-o", directory.path().string()});
  std::ifstream csv(directory.path() / "layers.csv");
  std::string header;
  std::getline(csv, header);
  EXPECT_THAT(header, testing::StartsWith("name,op,unit,cycles,exclusive_cycles,start_cycle,"
                                          "end_cycle,macs,pe_utilization,busy_cycles,stall_"));
  EXPECT_THAT(header, testing::EndsWith(",dram_read_bytes,dram_write_bytes"));
  EXPECT_THAT(header, HasSubstr(",stall_weight_load_cycles,"));
  EXPECT_THAT(header, HasSubstr(",multiply_operations,add_operations,divide_operations,"
                                "exp_operations,"));
  std::size_t lines = 0;
  for (std::string line; std::getline(csv, line); ++lines) {
    EXPECT_EQ(std::ranges::count(line, ','), std::ranges::count(header, ','));
    ASSERT_LT(lines, report["layers"].size());
    const json& layer = report["layers"][lines];
    EXPECT_THAT(line, testing::StartsWith(layer["name"].get<std::string>() + ","));
    EXPECT_THAT(line, testing::EndsWith("," + layer["dram_write_bytes"].dump()));
  }
  EXPECT_EQ(lines, report["layers"].size());
}

}  // namespace
}  // namespace vitsim::test
