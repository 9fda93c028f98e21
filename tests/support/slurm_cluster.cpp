// SPDX-License-Identifier: Apache-2.0
#include "support/slurm_cluster.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vitsim/core/external.h"

namespace vitsim::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause(50);

/// Debian has the daemons where the PATH of users does not lead.
constexpr std::array<const char*, 7> kPrograms{"munged", "slurmctld", "slurmd", "sbatch",
                                               "squeue", "sinfo",     "scancel"};

bool is_installed(const std::string& program) {
  const auto found = run_external({"sh", "-c", "command -v \"$0\"", program});
  return found && found->exit_code == 0;
}

void extend_path() {
  const char* path = std::getenv("PATH");
  ::setenv("PATH",
           fmt::format("{}:/usr/sbin:/sbin", path == nullptr ? "/usr/bin:/bin" : path).c_str(), 1);
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  const std::string whole = name.data();
  return whole.substr(0, whole.find('.'));  // as slurmd calls itself
}

/// Sockets that are bound at the same time have different ports.
template <std::size_t kCount>
std::array<int, kCount> free_ports() {
  std::array<int, kCount> sockets{};
  std::array<int, kCount> ports{};
  for (std::size_t i = 0; i < kCount; ++i) {
    sockets[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(sockets[i], any, size) != 0 || ::getsockname(sockets[i], any, &size) != 0) {
      throw std::runtime_error("no free port");
    }
    ports[i] = ntohs(address.sin_port);
  }
  for (const int socket : sockets) {
    ::close(socket);
  }
  return ports;
}

