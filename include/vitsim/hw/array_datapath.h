// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"
#include "vitsim/hw/rows.h"
#include "vitsim/hw/signals.h"

/// What is inside a PE array: registers and arithmetic, without the control that decides what
/// enters when. Each kind exists in two forms that cannot be told apart from outside. The register
/// form holds every register of every PE and steps them all; the wavefront form computes sums when
/// they are due, many rows at a time.
///
/// Time here is the array's own: cycles in which it does not stand still.
namespace vitsim::hw {

/// Widths of the operands: they say how many products surely add up in 32 bits.
struct OperandBits {
  int lhs = 8;
  int rhs = 8;
};

class ArrayDatapath {
 public:
  virtual ~ArrayDatapath() = default;
  /// Whether sums leave in cycle `now`, whatever enters in it.
  [[nodiscard]] virtual bool delivers(Cycles now) const = 0;
  /// One cycle, after all that enters in it has. Writes the sums that leave to `out`; whether there
  /// are any. A cycle in which nothing enters and nothing is inside may be left out.
  virtual bool step(Cycles now, SumRows& out) = 0;
  /// Neither operands nor sums inside.
  [[nodiscard]] virtual bool empty() const = 0;
  /// The cycle in which step() must be called again, if nothing enters before.
  [[nodiscard]] virtual std::optional<Cycles> next_event(Cycles now) const = 0;
  virtual void reset() = 0;
  /// The register form shows its registers; `prefix` goes before their names.
  virtual void add_signals(Signals& signals, const std::string& prefix) const {
    static_cast<void>(signals);
    static_cast<void>(prefix);
  }
};

/// weight_stationary and input_stationary: PEs hold an operand, in registers and shadow registers.
class StationaryDatapath : public ArrayDatapath {
 public:
  /// `rows` rows of the stationary operand enter, that of the lowest PEs first; `loaded` rows of
  /// this fold have entered before. They shift down in the shadow registers.
  virtual void load(Cycles now, const OperandRows& beat, std::int64_t loaded) = 0;
  /// A row of the streaming operand enters; its sums leave R + C - 2 cycles later. `first` of a
  /// fold: each PE takes its shadow register over as the row passes. `cols`: sums that count.
  virtual void enter(Cycles now, const OperandRows& beat, bool first, std::int64_t cols) = 0;
};

/// output_stationary: PEs hold sums.
class OutputDatapath : public ArrayDatapath {
 public:
  /// A column of lhs and a row of rhs enter. After the `last` of a fold its sums leave row by row:
  /// with a hidden drain as each row of PEs finishes, but behind all rows of the fold before; else
  /// shifted down when all have finished.
  virtual void enter(Cycles now, const OperandRows& lhs, const OperandRows& rhs, bool last) = 0;
};

/// row_wise: rows of PEs hold tokens.
class RowWiseDatapath : public ArrayDatapath {
 public:
  /// The next block of tokens, taken over by the weights that enter after it.
  virtual void load(const OperandRows& block) = 0;
  /// A piece of a column of rhs, from element k on, enters all rows; after its `last` piece the
  /// column's sums leave.
  virtual void enter(Cycles now, const OperandRows& weights, std::int64_t k, bool last) = 0;
};

std::unique_ptr<StationaryDatapath> make_stationary_datapath(const config::PeArray& array,
                                                             OperandBits bits);
std::unique_ptr<OutputDatapath> make_output_datapath(const config::PeArray& array,
                                                     OperandBits bits);
std::unique_ptr<RowWiseDatapath> make_row_wise_datapath(const config::PeArray& array,
                                                        OperandBits bits);

}  // namespace vitsim::hw
