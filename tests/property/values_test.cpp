// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "vitsim/mapping/lowering.h"
#include "vitsim/mapping/search.h"
#include "vitsim/model/vit_graph.h"
#include "vitsim/reference/weights.h"

#include "property/machine_bench.h"
#include "support/in_child.h"

namespace vitsim::test {
namespace {

constexpr int kCasesPerTest = 10;

/// Each test draws cases of its own.
class RandomMachines : public testing::TestWithParam<int> {
 protected:
  static std::uint64_t first_seed(int of_test) {
    return 100000 * static_cast<std::uint64_t>(of_test) +
           static_cast<std::uint64_t>(GetParam() * kCasesPerTest);
  }
};

TEST_P(RandomMachines, ComputeEveryIntegerOfTheNetwork) {
  for_random_cases(first_seed(1), kCasesPerTest, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    bench.run(random_input(random, drawn.graph));
    return bench.failures();
  });
}

TEST_P(RandomMachines, ComputeEveryIntegerWhateverTheMapping) {
  for_random_cases(first_seed(6), kCasesPerTest, [](const Case& drawn) {
    const auto& machine = drawn.config.accelerator;
    const auto found =
        mapping::find_mappings(drawn.graph, machine, config::MappingObjective::kCycles, 10);
    Random random(drawn.seed);
    const auto& one = found[static_cast<std::size_t>(
        random.integer(0, static_cast<std::int64_t>(found.size()) - 1))];
    MachineBench bench(drawn, mapping::lower(drawn.graph, machine, one.mapping));
    const auto timing = bench.run(random_input(random, drawn.graph));
    bench.expect(one.least_cycles <= timing.cycles,
                 fmt::format("{}: the estimate of {} cycles is above {}", one.origin,
                             one.least_cycles, timing.cycles));
    return bench.failures();
  });
}

TEST_P(RandomMachines, ComputeEveryIntegerOfTaylorAttention) {
  for_random_cases(
      first_seed(5), kCasesPerTest,
      [](const Case& drawn) {
        MachineBench bench(drawn);
        Random random(drawn.seed);
        bench.run(random_input(random, drawn.graph));
        return bench.failures();
      },
      config::Attention::kTaylor);
}

TEST_P(RandomMachines, DoTheSameInWhateverOrderModulesWake) {
  for_random_cases(first_seed(2), kCasesPerTest, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    const IntMatrix input = random_input(random, drawn.graph);
    const auto forwards = bench.run(input);
    bench.machine().set_reverse_order(true);
    const auto backwards = bench.run(input);
    const std::string found = difference(forwards, backwards);
    bench.expect(found.empty(), "in reverse order: " + found);
    return bench.failures();
  });
}

TEST_P(RandomMachines, TakeTheSameCyclesForAnotherImage) {
  for_random_cases(first_seed(3), kCasesPerTest, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    const auto first = bench.run(random_input(random, drawn.graph));
    const auto second = bench.run(random_input(random, drawn.graph));
    const std::string found = difference(first, second);
    bench.expect(found.empty(), "of another image: " + found);
    return bench.failures();
  });
}

/// Inputs that Taylor attention is not made for: a mean without fraction bits, K_hat of 4 bits that
/// saturates, and ranges so that a query's weights need not sum up to anything positive.
Case wild_case(std::uint64_t seed) {
  Case drawn = random_case(seed, config::Attention::kTaylor);
  Random random(seed);
  auto& pipeline = *drawn.config.accelerator.taylor_pipeline;
  pipeline.denominator = config::Denominator::kComputed;
  pipeline.mean_fraction_bits = 0;
  pipeline.k_hat_fraction_bits = 0;
  pipeline.k_hat_bits = 4;
  drawn.config.precision.accumulator_bits =
      std::max(16, 2 * std::max({drawn.config.precision.activation_bits,
                                 drawn.config.precision.weight_bits, pipeline.g_bits, 8}));
  reference::Ranges ranges = random_ranges(random, drawn.model, config::Attention::kTaylor);
  for (auto& [name, range] : ranges.values) {
    const bool of_scores = name.ends_with(".q") || name.ends_with(".k");
    range *= of_scores ? 64 : name.ends_with(".g") ? 1.0 / 64 : 1;
  }
  drawn.graph = model::build_vit_graph(
      drawn.config, drawn.model, reference::random_weights(random.next(), drawn.model), ranges);
  drawn.config.accelerator.scratchpad.size_kib = 512;
  drawn.config.accelerator.scratchpad.partitions.reset();
  return drawn;
}

/// How often each thing went wrong in the network.
struct Wild {
  int divisors = 0;
  int k_hat = 0;
  int g = 0;
  int sums = 0;
};

TEST(WildInputs, GiveTheNetworksIntegersAndCountsWhateverDoesNotFit) {
  Wild seen;
  // Of these 810005 and 810007 read K_hat and G too early where a row that the adder array passes
  // on is taken for a confirmed write.
  for (std::uint64_t seed = 810000; seed < 810060; ++seed) {
    const Case drawn = wild_case(seed);
    Random random(seed);
    const IntMatrix input = random_input(random, drawn.graph);
    const auto result = model::run_integer_network(drawn.graph, drawn.config.precision, input);
    seen.divisors += static_cast<int>(result.nonpositive_divisors > 0);
    seen.k_hat += static_cast<int>(result.saturated_k_hat > 0);
    seen.g += static_cast<int>(result.clipped > 0);
    seen.sums += static_cast<int>(result.saturated_sums > 0);
    const ChildResult child = in_child([&] {
      MachineBench bench(drawn);
      bench.run(input);
      return bench.failures();
    });
    EXPECT_TRUE(child.returned && child.text.empty()) << describe(drawn) << "\n" << child.text;
  }
  EXPECT_GT(seen.divisors, 5);
  EXPECT_GT(seen.k_hat, 10);
  EXPECT_GT(seen.g, 10);
  EXPECT_GT(seen.sums, 3);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomMachines, testing::Range(0, 16));

}  // namespace
}  // namespace vitsim::test
