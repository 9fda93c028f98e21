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

/// A file that is written piece by piece beside `path` and takes its place at the end, so that
/// `path` holds either all of it or what it held before. OutputError where that fails; nothing is
/// left behind. Devices and pipes (/dev/stdout) are written themselves.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void append(std::string_view bytes);
  /// Nothing may follow.
  void commit();

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path path_;
  std::filesystem::path target_;     ///< what `path_` points to
  std::filesystem::path temporary_;  ///< empty for a special file, and when all is done
  int fd_ = -1;
};

/// All of a file at once.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

}  // namespace vitsim
