// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vitsim/core/units.h"
#include "vitsim/stats/counters.h"

namespace vitsim::stats {

/// How counters grew over time, in windows of equal length: a power of two of cycles, which doubles
/// when a run gets longer, so that there are never more than kMostWindows. Counters are read at the
/// end of a window only, which costs nothing in the cycles between.
class Timeline {
 public:
  static constexpr std::size_t kMostWindows = 1024;
  static constexpr Cycles kFirstWindow = 64;

  struct Series {
    std::string name;
    std::vector<std::int64_t> amounts;  ///< by window
  };

  /// Follows `counter`, which must outlive this, under `name`.
  void watch(std::string name, const Counter& counter);
  /// Back to the first cycle, with all counters 0.
  void reset();
  /// What has been counted so far was counted in cycles before `now`, and none of it in the windows
  /// that have passed since the last sample but for the first of them. Returns the cycle from which
  /// the next sample is due.
  Cycles sample(Cycles now);
  /// The run took `cycles`: the last window ends there.
  void finish(Cycles cycles);

  [[nodiscard]] Cycles window_cycles() const { return window_; }
  [[nodiscard]] const std::vector<Series>& series() const { return series_; }

 private:
  void close_window();
  void double_window();

  std::vector<const Counter*> counters_;
  std::vector<Series> series_;
  std::vector<std::int64_t> before_;  ///< of each counter, at the last sample
  Cycles window_ = kFirstWindow;
  Cycles closed_ = 0;  ///< windows
};

}  // namespace vitsim::stats
