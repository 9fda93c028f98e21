// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/scratchpad_port.h"

#include <gtest/gtest.h>

namespace vitsim::timing {
namespace {

config::Scratchpad four_banks_of_eight_bytes() {
  config::Scratchpad pad;
  pad.banks = 4;
  pad.bank_width_bytes = 8;
  return pad;
}

void expect(const PadAccess& access, Cycles cycles, std::int64_t words) {
  EXPECT_EQ(access.cycles, cycles);
  EXPECT_EQ(access.words, words);
}

TEST(ScratchpadPortTest, ARunTakesARoundOfBanksACycle) {
  const auto pad = four_banks_of_eight_bytes();
  expect(run_access(1, pad), 1, 1);
  expect(run_access(8, pad), 1, 1);
  expect(run_access(32, pad), 1, 4);
  expect(run_access(33, pad), 2, 5);
}

TEST(ScratchpadPortTest, ElementsInOneWordAreReadOnce) {
  const auto pad = four_banks_of_eight_bytes();
  expect(strided_access(4, 2, pad), 1, 1);
  expect(strided_access(5, 2, pad), 1, 2);
  expect(strided_access(5, 100, pad), 2, 5);
}

TEST(ScratchpadPortTest, AllBanksTogetherMoveAWordAPortAndCycle) {
  auto pad = four_banks_of_eight_bytes();
  EXPECT_EQ(words_per_cycle(pad), 4);
  pad.ports = 3;
  EXPECT_EQ(words_per_cycle(pad), 12);
}

}  // namespace
}  // namespace vitsim::timing
