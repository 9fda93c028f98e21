// SPDX-License-Identifier: Apache-2.0
#include "vitsim/stats/timeline.h"

#include <utility>

namespace vitsim::stats {

void Timeline::watch(std::string name, const Counter& counter) {
  counters_.push_back(&counter);
  series_.push_back({std::move(name), {}});
  series_.back().amounts.reserve(kMostWindows);
  before_.push_back(0);
}

void Timeline::reset() {
  for (std::size_t i = 0; i < series_.size(); ++i) {
    series_[i].amounts.clear();
    before_[i] = 0;
  }
  window_ = kFirstWindow;
  closed_ = 0;
}

/// Gives the window that is open what the counters have grown by.
void Timeline::close_window() {
  for (std::size_t i = 0; i < series_.size(); ++i) {
    const std::int64_t value = counters_[i]->value();
    series_[i].amounts.push_back(value - std::exchange(before_[i], value));
  }
  ++closed_;
}

/// Two windows become one.
void Timeline::double_window() {
  for (Series& series : series_) {
    auto& amounts = series.amounts;
    for (std::size_t i = 0; i < amounts.size() / 2; ++i) {
      amounts[i] = amounts[2 * i] + amounts[2 * i + 1];
    }
    amounts.resize(amounts.size() / 2);
  }
  window_ *= 2;
  closed_ /= 2;
}

Cycles Timeline::sample(Cycles now) {
  static_assert(kMostWindows % 2 == 0, "windows are merged in pairs");
  while ((closed_ + 1) * window_ <= now) {
    close_window();
    if (closed_ == static_cast<Cycles>(kMostWindows)) {
      double_window();
    }
  }
  return (closed_ + 1) * window_;
}

void Timeline::finish(Cycles cycles) {
  sample(cycles);
  if (closed_ * window_ < cycles) {
    close_window();
  }
}

}  // namespace vitsim::stats
