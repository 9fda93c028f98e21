// SPDX-License-Identifier: Apache-2.0
// What a searched mapping gains from more memory.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "vitsim/sim/machine.h"
#include "vitsim/sim/map_network.h"

#include "support/in_child.h"
#include "support/random_case.h"

namespace vitsim::test {
namespace {

constexpr std::uint64_t kMachines = 16;

/// A random machine in which no two accesses meet in a bank.
Case without_conflicts(std::uint64_t seed) {
  Case drawn = random_case(7000000 + seed);
  auto& machine = drawn.config.accelerator;
  machine.scratchpad = {};
  machine.scratchpad.banks = 64;
  machine.scratchpad.bank_width_bytes = 16;
  machine.scratchpad.ports = 16;
  machine.dram = {};
  machine.dram.kind = config::DramKind::kSimple;
  machine.dram.bytes_per_cycle = 1 + static_cast<double>(seed % 13);
  machine.dram.latency_cycles = static_cast<int>(seed * 7 % 60);
  machine.scratchpad.size_kib = 2 * least_kib(drawn.graph, machine);
  drawn.config.mapping.strategy = config::MappingStrategy::kSearch;
  return drawn;
}

/// Simulated cycles of the mapping that the search chooses.
Cycles cycles_of(const Case& drawn) {
  const ChildResult result = in_child([&] {
    const auto mapped = sim::map_network(drawn.config, drawn.graph);
    sim::Machine machine(drawn.config, drawn.graph, mapped.program);
    const model::Tensor& input = drawn.graph.tensors[static_cast<std::size_t>(drawn.graph.input)];
    const auto timing = machine.run(IntMatrix(input.rows, input.cols));
    return timing.conflicts.empty() ? std::to_string(timing.cycles) : "banks conflict";
  });
  EXPECT_TRUE(result.returned) << result.text << "\n" << describe(drawn);
  EXPECT_EQ(result.text.find_first_not_of("0123456789"), std::string::npos) << result.text;
  return std::stoll(result.text);
}

/// By how much the worst of these is above the best of those before it.
double worst_rise(const std::vector<Cycles>& cycles) {
  double worst = 0;
  Cycles best = cycles.front();
  for (const Cycles now : cycles) {
    worst = std::max(worst, static_cast<double>(now) / static_cast<double>(best) - 1);
    best = std::min(best, now);
  }
  return worst;
}

TEST(MappingInvariants, ALargerScratchpadNeverCostsMoreThanAPercentOfTheCycles) {
  for (std::uint64_t seed = 0; seed < kMachines; ++seed) {
    Case drawn = without_conflicts(seed);
    std::vector<Cycles> cycles;
    int& size = drawn.config.accelerator.scratchpad.size_kib;
    for (const int next : {size, size * 3 / 2, size * 2 + 1, size * 4, 1024}) {
      size = next;
      cycles.push_back(cycles_of(drawn));
    }
    EXPECT_LE(worst_rise(cycles), 0.01) << fmt::format("{}", fmt::join(cycles, " ")) << "\n"
                                        << describe(drawn);
  }
}

TEST(MappingInvariants, AFasterDramNeverCostsMoreThanAPercentOfTheCycles) {
  for (std::uint64_t seed = 0; seed < kMachines; ++seed) {
    Case drawn = without_conflicts(seed);
    std::vector<Cycles> cycles;
    double& rate = drawn.config.accelerator.dram.bytes_per_cycle;
    for (const double factor : {1.0, 1.5, 4.0 / 3, 2.0}) {
      rate *= factor;
      cycles.push_back(cycles_of(drawn));
    }
    EXPECT_LE(worst_rise(cycles), 0.01) << fmt::format("{}", fmt::join(cycles, " ")) << "\n"
                                        << describe(drawn);
  }
}

}  // namespace
}  // namespace vitsim::test
