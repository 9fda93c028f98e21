// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "end_to_end/jobs.h"

namespace vitsim::test {
namespace {

using nlohmann::json;

/// One block of DeiT-Tiny, so that the scratchpad is too small for everything.
const Arguments kBlock =
    Arguments{"run"} + kMachine +
    Arguments{"-m", "models/deit_tiny.yaml", "-w", "random:1", "--set", "model.depth=1"};

json mapped(const Arguments& how) { return report_of(kBlock + how); }

TEST(MappingTest, ASearchIsNeverSlowerThanGreedyAndComputesTheSame) {
  const json greedy = mapped({});
  const json search = mapped({"--set", "mapping.strategy=search"});
  EXPECT_LE(search["totals"]["cycles"], greedy["totals"]["cycles"]);
  EXPECT_EQ(search["check"]["integer_mismatches"], 0);
  EXPECT_EQ(search["predictions"][0]["logits"], greedy["predictions"][0]["logits"]);
}

TEST(MappingTest, TheReportSaysWhatWasTried) {
  EXPECT_EQ(mapped({})["mapping"], json({{"strategy", "greedy"}}));
  const json report = mapped({"--set", "mapping.strategy=search"});
  const json& mapping = report["mapping"];
  EXPECT_EQ(mapping["objective"], "cycles");
  const json& trials = mapping["trials"];
  const auto greedy =
      std::ranges::count_if(trials, [](const json& trial) { return trial["origin"] == "greedy"; });
  EXPECT_EQ(greedy, 1);
  const json& chosen = trials[mapping["chosen"].get<std::size_t>()];
  EXPECT_EQ(chosen["cycles"], report["totals"]["cycles"]);
  for (const json& trial : trials) {
    if (trial["cycles"].is_null()) {
      EXPECT_GE(trial["least_cycles"], chosen["cycles"]);
    } else {
      EXPECT_GE(trial["cycles"], chosen["cycles"]);
      EXPECT_LE(trial["least_cycles"], trial["cycles"]);
    }
  }
}

TEST(MappingTest, ASearchForTrafficMovesNoMoreBytesThanOneForCycles) {
  const auto bytes = [](const json& report) {
    return report["totals"]["dram_read_bytes"].get<std::int64_t>() +
           report["totals"]["dram_write_bytes"].get<std::int64_t>();
  };
  const Arguments search{"--set", "mapping.strategy=search", "--check", "none"};
  const json traffic = mapped(search + Arguments{"--set", "mapping.objective=traffic"});
  EXPECT_LE(bytes(traffic), bytes(mapped(search)));
  EXPECT_LE(bytes(traffic), bytes(mapped({"--check", "none"})));
}

}  // namespace
}  // namespace vitsim::test
