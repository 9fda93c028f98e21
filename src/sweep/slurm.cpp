// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/slurm.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <iterator>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/external.h"
#include "vitsim/core/file.h"
#include "vitsim/core/interrupt.h"
#include "vitsim/core/text.h"

namespace vitsim::sweep {
namespace {

struct OwnOption {
  std::string_view name;
  std::string_view instead;
};

/// What --slurm may not set, and what sets it.
constexpr std::array<OwnOption, 9> kOwnOptions{{
    {"array", "--chunk says how many points a task has"},
    {"cpus-per-task", "-j does"},
    {"ntasks", "a task of the array is one process, which -j gives its processors"},
    {"open-mode", "logs are appended to, so that a task that is started again keeps them"},
    {"output", "logs are beside the shards"},
    {"parsable", "vitsim reads the job's number"},
    {"test-only", "vitsim reads the job's number"},
    {"wait", "--wait of `vitsim sweep` does, and collects the shards then"},
    {"wrap", "vitsim writes the script"},
}};

bool is_control(char letter) { return std::iscntrl(static_cast<unsigned char>(letter)) != 0; }

/// sbatch reads its lines nearly as a shell would, and takes a backslash for more.
std::string sbatch_word(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    escaped += letter == '\\' ? "\\\\" : std::string(1, letter);
  }
  return shell_word(escaped);
}

/// "0-3,7": the numbers of an array.
std::string ranges(const std::vector<int>& numbers) {
  std::string text;
  for (std::size_t first = 0; first < numbers.size();) {
    std::size_t last = first;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) {
      ++last;
    }
    text += fmt::format("{}{}", text.empty() ? "" : ",", numbers[first]);
    if (last > first) {
      text += fmt::format("-{}", numbers[last]);
    }
    first = last + 1;
  }
  return text;
}

/// The logs of tasks; Slurm sets in its numbers behind '%'.
std::string log_pattern(const SlurmJob& job) {
  std::string directory;
  for (const char letter : job.shards.string()) {
    if (is_control(letter) || letter == '\\') {
      throw ConfigError(
          fmt::format("{}: got a path that Slurm does not take for logs, expected one without "
                      "backslashes and control characters",
                      printable(job.shards.string())));
    }
    directory += letter == '%' ? "%%" : std::string(1, letter);
  }
  return directory + "/slurm-%A_%a.out";
}

/// All options of sbatch, the user's last: of two of one name it takes the later.
std::vector<std::string> sbatch_options(const SlurmJob& job) {
  std::vector<std::string> options{
      "--job-name=vitsim",
      "--array=" + ranges(job.tasks),
      "--ntasks=1",
      fmt::format("--cpus-per-task={}", job.cpus_per_task),
      "--output=" + log_pattern(job),
      "--open-mode=append",
  };
  for (const std::string& option : job.options) {
    check_slurm_option(option);
    options.push_back("--" + option);
  }
  return options;
}

std::string shard_name(std::string_view chunk, int chunks) {
  return fmt::format("shard-{}-of-{}.sqlite", chunk, chunks);
}

/// Runs a program of Slurm.
ExternalOutcome run_slurm(const std::vector<std::string>& words) {
  auto outcome = run_external(words);
  if (!outcome) {
    throw ConfigError(fmt::format(
        "--launcher slurm: there is no program {}, expected Slurm's commands in PATH (Debian has "
        "them in the package slurm-client), or --launcher local",
        words.front()));
  }
  return std::move(*outcome);
}

/// What a program of Slurm said, as one line.
std::string message_of(const ExternalOutcome& outcome) {
  std::string message;
  for (const char letter : outcome.err.empty() ? outcome.out : outcome.err) {
    message += letter == '\n' ? ' ' : letter;
  }
  while (!message.empty() && message.back() == ' ') {
    message.pop_back();
  }
  constexpr std::size_t kLongest = 500;
  return message.empty() ? fmt::format("exit code {} and no message", outcome.exit_code)
                         : printable(message, kLongest);
}

/// "17", or "17;east" where there are several clusters.
SlurmId id_in(const ExternalOutcome& outcome) {
  const std::string line = outcome.out.substr(0, outcome.out.find('\n'));
  const std::size_t semicolon = line.find(';');
  SlurmId id{line.substr(0, semicolon),
             semicolon == std::string::npos ? "" : line.substr(semicolon + 1)};
  if (id.job.empty() || id.job.find_first_not_of("0123456789") != std::string::npos) {
    throw SimulationError(
        fmt::format("sbatch: got '{}', expected the number of a job", printable(line)));
  }
  return id;
}

/// Whether squeue lists a task of the job: "17_3" or "17_[4-9]".
bool is_listed(const std::string& job, const std::string& lines) {
  return ("\n" + lines).find("\n" + job) != std::string::npos;
}

