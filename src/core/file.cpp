// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vitsim/core/error.h"

namespace vitsim {
namespace {

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

std::string reason() { return std::strerror(errno); }

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    content.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return true;
}

std::vector<std::byte> allocate(const std::filesystem::path& path, std::size_t size) {
  try {
    return std::vector<std::byte>(size);
  } catch (const std::bad_alloc&) {
    throw ModelError(fmt::format("{}: its {} bytes do not fit into memory", path.string(), size));
  }
}

/// A device or a pipe (/dev/stdout) must be written itself: renaming would replace it by a file.
void write_special_file(const std::filesystem::path& path, std::string_view content) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.is_open() || !write_all(file.get(), content)) {
    throw OutputError(fmt::format("{}: cannot be written: {}", path.string(), reason()));
  }
}

}  // namespace

std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  // O_NONBLOCK: opening a pipe that nobody writes must not hang.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
    throw ModelError(fmt::format("{}: cannot be opened: {}", path.string(), reason()));
  }
  if (!S_ISREG(status.st_mode)) {
    throw ModelError(fmt::format("{}: got {}, expected a regular file", path.string(),
                                 S_ISDIR(status.st_mode) ? "a directory" : "a special file"));
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > max_bytes) {
    throw ModelError(fmt::format("{}: got a file of {} bytes, expected at most {}", path.string(),
                                 size, max_bytes));
  }
  std::vector<std::byte> content = allocate(path, size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::read(file.get(), content.data() + done, size - done);
    if (count == 0) {
      throw ModelError(fmt::format("{}: ended after {} bytes of {} while it was read",
                                   path.string(), done, size));
    }
    if (count < 0 && errno != EINTR) {
      throw ModelError(fmt::format("{}: cannot be read: {}", path.string(), reason()));
    }
    done += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }
  return content;
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  std::error_code no_such_file;
  const auto status = std::filesystem::status(path, no_such_file);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
      !std::filesystem::is_directory(status)) {
    write_special_file(path, content);
    return;
  }
  // A link stays: what it points to is replaced.
  std::filesystem::path target = std::filesystem::canonical(path, no_such_file);
  if (no_such_file) {
    target = path;
  }
  static std::atomic<unsigned> counter = 0;
  const std::filesystem::path temporary =
      target.parent_path() / fmt::format(".vitsim-{}-{}.tmp", ::getpid(), counter++);
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.is_open()) {
    throw OutputError(fmt::format("{}: cannot be written: {}", path.string(), reason()));
  }
  if (!write_all(file.get(), content) || !file.close() ||
      ::rename(temporary.c_str(), target.c_str()) != 0) {
    const std::string why = reason();
    ::unlink(temporary.c_str());
    throw OutputError(fmt::format("{}: cannot be written: {}", path.string(), why));
  }
}

}  // namespace vitsim
