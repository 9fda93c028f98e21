// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vitsim::cli {

/// A line on standard error that says how far the work is. There is none where standard error is
/// no terminal or the user wants quiet; it is wiped at the end.
class Progress {
 public:
  /// `what`: images, products.
  Progress(bool quiet, std::string_view what);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// `done` of `all`, parts of one included; `more` stands behind.
  void show(double done, std::size_t all, const std::string& more = "");
  /// Makes room for another line.
  void wipe();

 private:
  bool shown_;
  std::string_view what_;
  std::chrono::steady_clock::time_point last_;
  /// When it was shown first, and how much was done by then.
  std::optional<std::chrono::steady_clock::time_point> started_;
  double done_at_start_ = 0;
};

}  // namespace vitsim::cli
