// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <gtest/gtest.h>

#include "support/arrays.h"
#include "support/pe_array_bench.h"

namespace vitsim::test {

/// Tests that hold for both forms of an array.
class PeArrayFormTest : public testing::TestWithParam<config::ArrayModel> {
 protected:
  static config::PeArray form(const config::PeArray& array) { return in_form(GetParam(), array); }
};

inline auto both_forms() {
  return testing::Values(config::ArrayModel::kWavefront, config::ArrayModel::kRegister);
}

inline std::string name_of_form(const testing::TestParamInfo<config::ArrayModel>& form) {
  return form.param == config::ArrayModel::kRegister ? "Register" : "Wavefront";
}

/// When the array takes the first beat of sources that are always ready.
inline constexpr Cycles kFirst = 1;

/// The sink takes a beat in each of these cycles and in none before or between.
inline void expect_beats_in(PeArrayBench& bench, const std::vector<Cycles>& cycles) {
  bench.reset();
  for (std::size_t i = 0; i < cycles.size(); ++i) {
    bench.run_through(cycles[i] - 1);
    EXPECT_EQ(bench.sink.beats.size(), i) << "in cycle " << cycles[i] - 1;
    bench.run_through(cycles[i]);
    EXPECT_EQ(bench.sink.beats.size(), i + 1) << "in cycle " << cycles[i];
  }
  bench.run_through(cycles.back() + 100);
  EXPECT_EQ(bench.sink.cycles, cycles);
  EXPECT_EQ(bench.came(), bench.expected);
}

/// How many cycles a layer lost to a cause.
inline Cycles stalls(PeArrayBench& bench, std::size_t layer, stats::StallCause cause) {
  return bench.pes->activity().by_layer()[layer].stalls[static_cast<std::size_t>(cause)];
}

}  // namespace vitsim::test
