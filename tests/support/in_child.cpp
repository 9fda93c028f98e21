// SPDX-License-Identifier: Apache-2.0
#include "support/in_child.h"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vitsim::test {
namespace {

constexpr char kReturned = 'r';
constexpr char kThrew = 't';

[[noreturn]] void run_child(const std::function<std::string()>& body, int pipe_end) {
  std::string message;
  try {
    message = kReturned + body();
  } catch (const std::exception& error) {
    message = kThrew + std::string(error.what());
  } catch (...) {
    message = kThrew + std::string("something that is no std::exception");
  }
  std::fflush(nullptr);
  for (std::size_t sent = 0; sent < message.size();) {
    const ssize_t count = ::write(pipe_end, message.data() + sent, message.size() - sent);
    if (count <= 0) {
      break;
    }
    sent += static_cast<std::size_t>(count);
  }
  // Neither the test framework's nor SystemC's exit handlers belong to this process.
  ::_exit(0);
}

/// Reads until the child closes its end; false where the limit comes first.
bool read_all(int pipe_end, std::chrono::milliseconds limit, std::string& message) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return false;
    }
    pollfd event{pipe_end, POLLIN, 0};
    if (::poll(&event, 1, static_cast<int>(left.count())) <= 0) {
      continue;
    }
    char buffer[4096];
    const ssize_t count = ::read(pipe_end, buffer, sizeof buffer);
    if (count <= 0) {
      return true;
    }
    message.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace

ChildResult in_child(const std::function<std::string()>& body, std::chrono::milliseconds limit) {
  int ends[2];
  std::fflush(nullptr);
  if (::pipe(ends) != 0) {
    return {false, "no pipe to a child process"};
  }
  const pid_t child = ::fork();
  if (child < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    return {false, "no child process"};
  }
  if (child == 0) {
    ::close(ends[0]);
    run_child(body, ends[1]);
  }
  ::close(ends[1]);
  std::string message;
  const bool in_time = read_all(ends[0], limit, message);
  ::close(ends[0]);
  if (!in_time) {
    ::kill(child, SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!in_time) {
    return {false, fmt::format("the child did not end within {} ms", limit.count())};
  }
  if (WIFSIGNALED(status)) {
    return {false, fmt::format("the child died of signal {} ({})", WTERMSIG(status),
                               ::strsignal(WTERMSIG(status)))};
  }
  if (message.empty()) {
    return {false,
            fmt::format("the child ended with exit code {} and no word", WEXITSTATUS(status))};
  }
  return {message.front() == kReturned,
          message.front() == kReturned ? message.substr(1) : "it threw: " + message.substr(1)};
}

}  // namespace vitsim::test
