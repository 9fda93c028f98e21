// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "vitsim/core/safetensors.h"

namespace vitsim {

/// The product of the dimensions; nothing where one is negative or the product overflows.
std::optional<std::int64_t> checked_element_count(std::span<const std::int64_t> shape);

bool is_integer(DType type);

/// Little-endian elements of `type`, not necessarily aligned, converted.
std::vector<float> to_floats(DType type, std::span<const std::byte> bytes);
std::vector<double> to_doubles(DType type, std::span<const std::byte> bytes);
/// `type` must be an integer type.
std::vector<std::int64_t> to_integers(DType type, std::span<const std::byte> bytes);

}  // namespace vitsim
