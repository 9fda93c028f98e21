// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace vitsim {

/// That nobody else does what this process does to `path`: a lock on a file beside it, which ends
/// with the process, however it ends. Children do not inherit it.
class FileLock {
 public:
  /// OutputError where the file beside it cannot be made.
  explicit FileLock(const std::filesystem::path& path);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

  /// Whether nobody else holds it.
  [[nodiscard]] bool is_held() const { return file_ >= 0; }

 private:
  [[nodiscard]] bool is_still_there() const;

  std::filesystem::path beside_;
  int file_ = -1;
};

}  // namespace vitsim
