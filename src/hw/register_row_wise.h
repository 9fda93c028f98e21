// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/core/matrix.h"
#include "vitsim/hw/array_datapath.h"

namespace vitsim::hw {

/// Every register of a row-wise array: the tokens of each row, an accumulator a block and row, and
/// the pipeline registers of the adder trees, one stage for each halving of the blocks.
class RegisterRowWise : public RowWiseDatapath {
 public:
  explicit RegisterRowWise(const config::PeArray& array);
  void load(const OperandRows& block) override;
  void enter(Cycles now, const OperandRows& weights, std::int64_t k, bool last) override;
  [[nodiscard]] bool delivers(Cycles now) const override;
  bool step(Cycles now, SumRows& out) override;
  [[nodiscard]] bool empty() const override;
  [[nodiscard]] std::optional<Cycles> next_event(Cycles now) const override;
  void reset() override;
  void add_signals(Signals& signals, const std::string& prefix) const override;

 private:
  /// A stage of the adder trees of all rows; the first holds the finished accumulators.
  struct Stage {
    Matrix<std::int64_t> sums;  ///< [P x blocks that are left]
    std::int64_t rows = 0;      ///< in use; 0: the registers hold nothing
  };
  void clear_accumulators();
  static void halve(const Stage& from, Stage& to);

  std::int64_t blocks_;
  std::int64_t macs_per_block_;
  IntMatrix tokens_;                   ///< [P x K]
  Matrix<std::int64_t> accumulators_;  ///< [P x B]
  bool partial_ = false;
  bool finished_ = false;  ///< the accumulators' sums are complete with this cycle
  std::vector<Stage> stages_;
};

}  // namespace vitsim::hw
