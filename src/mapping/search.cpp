// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "vitsim/mapping/estimate.h"
#include "vitsim/mapping/greedy.h"
#include "vitsim/mapping/layout.h"
#include "vitsim/mapping/lowering.h"

#include "planner.h"

namespace vitsim::mapping {
namespace {

constexpr std::array<std::string_view, kAims> kAimNames{"cycles", "traffic", "work"};
constexpr std::string_view name_of(Aim aim) { return kAimNames[static_cast<std::size_t>(aim)]; }
/// Plans are made for all of the scratchpad and for less by up to half, in so many equal parts of
/// it: what is left over lets operands come earlier. They are made for sizes that no scratchpad
/// decides on, too, so many to a doubling: what is found for a small one is found for larger ones.
constexpr int kParts = 16;
constexpr int kSizesOfADoubling = 8;
constexpr std::size_t kMostSizes = 48;
/// Commands that are emitted to compare plans, at the most, but for those of one plan.
constexpr std::int64_t kMostCommands = 1'000'000;

/// Operators that come again and again.
struct Repeat {
  int first = 0;
  int length = 0;
  int times = 1;
};

/// The repetition that covers the most operators, the shortest of these.
Repeat find_repeat(const std::vector<std::uint64_t>& classes) {
  const auto count = static_cast<int>(classes.size());
  Repeat best{0, count, 1};
  int covered = 0;
  for (int length = 1; length <= count / 2; ++length) {
    int run = 0;
    for (int op = 0; op + length < count; ++op) {
      const auto at = static_cast<std::size_t>(op);
      const bool again = classes[at] == classes[at + static_cast<std::size_t>(length)];
      run = again ? run + 1 : 0;
      const int times = run / length + 1;
      if (times > 1 && times * length > covered) {
        covered = times * length;
        best = {op + 1 - run, length, times};
      }
    }
  }
  return best;
}

class Search {
 public:
  Search(const model::Graph& graph, const config::Accelerator& machine,
         config::MappingObjective objective)
      : graph_(graph),
        machine_(machine),
        objective_(objective),
        order_(depth_first_order(graph)),
        sequence_(graph, order_),
        planners_{Planner(sequence_, machine, Pace::kAsOneStream),
                  Planner(sequence_, machine, Pace::kTileByTile)},
        repeat_(find_repeat(planners_.front().classes())) {}

  std::vector<Candidate> run(int count) {
    make_plans();
    std::ranges::stable_sort(found_, {}, &Found::rank);
    std::vector<Candidate> candidates;
    std::int64_t before = -1;
    for (Found& found : found_) {
      // Those of one rank hardly differ: one speaks for all.
      if (candidates.size() < static_cast<std::size_t>(count) && found.rank != before) {
        before = found.rank;
        candidates.push_back(std::move(found.candidate));
        measure(candidates.back());
      }
    }
    if (auto greedy = greedy_mapping(graph_, machine_)) {
      candidates.push_back({.origin = "greedy", .mapping = std::move(*greedy)});
      measure(candidates.back());
    }
    const bool by_cycles = objective_ == config::MappingObjective::kCycles;
    std::ranges::stable_sort(candidates, [&](const Candidate& a, const Candidate& b) {
      const auto rank = [&](const Candidate& one) {
        return by_cycles ? std::pair(one.least_cycles, one.traffic)
                         : std::pair(one.traffic, one.least_cycles);
      };
      return rank(a) < rank(b);
    });
    return candidates;
  }

 private:
  struct Found {
    Candidate candidate;
    std::int64_t rank = 0;  ///< the fewer the better
  };

