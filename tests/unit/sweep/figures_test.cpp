// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/figures.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "vitsim/core/error.h"

namespace vitsim::sweep {
namespace {

using testing::ElementsAre;
using testing::Pair;

const auto kReport = nlohmann::ordered_json::parse(R"({
  "schema": "vitsim.run/1", "images": 2, "files": {"config": "a.yaml"},
  "totals": {"cycles": 100, "pe_utilization": 0.5, "energy_pj": null, "pe_cycles": {"idle": 3}},
  "config": {"accelerator": {"scratchpad": {"size_kib": 64, "partitions": null}, "x": true}},
  "layers": [{"name": "head", "cycles": 5, "exclusive_cycles": 4, "macs": 3, "pe_utilization": null,
              "dram_read_bytes": 2, "dram_write_bytes": 1}],
  "traffic": [{"loads": 9}], "timeline": {"cycles": 100}, "host": {"wall_seconds": 1.5}
})");

TEST(SweepFiguresTest, AreTheNumbersThatStandInNoListAndAreNotTheHosts) {
  EXPECT_THAT(figures_of(kReport).numbers,
              ElementsAre(Pair("images", Value(2.0)), Pair("totals.cycles", Value(100.0)),
                          Pair("totals.pe_utilization", Value(0.5)),
                          Pair("totals.pe_cycles.idle", Value(3.0)),
                          Pair("config.accelerator.scratchpad.size_kib", Value(64.0))));
  EXPECT_THAT(figures_of(kReport).layers, ElementsAre(LayerResult{"head", 5, 4, 3, 0, 2, 1}));
}

TEST(SweepFiguresTest, ComeBackFromTheirText) {
  const Figures figures = figures_of(kReport);
  const Figures read = figures_in(to_text(figures));
  EXPECT_EQ(read.numbers, figures.numbers);
  EXPECT_EQ(read.layers, figures.layers);
  for (const char* text : {"", "{}", "[]", R"({"numbers": [["a"]], "layers": []})",
                           R"({"numbers": [], "layers": [["a", "b"]]})"}) {
    EXPECT_THROW(figures_in(text), ModelError) << text;
  }
}

}  // namespace
}  // namespace vitsim::sweep
