// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

namespace vitsim::cli {

/// A line on standard error that says how far the work is. There is none where standard error is
/// no terminal or the user wants quiet; it is wiped at the end.
class Progress {
 public:
  explicit Progress(bool quiet);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// `done` of `all` images, parts of one included.
  void show(double done, std::size_t all);

 private:
  bool shown_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace vitsim::cli