  void make_plans() {
    const Room capacity = capacity_of(machine_.scratchpad);
    for (const Bytes size : sizes(capacity.total())) {
      if (commands_ > kMostCommands) {
        return;  // for large networks; the largest sizes, which promise most, came first
      }
      Room room = capacity;
      for (Bytes& bytes : room.bytes) {
        bytes = bytes * size / capacity.total();
      }
      bool fits = false;
      for (Planner& planner : planners_) {
        for (const Aim aim : {Aim::kCycles, Aim::kTraffic, Aim::kWork}) {
          if (auto plan = planner.plan(room, aim)) {
            fits = true;
            plan->mapping.order = order_;
            consider(std::move(*plan),
                     fmt::format("search for {} in {} bytes", name_of(aim), room.total()),
                     capacity);
          }
        }
      }
      if (!fits) {
        return;  // nor does anything into less
      }
    }
  }

  /// Downwards, all bytes first.
  static std::vector<Bytes> sizes(Bytes all) {
    std::vector<Bytes> sizes;
    for (int parts = kParts; parts > kParts / 2; --parts) {
      sizes.push_back(all * parts / kParts);
    }
    for (int step = kSizesOfADoubling * 40; step >= 0 && sizes.size() < kMostSizes; --step) {
      const auto size =
          static_cast<Bytes>(std::exp2(static_cast<double>(step) / kSizesOfADoubling));
      if (size < all) {
        sizes.push_back(size);
      }
    }
    std::ranges::sort(sizes, std::greater());
    return sizes;
  }

  void consider(Plan plan, std::string origin, const Room& capacity) {
    Found found;
    Candidate& candidate = found.candidate;
    candidate.origin = std::move(origin);
    candidate.mapping = std::move(plan.mapping);
    if (std::ranges::find(planned_, candidate.mapping) != planned_.end()) {
      return;
    }
    planned_.push_back(candidate.mapping);
    if (!place(sequence_, machine_, candidate.mapping, capacity).fits(capacity)) {
      return;
    }
    found.rank = objective_ == config::MappingObjective::kTraffic
                     ? plan.traffic
                     : cycles_of_a_block(candidate.mapping);
    found_.push_back(std::move(found));
  }

  /// Of one that has others before and behind it; of everything, where nothing is repeated.
  [[nodiscard]] Cycles cycles_of_a_block(const Mapping& mapping) {
    int first = repeat_.first + (repeat_.times > 2 ? repeat_.length : 0);
    int last = first + repeat_.length - 1;
    const bool cut = std::ranges::any_of(mapping.groups, [&](const Group& group) {
      return (group.first < first && group.last >= first) ||
             (group.first <= last && group.last > last);
    });
    if (cut) {
      first = 0;
      last = sequence_.size() - 1;
    }
    const Cycles cycles = emit(mapping, first, last).estimate.cycles;
    return cut ? cycles / repeat_.times : cycles;
  }

  void measure(Candidate& candidate) {
    const Emitted all = emit(candidate.mapping, 0, sequence_.size() - 1);
    candidate.least_cycles = all.estimate.cycles;
    candidate.traffic = all.estimate.dram_read_bytes + all.estimate.dram_write_bytes;
    candidate.scratchpad_bytes = all.scratchpad_bytes;
  }

  struct Emitted {
    Estimate estimate;
    Bytes scratchpad_bytes = 0;
  };
  Emitted emit(const Mapping& mapping, int first, int last) {
    Emitted emitted;
    Estimator estimator(graph_, machine_);
    emitted.scratchpad_bytes =
        emit_commands(graph_, machine_, mapping, first, last, [&](const Command& command) {
          estimator.add(command);
          ++commands_;
        });
    emitted.estimate = std::move(estimator).finish();
    return emitted;
  }

  const model::Graph& graph_;
  const config::Accelerator& machine_;
  config::MappingObjective objective_;
  std::vector<int> order_;
  Sequence sequence_;
  std::array<Planner, 2> planners_;
  Repeat repeat_;
  std::vector<Mapping> planned_;  ///< without addresses
  std::vector<Found> found_;
  std::int64_t commands_ = 0;  ///< emitted so far
};

}  // namespace

std::vector<Candidate> find_mappings(const model::Graph& graph, const config::Accelerator& machine,
                                     config::MappingObjective objective, int count) {
  return Search(graph, machine, objective).run(count);
}

}  // namespace vitsim::mapping
