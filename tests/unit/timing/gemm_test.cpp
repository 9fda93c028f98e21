// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/gemm.h"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "timing/arrays.h"

namespace vitsim::timing {
namespace {

constexpr Dataflow kWeights = Dataflow::kWeightStationary;
constexpr Dataflow kInputs = Dataflow::kInputStationary;
constexpr Dataflow kOutputs = Dataflow::kOutputStationary;

/// Q, K and V of DeiT-Tiny.
constexpr model::GemmShape kQkv{197, 192, 576};

TEST(GemmCycles, OfALayerOfDeitTinyAreThoseOfTheDesign) {
  const auto expect = [](const config::PeArray& array, std::int64_t folds, Cycles fold) {
    EXPECT_EQ(fold_count(kQkv, array), folds);
    EXPECT_EQ(fold_cycles(kQkv, array), fold);
    EXPECT_EQ(fold_interval(kQkv, array), fold);
    EXPECT_EQ(gemm_cycles(kQkv, array), folds * fold);
  };
  expect(systolic(kWeights, 64, 64), 27, 387);  // 197 + 2 * 64 + 64 - 2
  expect(systolic(kInputs, 64, 64), 12, 766);   // 576 + 2 * 64 + 64 - 2
  expect(systolic(kOutputs, 64, 64), 36, 318);  // 192 + 64 + 64 - 2
  expect(exposed(systolic(kOutputs, 64, 64)), 36, 382);
  EXPECT_EQ(gemm_cycles(kQkv, systolic(kWeights, 64, 64)), 10449);
  EXPECT_EQ(gemm_cycles(kQkv, systolic(kInputs, 64, 64)), 9192);
  EXPECT_EQ(gemm_cycles(kQkv, systolic(kOutputs, 64, 64)), 11448);
}

TEST(GemmCycles, OfALayerOfDeitTinyOnARowWiseArrayAreItsFoldsAndOnceTheAdderTree) {
  const config::PeArray array = row_wise(7, 12, 4);
  EXPECT_EQ(fold_count(kQkv, array), 66816);  // 29 * 576 * 4
  EXPECT_EQ(array_latency(array), 4);         // 12 blocks: 6, 3, 2, 1
  EXPECT_EQ(gemm_cycles(kQkv, array), 66816 + 4);
}

TEST(GemmCycles, WithOverlapFollowEachOtherEveryMaxOfTheBeatsAndR) {
  const auto gemm = [](Dataflow dataflow, const model::GemmShape& shape) {
    return gemm_cycles(shape, systolic(dataflow, 64, 64, true));
  };
  // More beats than R: 26 folds of 197, then one alone.
  EXPECT_EQ(gemm(kWeights, kQkv), 26 * 197 + 387);
  EXPECT_EQ(gemm(kInputs, kQkv), 11 * 576 + 766);
  // Fewer: the next fold's operand is what takes longest.
  EXPECT_EQ(gemm(kWeights, {10, 192, 576}), 26 * 64 + (10 + 2 * 64 + 64 - 2));
  EXPECT_EQ(gemm(kInputs, {576, 192, 10}), 26 * 64 + (10 + 2 * 64 + 64 - 2));
  // As many.
  EXPECT_EQ(gemm(kWeights, {64, 128, 64}), 64 + (64 + 2 * 64 + 64 - 2));
}

TEST(GemmCycles,
     WithOverlapAndStationarySumsFollowEachOtherEveryKOrWhereTheyDrainExposedMaxOfKAndR) {
  const config::PeArray hidden = systolic(kOutputs, 64, 64, true);
  EXPECT_EQ(gemm_cycles(kQkv, hidden), 35 * 192 + 318);
  EXPECT_EQ(gemm_cycles(kQkv, exposed(hidden)), 35 * 192 + 382);
  const model::GemmShape shallow{197, 10, 576};
  EXPECT_EQ(gemm_cycles(shallow, hidden), 35 * 10 + (10 + 64 + 64 - 2));
  EXPECT_EQ(gemm_cycles(shallow, exposed(hidden)), 35 * 64 + (10 + 64 + 64 - 2 + 64));
}

TEST(GemmCycles, OfASingleFoldAreTheSameWithAndWithoutOverlap) {
  for (const bool overlap : {false, true}) {
    for (const model::GemmShape shape : {model::GemmShape{1, 1, 1}, {3, 8, 4}, {4, 3, 2}}) {
      const auto [m, k, n] = shape;
      for (const Dataflow dataflow : kDataflows) {
        EXPECT_EQ(fold_count(shape, systolic(dataflow, 8, 4, overlap)), 1);
      }
      EXPECT_EQ(gemm_cycles(shape, systolic(kWeights, 8, 4, overlap)), m + 2 * 8 + 4 - 2);
      EXPECT_EQ(gemm_cycles(shape, systolic(kInputs, 8, 4, overlap)), n + 2 * 8 + 4 - 2);
      EXPECT_EQ(gemm_cycles(shape, systolic(kOutputs, 8, 4, overlap)), k + 8 + 4 - 2);
      EXPECT_EQ(gemm_cycles(shape, exposed(systolic(kOutputs, 8, 4, overlap))), k + 2 * 8 + 4 - 2);
    }
  }
}

TEST(GemmCycles, OfOneProductOnOneElementAreItsLoadAndItself) {
  EXPECT_EQ(array_latency(systolic(kWeights, 1, 1)), 0);
  EXPECT_EQ(gemm_cycles({1, 1, 1}, systolic(kWeights, 1, 1)), 2);
  EXPECT_EQ(gemm_cycles({1, 5, 3}, systolic(kWeights, 1, 1)), 30);
  EXPECT_EQ(gemm_cycles({1, 5, 3}, systolic(kWeights, 1, 1, true)), 14 + 2);
  EXPECT_EQ(gemm_cycles({1, 5, 3}, systolic(kInputs, 1, 1)), 5 * (3 + 1));
  EXPECT_EQ(gemm_cycles({1, 5, 3}, systolic(kOutputs, 1, 1)), 3 * 5);
  EXPECT_EQ(gemm_cycles({1, 5, 3}, exposed(systolic(kOutputs, 1, 1))), 3 * (5 + 1));
  EXPECT_EQ(gemm_cycles({1, 5, 3}, row_wise(1, 1, 1)), 15);
}

TEST(GemmCycles, OfARowWiseArrayAreTheSameWhateverTheKeysOfSystolicArraysSay) {
  for (const bool overlap : {false, true}) {
    for (const Dataflow dataflow : kDataflows) {
      config::PeArray array = exposed(row_wise(7, 12, 4));
      array.dataflow = dataflow;
      array.overlap_folds = overlap;
      EXPECT_EQ(gemm_cycles(kQkv, array), 66816 + 4);
    }
  }
}

TEST(LoadCycles, AreTheRowsOfPesOverThoseThatEnterInACycle) {
  const auto load = [](config::PeArray array, int rows_per_cycle) {
    array.weight_rows_per_cycle = rows_per_cycle;
    return load_cycles(array);
  };
  for (const Dataflow dataflow : {kWeights, kInputs}) {
    EXPECT_EQ(load(systolic(dataflow, 10, 4), 1), 10);
    EXPECT_EQ(load(systolic(dataflow, 10, 4), 2), 5);
    EXPECT_EQ(load(systolic(dataflow, 10, 4), 3), 4);
    EXPECT_EQ(load(systolic(dataflow, 10, 4), 9), 2);
    EXPECT_EQ(load(systolic(dataflow, 10, 4), 10), 1);
    EXPECT_EQ(load(systolic(dataflow, 10, 4), 64), 1);
  }
  EXPECT_EQ(load(systolic(kOutputs, 10, 4), 1), 0);
  EXPECT_EQ(load(row_wise(10, 3, 4), 1), 0);
}

TEST(LoadCycles, AreSavedInEachFoldWithoutOverlapAndInTheFirstAloneWithIt) {
  for (const Dataflow dataflow : {kWeights, kInputs}) {
    for (const bool overlap : {false, true}) {
      config::PeArray array = systolic(dataflow, 64, 64, overlap);
      const Cycles one = gemm_cycles(kQkv, array);
      array.weight_rows_per_cycle = 16;
      const std::int64_t loads = overlap ? 1 : fold_count(kQkv, array);
      EXPECT_EQ(gemm_cycles(kQkv, array), one - loads * (64 - 4));
    }
  }
  // The wave frees a row of shadow registers a cycle, however many could load.
  config::PeArray array = systolic(kWeights, 64, 64, true);
  array.weight_rows_per_cycle = 64;
  EXPECT_EQ(fold_interval({10, 192, 576}, array), 64);
}

TEST(ArrayLatency, OfARowWiseArrayIsTheDepthOfItsAdderTrees) {
  const auto latency = [](int blocks) { return array_latency(row_wise(7, blocks, 4)); };
  EXPECT_EQ(latency(1), 0);
  EXPECT_EQ(latency(2), 1);
  EXPECT_EQ(latency(3), 2);
  EXPECT_EQ(latency(4), 2);
  EXPECT_EQ(latency(5), 3);
  EXPECT_EQ(latency(8), 3);
  EXPECT_EQ(latency(9), 4);
  EXPECT_EQ(latency(512), 9);
}

TEST(FoldCount, RoundsUpAtTheArraysEdges) {
  const auto weights = [](const model::GemmShape& shape) {
    return fold_count(shape, systolic(kWeights, 8, 4));
  };
  EXPECT_EQ(weights({5, 8, 4}), 1);
  EXPECT_EQ(weights({5, 9, 4}), 2);
  EXPECT_EQ(weights({5, 8, 5}), 2);
  EXPECT_EQ(weights({5, 16, 8}), 4);
  EXPECT_EQ(weights({5, 17, 9}), 9);
  const auto inputs = [](const model::GemmShape& shape) {
    return fold_count(shape, systolic(kInputs, 8, 4));
  };
  EXPECT_EQ(inputs({4, 8, 50}), 1);
  EXPECT_EQ(inputs({5, 9, 50}), 4);
  const auto outputs = [](const model::GemmShape& shape) {
    return fold_count(shape, systolic(kOutputs, 8, 4));
  };
  EXPECT_EQ(outputs({8, 50, 4}), 1);
  EXPECT_EQ(outputs({9, 50, 5}), 4);
  const auto rows = [](const model::GemmShape& shape) {
    return fold_count(shape, row_wise(8, 3, 2));
  };
  EXPECT_EQ(rows({8, 6, 50}), 50);
  EXPECT_EQ(rows({9, 7, 50}), 200);
}

TEST(GemmCycles, AreNeverMoreWithOverlapAndNeverFewerThanTheFoldsStream) {
  for (const Dataflow dataflow : kDataflows) {
    for (int rows = 1; rows <= 9; rows += 2) {
      for (int cols = 1; cols <= 9; cols += 4) {
        for (std::int64_t m = 1; m <= 12; m += 3) {
          for (std::int64_t k = 1; k <= 20; k += 3) {
            const model::GemmShape shape{m, k, 13};
            const config::PeArray overlapping = systolic(dataflow, rows, cols, true);
            const Cycles overlapped = gemm_cycles(shape, overlapping);
            EXPECT_LE(overlapped, gemm_cycles(shape, systolic(dataflow, rows, cols)));
            EXPECT_LE(gemm_cycles(shape, exposed(overlapping)),
                      gemm_cycles(shape, exposed(systolic(dataflow, rows, cols))));
            const std::int64_t beats = dataflow == kWeights ? m : dataflow == kInputs ? shape.n : k;
            EXPECT_GE(overlapped, fold_count(shape, overlapping) * beats);
            EXPECT_GE(gemm_cycles(shape, exposed(overlapping)), overlapped);
          }
        }
      }
    }
  }
}

// --- whole networks on the row-wise accelerator (Wang and Chang, AICAS 2022), without stalls: each
// operator takes ceil(M / 7) N ceil(K / 48) cycles

/// Folds of `times` products of one shape.
std::int64_t folds(std::int64_t times, const model::GemmShape& shape) {
  return times * fold_count(shape, row_wise(7, 12, 4));
}

struct Vit {
  std::int64_t dim;
  std::int64_t heads;
};

/// DeiT at 224 x 224: 197 tokens, 12 encoder blocks, heads of 64.
std::int64_t deit_folds(Vit vit) {
  const std::int64_t blocks = 12;
  return folds(1, {196, 768, vit.dim}) + folds(blocks, {197, vit.dim, 3 * vit.dim}) +
         folds(blocks * vit.heads, {197, 64, 197}) + folds(blocks * vit.heads, {197, 197, 64}) +
         folds(blocks, {197, vit.dim, vit.dim}) + folds(blocks, {197, vit.dim, 4 * vit.dim}) +
         folds(blocks, {197, 4 * vit.dim, vit.dim}) + folds(1, {1, vit.dim, 1000});
}

TEST(FoldCount, OfDeitOnTheRowWiseAcceleratorIsTheSumOverItsProducts) {
  EXPECT_EQ(deit_folds({192, 3}), 4042600);
  EXPECT_EQ(deit_folds({384, 6}), 14499536);
  EXPECT_EQ(deit_folds({768, 12}), 54656416);
}

struct Swin {
  std::int64_t qkv = 0;
  std::int64_t qk = 0;
  std::int64_t av = 0;
  std::int64_t proj = 0;
  std::int64_t fc1 = 0;
  std::int64_t fc2 = 0;
  std::int64_t merging = 0;
  std::int64_t patch = folds(1, {56 * 56, 48, 96});
  std::int64_t head = folds(1, {1, 768, 1000});
  [[nodiscard]] std::int64_t all() const {
    return patch + qkv + qk + av + proj + fc1 + fc2 + merging + head;
  }
};

/// Swin at 224 x 224, windows of 7 x 7, from 96 features on: each stage a quarter of the tokens,
/// twice the features.
Swin swin_folds(const std::array<int, 4>& blocks) {
  Swin swin;
  std::int64_t tokens = 56 * 56;
  std::int64_t dim = 96;
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    const std::int64_t times = blocks[stage];
    const std::int64_t windows = times * tokens / 49 * (dim / 32);  // by head
    swin.qkv += folds(times, {tokens, dim, 3 * dim});
    swin.qk += folds(windows, {49, 32, 49});
    swin.av += folds(windows, {49, 49, 32});
    swin.proj += folds(times, {tokens, dim, dim});
    swin.fc1 += folds(times, {tokens, dim, 4 * dim});
    swin.fc2 += folds(times, {tokens, 4 * dim, dim});
    if (stage + 1 < blocks.size()) {
      tokens /= 4;
      swin.merging += folds(1, {tokens, 4 * dim, 2 * dim});
      dim *= 2;
    }
  }
  return swin;
}

TEST(FoldCount, OfSwinOnTheRowWiseAcceleratorIsTheSumOverItsProductsByOperator) {
  const Swin tiny = swin_folds({2, 2, 6, 2});
  EXPECT_EQ(tiny.patch, 43008);
  EXPECT_EQ(tiny.qkv, 3096576);
  EXPECT_EQ(tiny.qk, 312816);
  EXPECT_EQ(tiny.av, 408576);
  EXPECT_EQ(tiny.proj, 1032192);
  EXPECT_EQ(tiny.fc1, 4128768);
  EXPECT_EQ(tiny.fc2, 4128768);
  EXPECT_EQ(tiny.merging, 516096);
  EXPECT_EQ(tiny.head, 16000);
  EXPECT_EQ(tiny.all(), 13682800);
  EXPECT_EQ(swin_folds({2, 2, 18, 2}).all(), 26524720);
}

}  // namespace
}  // namespace vitsim::timing
