// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "property/machine_bench.h"

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

INSTANTIATE_TEST_SUITE_P(Seeds, RandomMachines, testing::Range(0, 16));

}  // namespace
}  // namespace vitsim::test
