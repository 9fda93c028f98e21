// SPDX-License-Identifier: Apache-2.0
// Reads traces that libFuzzer invents; tools/fuzz.sh builds and runs it.
#include <cstddef>
#include <cstdint>

#include "read_trace.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vitsim::test::read_trace({reinterpret_cast<const char*>(data), size});
  return 0;
}
