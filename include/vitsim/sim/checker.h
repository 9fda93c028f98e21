// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "vitsim/hw/scratchpad.h"
#include "vitsim/model/graph.h"
#include "vitsim/model/integer_network.h"
#include "vitsim/sim/range_counts.h"

namespace vitsim::sim {

/// Compares every integer that the machine writes with the whole-tensor integer network, as it
/// reaches the memory.
class Checker : public hw::WriteObserver {
 public:
  explicit Checker(const model::Graph& graph);

  /// The values that the next image must have.
  void begin_image(const model::IntegerResult& expected);
  void on_write(Cycles cycle, const std::string& unit, const hw::MemoryRequest& request) override;
  /// Values that were never written count as mismatches.
  void end_image();
  /// Compares a tensor as it lies in DRAM at the end: what the store channel made of it.
  void compare_stored(model::TensorId id, const IntMatrix& stored);
  /// Compares what the units counted with what they must count.
  void compare_counts(const RangeCounts& counted, const RangeCounts& expected);

  [[nodiscard]] std::int64_t mismatches() const { return mismatches_; }
  [[nodiscard]] std::int64_t values_compared() const { return values_compared_; }
  /// The first mismatch: cycle, unit, tensor, place, got, expected. Empty where there is none.
  [[nodiscard]] const std::string& first_mismatch() const { return first_mismatch_; }

 private:
  void mismatch(const std::string& what);
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
