// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>

#include "vitsim/trace/event.h"
#include "vitsim/trace/file.h"

namespace vitsim::trace {

class Pairs;

/// Where a run first does something else than a trace says.
struct Divergence {
  std::optional<Event> expected;  ///< none: the trace has nothing like it
  std::optional<Event> got;       ///< none: the run has nothing like it
  std::deque<Event> before;       ///< the last events that both have, the oldest first

  [[nodiscard]] Cycles cycle() const;  ///< the earlier of both
};

/// What a comparison overlooks.
struct Tolerance {
  bool dram = false;        ///< transactions of DRAM
  bool scratchpad = false;  ///< and of the scratchpad
  bool stalls = false;
  bool values = false;  ///< hashes of tiles and transactions
  /// An event may come so many cycles earlier or later. Where it is not 0, stalls are overlooked,
  /// and of each requester's transactions at a port the order alone counts.
  Cycles cycles = 0;
};

/// Compares a run's events with those of a trace, one by one. Memory: constant without a tolerance
/// in cycles, else that of the events of twice as many cycles.
class Comparison {
 public:
  /// Events that a divergence shows from before it.
  static constexpr std::size_t kShown = 10;

  /// `golden` must outlive the comparison.
  explicit Comparison(Reader& golden, const Tolerance& tolerance = {});
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;
  ~Comparison();

  /// The run's next event; nothing is compared behind a divergence. ModelError where the trace
  /// cannot be read.
  void add(const Event& event);
  /// The run has no further event.
  void finish();
  [[nodiscard]] const std::optional<Divergence>& divergence() const { return divergence_; }

 private:
  void diverge(std::optional<Event> expected, std::optional<Event> got);
  [[nodiscard]] std::optional<Event> next_golden();
  [[nodiscard]] bool counts(Event& event) const;

  Reader& golden_;
  Tolerance tolerance_;
  std::unique_ptr<Pairs> pairs_;  ///< with a tolerance in cycles
  std::deque<Event> before_;
  std::optional<Divergence> divergence_;
};

/// The cycle of a trace's last event; reads the trace to its end.
Cycles last_cycle(Reader& reader);

}  // namespace vitsim::trace
