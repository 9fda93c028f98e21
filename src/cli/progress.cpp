// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace vitsim::cli {
namespace {

constexpr std::chrono::milliseconds kInterval{100};
/// Back to the start of the line, which is wiped.
constexpr const char* kWipe = "\r\x1b[K";

}  // namespace

Progress::Progress(bool quiet, std::string_view what)
    : shown_(!quiet && ::isatty(STDERR_FILENO) != 0),
      what_(what),
      last_(std::chrono::steady_clock::now()) {}

Progress::~Progress() { wipe(); }

void Progress::wipe() {
  if (shown_) {
    std::fputs(kWipe, stderr);
  }
}

void Progress::show(double done, std::size_t all, const std::string& more) {
  const auto now = std::chrono::steady_clock::now();
  if (!started_) {
    started_ = now;
    done_at_start_ = done;
  }
  if (!shown_ || now - last_ < kInterval) {
    return;
  }
  last_ = now;
  const double part = done / static_cast<double>(std::max<std::size_t>(all, 1));
  fmt::print(stderr, "{}{} of {} {}, {:.0f} %", kWipe, static_cast<std::size_t>(done), all, what_,
             100 * part);
  if (const double since = done - done_at_start_; since > 0) {
    const double elapsed = std::chrono::duration<double>(now - *started_).count();
    const auto left = static_cast<long>(elapsed / since * (static_cast<double>(all) - done));
    fmt::print(stderr, ", {}:{:02} left", left / 60, left % 60);
  }
  fmt::print(stderr, "{}", more);
  std::fflush(stderr);
}

}  // namespace vitsim::cli