void sleep_unless_interrupted(std::chrono::milliseconds duration) {
  constexpr std::chrono::milliseconds kSlice(50);
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end) {
    check_interrupt();
    std::this_thread::sleep_for(kSlice);
  }
}

}  // namespace

int chunks_of(std::int64_t points, std::int64_t points_per_chunk) {
  const std::int64_t chunks = points / points_per_chunk + (points % points_per_chunk == 0 ? 0 : 1);
  return static_cast<int>(std::clamp<std::int64_t>(chunks, 1, kMostTasks));
}

std::filesystem::path shard_directory(const std::filesystem::path& store) {
  return std::filesystem::absolute(store).lexically_normal().string() + ".shards";
}

std::filesystem::path shard_path(const SlurmJob& job, int chunk) {
  return job.shards / shard_name(std::to_string(chunk), job.chunks);
}

void check_slurm_option(const std::string& option) {
  const std::string name = option.substr(0, option.find('='));
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  if (name.empty() || name.front() == '-' ||
      name.find_first_not_of(kLetters) != std::string::npos) {
    throw ConfigError(fmt::format(
        "--slurm: got '{}', expected a long option of sbatch without its dashes, such as "
        "partition=debug, time=60 or exclusive",
        printable(option)));
  }
  if (std::ranges::any_of(option, is_control)) {
    throw ConfigError(fmt::format("--slurm {}: got '{}', expected no control characters", name,
                                  printable(option)));
  }
  // sbatch takes the beginning of a name for the whole.
  const auto* own = std::ranges::find_if(
      kOwnOptions, [&](const OwnOption& candidate) { return candidate.name.starts_with(name); });
  if (own != kOwnOptions.end()) {
    throw ConfigError(fmt::format("--slurm {}: got an option that vitsim sets itself: {}",
                                  own->name, own->instead));
  }
}

std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char letter : text) {
    word += letter == '\'' ? "'\\''" : std::string(1, letter);
  }
  return word + "'";
}

std::string batch_script(const SlurmJob& job) {
  std::string script = "#!/bin/bash\n";
  for (const std::string& option : sbatch_options(job)) {
    const std::size_t equals = option.find('=');
    script += "#SBATCH " + option.substr(0, equals);
    if (equals != std::string::npos) {
      script += "=" + sbatch_word(option.substr(equals + 1));
    }
    script += "\n";
  }
  script += "task=${SLURM_ARRAY_TASK_ID:?this is a script for sbatch}\n";
  script +=
      fmt::format("exec {} sweep {} --shard \"$task/{}\" -j {}", shell_word(job.program.string()),
                  shell_word(job.sweep_file.string()), job.chunks, job.cpus_per_task);
  for (const std::string& argument : job.arguments) {
    script += " " + shell_word(argument);
  }
  return script + fmt::format(" -o {}/{}\n", shell_word(job.shards.string()),
                              shard_name("\"$task\"", job.chunks));
}

SlurmId submit(const SlurmJob& job) {
  const std::filesystem::path script = job.shards / "submit.sh";
  write_file_atomically(script, batch_script(job));
  // Once more what the script says: SBATCH_PARTITION and its like in the environment come before
  // the script, and after these.
  std::vector<std::string> words{"sbatch", "--parsable"};
  std::ranges::copy(sbatch_options(job), std::back_inserter(words));
  words.push_back(script.string());
  const ExternalOutcome outcome = run_slurm(words);
  if (outcome.exit_code != 0) {
    throw SimulationError(fmt::format("Slurm does not take the job: {} ({} is what sbatch got)",
                                      message_of(outcome), printable(script.string())));
  }
  return id_in(outcome);
}

void wait_for(const SlurmId& id) {
  constexpr std::chrono::milliseconds kFirstPause(250);
  constexpr std::chrono::milliseconds kLongestPause(15'000);
  constexpr int kMostFailures = 40;
  std::vector<std::string> words{"squeue", "--noheader", "--format=%i", "--jobs=" + id.job};
  if (!id.cluster.empty()) {
    words.push_back("--clusters=" + id.cluster);
  }
  int failures = 0;
  for (auto pause = kFirstPause;; pause = std::min(pause * 3 / 2, kLongestPause)) {
    sleep_unless_interrupted(pause);
    const ExternalOutcome outcome = run_slurm(words);
    const bool forgotten = outcome.err.find("Invalid job id") != std::string::npos;
    if (forgotten || (outcome.exit_code == 0 && !is_listed(id.job, outcome.out))) {
      return;
    }
    failures = outcome.exit_code == 0 ? 0 : failures + 1;
    if (failures >= kMostFailures) {
      throw SimulationError(
          fmt::format("job {}: Slurm does not say what became of it: {}; it may go on, and its "
                      "shards can be collected later",
                      id.job, message_of(outcome)));
    }
  }
}

}  // namespace vitsim::sweep
