// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/child_process.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <optional>

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vitsim/core/error.h"
#include "vitsim/core/interrupt.h"

namespace vitsim {
namespace {

/// Before the text that a child sends stands the exit code of what became of it.
std::string outcome(const std::function<std::string()>& body) {
  const auto message = [](ExitCode code, const std::string& text) {
    return static_cast<char>(code) + text;
  };
  try {
    return message(ExitCode::kDone, body());
  } catch (const Error& error) {
    return message(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return message(ExitCode::kSimulationFailed, "out of memory");
  } catch (const std::exception& error) {
    return message(ExitCode::kSimulationFailed,
                   fmt::format("internal error, please report it: {}", error.what()));
  }
}

[[noreturn]] void run_and_exit(const std::function<std::string()>& body, int pipe_end,
                               pid_t parent) {
  // Who waits for the result is gone: so is the reason to go on.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(1);
  }
  const std::string message = outcome(body);
  std::fflush(nullptr);
  for (std::size_t sent = 0; sent < message.size();) {
    const ssize_t count = ::write(pipe_end, message.data() + sent, message.size() - sent);
    if (count < 0 && errno != EINTR) {
      ::_exit(1);
    }
    sent += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }
  // The exit handlers belong to the parent.
  ::_exit(0);
}

constexpr int kPollMilliseconds = 100;
/// What a child gets to end by itself when the user wants to stop.
constexpr std::chrono::seconds kGrace(2);

/// Reads until the child closes its end. Where the user wants to stop, the child is told to, and
/// killed if it does not.
std::string read_all(int pipe_end, pid_t child) {
  using std::chrono::steady_clock;
  std::string message;
  std::optional<steady_clock::time_point> told;
  for (;;) {
    if (interrupted() && !told) {
      ::kill(child, SIGTERM);
      told = steady_clock::now();
    } else if (told && steady_clock::now() - *told > kGrace) {
      ::kill(child, SIGKILL);
    }
    pollfd event{pipe_end, POLLIN, 0};
    const int ready = ::poll(&event, 1, kPollMilliseconds);
    if (ready < 0 && errno != EINTR) {
      ::kill(child, SIGKILL);
      return message;
    }
    if (ready <= 0) {
      continue;
    }
    char buffer[4096];
    const ssize_t count = ::read(pipe_end, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return message;
    }
    message.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace

std::string run_in_child(const std::function<std::string()>& body) {
  int ends[2];
  std::fflush(nullptr);
  if (::pipe(ends) != 0) {
    throw SimulationError(fmt::format("no pipe to a child process: {}", std::strerror(errno)));
  }
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    throw SimulationError(fmt::format("no child process: {}", std::strerror(errno)));
  }
  if (child == 0) {
    ::close(ends[0]);
    run_and_exit(body, ends[1], parent);
  }
  ::close(ends[1]);
  const std::string message = read_all(ends[0], child);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  check_interrupt();
  const bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (message.empty() || !ended_well) {
    throw SimulationError(
        WIFSIGNALED(status)
            ? fmt::format("the simulation was killed by signal {} ({}); memory may have run out",
                          WTERMSIG(status), ::strsignal(WTERMSIG(status)))
            : fmt::format("the simulation ended with exit code {} without a result",
                          WEXITSTATUS(status)));
  }
  const auto code = static_cast<ExitCode>(static_cast<unsigned char>(message.front()));
  if (code == ExitCode::kInterrupted) {
    throw Interrupted();
  }
  if (code != ExitCode::kDone) {
    throw Error(code, message.substr(1));
  }
  return message.substr(1);
}

}  // namespace vitsim
