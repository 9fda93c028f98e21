// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include <xxhash.h>

#include "vitsim/core/error.h"
#include "vitsim/trace/file.h"

namespace vitsim::test {

/// Reads these bytes as a trace, with the checksum that they should end with, so that what is
/// behind it is reached. Whether all events could be read; only a ModelError may say no.
inline bool read_trace(std::string_view bytes) {
  std::string file(bytes);
  const XXH64_hash_t checksum = XXH3_64bits(file.data(), file.size());
  for (unsigned bit = 0; bit < 64; bit += 8) {
    file += static_cast<char>(checksum >> bit & 0xFFU);
  }
  try {
    trace::Reader reader(std::make_unique<std::istringstream>(std::move(file)), "trace");
    while (reader.next()) {
    }
    return true;
  } catch (const ModelError&) {
    return false;
  }
}

}  // namespace vitsim::test
