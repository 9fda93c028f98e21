// SPDX-License-Identifier: Apache-2.0
// How long the search for a mapping takes, without simulating any: all of DeiT-Base on each
// machine.
//
//   benchmarks/run.sh search

#include <string>

#include <benchmark/benchmark.h>

#include "vitsim/config/load.h"
#include "vitsim/mapping/search.h"
#include "vitsim/model/vit_graph.h"

namespace vitsim::mapping {
namespace {

void deit_base(benchmark::State& state, const std::string& machine) {
  const auto config = config::load_config("configs/" + machine + ".yaml", {});
  const auto model = config::load_model("models/deit_base.yaml", {});
  const model::Graph graph = model::build_vit_shapes(config, model);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        find_mappings(graph, config.accelerator, config::MappingObjective::kCycles, 1));
  }
}

BENCHMARK_CAPTURE(deit_base, softmax_64x64, "softmax_64x64")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(deit_base, vitality, "vitality")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(deit_base, edge_16x16, "edge_16x16")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(deit_base, row_wise, "row_wise_7x12x4")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vitsim::mapping
