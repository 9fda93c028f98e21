// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "vitsim/mapping/estimate.h"
#include "vitsim/mapping/greedy.h"
#include "vitsim/mapping/layout.h"
#include "vitsim/mapping/lowering.h"
#include "vitsim/timing/dram_bandwidth.h"

#include "planner.h"

namespace vitsim::mapping {
namespace {

constexpr std::array<std::string_view, kAims> kAimNames{"cycles", "traffic", "work"};
constexpr std::string_view name_of(Aim aim) { return kAimNames[static_cast<std::size_t>(aim)]; }
constexpr const char* kGreedy = "greedy";
/// Plans are made for all of the scratchpad and for less by up to half, in so many equal parts of
/// it: what is left over lets operands come earlier. They are made for sizes that no scratchpad
/// decides on, too, so many to a doubling: what is found for a small one is found for larger ones.
constexpr int kParts = 16;
constexpr int kSizesOfADoubling = 4;
constexpr std::size_t kMostSizes = 48;
/// And for so many slower DRAMs, each half as fast as the one before: powers of two, which no DRAM
/// decides on. What is found for a slow one is found for faster ones.
constexpr int kSlowerDrams = 5;
/// Commands that are emitted to compare plans, at the most but for those of one plan: of plans for
/// this DRAM, and of all.
constexpr std::int64_t kMostCommands = 800'000;
constexpr std::int64_t kMostCommandsOfAll = 1'200'000;
/// A plan is given up where an encoder block takes more commands or, compared with the best so far,
/// more cycles.
constexpr std::int64_t kMostCommandsOfABlock = 100'000;
constexpr double kMostCyclesOfABlock = 1.25;

/// Operators that come again and again.
struct Repeat {
  int first = 0;
  int length = 0;
  int times = 1;
};

/// The repetition that covers the most operators, the shortest of these; everything once, where
/// that leaves so much out that it does not speak for the rest.
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
  return 4 * covered >= 3 * count ? best : Repeat{0, count, 1};
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
        repeat_(find_repeat(shape_classes(sequence_))) {}

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
    add_greedy(candidates);
    const bool by_cycles = objective_ == config::MappingObjective::kCycles;
    std::ranges::stable_sort(candidates, [&](const Candidate& a, const Candidate& b) {
      const auto rank = [&](const Candidate& one) {
        return by_cycles ? std::pair(one.least_cycles, one.traffic)
                         : std::pair(one.traffic, one.least_cycles);
      };
      return rank(a) < rank(b);
    });
    auto behind = candidates.begin() + std::min<std::ptrdiff_t>(count, std::ssize(candidates));
    candidates.erase(std::remove_if(behind, candidates.end(),
                                    [](const Candidate& one) { return one.origin != kGreedy; }),
                     candidates.end());
    return candidates;
  }

 private:
  struct Found {
    Candidate candidate;
    std::int64_t rank = 0;  ///< the fewer the better
  };

  void make_plans() {
    const double rate = timing::peak_bytes_per_cycle(machine_);
    make_plans({rate}, kMostCommands);
    if (objective_ == config::MappingObjective::kCycles) {
      make_plans(slower_rates(rate), kMostCommandsOfAll);
    }
  }

  /// For DRAMs of these rates, until so many commands have been emitted.
  void make_plans(const std::vector<double>& rates, std::int64_t most_commands) {
    std::deque<Planner> planners;
    for (const double rate : rates) {
      for (const Pace pace : {Pace::kTileByTile, Pace::kAsOneStream}) {
        planners.emplace_back(sequence_, machine_, pace, rate);
      }
    }
    const Room capacity = capacity_of(machine_.scratchpad);
    for (const Bytes size : sizes(capacity.total())) {
      Room room = capacity;
      for (Bytes& bytes : room.bytes) {
        bytes = bytes * size / capacity.total();
      }
      bool fits = false;
      for (Planner& planner : planners) {
        for (const Aim aim : {Aim::kCycles, Aim::kTraffic, Aim::kWork}) {
          if (commands_ > most_commands) {
            return;  // for large networks; the largest sizes, which promise most, came first
          }
          if (auto plan = planner.plan(room, aim)) {
            fits = true;
            plan->mapping.order = order_;
            consider(std::move(*plan),
                     fmt::format("search for {} in {} bytes{}", name_of(aim), room.total(),
                                 for_dram(planner.bytes_per_cycle())),
                     capacity);
          }
        }
      }
      if (!fits) {
        return;  // nor does anything into less
      }
    }
  }

  /// Greedy's mapping, too, and those that it finds for slower DRAMs.
  void add_greedy(std::vector<Candidate>& candidates) {
    const auto add = [&](const config::Accelerator& machine, std::string origin) {
      auto mapping = greedy_mapping(graph_, machine);
      const auto same = [&](const Candidate& one) { return one.mapping == *mapping; };
      if (mapping && std::ranges::none_of(candidates, same)) {
        candidates.push_back({.origin = std::move(origin), .mapping = std::move(*mapping)});
        measure(candidates.back());
      }
    };
    add(machine_, kGreedy);
    config::Accelerator slower = machine_;
    for (const double rate : slower_rates(timing::peak_bytes_per_cycle(machine_))) {
      if (commands_ > kMostCommandsOfAll) {
        return;
      }
      slower.dram = {};
      slower.dram.kind = config::DramKind::kSimple;
      slower.dram.bytes_per_cycle = rate;
      add(slower, kGreedy + for_dram(rate));
    }
  }

