// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "vitsim/trace/event.h"

namespace vitsim::trace {

/// Pairs the events of a run with those of a trace that may come some cycles earlier or later:
/// those of a command by command and kind, each requester's transactions at a port by their order.
class Pairs {
 public:
  /// `next`: the trace's next event, none behind the last.
  Pairs(std::function<std::optional<Event>()> next, Cycles tolerance)
      : next_(std::move(next)), tolerance_(tolerance) {}

  /// An event that has no equal within the tolerance, on either side.
  struct Difference {
    std::optional<Event> expected;
    std::optional<Event> got;
  };
  /// The run's next event.
  std::optional<Difference> add(const Event& event);
  /// The run has no further event: the trace's earliest that has no pair.
  std::optional<Event> finish();

 private:
  /// Kind (transactions: and port), then command, or requester and running number.
  using Key = std::tuple<std::size_t, std::int64_t, std::int64_t>;
  /// Transactions so far, by port and requester.
  using Counts = std::map<std::pair<std::size_t, std::int64_t>, std::int64_t>;

  static Key key_of(const Event& event, Counts& counts);
  void read_until(Cycles cycle);
  [[nodiscard]] std::optional<Event> find_ahead(const Key& key);

  std::function<std::optional<Event>()> next_;
  Cycles tolerance_;
  bool ended_ = false;
  std::optional<Event> ahead_;                   ///< read, but too late to be looked at
  std::map<Key, Event> waiting_;                 ///< of the trace
  std::deque<std::pair<Cycles, Key>> by_cycle_;  ///< the same, and some that have found theirs
  Counts golden_counts_;
  Counts run_counts_;
};

}  // namespace vitsim::trace
