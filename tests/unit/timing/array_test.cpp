// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/array.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>

#include "timing/arrays.h"

namespace vitsim::timing {

bool operator==(const Fold& a, const Fold& b) {
  return std::tie(a.rows, a.cols, a.beats) == std::tie(b.rows, b.cols, b.beats);
}

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name.
void PrintTo(const Fold& fold, std::ostream* out) {
  *out << fold.rows << " rows, " << fold.cols << " cols, " << fold.beats << " beats";
}

namespace {

using testing::ElementsAre;

std::vector<Fold> folds_of(const model::GemmShape& tile, const config::PeArray& array) {
  std::vector<Fold> folds;
  for (std::int64_t i = 0; i < tile_folds(tile, array); ++i) {
    folds.push_back(tile_fold(tile, array, i));
  }
  return folds;
}

TEST(ArrayType, IsTheDataflowOfASystolicArrayAndRowWiseWhateverTheDataflow) {
  EXPECT_EQ(type_of(config::PeArray{}), ArrayType::kWeightStationary);
  EXPECT_EQ(type_of(systolic(Dataflow::kInputStationary, 2, 3)), ArrayType::kInputStationary);
  EXPECT_EQ(type_of(systolic(Dataflow::kOutputStationary, 2, 3)), ArrayType::kOutputStationary);
  for (const Dataflow dataflow : kDataflows) {
    config::PeArray array = row_wise(7, 12, 4);
    array.dataflow = dataflow;
    EXPECT_EQ(type_of(array), ArrayType::kRowWise);
    EXPECT_TRUE(sums_are_columns(array));
  }
}

TEST(ArraySize, IsRowsByColumnsOrRowsByBlocksByMacs) {
  for (const Dataflow dataflow : kDataflows) {
    EXPECT_EQ(pe_count(systolic(dataflow, 16, 64)), 1024);
    EXPECT_EQ(sums_width(systolic(dataflow, 16, 64)), 64);
    EXPECT_EQ(contraction_width(systolic(dataflow, 16, 64)), 16);
  }
  EXPECT_EQ(pe_count(row_wise(7, 12, 4)), 336);
  EXPECT_EQ(sums_width(row_wise(7, 12, 4)), 7);
  EXPECT_EQ(contraction_width(row_wise(7, 12, 4)), 48);
  EXPECT_EQ(pe_count(row_wise(512, 512, 64)), std::int64_t{512} * 512 * 64);
}

TEST(Sums, AreColumnsOfTheResultWhereTheArrayHoldsTheLeftOperand) {
  EXPECT_FALSE(sums_are_columns(systolic(Dataflow::kWeightStationary, 2, 3)));
  EXPECT_TRUE(sums_are_columns(systolic(Dataflow::kInputStationary, 2, 3)));
  EXPECT_FALSE(sums_are_columns(systolic(Dataflow::kOutputStationary, 2, 3)));
}

TEST(Folds, OfWeightsAreCutAlongKAndStreamM) {
  const auto array = systolic(Dataflow::kWeightStationary, 8, 5);
  EXPECT_THAT(folds_of({10, 19, 4}, array),
              ElementsAre(Fold{8, 4, 10}, Fold{8, 4, 10}, Fold{3, 4, 10}));
  EXPECT_THAT(folds_of({10, 16, 4}, array), ElementsAre(Fold{8, 4, 10}, Fold{8, 4, 10}));
  EXPECT_THAT(folds_of({1, 1, 1}, array), ElementsAre(Fold{1, 1, 1}));
  EXPECT_EQ(sum_passes({10, 19, 4}, array), 3);
  EXPECT_EQ(sum_rows({10, 19, 4}, array), 10);
}

TEST(Folds, OfInputsAreCutAlongKAndStreamN) {
  const auto array = systolic(Dataflow::kInputStationary, 8, 5);
  EXPECT_THAT(folds_of({4, 19, 10}, array),
              ElementsAre(Fold{8, 4, 10}, Fold{8, 4, 10}, Fold{3, 4, 10}));
  EXPECT_EQ(sum_passes({4, 19, 10}, array), 3);
  EXPECT_EQ(sum_rows({4, 19, 10}, array), 10);
}

TEST(Folds, OfSumsAreCutAlongMAndStreamK) {
  const auto array = systolic(Dataflow::kOutputStationary, 8, 5);
  EXPECT_THAT(folds_of({19, 10, 4}, array),
              ElementsAre(Fold{8, 4, 10}, Fold{8, 4, 10}, Fold{3, 4, 10}));
  EXPECT_EQ(sum_passes({19, 10, 4}, array), 1);
  EXPECT_EQ(sum_rows({19, 10, 4}, array), 19);
}

TEST(Folds, OfARowWiseArrayHoldAllOfKAndStreamEachColumnInPieces) {
  const auto array = row_wise(7, 3, 2);
  EXPECT_THAT(folds_of({7, 13, 10}, array), ElementsAre(Fold{7, 13, 30}));
  EXPECT_THAT(folds_of({5, 12, 10}, array), ElementsAre(Fold{5, 12, 20}));
  EXPECT_EQ(sum_passes({7, 13, 10}, array), 1);
  EXPECT_EQ(sum_rows({7, 13, 10}, array), 10);
}

/// Products in a fold: each PE in use makes one a beat; in a row-wise array, those of the beats of
/// one column make up all of K.
std::int64_t products(const Fold& fold, const model::GemmShape& tile,
                      const config::PeArray& array) {
  const std::int64_t beats =
      array.kind == config::ArrayKind::kRowWise
          ? fold.beats / ((tile.k + contraction_width(array) - 1) / contraction_width(array))
          : fold.beats;
  return fold.rows * fold.cols * beats;
}

TEST(Folds, TogetherMakeEveryProductOfTheTileOnceAndFitTheArray) {
  for (const config::PeArray& array :
       {systolic(Dataflow::kWeightStationary, 4, 3), systolic(Dataflow::kInputStationary, 4, 3),
        systolic(Dataflow::kOutputStationary, 4, 3), row_wise(3, 2, 2)}) {
    for (std::int64_t across = 1; across <= 3; ++across) {
      for (std::int64_t k = 1; k <= 13; ++k) {
        for (std::int64_t along = 1; along <= 9; ++along) {
          const model::GemmShape tile = sums_are_columns(array)
                                            ? model::GemmShape{across, k, along}
                                            : model::GemmShape{along, k, across};
          std::int64_t made = 0;
          for (const Fold& fold : folds_of(tile, array)) {
            made += products(fold, tile, array);
            EXPECT_LE(fold.rows, array.rows);
            EXPECT_GT(std::min({fold.rows, fold.cols, fold.beats}), 0);
            if (array.kind == config::ArrayKind::kSystolic) {
              EXPECT_LE(fold.cols, array.cols);
            }
          }
          EXPECT_EQ(made, tile.m * tile.k * tile.n);
        }
      }
    }
  }
}

}  // namespace
}  // namespace vitsim::timing
