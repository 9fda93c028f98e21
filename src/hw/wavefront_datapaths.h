// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/core/matrix.h"
#include "vitsim/hw/array_datapath.h"
#include "vitsim/hw/fifo.h"

/// The fast forms: sums are computed whole and let go in the cycle in which the registers would.
namespace vitsim::hw {

class WavefrontStationary : public StationaryDatapath {
 public:
  WavefrontStationary(const config::PeArray& array, OperandBits bits);
  void load(Cycles now, const OperandRows& beat, std::int64_t loaded) override;
  void enter(Cycles now, const OperandRows& beat, bool first, std::int64_t cols) override;
  [[nodiscard]] bool delivers(Cycles now) const override;
  bool step(Cycles now, SumRows& out) override;
  [[nodiscard]] bool empty() const override { return count_ == 0; }
  [[nodiscard]] std::optional<Cycles> next_event(Cycles now) const override;
  void reset() override;

 private:
  [[nodiscard]] std::int64_t slot(std::int64_t index) const {
    return (head_ + index) % static_cast<std::int64_t>(due_.size());
  }
  void compute();

  Cycles latency_;
  int streaming_bits_;
  int stationary_bits_;
  IntMatrix active_;  ///< the streaming fold's operand
  IntMatrix shadow_;  ///< the next fold's
  std::int64_t depth_ = 0;
  std::int64_t cols_ = 0;
  // Rows inside, oldest first: no more than there are cycles on the way. All that are not computed
  // belong to one fold.
  IntMatrix operands_;
  Matrix<std::int64_t> sums_;
  std::vector<Cycles> due_;
  std::vector<std::int64_t> widths_;
  std::int64_t head_ = 0;
  std::int64_t count_ = 0;
  std::int64_t computed_ = 0;
};

class WavefrontOutput : public OutputDatapath {
 public:
  WavefrontOutput(const config::PeArray& array, OperandBits bits);
  void enter(Cycles now, const OperandRows& lhs, const OperandRows& rhs, bool last) override;
  [[nodiscard]] bool delivers(Cycles now) const override;
  bool step(Cycles now, SumRows& out) override;
  [[nodiscard]] bool empty() const override { return folds_.empty(); }
  [[nodiscard]] std::optional<Cycles> next_event(Cycles now) const override;
  void reset() override;

 private:
  /// Operands of a fold whose products are not all added up, and its sums.
  struct Fold {
    std::int64_t rows = 0;
    std::int64_t cols = 0;
    std::int64_t depth = 0;         ///< pairs in lhs and rhs
    std::vector<std::int16_t> lhs;  ///< [depth x rows], as they came
    std::vector<std::int16_t> rhs;  ///< [depth x cols]
    bool carries = false;
    Matrix<std::int64_t> carry;  ///< sums of earlier chunks, where it carries some
    bool complete = false;
    Cycles first_due = 0;        ///< of its first row; one a cycle
    std::int64_t left = 0;       ///< rows that have left
    std::int64_t computed = 0;   ///< rows
    Matrix<std::int64_t> batch;  ///< computed rows, those from `batch_first` on
    std::int64_t batch_first = 0;
  };
  void multiply(const Fold& fold, std::int64_t first, MatrixView<std::int64_t> sums);
  void carry_on(Fold& fold);
  void compute(Fold& fold);

  const config::PeArray& array_;
  OperandBits bits_;
  Fifo<Fold> folds_;  ///< oldest first; operands enter the newest
  std::vector<std::int16_t> turned_;
  Matrix<std::int64_t> chunk_sums_;
};

class WavefrontRowWise : public RowWiseDatapath {
 public:
  WavefrontRowWise(const config::PeArray& array, OperandBits bits);
  void load(const OperandRows& block) override;
  void enter(Cycles now, const OperandRows& weights, std::int64_t k, bool last) override;
  [[nodiscard]] bool delivers(Cycles now) const override;
  bool step(Cycles now, SumRows& out) override;
  [[nodiscard]] bool empty() const override { return waves_.empty() && !partial_; }
  [[nodiscard]] std::optional<Cycles> next_event(Cycles now) const override;
  void reset() override;

 private:
  struct Wave {
    Cycles due = 0;
    std::vector<std::int64_t> sums;
  };
  Cycles latency_;
  OperandBits bits_;
  IntMatrix tokens_;  ///< [K x P]
  std::vector<std::int64_t> accumulators_;
  std::vector<std::int64_t> products_;
  bool partial_ = false;  ///< the accumulators hold a part of a column
  Fifo<Wave> waves_;
};

}  // namespace vitsim::hw
