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

TEST(DivisionCycles, AreADigitEachAndTheReciprocalsWithItsLeadingOneAndAProduct) {
  config::DividerArray divider;
  divider.kind = config::DividerKind::kRadix;
  divider.quotient_bits = 16;
  divider.radix_bits = 2;
  divider.reciprocal_bits = 30;
  EXPECT_EQ(division_cycles(divider), 8);
  divider.radix_bits = 3;
  EXPECT_EQ(division_cycles(divider), 6);
  divider.kind = config::DividerKind::kReciprocal;
  divider.radix_bits = 2;
  divider.reciprocal_bits = 15;
  EXPECT_EQ(division_cycles(divider), 8 + 1);
  divider.reciprocal_bits = 16;
  EXPECT_EQ(division_cycles(divider), 9 + 1);
}

config::TaylorPipeline odd_pipeline() {
  config::TaylorPipeline pipeline;
  pipeline.lanes = 5;
  pipeline.accumulator_array = {0, 7, 2};
  pipeline.adder_array = {0, 7, 2};
  pipeline.divider_array.latency_cycles = 3;
  pipeline.divider_array.initiation_interval = 2;
  pipeline.divider_array.quotient_bits = 16;
  pipeline.divider_array.radix_bits = 4;  // four digits
  return pipeline;
}

TEST(TaylorArrays, TakeARowOnceAndTheDividerADigitACycle) {
  expect_form(accumulator_array(odd_pipeline()), 1, 1);
  expect_form(adder_array(odd_pipeline()), 1, 1);
  expect_form(divider_array(odd_pipeline()), 1, 1);
}

TEST(TaylorArrays, HaveThePipelinesLanesUnlessTheySayTheirOwn) {
  config::TaylorPipeline pipeline = odd_pipeline();
  pipeline.accumulator_array.lanes = 11;
  pipeline.divider_array.lanes = 12;
  pipeline.adder_array.lanes = 13;
  EXPECT_EQ(accumulator_array(pipeline).lanes, 11);
  EXPECT_EQ(divider_array(pipeline).lanes, 12);
  EXPECT_EQ(adder_array(pipeline).lanes, 13);
}

TEST(FeatureCentering, GoesThroughAdderTreeSumsAndDividerBetweenItsTwoPasses) {
  config::TaylorPipeline pipeline = odd_pipeline();
  // The adders' 7; a tree of 5 leaves, 3 levels; the sums' 7; the divider's 3 and four digits.
  RowUnit form = feature_centering(pipeline);
  EXPECT_EQ(form.passes, 2);
  EXPECT_EQ(form.lanes, 5);
  EXPECT_EQ(form.initiation_interval, 2);
  EXPECT_EQ(form.latency_cycles, 7 + 3 + 7 + 3 + 4);
  // The narrower and the slower of the two arrays.
  pipeline.accumulator_array.lanes = 4;
  pipeline.accumulator_array.initiation_interval = 3;
  form = feature_centering(pipeline);
  EXPECT_EQ(form.lanes, 4);
  EXPECT_EQ(form.initiation_interval, 3);
  EXPECT_EQ(form.latency_cycles, 7 + 2 + 7 + 3 + 4);
  pipeline.accumulator_array.lanes = 1;
  EXPECT_EQ(feature_centering(pipeline).latency_cycles, 7 + 0 + 7 + 3 + 4);
}

}  // namespace
}  // namespace vitsim::timing
