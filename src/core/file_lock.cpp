// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/file_lock.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

namespace vitsim {

FileLock::FileLock(const std::filesystem::path& path) : beside_(path.string() + ".lock") {
  do {
    if (file_ >= 0) {
      ::close(file_);
    }
    file_ = ::open(beside_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file_ < 0) {
      throw OutputError(
          fmt::format("{}: cannot be made: {}", printable(beside_.string()), std::strerror(errno)));
    }
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(file_, F_SETLK, &whole) != 0) {
      ::close(file_);
      file_ = -1;
      return;
    }
    // Whoever held it before may have removed the file between its opening and its lock.
  } while (!is_still_there());
}

FileLock::~FileLock() {
  if (file_ >= 0) {
    ::unlink(beside_.c_str());
    ::close(file_);
  }
}

bool FileLock::is_still_there() const {
  struct stat opened {};
  struct stat named {};
  return ::fstat(file_, &opened) == 0 && ::stat(beside_.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

}  // namespace vitsim
