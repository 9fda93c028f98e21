// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

namespace vitsim {

/// All bytes of a regular file. ModelError, with the reason, where it cannot be opened or read or
/// is larger than `max_bytes`.
std::vector<std::byte> read_file(const std::filesystem::path& path,
                                 std::size_t max_bytes = std::size_t{8} << 30);

/// Writes `content` beside `path` and renames it into place, so that `path` holds either all of it
/// or what it held before. OutputError where that fails; nothing is left behind.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

}  // namespace vitsim
