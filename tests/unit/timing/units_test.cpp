// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/units.h"

#include <gtest/gtest.h>

namespace vitsim::timing {
namespace {

template <class Unit>
Unit odd_unit() {
  Unit unit;
  unit.lanes = 5;
  unit.latency_cycles = 7;
  unit.initiation_interval = 2;
  return unit;
}

void expect_form(const RowUnit& form, int passes, int reads) {
  EXPECT_EQ(form.lanes, 5);
  EXPECT_EQ(form.latency_cycles, 7);
  EXPECT_EQ(form.initiation_interval, 2);
  EXPECT_EQ(form.passes, passes);
  EXPECT_EQ(form.reads, reads);
}

TEST(RowUnitOf, ShiftmaxTakesARowThreeTimes) {
  expect_form(row_unit(odd_unit<config::SoftmaxUnit>()), 3, 1);
}

TEST(RowUnitOf, ShiftgeluTakesARowTwice) {
  expect_form(row_unit(odd_unit<config::GeluUnit>()), 2, 1);
}

TEST(RowUnitOf, LayerNormTakesARowThreeTimes) {
  expect_form(row_unit(odd_unit<config::LayerNormUnit>()), 3, 1);
}

TEST(RowUnitOf, AdditionTakesTwoRowsOnce) {
  expect_form(row_unit(odd_unit<config::VectorUnit>()), 1, 2);
}

}  // namespace
}  // namespace vitsim::timing
