// SPDX-License-Identifier: Apache-2.0
#include "support/random_case.h"

#include <functional>

#include <gtest/gtest.h>

#include "vitsim/config/load.h"

/// What random tests rest on: that everything is drawn, and now and then together.
namespace vitsim::test {
namespace {

using config::ArrayKind;
using config::ArrayModel;
using config::Dataflow;
using config::Drain;
using config::PeArray;

int times_drawn(const std::function<bool(const config::Config&)>& wanted) {
  int times = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    times += wanted(random_config(random)) ? 1 : 0;
  }
  return times;
}

int arrays_drawn(const std::function<bool(const PeArray&)>& wanted) {
  return times_drawn(
      [&](const config::Config& config) { return wanted(config.accelerator.pe_array); });
}

TEST(RandomConfig, IsOfEachKindDataflowAndFormWithAndWithoutOverlap) {
  for (const ArrayModel model : {ArrayModel::kWavefront, ArrayModel::kRegister}) {
    for (const bool overlap : {false, true}) {
      for (const Drain drain : {Drain::kHidden, Drain::kExposed}) {
        const auto is = [&](const PeArray& array, ArrayKind kind) {
          return array.kind == kind && array.model == model && array.overlap_folds == overlap &&
                 array.drain == drain;
        };
        EXPECT_GT(arrays_drawn([&](const PeArray& a) { return is(a, ArrayKind::kRowWise); }), 5);
        for (const Dataflow dataflow : {Dataflow::kWeightStationary, Dataflow::kInputStationary,
                                        Dataflow::kOutputStationary}) {
          EXPECT_GT(arrays_drawn([&](const PeArray& a) {
                      return is(a, ArrayKind::kSystolic) && a.dataflow == dataflow;
                    }),
                    5);
        }
      }
    }
  }
}

TEST(RandomConfig, IsOfEachShapeOfARowWiseArray) {
  const auto row_wise = [](const PeArray& array) { return array.kind == ArrayKind::kRowWise; };
  const auto piece = [](const PeArray& array) { return array.blocks * array.macs_per_block; };
  EXPECT_GT(arrays_drawn(
                [&](const PeArray& a) { return row_wise(a) && a.row_buffer_elements < piece(a); }),
            20);
  EXPECT_GT(arrays_drawn([&](const PeArray& a) {
              return row_wise(a) && a.row_buffer_elements > 2 * piece(a);
            }),
            20);
  EXPECT_GT(arrays_drawn([&](const PeArray& a) { return row_wise(a) && a.blocks == 1; }), 5);
}

TEST(RandomConfig, LoadsOneRowSomeAndAllOfThePesInACycle) {
  const auto rows = [](const PeArray& array) { return array.weight_rows_per_cycle; };
  EXPECT_GT(arrays_drawn([&](const PeArray& a) { return rows(a) == 1; }), 20);
  EXPECT_GT(arrays_drawn([&](const PeArray& a) { return rows(a) > 1 && rows(a) < a.rows; }), 20);
  EXPECT_GT(arrays_drawn([&](const PeArray& a) { return rows(a) > a.rows; }), 20);
}

TEST(RandomConfig, HasAccumulatorsThatHoldAProductAndLittleMore) {
  EXPECT_GT(times_drawn([](const config::Config& config) {
              config::Config narrower = config;
              --narrower.precision.accumulator_bits;
              try {
                config::check(narrower);
              } catch (const std::exception&) {
                return true;
              }
              return false;
            }),
            20);
}

}  // namespace
}  // namespace vitsim::test
