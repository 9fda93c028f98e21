// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/core/matrix.h"
#include "vitsim/hw/array_datapath.h"
#include "vitsim/hw/fifo.h"

#include "bit_plane.h"
#include "skew.h"

namespace vitsim::hw {

/// Every register of a systolic array that holds sums. A PE has an operand of lhs on its way to the
/// right, with the flag `last` of its fold, one of rhs on its way down, and a sum. With a hidden
/// drain each row of PEs has registers in which finished sums wait for the row's last; with an
/// exposed one a PE has a second sum register, and those of a column shift down.
class RegisterOutput : public OutputDatapath {
 public:
  explicit RegisterOutput(const config::PeArray& array);
  void enter(Cycles now, const OperandRows& lhs, const OperandRows& rhs, bool last) override;
  [[nodiscard]] bool delivers(Cycles now) const override;
  bool step(Cycles now, SumRows& out) override;
  [[nodiscard]] bool empty() const override { return folds_.empty() && !partial_; }
  [[nodiscard]] std::optional<Cycles> next_event(Cycles now) const override;
  void reset() override;
  void add_signals(Signals& signals, const std::string& prefix) const override;

 private:
  using Sum = std::int64_t;
  /// A fold whose sums have not all left.
  struct Fold {
    std::int64_t rows = 0;
    std::int64_t cols = 0;
    std::int64_t left = 0;  ///< rows that have left
  };
  /// A row of finished sums that wait for those to their right.
  struct WaitingRow {
    std::vector<Sum> sums;
    bool complete = false;
  };
  [[nodiscard]] std::int64_t pe_row(const Fold& fold, std::int64_t row) const {
    return exposed_ ? fold.rows - 1 - row : rows_ - fold.rows + row;
  }
  void feed();
  void multiply();
  void finish_hidden();
  void finish_exposed();
  bool drain(SumRows& out);
  bool deliver_waiting(SumRows& out);
  void leave(SumRows& out, std::span<const Sum> sums);
  void shift_operands();

  bool exposed_;
  std::int64_t rows_;
  std::int64_t cols_;
  bool partial_ = false;  ///< pairs of a fold have entered whose last has not
  Skew<std::int16_t> lhs_skew_;
  Skew<std::int16_t> rhs_skew_;
  Skew<std::uint8_t> last_skew_;
  IntMatrix lhs_;  ///< what each PE multiplies in this cycle
  IntMatrix rhs_;
  BitPlane last_;
  Matrix<Sum> sums_;
  Fifo<Fold> folds_;  ///< oldest first
  // Hidden: by row of PEs, oldest first; and how many sums of each PE wait.
  std::vector<Fifo<WaitingRow>> waiting_;
  Matrix<std::int32_t> waiting_sums_;
  // Exposed: a row of the matrix is a column of PEs.
  Matrix<Sum> finished_;
  Matrix<std::uint8_t> has_finished_;
  Skew<std::uint8_t> drain_skew_;     ///< down the rows: a fold's last pair has reached the bottom
  BitPlane drain_;                    ///< then along the columns, which begin to shift
  std::vector<std::int64_t> shifts_;  ///< done by a column that shifts, else -1
  Skew<Sum> deskew_;
};

}  // namespace vitsim::hw
