// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace vitsim::stats {

/// A number that only grows during an image.
class Counter {
 public:
  Counter(std::string_view name, std::string_view meaning) : name_(name), meaning_(meaning) {}
  Counter& operator++() {
    ++value_;
    return *this;
  }
  Counter& operator+=(std::int64_t amount) {
    value_ += amount;
    return *this;
  }
  void reset() { value_ = 0; }

  [[nodiscard]] std::int64_t value() const { return value_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& meaning() const { return meaning_; }

 private:
  std::string name_;
  std::string meaning_;
  std::int64_t value_ = 0;
};

/// The counters of one module. A module declares a counter where it counts:
/// `rows_(stats.counter("rows", "rows rescaled"))`; reports walk the groups. Names end in their
/// unit: `_bytes`, `_cycles`; else they count things.
class Group {
 public:
  explicit Group(std::string_view name) : name_(name) {}
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  Counter& counter(std::string_view name, std::string_view meaning) {
    return counters_.emplace_back(name, meaning);
  }
  void reset() {
    for (Counter& counter : counters_) {
      counter.reset();
    }
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::deque<Counter>& counters() const { return counters_; }

 private:
  std::string name_;
  std::deque<Counter> counters_;
};

}  // namespace vitsim::stats
