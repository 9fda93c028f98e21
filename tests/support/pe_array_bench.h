// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "vitsim/hw/pe_array.h"

#include "support/array_feed.h"
#include "support/bench.h"
#include "support/commands.h"
#include "support/stream_mocks.h"

namespace vitsim::test {

/// An array of any kind between sources that have every beat at once and a sink that takes every
/// one.
struct PeArrayBench : Bench {
  static constexpr std::size_t kLayers = 2;

  config::PeArray config;
  std::unique_ptr<hw::PeArray> pes;
  Commands commands;
  hw::Stream<hw::CommandBeat> queue{"queue", clock};
  hw::Stream<hw::OperandRows> lhs{"lhs", clock};
  hw::Stream<hw::OperandRows> rhs{"rhs", clock};
  hw::Stream<hw::SumRows> sums{"sums", clock};
  Source<hw::CommandBeat> command_source{"command_source", clock};
  Source<hw::OperandRows> lhs_source{"lhs_source", clock};
  Source<hw::OperandRows> rhs_source{"rhs_source", clock};
  Sink<hw::SumRows> sink{"sink", clock};
  std::vector<std::vector<std::int64_t>> expected;

  PeArrayBench(const sc_core::sc_module_name& name, const config::PeArray& config_in,
               hw::OperandBits bits = {16, 8})
      : Bench(name),
        config(config_in),
        pes(hw::make_pe_array("pes", config, bits, kLayers, clock)),
        bits_(bits) {
    command_source.out.bind(queue);
    pes->commands_in.bind(queue);
    lhs_source.out.bind(lhs);
    pes->lhs_in.bind(lhs);
    rhs_source.out.bind(rhs);
    pes->rhs_in.bind(rhs);
    pes->sums_out.bind(sums);
    sink.in.bind(sums);
  }
  void clear_streams() override {
    queue.clear();
    lhs.clear();
    rhs.clear();
    sums.clear();
  }

  /// One command with these operands.
  void add(MatrixView<const std::int16_t> left, MatrixView<const std::int16_t> right, int layer) {
    mapping::MatmulTile tile;
    tile.shape = {left.rows(), left.cols(), right.cols()};
    command_source.beats.push_back(commands.add(tile, mapping::kNoToken, layer));
    ArrayFeed feed{std::move(lhs_source.beats), std::move(rhs_source.beats), std::move(expected)};
    add_feed(config, left, right, feed);
    lhs_source.beats = std::move(feed.lhs);
    rhs_source.beats = std::move(feed.rhs);
    expected = std::move(feed.sums);
  }
  /// One command with random operands, no wider than the array where it must not be.
  void add(const model::GemmShape& shape, int layer = 0) {
    const auto seed = command_source.beats.size();
    const IntMatrix left = random_matrix(2 * seed, shape.m, shape.k, bits_.lhs);
    const IntMatrix right = random_matrix(2 * seed + 1, shape.k, shape.n, bits_.rhs);
    add(left.view(), right.view(), layer);
  }
  /// A whole product, in as many commands as it takes.
  void add_product(const model::GemmShape& shape) {
    const IntMatrix left = random_matrix(1, shape.m, shape.k, bits_.lhs);
    const IntMatrix right = random_matrix(2, shape.k, shape.n, bits_.rhs);
    for (const ProductPart& part : parts_of(shape, config)) {
      add(left.view().block(part.m0, 0, part.shape.m, shape.k),
          right.view().block(0, part.n0, shape.k, part.shape.n), 0);
    }
  }

  /// Row by row.
  [[nodiscard]] std::vector<std::vector<std::int64_t>> came() const {
    std::vector<std::vector<std::int64_t>> rows;
    for (const hw::SumRows& beat : sink.beats) {
      const auto width = static_cast<std::ptrdiff_t>(beat.sums.size()) / beat.rows;
      for (std::int64_t row = 0; row < beat.rows; ++row) {
        rows.emplace_back(beat.sums.begin() + row * width, beat.sums.begin() + (row + 1) * width);
      }
    }
    return rows;
  }
  /// How many rows each beat of sums had.
  [[nodiscard]] std::vector<std::int64_t> rows_of_beats() const {
    std::vector<std::int64_t> rows;
    for (const hw::SumRows& beat : sink.beats) {
      rows.push_back(beat.rows);
    }
    return rows;
  }
  /// From the first operand that entered to the last sum that left, inclusive.
  [[nodiscard]] Cycles span() const { return pes->last_sum() - pes->first_operand() + 1; }

 private:
  hw::OperandBits bits_;
};

}  // namespace vitsim::test
