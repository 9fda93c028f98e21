// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/gemm.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace vitsim::timing {
namespace {

config::PeArray array(int rows, int cols, bool overlap_folds) {
  config::PeArray array;
  array.rows = rows;
  array.cols = cols;
  array.overlap_folds = overlap_folds;
  return array;
}

TEST(GemmCycles, OfALayerOfDeitTinyAreThoseOfTheDesign) {
  EXPECT_EQ(fold_count({197, 192, 576}, array(64, 64, false)), 27);
  EXPECT_EQ(gemm_cycles({197, 192, 576}, array(64, 64, false)), 10449);
  EXPECT_EQ(gemm_cycles({197, 192, 576}, array(64, 64, false)), 27 * (197 + 2 * 64 + 64 - 2));
}

TEST(GemmCycles, WithOverlapFollowEachOtherEveryMaxOfMAndR) {
  // M > R: 26 folds of 197, then one alone.
  EXPECT_EQ(gemm_cycles({197, 192, 576}, array(64, 64, true)), 26 * 197 + 387);
  // M < R: the weights of the next fold are what takes longest.
  EXPECT_EQ(gemm_cycles({10, 192, 576}, array(64, 64, true)), 26 * 64 + (10 + 2 * 64 + 64 - 2));
  EXPECT_EQ(gemm_cycles({64, 128, 64}, array(64, 64, true)), 64 + (64 + 2 * 64 + 64 - 2));
}

TEST(GemmCycles, OfASingleFoldAreTheSameWithAndWithoutOverlap) {
  for (const model::GemmShape shape : {model::GemmShape{1, 1, 1}, {7, 8, 4}, {7, 3, 2}}) {
    EXPECT_EQ(fold_count(shape, array(8, 4, true)), 1);
    EXPECT_EQ(gemm_cycles(shape, array(8, 4, true)), shape.m + 2 * 8 + 4 - 2);
    EXPECT_EQ(gemm_cycles(shape, array(8, 4, false)), shape.m + 2 * 8 + 4 - 2);
  }
}

TEST(GemmCycles, OfOneProductOnOneElementAreItsLoadAndItself) {
  EXPECT_EQ(array_latency(array(1, 1, false)), 0);
  EXPECT_EQ(gemm_cycles({1, 1, 1}, array(1, 1, false)), 2);
  EXPECT_EQ(gemm_cycles({1, 5, 3}, array(1, 1, false)), 30);
  EXPECT_EQ(gemm_cycles({1, 5, 3}, array(1, 1, true)), 14 + 2);
}

TEST(FoldCount, RoundsUpAtTheArraysEdges) {
  EXPECT_EQ(fold_count({5, 8, 4}, array(8, 4, true)), 1);
  EXPECT_EQ(fold_count({5, 9, 4}, array(8, 4, true)), 2);
  EXPECT_EQ(fold_count({5, 8, 5}, array(8, 4, true)), 2);
  EXPECT_EQ(fold_count({5, 16, 8}, array(8, 4, true)), 4);
  EXPECT_EQ(fold_count({5, 17, 9}, array(8, 4, true)), 9);
}

TEST(GemmCycles, AreNeverMoreWithOverlapAndNeverFewerThanTheFoldsStream) {
  for (int rows = 1; rows <= 9; rows += 2) {
    for (int cols = 1; cols <= 9; cols += 4) {
      for (std::int64_t m = 1; m <= 12; m += 3) {
        for (std::int64_t k = 1; k <= 20; k += 3) {
          const model::GemmShape shape{m, k, 13};
          const Cycles apart = gemm_cycles(shape, array(rows, cols, false));
          const Cycles overlapped = gemm_cycles(shape, array(rows, cols, true));
          EXPECT_LE(overlapped, apart);
          EXPECT_GE(overlapped,
                    fold_count(shape, array(rows, cols, true)) * std::max<std::int64_t>(m, rows));
        }
      }
    }
  }
}

}  // namespace
}  // namespace vitsim::timing
