// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/chains.h"
#include "vitsim/mapping/choices.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// What a plan is to have least of. `kCycles` is the estimate of each operator added up; `kWork`
/// adds up units and DRAM, as if nothing overlapped: plans that leave slack to both.
enum class Aim { kCycles, kTraffic, kWork };
inline constexpr int kAims = 3;

/// A way to do one operator, or a chain tile by tile.
struct Step {
  std::int64_t rows = 0;  ///< of a row tile; 0: one operator alone
  bool skewed = false;
  std::vector<Tiling> tilings;  ///< of each stage
  std::vector<int> ring_slots;  ///< of each stage but the last
  Price price;                  ///< of all copies
};

/// The steps of one shape, by the bytes that they need.
class Steps {
 public:
  Steps(std::vector<Step> steps, const config::Scratchpad& scratchpad, const Pricing& pricing);
  /// The best that fits; null where none does.
  [[nodiscard]] const Step* best(Aim aim, const Room& available) const;

 private:
  [[nodiscard]] const Step* best_by_partition(Aim aim, const Room& available) const;

  bool partitions_;
  const Pricing& pricing_;
  std::vector<Step> steps_;                     ///< by bytes
  std::vector<std::vector<std::size_t>> best_;  ///< by aim: of the first i + 1 steps
};

/// What a price counts for an aim.
double cost_of(const Price& price, Aim aim, const Pricing& pricing);

/// Of each operator of the sequence a number: those with the same have the same steps.
std::vector<std::uint64_t> shape_classes(const Sequence& sequence);

/// Remembers the steps of operators and chains: those alike share them.
class Catalogue {
 public:
  Catalogue(const Sequence& sequence, const config::Accelerator& machine, Pace pace,
            double bytes_per_cycle);
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;

  [[nodiscard]] const Pricing& pricing() const { return pricing_; }

  /// Windows that an operator touches: what it reads, then what it writes.
  [[nodiscard]] const std::vector<model::View>& views(int op) const {
    return views_[static_cast<std::size_t>(op)];
  }
  /// `resident`: bit i says that view i of `op` lies in the scratchpad.
  const Steps& of_op(int op, std::uint64_t resident);
  /// The same of the views of all stages of the first copy, in order.
  const Steps& of_chain(const Chain& chain, std::uint64_t resident);

 private:
  using Key = std::vector<std::uint64_t>;
  [[nodiscard]] Needs needs(int op, std::uint64_t resident) const;
  [[nodiscard]] std::vector<Step> chain_steps(const Chain& chain, std::uint64_t resident);
  /// Choices of one stage of a chain for a height of row tiles: some of those worth a look.
  /// `resident` as in of_op(); higher bits are left out.
  const std::vector<Choice>& stage_choices(int op, std::uint64_t resident, std::int64_t rows);

  const Sequence& sequence_;
  const config::Accelerator& machine_;
  std::vector<std::vector<model::View>> views_;
  std::vector<std::uint64_t> class_of_op_;
  Pricing pricing_;
  std::map<Key, Steps> known_;
  std::map<Key, std::vector<Choice>> of_stage_;
};

}  // namespace vitsim::mapping
