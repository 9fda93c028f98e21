// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/external.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

namespace vitsim {
namespace {

[[noreturn]] void cannot_run(const std::string& program, int why) {
  throw SimulationError(
      fmt::format("{}: cannot be run: {}", printable(program), std::strerror(why)));
}

/// Both ends are closed with it, and in the programs that are run.
class Pipe {
 public:
  explicit Pipe(const std::string& program) {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) {
      cannot_run(program, errno);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    ::close(ends_[0]);
    close_write_end();
  }
  [[nodiscard]] int read_end() const { return ends_[0]; }
  [[nodiscard]] int write_end() const { return ends_[1]; }
  void close_write_end() {
    if (const int end = std::exchange(ends_[1], -1); end >= 0) {
      ::close(end);
    }
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

/// Its process, or none where there is no such program.
std::optional<pid_t> start(const std::vector<std::string>& words, const Pipe& out,
                           const Pipe& err) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, out.write_end(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, err.write_end(), STDERR_FILENO);
  pid_t process = 0;
  const int problem =
      ::posix_spawnp(&process, arguments[0], &files, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (problem == ENOENT || problem == ENOTDIR) {
    return std::nullopt;
  }
  if (problem != 0) {
    cannot_run(words.front(), problem);
  }
  return process;
}

/// Both at once, as a program that cannot write one of them waits.
void read_to_the_end(const Pipe& out, const Pipe& err, ExternalOutcome& outcome) {
  std::array<pollfd, 2> files{pollfd{out.read_end(), POLLIN, 0}, pollfd{err.read_end(), POLLIN, 0}};
  const std::array<std::string*, 2> texts{&outcome.out, &outcome.err};
  while (files[0].fd >= 0 || files[1].fd >= 0) {
    if (::poll(files.data(), files.size(), -1) < 0) {
      continue;  // a signal
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (files[i].fd < 0 || files[i].revents == 0) {
        continue;
      }
      std::array<char, 65536> buffer{};
      const ssize_t count = ::read(files[i].fd, buffer.data(), buffer.size());
      if (count > 0) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(count));
      } else if (count == 0 || errno != EINTR) {
        files[i].fd = -1;
      }
    }
  }
}

}  // namespace

std::optional<ExternalOutcome> run_external(const std::vector<std::string>& words) {
  Pipe out(words.front());
  Pipe err(words.front());
  const std::optional<pid_t> process = start(words, out, err);
  if (!process) {
    return std::nullopt;
  }
  out.close_write_end();
  err.close_write_end();
  ExternalOutcome outcome;
  read_to_the_end(out, err, outcome);
  int status = 0;
  while (::waitpid(*process, &status, 0) < 0 && errno == EINTR) {
  }
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

}  // namespace vitsim
