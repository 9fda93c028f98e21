// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "vitsim/core/matrix.h"

#include "support/arrays.h"
#include "support/pe_array_bench.h"

/// The two forms of an array cannot be told apart: same beats, in the same cycles, with the same
/// values, and the same counts of what each cycle went into.
namespace vitsim::test {

/// How often something happens: in `percent` of all stretches of `length` cycles.
struct Pace {
  int percent = 100;
  Cycles length = 1;
};

struct FormsCase {
  struct Command {
    model::GemmShape shape;
    int layer = 0;
  };
  std::uint64_t seed = 0;
  config::PeArray array;
  hw::OperandBits bits;
  bool extreme = false;  ///< every operand is the least that its width holds
  std::vector<Command> commands;
  Pace commands_offered;
  Pace lhs_offered;
  Pace rhs_offered;
  Pace sums_taken;
};

std::string describe(const FormsCase& drawn);

/// One case on both forms.
class FormsBench {
 public:
  explicit FormsBench(const FormsCase& drawn);

  void reset();
  void run_through(Cycles cycle) { wavefront_.run_through(cycle); }

  /// What is wrong; empty where nothing is.
  std::string failures(Cycles ran);
  /// From the first operand that entered to the last sum that left, inclusive.
  [[nodiscard]] Cycles span() const { return wavefront_.span(); }

 private:
  PeArrayBench& make(config::ArrayModel form);
  [[nodiscard]] IntMatrix lhs(std::size_t i) const;
  [[nodiscard]] IntMatrix rhs(std::size_t i) const;
  /// Of all elements of all products: the feed's sums are partial ones.
  [[nodiscard]] std::int64_t sums_of_kernel() const;
  [[nodiscard]] std::string difference_of_cycles() const;

  const FormsCase& case_;
  std::deque<PeArrayBench> benches_;
  PeArrayBench& wavefront_;
  PeArrayBench& register_;
};

/// Longer than any case takes; nothing is awake when all beats have come.
inline constexpr Cycles kRun = 500'000;

}  // namespace vitsim::test
