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

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code no_such_file;
  const auto status = std::filesystem::status(path_, no_such_file);
  // A device or a pipe must be written itself: renaming would replace it by a file.
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
      !std::filesystem::is_directory(status)) {
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    // A link stays: what it points to is replaced.
    target_ = std::filesystem::canonical(path_, no_such_file);
    if (no_such_file) {
      target_ = path_;
    }
    static std::atomic<unsigned> counter = 0;
    temporary_ = target_.parent_path() / fmt::format(".vitsim-{}-{}.tmp", ::getpid(), counter++);
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  }
  if (fd_ < 0) {
    temporary_.clear();
    fail();
  }
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
  }
}

void AtomicFile::append(std::string_view bytes) {
  if (!write_all(fd_, bytes)) {
    fail();
  }
}

void AtomicFile::commit() {
  if (::close(std::exchange(fd_, -1)) != 0) {
    fail();
  }
  if (!temporary_.empty()) {
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
      fail();
    }
    temporary_.clear();
  }
}

void AtomicFile::fail() const {
  throw OutputError(fmt::format("{}: cannot be written: {}", path_.string(), reason()));
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  AtomicFile file(path);
  file.append(content);
  file.commit();
}

}  // namespace vitsim
