// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/operand_walk.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "vitsim/core/random.h"
#include "vitsim/timing/gemm.h"

#include "support/random_case.h"

namespace vitsim::mapping {
namespace {

using config::Dataflow;
using Order = OperandBlock::Order;

/// An element of lhs as (m, k), of rhs as (k, n), or a zero that is not read.
using Element = std::optional<std::pair<std::int64_t, std::int64_t>>;
using Row = std::vector<Element>;
using Beat = std::vector<Row>;

struct Drawn {
  model::GemmShape tile;
  config::PeArray array;
  bool lhs_transposed = false;
  bool rhs_transposed = false;

  [[nodiscard]] bool transposed(Side side) const {
    return side == Side::kLhs ? lhs_transposed : rhs_transposed;
  }
  [[nodiscard]] bool row_wise() const { return array.kind == config::ArrayKind::kRowWise; }
  [[nodiscard]] bool is(Dataflow dataflow) const {
    return !row_wise() && array.dataflow == dataflow;
  }
  [[nodiscard]] std::int64_t piece() const {
    return std::int64_t{array.blocks} * array.macs_per_block;
  }
  [[nodiscard]] std::string text() const {
    return fmt::format(
        "{} x {} x {}, lhs transposed: {}, rhs transposed: {}, {} {}: {} x {}, {} "
        "blocks of {}, {} rows",
        tile.m, tile.k, tile.n, lhs_transposed, rhs_transposed,
        config::name_of(config::kArrayKindNames, array.kind),
        config::name_of(config::kDataflowNames, array.dataflow), array.rows, array.cols,
        array.blocks, array.macs_per_block, array.weight_rows_per_cycle);
  }
};

/// A tile that is no wider than the array, of a few folds.
Drawn draw(Random& random) {
  Drawn drawn;
  config::PeArray& array = drawn.array = test::random_config(random).accelerator.pe_array;
  const auto size = [&](std::int64_t limit) { return random.integer(1, limit); };
  drawn.tile.k = size(std::int64_t{3} * array.rows + 5);
  drawn.tile.m = size(20);
  drawn.tile.n = size(20);
  if (drawn.row_wise()) {
    drawn.tile.k = size(3 * drawn.piece() + 5);
    drawn.tile.m = size(std::int64_t{2} * array.rows);
  } else if (drawn.is(Dataflow::kInputStationary)) {
    drawn.tile.m = size(array.cols);
  } else if (drawn.is(Dataflow::kOutputStationary)) {
    drawn.tile.m = size(std::int64_t{3} * array.rows);
    drawn.tile.n = size(array.cols);
  } else {
    drawn.tile.n = size(array.cols);
  }
  drawn.lhs_transposed = random.integer(0, 1) == 0;
  drawn.rhs_transposed = random.integer(0, 1) == 0;
  return drawn;
}

template <class Action>
void each_of_1000(Action action) {
  Random random(1);
  for (int i = 0; i < 1000; ++i) {
    const Drawn drawn = draw(random);
    action(drawn);
    if (testing::Test::HasFailure()) {
      FAIL() << drawn.text();
    }
  }
}

// --- what the array expects: the naive definition

/// Elements begin to end - 1 of one row of lhs or column of rhs, and so on.
template <class At>
Row row_of(std::int64_t begin, std::int64_t end, At at) {
  Row row;
  for (std::int64_t i = begin; i < end; ++i) {
    row.push_back(at(i));
  }
  return row;
}

/// The rows of PEs of each fold of K, the last first, those beyond K as zeros; some at a time.
template <class At>
std::vector<Beat> expected_stationary(const Drawn& drawn, std::int64_t width, At at) {
  std::vector<Beat> beats;
  for (std::int64_t fold = 0; fold < drawn.tile.k; fold += drawn.array.rows) {
    Beat beat;
    for (std::int64_t pe = drawn.array.rows - 1; pe >= 0; --pe) {
      const std::int64_t k = fold + pe;
      beat.push_back(row_of(
          0, width, [&](std::int64_t i) { return k < drawn.tile.k ? at(k, i) : Element{}; }));
      if (static_cast<int>(beat.size()) == drawn.array.weight_rows_per_cycle || pe == 0) {
        beats.push_back(std::exchange(beat, {}));
      }
    }
  }
  return beats;
}

std::vector<Beat> expected(const Drawn& drawn, Side side) {
  const auto [m_all, k_all, n_all] = drawn.tile;
  const std::int64_t rows = drawn.array.rows;
  const auto element = [](std::int64_t row, std::int64_t col) {
    return Element{std::pair(row, col)};
  };
  std::vector<Beat> beats;
  const auto add = [&](Row row) { beats.push_back({std::move(row)}); };
  if (drawn.is(Dataflow::kWeightStationary)) {
    if (side == Side::kRhs) {
      return expected_stationary(drawn, n_all, element);
    }
    for (std::int64_t fold = 0; fold < k_all; fold += rows) {
      for (std::int64_t m = 0; m < m_all; ++m) {
        add(row_of(fold, std::min(fold + rows, k_all), [&](auto k) { return element(m, k); }));
      }
    }
    return beats;
  }
  if (drawn.is(Dataflow::kInputStationary)) {
    if (side == Side::kLhs) {
      return expected_stationary(drawn, m_all, [&](auto k, auto m) { return element(m, k); });
    }
    for (std::int64_t fold = 0; fold < k_all; fold += rows) {
      for (std::int64_t n = 0; n < n_all; ++n) {
        add(row_of(fold, std::min(fold + rows, k_all), [&](auto k) { return element(k, n); }));
      }
    }
    return beats;
  }
  for (std::int64_t fold = 0; fold < m_all; fold += rows) {
    const std::int64_t end = std::min(fold + rows, m_all);
    if (!drawn.row_wise()) {
      for (std::int64_t k = 0; k < k_all; ++k) {
        add(side == Side::kLhs ? row_of(fold, end, [&](auto m) { return element(m, k); })
                               : row_of(0, n_all, [&](auto n) { return element(k, n); }));
      }
    } else if (side == Side::kLhs) {
      Beat& block = beats.emplace_back();
      for (std::int64_t m = fold; m < end; ++m) {
        block.push_back(row_of(0, k_all, [&](auto k) { return element(m, k); }));
      }
    } else {
      for (std::int64_t n = 0; n < n_all; ++n) {
        for (std::int64_t k = 0; k < k_all; k += drawn.piece()) {
          add(row_of(k, std::min(k + drawn.piece(), k_all), [&](auto i) { return element(i, n); }));
        }
      }
    }
  }
  return beats;
}

// --- what the blocks say

std::vector<OperandBlock> blocks_of(const Drawn& drawn, Side side) {
  OperandWalk walk(drawn.tile, drawn.transposed(side), side, drawn.array);
  std::vector<OperandBlock> blocks;
  while (!walk.done()) {
    blocks.push_back(walk.next());
  }
  return blocks;
}

/// Where the element lies that a matrix of `rows` x `cols` has at (row, col), seen as the operand.
Element element_at(const Drawn& drawn, Side side, std::int64_t row, std::int64_t col) {
  return drawn.transposed(side) ? std::pair(col, row) : std::pair(row, col);
}

/// The beats of a block, by the meaning of its fields.
std::vector<Beat> beats_of(const OperandBlock& block, const Drawn& drawn, Side side) {
  const auto at = [&](std::int64_t row, std::int64_t col) {
    return element_at(drawn, side, block.row + row, block.col + col);
  };
  if (block.order == Order::kWhole) {
    Beat beat;
    for (std::int64_t row = 0; row < block.rows; ++row) {
      beat.push_back(row_of(0, block.cols, [&](auto col) { return at(row, col); }));
    }
    return {beat};
  }
  if (block.order == Order::kTurned) {
    Beat beat;
    for (std::int64_t col = 0; col < block.cols; ++col) {
      beat.push_back(row_of(0, block.rows, [&](auto row) { return at(row, col); }));
    }
    return {beat};
  }
  const bool columns = block.order == Order::kColumns;
  const std::int64_t count = columns ? block.cols : block.rows;
  const std::int64_t length = columns ? block.rows : block.cols;
  // Lines in the order in which they enter; a negative one is zeros.
  std::vector<std::int64_t> lines(static_cast<std::size_t>(block.padding), -1);
  for (std::int64_t i = 0; i < count; ++i) {
    lines.push_back(block.stationary ? count - 1 - i : i);
  }
  std::vector<Beat> beats;
  for (std::size_t first = 0; first < lines.size();
       first += static_cast<std::size_t>(block.rows_per_beat)) {
    const auto end = std::min(first + static_cast<std::size_t>(block.rows_per_beat), lines.size());
    for (std::int64_t piece = 0; piece < length; piece += block.piece) {
      Beat& beat = beats.emplace_back();
      for (std::size_t i = first; i < end; ++i) {
        beat.push_back(row_of(piece, std::min(piece + block.piece, length), [&](auto j) {
          if (lines[i] < 0) {
            return Element{};
          }
          return columns ? at(j, lines[i]) : at(lines[i], j);
        }));
      }
    }
  }
  return beats;
}

constexpr std::array kSides{Side::kLhs, Side::kRhs};

TEST(OperandWalk, DescribesTheBeatsThatTheArrayExpects) {
  each_of_1000([](const Drawn& drawn) {
    for (const Side side : kSides) {
      std::vector<Beat> beats;
      for (const OperandBlock& block : blocks_of(drawn, side)) {
        const std::vector<Beat> of_block = beats_of(block, drawn, side);
        ASSERT_EQ(block.beats(), static_cast<std::int64_t>(of_block.size()));
        beats.insert(beats.end(), of_block.begin(), of_block.end());
      }
      EXPECT_TRUE(beats == expected(drawn, side)) << (side == Side::kLhs ? "lhs" : "rhs");
    }
  });
}

TEST(OperandWalk, AgreesWithTheFoldsAboutHowManyBeatsThereAre) {
  each_of_1000([](const Drawn& drawn) {
    std::int64_t streaming = 0;
    const std::int64_t folds = timing::tile_folds(drawn.tile, drawn.array);
    for (std::int64_t i = 0; i < folds; ++i) {
      streaming += timing::tile_fold(drawn.tile, drawn.array, i).beats;
    }
    const std::int64_t loads = drawn.row_wise() ? 1 : timing::load_cycles(drawn.array);
    for (const Side side : kSides) {
      std::int64_t beats = 0;
      for (const OperandBlock& block : blocks_of(drawn, side)) {
        beats += block.beats();
      }
      const bool held = !drawn.is(Dataflow::kOutputStationary) &&
                        (side == Side::kLhs) == timing::sums_are_columns(drawn.array);
      EXPECT_EQ(beats, held ? folds * loads : streaming);
    }
  });
}

/// Rows of memory, or pieces of them, that a fold reads, by hand.
std::int64_t expected_reads(const Drawn& drawn, Side side, std::int64_t k_fold,
                            std::int64_t m_fold) {
  const auto [m, k, n] = drawn.tile;
  const std::int64_t rows = drawn.array.rows;
  const std::int64_t cols = drawn.array.cols;
  const bool turned = drawn.transposed(side);
  if (drawn.is(Dataflow::kWeightStationary)) {
    if (side == Side::kLhs) {
      return turned ? ceil_div(m, rows) * k_fold : m;
    }
    return turned ? n : k_fold;
  }
  if (drawn.is(Dataflow::kInputStationary)) {
    if (side == Side::kLhs) {
      return turned ? k_fold : m;
    }
    return turned ? n : ceil_div(n, rows) * k_fold;
  }
  if (drawn.is(Dataflow::kOutputStationary)) {
    if (side == Side::kLhs) {
      return turned ? k : ceil_div(k, rows) * m_fold;
    }
    return turned ? ceil_div(k, cols) * n : k;
  }
  if (side == Side::kLhs) {
    return turned ? k : m_fold;
  }
  return turned ? n * ceil_div(k, drawn.piece()) : ceil_div(n, drawn.piece()) * k;
}

TEST(OperandWalk, ReadsEachRowOfABlockOnceAndEachPieceOfARowThatIsCut) {
  each_of_1000([](const Drawn& drawn) {
    const bool cuts_m = drawn.row_wise() || drawn.is(Dataflow::kOutputStationary);
    const std::int64_t total = cuts_m ? drawn.tile.m : drawn.tile.k;
    for (const Side side : kSides) {
      std::int64_t expected = 0;
      for (std::int64_t fold = 0; fold < total; fold += drawn.array.rows) {
        const std::int64_t part = std::min<std::int64_t>(drawn.array.rows, total - fold);
        expected += expected_reads(drawn, side, part, part);
      }
      std::int64_t reads = 0;
      for (const OperandBlock& block : blocks_of(drawn, side)) {
        reads += block.reads();
      }
      EXPECT_EQ(reads, expected) << (side == Side::kLhs ? "lhs" : "rhs");
    }
  });
}

TEST(OperandWalk, StaysInTheOperandAndInTheBuffersThatTurnBlocks) {
  each_of_1000([](const Drawn& drawn) {
    for (const Side side : kSides) {
      std::int64_t rows = side == Side::kLhs ? drawn.tile.m : drawn.tile.k;
      std::int64_t cols = side == Side::kLhs ? drawn.tile.k : drawn.tile.n;
      if (drawn.transposed(side)) {
        std::swap(rows, cols);
      }
      for (const OperandBlock& block : blocks_of(drawn, side)) {
        EXPECT_TRUE(block.row >= 0 && block.rows > 0 && block.row + block.rows <= rows);
        EXPECT_TRUE(block.col >= 0 && block.cols > 0 && block.col + block.cols <= cols);
        EXPECT_TRUE(block.piece > 0 && block.rows_per_beat > 0);
        if (block.order != Order::kColumns) {
          continue;
        }
        // As many columns as a fold, or a beat, has elements of K; as many as there are PEs to a
        // row where rhs is turned for the columns of PEs.
        const std::int64_t widest = drawn.row_wise() ? drawn.piece()
                                    : drawn.is(Dataflow::kOutputStationary) && side == Side::kRhs
                                        ? drawn.array.cols
                                        : drawn.array.rows;
        EXPECT_LE(block.cols, widest);
      }
    }
  });
}

TEST(OperandWalk, TurnsOnlyWhatLiesTheOtherWayRound) {
  each_of_1000([](const Drawn& drawn) {
    const auto order = [&](Side side) { return blocks_of(drawn, side).front().order; };
    const auto expect_order = [&](Side side, Order lies, Order turned) {
      EXPECT_EQ(order(side), drawn.transposed(side) ? turned : lies);
    };
    if (drawn.is(Dataflow::kWeightStationary)) {
      expect_order(Side::kLhs, Order::kRows, Order::kColumns);
      expect_order(Side::kRhs, Order::kRows, Order::kColumns);
    } else if (drawn.is(Dataflow::kInputStationary)) {
      expect_order(Side::kLhs, Order::kColumns, Order::kRows);
      expect_order(Side::kRhs, Order::kColumns, Order::kRows);
    } else if (drawn.is(Dataflow::kOutputStationary)) {
      expect_order(Side::kLhs, Order::kColumns, Order::kRows);
      expect_order(Side::kRhs, Order::kRows, Order::kColumns);
    } else {
      expect_order(Side::kLhs, Order::kWhole, Order::kTurned);
      expect_order(Side::kRhs, Order::kColumns, Order::kRows);
    }
  });
}

TEST(FillBeat, GivesTheValuesOfTheElementsThatABeatHas) {
  each_of_1000([](const Drawn& drawn) {
    for (const Side side : kSides) {
      for (const OperandBlock& block : blocks_of(drawn, side)) {
        // Each element of the block says where it lies.
        IntMatrix values(block.rows, block.cols);
        const auto value_of = [&](const Element& element) {
          if (!element) {
            return std::int16_t{0};
          }
          auto [row, col] = *element;
          if (drawn.transposed(side)) {
            std::swap(row, col);
          }
          return static_cast<std::int16_t>((row - block.row) * block.cols + col - block.col + 1);
        };
        for (std::int64_t row = 0; row < block.rows; ++row) {
          for (std::int64_t col = 0; col < block.cols; ++col) {
            values(row, col) = static_cast<std::int16_t>(row * block.cols + col + 1);
          }
        }
        const std::vector<Beat> beats = beats_of(block, drawn, side);
        for (std::int64_t i = 0; i < block.beats(); ++i) {
          std::vector<std::int16_t> expected;
          const Beat& beat = beats[static_cast<std::size_t>(i)];
          for (const Row& row : beat) {
            for (const Element& element : row) {
              expected.push_back(value_of(element));
            }
          }
          std::vector<std::int16_t> filled;
          std::int64_t rows = 0;
          fill_beat(block, i, std::as_const(values).view(), filled, rows);
          ASSERT_EQ(rows, static_cast<std::int64_t>(beat.size()));
          ASSERT_EQ(filled, expected);
        }
      }
    }
  });
}

TEST(OperandWalk, OfNothingIsDone) { EXPECT_TRUE(OperandWalk().done()); }

}  // namespace
}  // namespace vitsim::mapping
