// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/estimate.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "property/machine_bench.h"
#include "support/in_child.h"

namespace vitsim::test {
namespace {

constexpr int kCasesPerTest = 20;

/// The simulated cycles of a whole image and of each layer's end, against their estimates.
std::string compare(const Case& drawn) {
  MachineBench bench(drawn);
  const auto estimated = mapping::estimate(bench.program(), drawn.graph, drawn.config.accelerator);
  Random random(drawn.seed);
  const sim::ImageTiming timing = bench.run(random_input(random, drawn.graph));
  bench.expect(estimated.cycles <= timing.cycles,
               fmt::format("{} cycles, estimated {}", timing.cycles, estimated.cycles));
  for (std::size_t i = 0; i < timing.layers.size(); ++i) {
    const sim::LayerTiming& layer = timing.layers[i];
    const mapping::LayerTimes& least = estimated.layers[i];
    bench.expect(
        least.start <= layer.start && least.end <= layer.end,
        fmt::format("{} from {} to {}, estimated from {} to {}", bench.program().layers[i].name,
                    layer.start, layer.end, least.start, least.end));
    bench.expect(least.dram_read_bytes == layer.dram_read_bytes &&
                     least.dram_write_bytes == layer.dram_write_bytes,
                 bench.program().layers[i].name + ": other bytes cross DRAM");
  }
  bench.expect(estimated.dram_read_bytes == timing.counter("dram", "read_bytes") &&
                   estimated.dram_write_bytes == timing.counter("dram", "write_bytes"),
               "other bytes cross DRAM");
  bench.expect(estimated.busy[static_cast<std::size_t>(mapping::Unit::kPeArray)] ==
                   timing.counter("pe_array", "beats"),
               "the array takes other beats");
  return bench.failures();
}

class RandomEstimates : public testing::TestWithParam<int> {};

TEST_P(RandomEstimates, AreNeverAboveTheSimulationInAnyLayer) {
  const auto first = 900000 + static_cast<std::uint64_t>(GetParam() * kCasesPerTest);
  for_random_cases(first, kCasesPerTest, compare);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomEstimates, testing::Range(0, 16));

/// Banks and ports for everyone, and an ideal DRAM.
Case without_contention(std::uint64_t seed) {
  Case drawn = random_case(seed);
  auto& machine = drawn.config.accelerator;
  machine.dram.kind = config::DramKind::kIdeal;
  machine.scratchpad = {};
  machine.scratchpad.size_kib = 4096;
  machine.scratchpad.banks = 64;
  machine.scratchpad.bank_width_bytes = 64;
  machine.scratchpad.ports = 16;
  return drawn;
}

TEST(EstimatesWithoutContention, AreAFewPercentBelowTheSimulationInTheMean) {
  constexpr int kCases = 40;
  double below = 0;
  for (std::uint64_t seed = 950000; seed < 950000 + kCases; ++seed) {
    const Case drawn = without_contention(seed);
    const ChildResult result = in_child([&] {
      MachineBench bench(drawn);
      const auto estimated =
          mapping::estimate(bench.program(), drawn.graph, drawn.config.accelerator);
      Random random(drawn.seed);
      const auto cycles = static_cast<double>(bench.run(random_input(random, drawn.graph)).cycles);
      return fmt::format("{}", 1 - static_cast<double>(estimated.cycles) / cycles);
    });
    ASSERT_TRUE(result.returned) << describe(drawn) << "\n" << result.text;
    below += std::stod(result.text);
  }
  EXPECT_GE(below, 0);
  EXPECT_LT(below / kCases, 0.03);
}

}  // namespace
}  // namespace vitsim::test
