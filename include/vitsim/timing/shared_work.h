// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace vitsim::timing {

/// The earliest end of work that one resource does, each part not before a time of its own, in
/// whatever order. It is the largest, over all times t, of t and the work that may not begin before
/// t. Only the latest few t are kept, so that it may come out too early, never too late.
class SharedWork {
 public:
  void add(std::int64_t from, std::int64_t work);
  /// When all that was added is done; 0 where nothing was.
  [[nodiscard]] std::int64_t end() const { return count_ == 0 ? 0 : starts_[count_ - 1].end; }

 private:
  struct Start {
    std::int64_t from = 0;
    std::int64_t end = 0;  ///< of the work that may not begin before `from`, begun then
  };
  static constexpr std::size_t kKept = 8;
  /// By `from`; an entry counts only if its end is later than those of all before it.
  std::array<Start, kKept + 1> starts_{};
  std::size_t count_ = 0;
};

}  // namespace vitsim::timing
