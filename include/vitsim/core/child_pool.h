// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vitsim/core/error.h"

namespace vitsim {

/// What a child may use; nothing said: as much as there is.
struct ChildLimits {
  std::optional<std::chrono::milliseconds> time;
  std::optional<std::int64_t> bytes;  ///< of address space
};

/// What became of a child.
struct ChildOutcome {
  std::size_t number = 0;           ///< as it was started
  ExitCode code = ExitCode::kDone;  ///< of its Error; kSimulationFailed where it was killed
  std::string text;                 ///< what its body returned, or why it did not
  double seconds = 0;               ///< of wall time
  std::int64_t peak_rss_bytes = 0;
};

/// Runs functions in forked children, several at once: SystemC elaborates once a process, so each
/// machine needs one of its own, and what kills one leaves the others. Before the first child the
/// process must not have elaborated anything. Children end with the pool.
class ChildPool {
 public:
  explicit ChildPool(std::size_t most, ChildLimits limits = {});
  ChildPool(const ChildPool&) = delete;
  ChildPool& operator=(const ChildPool&) = delete;
  ~ChildPool();

  [[nodiscard]] bool full() const { return children_.size() >= most_; }
  [[nodiscard]] bool empty() const { return children_.empty(); }
  /// Runs `body` in a child; only where not full(). SimulationError where there is no process.
  void start(std::size_t number, const std::function<std::string()>& body);
  /// The next child to end; only where not empty(). `look` is called now and then meanwhile. On
  /// Ctrl-C children are told to stop, killed where they do not, and have kInterrupted.
  ChildOutcome wait(const std::function<void()>& look = {});

 private:
  struct Child;
  [[nodiscard]] std::optional<ChildOutcome> next_ended(int milliseconds);
  void stop_what_is_over();
  [[nodiscard]] ChildOutcome collect(std::size_t index);

  std::size_t most_;
  ChildLimits limits_;
  std::vector<std::unique_ptr<Child>> children_;
};

}  // namespace vitsim
