// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace vitsim::test {

/// How often this program has taken memory from the heap by `new`.
std::size_t allocations();

}  // namespace vitsim::test
