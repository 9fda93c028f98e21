// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "property/machine_bench.h"
#include "support/allocations.h"

namespace vitsim::test {
namespace {

/// What a run takes outside its cycles: the report of all units and layers.
constexpr std::size_t kPerRun = 1500;

TEST(MachineAllocationTest, NoCycleTakesMemoryFromTheHeapOnceQueuesHaveGrown) {
  for_random_cases(700000, 20, [](const Case& drawn) {
    MachineBench bench(drawn);
    bench.machine().set_observer(nullptr);
    Random random(drawn.seed);
    const IntMatrix input = random_input(random, drawn.graph);
    Cycles cycles = 0;
    std::size_t before = 0;
    for (int image = 0; image < 6; ++image) {
      before = allocations();
      cycles = bench.machine().run(input).cycles;
    }
    const std::size_t taken = allocations() - before;
    bench.expect(taken < kPerRun,
                 fmt::format("{} allocations in a run of {} cycles", taken, cycles));
    return bench.failures();
  });
}

}  // namespace
}  // namespace vitsim::test
