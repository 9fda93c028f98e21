// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "vitsim/trace/event.h"
#include "vitsim/trace/file.h"

namespace vitsim::trace {

/// Where a run first does something else than a trace says.
struct Divergence {
  std::optional<Event> expected;  ///< none: the trace has ended
  std::optional<Event> got;       ///< none: the run has
  std::deque<Event> before;       ///< the last events that both have, the oldest first
};

/// Compares a run's events with those of a trace, one by one, in constant memory.
class Comparison {
 public:
  /// Events that a divergence shows from before it.
  static constexpr std::size_t kShown = 10;

  /// `golden` must outlive the comparison.
  explicit Comparison(Reader& golden) : golden_(golden) {}

  /// The run's next event; nothing is compared behind a divergence. ModelError where the trace
  /// cannot be read.
  void add(const Event& event);
  /// The run has no further event.
  void finish();
  [[nodiscard]] const std::optional<Divergence>& divergence() const { return divergence_; }

 private:
  Reader& golden_;
  std::deque<Event> before_;
  std::optional<Divergence> divergence_;
};

}  // namespace vitsim::trace
