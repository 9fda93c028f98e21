// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vitsim/core/safetensors.h"

namespace vitsim {

/// What the header of a safetensors file says of one tensor: bytes [begin, end) of the data.
struct TensorEntry {
  std::string name;
  DType type;
  std::vector<std::int64_t> shape;
  std::size_t begin;
  std::size_t end;
};

struct SafetensorsHeader {
  std::vector<TensorEntry> tensors;  ///< by name
  std::map<std::string, std::string> metadata;
};

/// Reads the JSON `text` and checks each tensor for itself and against the others: type known,
/// range as large as the shape says and inside `data_size` bytes, no two overlapping. ModelError
/// that begins with `file` otherwise.
SafetensorsHeader parse_safetensors_header(std::string_view text, std::size_t data_size,
                                           const std::string& file);

}  // namespace vitsim
