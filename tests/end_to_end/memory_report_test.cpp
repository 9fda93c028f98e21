// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <numeric>
#include <sstream>

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// Cramped, so that tensors cross more often than they must.
const Arguments kCramped =
    kRunOne + Arguments{"--check", "none", "--set", "accelerator.scratchpad.size_kib=32"};

std::int64_t sum_of(const json& numbers) {
  return std::accumulate(
      numbers.begin(), numbers.end(), std::int64_t{0},
      [](std::int64_t sum, const json& number) { return sum + number.get<std::int64_t>(); });
}

std::int64_t sum_of(const json& rows, const char* key) {
  std::int64_t sum = 0;
  for (const json& row : rows) {
    sum += row[key].get<std::int64_t>();
  }
  return sum;
}

TEST(MemoryReportTest, TrafficOfAllTensorsIsThatOfDram) {
  const json report = report_of(kCramped);
  const json& totals = report["totals"];
  const json& traffic = report["traffic"];
  EXPECT_EQ(sum_of(traffic, "read_bytes"), totals["dram_read_bytes"]);
  EXPECT_EQ(sum_of(traffic, "write_bytes"), totals["dram_write_bytes"]);
  EXPECT_EQ(sum_of(traffic, "compulsory_bytes"), totals["dram_traffic"]["compulsory_bytes"]);
  EXPECT_EQ(totals["dram_traffic"]["actual_bytes"],
            totals["dram_read_bytes"].get<std::int64_t>() +
                totals["dram_write_bytes"].get<std::int64_t>());
  EXPECT_GT(totals["dram_traffic"]["ratio"], 1);
  for (const json& tensor : traffic) {
    EXPECT_THAT(tensor["kind"], testing::AnyOf("input", "constant", "activation", "logits"));
    if (tensor["resident"] == true) {
      EXPECT_EQ(tensor["loads"], 0) << tensor["tensor"];
    }
  }
}

TEST(MemoryReportTest, TrafficOfSeveralImagesIsTheirSumAndItsRatioThatOfOne) {
  const json one = report_of(kCramped);
  const json two = report_of(kRunShapes + Arguments{"-i", kImages + ":0-1", "--check", "none",
                                                    "--set", "accelerator.scratchpad.size_kib=32"});
  for (const char* key : {"compulsory_bytes", "actual_bytes"}) {
    EXPECT_EQ(two["totals"]["dram_traffic"][key],
              2 * one["totals"]["dram_traffic"][key].get<std::int64_t>());
  }
  EXPECT_EQ(two["totals"]["dram_traffic"]["ratio"], one["totals"]["dram_traffic"]["ratio"]);
  EXPECT_EQ(two["totals"]["array_waits"]["dma_load"]["cycles"],
            2 * one["totals"]["array_waits"]["dma_load"]["cycles"].get<std::int64_t>());
  EXPECT_EQ(two["traffic"], one["traffic"]);
  EXPECT_EQ(two["timeline"], one["timeline"]);
  EXPECT_EQ(two["roofline"], one["roofline"]);
}

TEST(MemoryReportTest, TheRooflineHasEveryLayerWithProductsBelowItsRoof) {
  const json report = report_of(kCramped);
  const json& roofline = report["roofline"];
  EXPECT_EQ(roofline["peak_operations_per_cycle"], 2 * 4096);
  EXPECT_EQ(roofline["peak_bytes_per_cycle"], 25.6);
  EXPECT_EQ(roofline["ridge_operations_per_byte"], 320);
  std::int64_t layers = 0;
  for (const json& layer : report["layers"]) {
    layers += layer["macs"].get<std::int64_t>() > 0 ? 1 : 0;
  }
  EXPECT_EQ(roofline["layers"].size(), layers);
  EXPECT_EQ(sum_of(roofline["layers"], "operations"), roofline["image"]["operations"]);
  EXPECT_EQ(roofline["image"]["operations"], 2 * report["totals"]["macs"].get<std::int64_t>());
  for (const json& layer : roofline["layers"]) {
    EXPECT_LE(layer["operations_per_cycle"], layer["roof_operations_per_cycle"]) << layer["name"];
  }
}