  /// What a plan's name says of a DRAM that is not the machine's.
  [[nodiscard]] std::string for_dram(double rate) const {
    return rate == timing::peak_bytes_per_cycle(machine_)
               ? ""
               : fmt::format(" at {:g} bytes a cycle", rate);
  }

  /// Below `rate`, downwards.
  static std::vector<double> slower_rates(double rate) {
    std::vector<double> rates;
    double slower = std::exp2(std::ceil(std::log2(rate)));
    for (int i = 0; i < kSlowerDrams; ++i) {
      slower /= 2;
      rates.push_back(slower);
    }
    return rates;
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
    const std::optional<std::int64_t> rank = objective_ == config::MappingObjective::kTraffic
                                                 ? plan.traffic
                                                 : cycles_of_a_block(candidate.mapping);
    if (rank) {
      found.rank = *rank;
      found_.push_back(std::move(found));
    }
  }

  /// Of one that has others before and behind it; a share of everything, where there is none. None
  /// where the plan is given up.
  [[nodiscard]] std::optional<Cycles> cycles_of_a_block(const Mapping& mapping) {
    const auto [first, last] = a_block(mapping);
    const int blocks = last - first + 1 == repeat_.length ? 1 : repeat_.times;
    const auto most_cycles =
        static_cast<Cycles>(kMostCyclesOfABlock * static_cast<double>(fewest_cycles_ * blocks));
    const auto emitted =
        found_.empty() ? emit(mapping, first, last)
                       : emit(mapping, first, last, most_cycles, kMostCommandsOfABlock * blocks);
    if (!emitted) {
      return std::nullopt;
    }
    const Cycles cycles = emitted->estimate.cycles / blocks;
    fewest_cycles_ = found_.empty() ? cycles : std::min(fewest_cycles_, cycles);
    return cycles;
  }

  /// Its operators: as many as are repeated, from one on that no group is cut at.
  [[nodiscard]] std::pair<int, int> a_block(const Mapping& mapping) const {
    const auto cuts = [&](int op) {
      return std::ranges::any_of(
          mapping.groups, [&](const Group& group) { return group.first < op && op <= group.last; });
    };
    const int begin = repeat_.first + repeat_.length;
    const int end = repeat_.first + repeat_.times * repeat_.length;
    for (int first = begin; first + repeat_.length < end && first < begin + repeat_.length;
         ++first) {
      if (!cuts(first) && !cuts(first + repeat_.length)) {
        return {first, first + repeat_.length - 1};
      }
    }
    return {0, sequence_.size() - 1};
  }

  void measure(Candidate& candidate) {
    const Emitted all = *emit(candidate.mapping, 0, sequence_.size() - 1);
    candidate.least_cycles = all.estimate.cycles;
    candidate.traffic = all.estimate.dram_read_bytes + all.estimate.dram_write_bytes;
    candidate.scratchpad_bytes = all.scratchpad_bytes;
  }

  struct Emitted {
    Estimate estimate;
    Bytes scratchpad_bytes = 0;
  };
  /// None where it takes more cycles or commands.
  std::optional<Emitted> emit(
      const Mapping& mapping, int first, int last,
      Cycles most_cycles = std::numeric_limits<Cycles>::max(),
      std::int64_t most_commands = std::numeric_limits<std::int64_t>::max()) {
    struct GivenUp {};
    const std::int64_t before = commands_;
    Emitted emitted;
    Estimator estimator(graph_, machine_);
    try {
      emitted.scratchpad_bytes =
          emit_commands(graph_, machine_, mapping, first, last, [&](const Command& command) {
            ++commands_;
            if (estimator.add(command).done > most_cycles || commands_ - before > most_commands) {
              throw GivenUp();
            }
          });
    } catch (const GivenUp&) {
      return std::nullopt;
    }
    emitted.estimate = std::move(estimator).finish();
    return emitted;
  }

  const model::Graph& graph_;
  const config::Accelerator& machine_;
  config::MappingObjective objective_;
  std::vector<int> order_;
  Sequence sequence_;
  Repeat repeat_;
  std::vector<Mapping> planned_;  ///< without addresses
  std::vector<Found> found_;
  Cycles fewest_cycles_ = 0;   ///< of a block, so far
  std::int64_t commands_ = 0;  ///< emitted so far
};

}  // namespace

std::vector<Candidate> find_mappings(const model::Graph& graph, const config::Accelerator& machine,
                                     config::MappingObjective objective, int count) {
  return Search(graph, machine, objective).run(count);
}

}  // namespace vitsim::mapping
