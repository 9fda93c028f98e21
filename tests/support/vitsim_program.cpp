// SPDX-License-Identifier: Apache-2.0
#include "support/vitsim_program.h"

#include <array>
#include <csignal>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vitsim::test {
namespace {

using Clock = std::chrono::steady_clock;

/// One end to read, one to write.
std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  return ends;
}

[[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments,
                         int out, int err) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (::chdir(VITSIM_SOURCE_DIR) == 0 && ::dup2(nothing, STDIN_FILENO) >= 0 &&
      ::dup2(out, STDOUT_FILENO) >= 0 && ::dup2(err, STDERR_FILENO) >= 0) {
    ::execv(program.c_str(), argv.data());
  }
  ::_exit(127);
}

/// Appends what has come; false at the end of the file.
bool drain(int file, std::string& text) {
  std::array<char, 65536> buffer{};
  const ssize_t count = ::read(file, buffer.data(), buffer.size());
  text.append(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  return count > 0;
}

}  // namespace

ProgramResult run_vitsim(const std::vector<std::string>& arguments, const ProgramLimits& limits) {
  return run_program(VITSIM_PROGRAM, arguments, limits);
}

ProgramResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                          const ProgramLimits& limits) {
  const auto out = make_pipe();
  const auto err = make_pipe();
  const Clock::time_point started = Clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    become(program, arguments, out[1], err[1]);
  }
  ::close(out[1]);
  ::close(err[1]);

  ProgramResult result;
  bool interrupted = false;
  std::array<pollfd, 2> files{pollfd{out[0], POLLIN, 0}, pollfd{err[0], POLLIN, 0}};
  const std::array<std::string*, 2> texts{&result.out, &result.err};
  while (files[0].fd >= 0 || files[1].fd >= 0) {
    constexpr int kPollMilliseconds = 10;
    ::poll(files.data(), files.size(), kPollMilliseconds);
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (files[i].fd >= 0 && files[i].revents != 0 && !drain(files[i].fd, *texts[i])) {
        ::close(files[i].fd);
        files[i].fd = -1;
      }
    }
    const auto elapsed = Clock::now() - started;
    if (limits.interrupt_after && !interrupted && elapsed > *limits.interrupt_after) {
      interrupted = true;
      ::kill(child, SIGINT);
    }
    if (elapsed > limits.limit && !result.timed_out) {
      result.timed_out = true;
      ::kill(child, SIGKILL);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

}  // namespace vitsim::test