TEST(MemoryReportTest, AnIdealDramHasNoRoof) {
  const json report = report_of(kCramped + Arguments{"--set", "accelerator.dram.kind=ideal"});
  EXPECT_TRUE(report["roofline"].at("peak_bytes_per_cycle").is_null());
  EXPECT_TRUE(report["roofline"].at("ridge_operations_per_byte").is_null());
  EXPECT_EQ(report["roofline"]["image"]["roof_operations_per_cycle"], 2 * 4096);
}

TEST(MemoryReportTest, WindowsAddUpToTheTotals) {
  const json report = report_of(kCramped);
  const json& timeline = report["timeline"];
  const auto window = timeline["window_cycles"].get<std::int64_t>();
  const auto cycles = timeline["cycles"].get<std::int64_t>();
  EXPECT_EQ(cycles, report["totals"]["cycles_per_image"]);
  for (const char* key : {"dram_read_bytes", "dram_write_bytes", "scratchpad_read_bytes",
                          "scratchpad_write_bytes", "macs"}) {
    EXPECT_EQ(sum_of(timeline[key]), report["totals"][key]) << key;
    EXPECT_EQ(timeline[key].size(), (cycles + window - 1) / window) << key;
  }
  EXPECT_EQ(sum_of(timeline["pe_busy_cycles"]), report["units"]["pe_array"]["busy_cycles"]);
  EXPECT_EQ(timeline["scratchpad_bytes"], 32 * 1024);
  EXPECT_LE(timeline["scratchpad_most_occupied_bytes"], 32 * 1024);
  EXPECT_GT(timeline["scratchpad_most_occupied_bytes"], 16 * 1024) << "it is cramped";
}

TEST(MemoryReportTest, EachCycleThatTheArrayWaitsForALoadIsExplained) {
  const json report = report_of(kCramped);
  const json& waits = report["totals"]["array_waits"]["dma_load"];
  EXPECT_EQ(waits["cycles"], report["units"]["pe_array"]["stall_cycles"]["wait_dma_load"]);
  std::int64_t sum = sum_of(waits["blocked"]);
  for (const char* key : {"bandwidth", "latency", "outstanding", "scratchpad", "released"}) {
    sum += waits[key].get<std::int64_t>();
  }
  EXPECT_EQ(sum, waits["cycles"]);
}

TEST(MemoryReportTest, TheTextNamesTheTensorsThatCrossMoreOftenThanTheyMust) {
  const ProgramResult result = run_vitsim(kCramped);
  EXPECT_THAT(result.out, HasSubstr("DRAM traffic beyond what must cross"));
  EXPECT_THAT(result.out, HasSubstr(" must cross, "));
  EXPECT_THAT(result.out, HasSubstr("operations a DRAM byte"));
  EXPECT_THAT(result.out, HasSubstr("of it DRAM bandwidth"));
}

TEST(MemoryReportTest, ThePageShowsRooflineTimeAndTraffic) {
  for (const char* dram : {"simple", "ideal"}) {
    const TemporaryDirectory directory;
    const ProgramResult result =
        run_vitsim(kCramped + Arguments{"-o", directory.path().string(), "--quiet", "--set",
                                        std::string("accelerator.dram.kind=") + dram});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    std::ostringstream text;
    text << std::ifstream(directory.path() / "report.html").rdbuf();
    const std::string page = text.str();
    for (const char* part : {"<h2>Roofline</h2>", "<h2>Memory over time</h2>",
                             "<h2>DRAM traffic</h2>", "array: 8,192 a cycle", "32.0 KiB of scratch",
                             "<title>one image: ", "<td>all tensors</td>"}) {
      EXPECT_THAT(page, HasSubstr(part)) << dram;
    }
    for (const char* number : {"nan", "inf,", "inf\""}) {
      EXPECT_THAT(page, testing::Not(HasSubstr(number))) << dram;
    }
  }
}

}  // namespace
}  // namespace vitsim::test
