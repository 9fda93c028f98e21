// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "vitsim/hw/scratchpad.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"
#include "vitsim/model/integer_network.h"
#include "vitsim/sim/machine.h"
#include "vitsim/sim/range_counts.h"
#include "vitsim/sim/run.h"

namespace vitsim::sim {

/// Compares every integer that the machine writes with the whole-tensor integer network, as it
/// reaches the memory.
class Checker : public hw::WriteObserver {
 public:
  explicit Checker(const model::Graph& graph);

  /// The values that the next image must have.
  void begin_image(const model::IntegerResult& expected);
  void on_write(Cycles cycle, const std::string& unit, const hw::MemoryRequest& request) override;
  /// Compares what is left when `machine` has run the image: values that were never written count
  /// as mismatches, activations must lie in DRAM as expected, and units must have counted what the
  /// integer network counts.
  void end_image(const Machine& machine, const mapping::Program& program,
                 const ImageTiming& timing);

  /// What has been found so far, in a run that is checked as `kind` says.
  [[nodiscard]] CheckResult result(Check kind) const;
  [[nodiscard]] std::int64_t mismatches() const { return mismatches_; }
  [[nodiscard]] std::int64_t values_compared() const { return values_compared_; }
  /// The first mismatch: cycle, unit, tensor, place, got, expected. Empty where there is none.
  [[nodiscard]] const std::string& first_mismatch() const { return first_mismatch_; }

 private:
  void mismatch(const std::string& what);
  void compare_written();
  /// A tensor as it lies in DRAM at the end: what the store channel made of it.
  void compare_stored(model::TensorId id, const IntMatrix& stored);
  void compare_counts(const RangeCounts& counted, const RangeCounts& expected);
  void compare_count(const RangeCount& count, const RangeCounts& counted,
                     const RangeCounts& expected);

  const model::Graph& graph_;
  const model::IntegerResult* expected_ = nullptr;
  std::vector<std::int64_t> written_;  ///< values, by tensor
  std::vector<std::int16_t> values_;
  std::int64_t mismatches_ = 0;
  std::int64_t values_compared_ = 0;
  std::string first_mismatch_;
};

}  // namespace vitsim::sim
