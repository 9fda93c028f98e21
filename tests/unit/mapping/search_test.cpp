// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/search.h"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "vitsim/mapping/estimate.h"
#include "vitsim/mapping/lowering.h"

#include "support/program_checker.h"
#include "support/random_case.h"

namespace vitsim::mapping {
namespace {

using config::MappingObjective;

std::string problems(const Program& program, const test::Case& drawn) {
  std::string all;
  for (const std::string& problem :
       test::check_program(program, drawn.graph, drawn.config.accelerator)) {
    all += problem + "\n";
  }
  return all;
}

constexpr int kMany = 10;

TEST(FindMappings, FindsSoundOnes) {
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    const test::Case drawn = test::random_case(seed);
    const auto& machine = drawn.config.accelerator;
    for (const Candidate& found :
         find_mappings(drawn.graph, machine, MappingObjective::kCycles, kMany)) {
      const Program program = lower(drawn.graph, machine, found.mapping);
      ASSERT_EQ(problems(program, drawn), "") << found.origin << ": " << describe(drawn);
      ASSERT_EQ(found.least_cycles, estimate(program, drawn.graph, machine).cycles);
    }
  }
}

TEST(FindMappings, HasTheBestInFrontAndGreedysAmongThem) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const test::Case drawn = test::random_case(seed);
    for (const auto objective : {MappingObjective::kCycles, MappingObjective::kTraffic}) {
      const auto found = find_mappings(drawn.graph, drawn.config.accelerator, objective, 3);
      ASSERT_LE(found.size(), 4U);
      EXPECT_EQ(std::ranges::count(found, "greedy", &Candidate::origin), 1);
      EXPECT_TRUE(std::ranges::is_sorted(found, {}, [&](const Candidate& one) {
        return objective == MappingObjective::kCycles ? one.least_cycles : one.traffic;
      }));
    }
  }
}

TEST(FindMappings, MovesNoMoreBytesThroughDramWhereTheScratchpadIsLarger) {
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    test::Case drawn = test::random_case(seed);
    config::Accelerator& machine = drawn.config.accelerator;
    machine.scratchpad.partitions.reset();
    machine.scratchpad.size_kib = test::least_kib(drawn.graph, machine);
    Bytes before = std::numeric_limits<Bytes>::max();
    for (int step = 0; step < 10; ++step) {
      const auto found = find_mappings(drawn.graph, machine, MappingObjective::kTraffic, 1);
      ASSERT_LE(found.front().traffic, before) << machine.scratchpad.size_kib << " KiB, "
                                               << found.front().origin << ": " << describe(drawn);
      before = found.front().traffic;
      machine.scratchpad.size_kib += 1 + machine.scratchpad.size_kib / 4;
    }
  }
}

}  // namespace
}  // namespace vitsim::mapping
