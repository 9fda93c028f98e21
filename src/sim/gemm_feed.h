// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "vitsim/hw/commands.h"
#include "vitsim/hw/rows.h"
#include "vitsim/hw/stream.h"
#include "vitsim/kernels/add.h"
#include "vitsim/kernels/requantize.h"
#include "vitsim/mapping/operand_walk.h"
#include "vitsim/timing/array.h"

#include "gemm_layer.h"
#include "gemm_parts.h"

/// The neighbours of an array with an ideal memory: everything is there, everything is taken.
namespace vitsim::sim {

/// Cycles before the first command: what the array takes first is there when it comes.
constexpr Cycles kHeadStart = 4;

class CommandSource : public hw::Ticked {
 public:
  hw::StreamOut<hw::CommandBeat> out{"out", *this};
  CommandSource(const sc_core::sc_module_name& name, const std::vector<GemmPart>& parts,
                hw::Clock& clock)
      : Ticked(name, clock), parts_(parts) {}
  void reset() override {
    next_ = 0;
    wake_at(kHeadStart);
  }
  [[nodiscard]] std::string status() const override {
    return fmt::format("{} of {} commands given", next_, parts_.size());
  }

 private:
  void tick() override {
    if (now() >= kHeadStart && next_ < parts_.size() && out->can_write()) {
      hw::CommandBeat beat{&parts_[next_++].command, 0};
      out->write(beat);
      wake();
    }
  }
  const std::vector<GemmPart>& parts_;
  std::size_t next_ = 0;
};

/// Gives an operand's beats as fast as the array takes them.
class OperandSource : public hw::Ticked {
 public:
  hw::StreamOut<hw::OperandRows> out{"out", *this};
  OperandSource(const sc_core::sc_module_name& name, mapping::Side side,
                const std::vector<GemmPart>& parts, const GemmOperands& operands,
                const config::PeArray& array, hw::Clock& clock)
      : Ticked(name, clock), side_(side), parts_(parts), operands_(operands), array_(array) {}
  void reset() override { wake(); }
  [[nodiscard]] std::string status() const override {
    return fmt::format("at part {} of {}", part_, parts_.size());
  }

 private:
  void tick() override {
    if (!out->can_write() || !find_block()) {
      return;
    }
    mapping::fill_beat(block_, beat_index_, rectangle(), beat_.values, beat_.rows);
    out->write(beat_);
    ++beat_index_;
    wake();
  }

  /// Goes on to the next block where this one is given; false at the end.
  bool find_block() {
    while (beat_index_ == beats_) {
      if (walk_.done()) {
        if (part_ == parts_.size()) {
          return false;
        }
        walk_ = mapping::OperandWalk(parts_[part_++].shape(),
                                     side_ == mapping::Side::kRhs && operands_.rhs_transposed,
                                     side_, array_);
        continue;
      }
      block_ = walk_.next();
      beats_ = block_.beats();
      beat_index_ = 0;
    }
    return true;
  }

  /// The block's elements, as the operand lies.
  [[nodiscard]] MatrixView<const std::int16_t> rectangle() const {
    const GemmPart& part = parts_[part_ - 1];
    const bool lhs = side_ == mapping::Side::kLhs;
    const std::int64_t outer = lhs ? part.m : part.n;
    const bool k_first = !lhs && !operands_.rhs_transposed;
    const std::int64_t row = block_.row + (k_first ? part.k : outer);
    const std::int64_t col = block_.col + (k_first ? outer : part.k);
    return (lhs ? operands_.lhs : operands_.rhs).view().block(row, col, block_.rows, block_.cols);
  }

  mapping::Side side_;
  const std::vector<GemmPart>& parts_;
  const GemmOperands& operands_;
  const config::PeArray& array_;
  std::size_t part_ = 0;  ///< behind the one that is walked
  mapping::OperandWalk walk_;
  mapping::OperandBlock block_;
  std::int64_t beats_ = 0;
  std::int64_t beat_index_ = 0;
  hw::OperandRows beat_;
};

/// Takes all sums at once, adds them up and, where there is something to compare with, compares.
class SumSink : public hw::Ticked {
 public:
  hw::StreamIn<hw::SumRows> in{"in", *this};
  SumSink(const sc_core::sc_module_name& name, const std::vector<GemmPart>& parts,
          const Matrix<std::int64_t>* expected, const config::Config& config, hw::Clock& clock)
      : Ticked(name, clock),
        parts_(parts),
        expected_(expected),
        array_(config.accelerator.pe_array),
        accumulator_bits_(config.precision.accumulator_bits) {}
  void reset() override { begin_part(); }
  [[nodiscard]] std::string status() const override {
    return fmt::format("at part {} of {}", part_, parts_.size());
  }
  [[nodiscard]] std::size_t parts_done() const { return part_; }
  GemmLayerResult result;

 private:
  void begin_part() {
    const model::GemmShape& shape = parts_[part_].shape();
    rows_ = timing::sum_rows(shape, array_);
    passes_left_ = timing::sum_passes(shape, array_);
    row_ = 0;
    if (std::get<mapping::MatmulTile>(parts_[part_].command.work).first) {
      sums_ = Matrix<std::int64_t>(rows_, timing::sums_are_columns(array_) ? shape.m : shape.n);
    }
  }

  void tick() override {
    if (!in->can_read()) {
      return;
    }
    const hw::SumRows& beat = in->front();
    const auto width = static_cast<std::size_t>(sums_.cols());
    for (std::int64_t i = 0; i < beat.rows; ++i) {
      kernels::add_rows(sums_.row(row_),
                        std::span(beat.sums).subspan(static_cast<std::size_t>(i) * width, width));
      if (++row_ == rows_) {
        row_ = 0;
        if (--passes_left_ == 0) {
          end_part();
        }
      }
    }
    in->pop();
    wake();
  }

  void end_part() {
    const GemmPart& part = parts_[part_];
    if (std::get<mapping::MatmulTile>(part.command.work).last) {
      compare(part);
    }
    if (++part_ == parts_.size()) {
      clock().stop();
    } else {
      begin_part();
    }
  }

  void compare(const GemmPart& part) {
    const bool columns = timing::sums_are_columns(array_);
    for (std::int64_t i = 0; i < sums_.rows(); ++i) {
      for (std::int64_t j = 0; j < sums_.cols(); ++j) {
        const std::int64_t sum = sums_(i, j);
        result.saturated_sums += kernels::saturate(sum, accumulator_bits_) != sum ? 1 : 0;
        if (expected_ == nullptr) {
          continue;
        }
        const std::int64_t m = part.m + (columns ? j : i);
        const std::int64_t n = part.n + (columns ? i : j);
        ++result.values_compared;
        if (sum != (*expected_)(m, n) && result.mismatches++ == 0) {
          result.first_mismatch =
              fmt::format("sum [{}, {}] is {}, expected {}", m, n, sum, (*expected_)(m, n));
        }
      }
    }
  }

  const std::vector<GemmPart>& parts_;
  const Matrix<std::int64_t>* expected_;
  const config::PeArray& array_;
  int accumulator_bits_;
  std::size_t part_ = 0;
  Matrix<std::int64_t> sums_;  ///< rows as they come
  std::int64_t rows_ = 0;
  std::int64_t passes_left_ = 0;
  std::int64_t row_ = 0;
};

}  // namespace vitsim::sim
