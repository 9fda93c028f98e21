// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/core/matrix.h"
#include "vitsim/hw/array_datapath.h"
#include "vitsim/hw/fifo.h"

#include "bit_plane.h"
#include "skew.h"

namespace vitsim::hw {

/// Every register of a systolic array that holds an operand. A PE has five: the streaming operand,
/// on its way to the right with two flags, valid and first of its fold; the psum, on its way down;
/// the stationary operand and its shadow. At the edges, triangles of skew and deskew registers.
///
/// `Sum` holds a fold's sums exactly.
template <class Sum>
class RegisterStationary : public StationaryDatapath {
 public:
  explicit RegisterStationary(const config::PeArray& array);
  void load(Cycles now, const OperandRows& beat, std::int64_t loaded) override;
  void enter(Cycles now, const OperandRows& beat, bool first, std::int64_t cols) override;
  [[nodiscard]] bool delivers(Cycles now) const override;
  bool step(Cycles now, SumRows& out) override;
  [[nodiscard]] bool empty() const override { return widths_.empty(); }
  [[nodiscard]] std::optional<Cycles> next_event(Cycles now) const override;
  void reset() override;
  void add_signals(Signals& signals, const std::string& prefix) const override;

 private:
  /// Rows of the stationary operand on their way along the columns, one a cycle.
  struct Load {
    std::vector<std::int16_t> values;
    std::int64_t rows = 0;
    std::int64_t loaded = 0;
    std::int64_t col = 0;  ///< which they reach in this cycle
  };
  void feed();
  void swap_stationary();
  void multiply();
  bool deliver(SumRows& out);
  void shift_loads();
  void shift_operands();

  std::int64_t rows_;
  std::int64_t cols_;
  Skew<std::int16_t> operand_skew_;
  Skew<std::uint8_t> valid_skew_;
  Skew<std::uint8_t> first_skew_;
  IntMatrix operand_;  ///< what each PE multiplies in this cycle
  BitPlane valid_;
  BitPlane first_;
  IntMatrix stationary_;
  IntMatrix shadow_;  ///< transposed, as columns shift
  Matrix<Sum> psum_;  ///< what each PE gave in the cycle before
  Skew<Sum> deskew_;
  Fifo<Load> loads_;
  Fifo<std::int64_t> widths_;  ///< sums that count, of each row inside
};

}  // namespace vitsim::hw
