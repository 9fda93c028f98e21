// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/child_pool.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vitsim/core/interrupt.h"

namespace vitsim {
namespace {

using std::chrono::steady_clock;

constexpr int kPollMilliseconds = 100;
/// What a child gets to end by itself when the user wants to stop.
constexpr std::chrono::seconds kGrace(2);

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

void limit_memory(const ChildLimits& limits) {
  if (limits.bytes) {
    const rlimit limit{static_cast<rlim_t>(*limits.bytes), static_cast<rlim_t>(*limits.bytes)};
    ::setrlimit(RLIMIT_AS, &limit);
  }
}

[[noreturn]] void run_and_exit(const std::function<std::string()>& body, const ChildLimits& limits,
                               int pipe_end, pid_t parent) {
  // Who waits for the result is gone: so is the reason to go on.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(1);
  }
  limit_memory(limits);
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

}  // namespace

struct ChildPool::Child {
  std::size_t number = 0;
  pid_t process = 0;
  int pipe = -1;
  steady_clock::time_point started;
  std::optional<steady_clock::time_point> told_to_stop;
  bool out_of_time = false;
  bool ended = false;  ///< its end of the pipe is closed
  std::string message;
};

ChildPool::ChildPool(std::size_t most, ChildLimits limits) : most_(most), limits_(limits) {}

ChildPool::~ChildPool() {
  for (const auto& child : children_) {
    ::kill(child->process, SIGKILL);
    ::close(child->pipe);
    while (::waitpid(child->process, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

void ChildPool::start(std::size_t number, const std::function<std::string()>& body) {
  int ends[2];
  std::fflush(nullptr);
  if (::pipe(ends) != 0) {
    throw SimulationError(fmt::format("no pipe to a child process: {}", std::strerror(errno)));
  }
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    throw SimulationError(fmt::format("no child process: {}", std::strerror(errno)));
  }
  if (process == 0) {
    ::close(ends[0]);
    run_and_exit(body, limits_, ends[1], parent);
  }
  ::close(ends[1]);
  auto child = std::make_unique<Child>();
  child->number = number;
  child->process = process;
  child->pipe = ends[0];
  child->started = steady_clock::now();
  children_.push_back(std::move(child));
}

ChildOutcome ChildPool::wait(const std::function<void()>& look) {
  for (;;) {
    if (auto outcome = next_ended(kPollMilliseconds)) {
      return std::move(*outcome);
    }
    stop_what_is_over();
    if (look) {
      look();
    }
  }
}

/// Tells children to stop where the user wants to, and kills those that do not or are out of time.
void ChildPool::stop_what_is_over() {
  const auto now = steady_clock::now();
  for (const auto& child : children_) {
    if (limits_.time && !child->out_of_time && now - child->started > *limits_.time) {
      child->out_of_time = true;
      ::kill(child->process, SIGKILL);
    }
    if (!interrupted()) {
      continue;
    }
    if (!child->told_to_stop) {
      ::kill(child->process, SIGTERM);
      child->told_to_stop = now;
    } else if (now - *child->told_to_stop > kGrace) {
      ::kill(child->process, SIGKILL);
    }
  }
}

/// Reads what children send, for so long at the most.
std::optional<ChildOutcome> ChildPool::next_ended(int milliseconds) {
  std::vector<pollfd> events;
  for (const auto& child : children_) {
    events.push_back({child->pipe, POLLIN, 0});
  }
  if (::poll(events.data(), events.size(), milliseconds) <= 0) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].revents == 0) {
      continue;
    }
    char buffer[65536];
    const ssize_t count = ::read(events[i].fd, buffer, sizeof buffer);
    if (count > 0) {
      children_[i]->message.append(buffer, static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      return collect(i);
    }
  }
  return std::nullopt;
}

ChildOutcome ChildPool::collect(std::size_t index) {
  const std::unique_ptr<Child> child = std::move(children_[index]);
  children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(index));
  ::close(child->pipe);
  int status = 0;
  rusage used{};
  while (::wait4(child->process, &status, 0, &used) < 0 && errno == EINTR) {
  }
  ChildOutcome result;
  result.number = child->number;
  result.seconds = std::chrono::duration<double>(steady_clock::now() - child->started).count();
  result.peak_rss_bytes = std::int64_t{used.ru_maxrss} * 1024;
  const bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (ended_well && !child->message.empty()) {
    result.code = static_cast<ExitCode>(static_cast<unsigned char>(child->message.front()));
    result.text = child->message.substr(1);
    return result;
  }
  result.code = interrupted() ? ExitCode::kInterrupted : ExitCode::kSimulationFailed;
  if (child->out_of_time) {
    result.text = fmt::format("the simulation took longer than {} s",
                              std::chrono::duration<double>(*limits_.time).count());
  } else if (WIFSIGNALED(status)) {
    result.text =
        fmt::format("the simulation was killed by signal {} ({}); memory may have run out",
                    WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  } else {
    result.text =
        fmt::format("the simulation ended with exit code {} without a result", WEXITSTATUS(status));
  }
  return result;
}

}  // namespace vitsim
