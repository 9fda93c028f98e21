// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <sys/resource.h>

namespace vitsim::sim {

/// The largest resident set so far, of RUSAGE_SELF or RUSAGE_CHILDREN.
inline std::int64_t peak_rss_bytes(int who) {
  rusage usage{};
  getrusage(who, &usage);
  return usage.ru_maxrss * 1024;
}

}  // namespace vitsim::sim