/// Whether it comes true before the time is over.
template <class Condition>
bool becomes_true(std::chrono::seconds limit, const Condition& condition) {
  const auto end = steady_clock::now() + limit;
  while (!condition()) {
    if (steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

/// The process that the daemons, and what they leave behind, are children of. Where nobody waits
/// for a task's dead children, such as in a container, Slurm takes them for alive.
class Keeper {
 public:
  explicit Keeper(fs::path place) : place_(std::move(place)) {}

  /// Until the pipe closes or a daemon ends.
  [[noreturn]] void run(int pipe, pid_t user) {
    ::setsid();  // Ctrl-C is for the user
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const std::string place = place_.string();
    start({"munged", "--foreground", "--force", "--socket=" + place + "/munge.socket",
           "--key-file=" + place + "/munge.key", "--pid-file=" + place + "/munged.pid",
           "--log-file=" + place + "/munged.log", "--seed-file=" + place + "/munged.seed"});
    becomes_true(std::chrono::seconds(10), [&] { return fs::exists(place + "/munge.socket"); });
    start({"slurmctld", "-D", "-c"});
    start({"slurmd", "-D"});
    pollfd closed{pipe, POLLIN, 0};
    while (all_run() && ::poll(&closed, 1, static_cast<int>(kPause.count())) == 0) {
    }
    stop();
    if (::getppid() != user) {
      std::error_code ignored;
      fs::remove_all(place_, ignored);
    }
    ::_exit(0);
  }

 private:
  void start(const std::vector<std::string>& words) {
    const std::string output = place_ / (words.front() + ".output");
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (const std::string& word : words) {
      arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const pid_t process = ::fork();
    if (process == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      if (::dup2(nothing, STDIN_FILENO) >= 0 && ::dup2(file, STDOUT_FILENO) >= 0 &&
          ::dup2(file, STDERR_FILENO) >= 0) {
        ::execvp(arguments[0], arguments.data());
      }
      ::_exit(127);
    }
    daemons_.push_back(process);
  }

  /// Takes leave of all children that ended.
  bool all_run() {
    const std::size_t before = daemons_.size();
    for (pid_t ended = 0; (ended = ::waitpid(-1, nullptr, WNOHANG)) > 0;) {
      std::erase(daemons_, ended);
    }
    return daemons_.size() == before;
  }

  void stop() {
    while (!daemons_.empty()) {
      const pid_t daemon = daemons_.back();
      ::kill(daemon, SIGTERM);
      const auto is_over = [&] {
        all_run();
        return std::ranges::count(daemons_, daemon) == 0;
      };
      if (!becomes_true(std::chrono::seconds(5), is_over)) {
        ::kill(daemon, SIGKILL);
        becomes_true(std::chrono::seconds(5), is_over);
        std::erase(daemons_, daemon);
      }
    }
    becomes_true(std::chrono::seconds(5), [&] {
      std::ifstream children(fmt::format("/proc/self/task/{}/children", ::getpid()));
      for (pid_t child = 0; children >> child;) {
        ::kill(child, SIGKILL);
      }
      all_run();
      return ::waitpid(-1, nullptr, WNOHANG) < 0;  // there is none
    });
  }

  fs::path place_;
  std::vector<pid_t> daemons_;  ///< in the order in which they were started
};

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

constexpr const char* kConfiguration = R"(ClusterName=vitsim
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket={directory}/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
MailProg=/bin/true
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
SlurmctldLogFile={directory}/slurmctld.log
SlurmdLogFile={directory}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
)";

}  // namespace

std::string SlurmCluster::obstacle() {
  if (::geteuid() != 0) {
    return "a Slurm of its own takes root, which this user is not";
  }
  extend_path();
  for (const char* program : kPrograms) {
    if (!is_installed(program)) {
      return fmt::format("{} is not installed: `tools/setup.sh --tests` installs Slurm", program);
    }
  }
  return "";
}

SlurmCluster::SlurmCluster() {
  extend_path();
  write_configuration();
  ::setenv("SLURM_CONF", (directory_.path() / "slurm.conf").c_str(), 1);
  start();
  try {
    wait_until_idle();
  } catch (...) {
    stop();
    throw;
  }
}

SlurmCluster::~SlurmCluster() {
  run_external({"scancel", "--user=root"});
  becomes_true(std::chrono::seconds(10), [] {
    const auto jobs = run_external({"squeue", "--noheader"});
    return jobs->exit_code != 0 || jobs->out.empty();
  });
  stop();
  ::unsetenv("SLURM_CONF");
}

void SlurmCluster::write_configuration() const {
  const fs::path place = directory_.path();
  fs::create_directory(place / "state");
  fs::create_directory(place / "spool");
  std::random_device random;
  std::string key(1024, ' ');
  for (char& letter : key) {
    letter = static_cast<char>(random());
  }
  fs::permissions(directory_.write("munge.key", key), fs::perms::owner_read);
  const auto [controller_port, node_port] = free_ports<2>();
  (void)directory_.write("slurm.conf", fmt::format(kConfiguration, fmt::arg("host", host_name()),
                                                   fmt::arg("controller_port", controller_port),
                                                   fmt::arg("node_port", node_port),
                                                   fmt::arg("directory", place.string())));
}

void SlurmCluster::start() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  const pid_t user = ::getpid();
  keeper_ = ::fork();
  if (keeper_ == 0) {
    ::close(ends[1]);
    Keeper(directory_.path()).run(ends[0], user);
  }
  ::close(ends[0]);
  alive_ = ends[1];
  if (keeper_ < 0) {
    throw std::runtime_error("no process");
  }
}

void SlurmCluster::wait_until_idle() {
  const bool idle = becomes_true(std::chrono::seconds(60), [&] {
    if (::waitpid(keeper_, nullptr, WNOHANG) != 0) {
      keeper_ = -1;
      throw std::runtime_error("a daemon of Slurm ended at once:\n" + logs());
    }
    const auto nodes = run_external({"sinfo", "--noheader", "--format=%T"});
    return nodes && nodes->out == "idle\n";
  });
  if (!idle) {
    throw std::runtime_error("the node of Slurm did not become idle:\n" + logs());
  }
}

std::string SlurmCluster::logs() const {
  std::string text;
  for (const char* name :
       {"munged.output", "slurmctld.output", "slurmctld.log", "slurmd.output", "slurmd.log"}) {
    text += fmt::format("--- {}\n{}", name, content_of(directory_.path() / name));
  }
  return text;
}

void SlurmCluster::stop() {
  ::close(alive_);
  if (keeper_ > 0) {
    ::waitpid(keeper_, nullptr, 0);
  }
}

}  // namespace vitsim::test
