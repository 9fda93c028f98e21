// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "vitsim/config/describe.h"
#include "vitsim/core/error.h"
#include "vitsim/core/text.h"
#include "vitsim/mapping/program_text.h"
#include "vitsim/sim/trace_run.h"
#include "vitsim/sim/trace_text.h"
#include "vitsim/sim/version.h"

#include "differing_keys.h"
#include "locate_value.h"
#include "traced_run.h"

namespace vitsim::sim {
namespace {

constexpr std::size_t kMostRemarks = 10;

std::string text_of(const DifferingKey& key) {
  return fmt::format("{}: {} in the trace, {} now", key.name, key.before, key.after);
}

void check_model(const TraceJob& job, const TraceHeader& golden, const std::string& file) {
  const auto found = differing_keys(golden.model, config::to_json(job.workload.model));
  if (!found.empty()) {
    throw ModelError(fmt::format("{}: got another model than the trace's from '{}': {}", file,
                                 printable(job.files.model), text_of(found.front())));
  }
}

void check_hash(const std::string& what, const std::string& source, const std::string& got,
                const std::string& expected, const std::string& file) {
  if (got != expected) {
    throw ModelError(
        fmt::format("{}: the {} of '{}' are not those that the trace was recorded with: got "
                    "XXH3 {}, expected {}",
                    file, what, printable(source), got, printable(expected)));
  }
}

void check_hashes(const TraceJob& job, const WorkloadHashes& got, const WorkloadHashes& expected,
                  const std::string& file) {
  check_hash("weights", job.files.weights, got.weights, expected.weights, file);
  check_hash("scales", job.workload.model.scales, got.scales, expected.scales, file);
  check_hash("input values", job.files.input, got.input, expected.input, file);
}

std::vector<std::string> remarks(const TraceJob& job, const TraceHeader& golden,
                                 const WorkloadHashes& hashes) {
  std::vector<std::string> all;
  if (golden.version != version()) {
    all.push_back(fmt::format("vitsim {} recorded the trace, this is {}", printable(golden.version),
                              version()));
  }
  const auto changed = differing_keys(golden.config, config::to_json(job.workload.config));
  for (std::size_t i = 0; i < std::min(changed.size(), kMostRemarks); ++i) {
    all.push_back(text_of(changed[i]));
  }
  if (changed.size() > kMostRemarks) {
    all.push_back(
        fmt::format("{} further keys of the configuration differ", changed.size() - kMostRemarks));
  }
  if (golden.hashes.program != hashes.program) {
    all.emplace_back("the network is mapped to another program than the trace's");
  }
  return all;
}

trace::Tolerance tolerance_in_cycles(const TraceTolerance& tolerance,
                                     const std::filesystem::path& file) {
  trace::Tolerance result{tolerance.dram, tolerance.scratchpad, tolerance.stalls, tolerance.values,
                          0};
  if (tolerance.cycles > 0) {
    trace::Reader reader(file);
    result.cycles = std::max<Cycles>(
        1, static_cast<Cycles>(static_cast<double>(trace::last_cycle(reader)) * tolerance.cycles));
  }
  return result;
}

/// Says a divergence in words.
class Describer {
 public:
  Describer(TracedRun& run, const TraceHeader& golden, const config::Precision& precision)
      : run_(run), golden_(golden), precision_(precision) {}

  [[nodiscard]] TraceDifference describe(const trace::Divergence& divergence) const {
    TraceDifference difference;
    difference.divergence = divergence;
    const bool same_program = golden_.hashes.program == run_.hashes().program;
    difference.expected = divergence.expected
                              ? event_text(*divergence.expected, golden_.names,
                                           [&](std::int64_t command) {
                                             return same_program ? name_of(command) : CommandName();
                                           })
                              : "nothing of the kind";
    difference.got = divergence.got ? text_of(*divergence.got) : "nothing of the kind";
    for (const trace::Event& event : divergence.before) {
      difference.before.push_back(text_of(event));
    }
    difference.command =
        command_text(trace::command_of(divergence.got ? *divergence.got : *divergence.expected));
    add_values(difference);
    return difference;
  }

 private:
  [[nodiscard]] std::string text_of(const trace::Event& event) const {
    return event_text(event, run_.names(),
                      [this](std::int64_t command) { return name_of(command); });
  }

  [[nodiscard]] const mapping::Command* find(std::int64_t command) const {
    const auto& commands = run_.program().commands;
    return command >= 0 && command < static_cast<std::int64_t>(commands.size())
               ? &commands[static_cast<std::size_t>(command)]
               : nullptr;
  }

  [[nodiscard]] CommandName name_of(std::int64_t number) const {
    const mapping::Command* command = find(number);
    if (command == nullptr) {
      return {};
    }
    const auto layer = run_.program().layer_of_op[static_cast<std::size_t>(command->op)];
    return {mapping::name_of(command->unit, command->channel),
            run_.program().layers[static_cast<std::size_t>(layer)].name};
  }

  [[nodiscard]] std::string command_text(std::optional<std::int64_t> number) const {
    const mapping::Command* command = number ? find(*number) : nullptr;
    return command == nullptr ? std::string()
                              : fmt::format("{}: {}: {}", *number, name_of(*number).layer,
                                            mapping::to_text(*command, run_.graph()));
  }

  void add_values(TraceDifference& difference) const {
    const auto& [expected, got, before] = difference.divergence;
    const auto* golden_tile = expected ? std::get_if<trace::Tile>(&*expected) : nullptr;
    const auto* tile = got ? std::get_if<trace::Tile>(&*got) : nullptr;
    const mapping::Command* command = tile == nullptr ? nullptr : find(tile->command);
    if (golden_tile == nullptr || command == nullptr) {
      return;
    }
    const trace::Tile same_place{tile->cycle,      tile->command,    golden_tile->tensor,
                                 golden_tile->row, golden_tile->col, golden_tile->cols,
                                 tile->hash,       tile->rows};
    if (golden_tile->command == tile->command && same_place == *tile &&
        golden_tile->rows.size() == tile->rows.size() && golden_tile->hash != tile->hash) {
      difference.tensor = run_.graph().tensors[static_cast<std::size_t>(tile->tensor)].name;
      difference.values = locate_value(run_, precision_, *golden_tile);
    }
  }

  TracedRun& run_;
  const TraceHeader& golden_;
  const config::Precision& precision_;
};

}  // namespace

TraceCheck check_trace(const TraceJob& job, const std::filesystem::path& file,
                       const TraceHeader& golden, const TraceTolerance& tolerance) {
  const std::string name = file.string();
  check_model(job, golden, name);
  TracedRun run(job);
  check_hashes(job, run.hashes(), golden.hashes, name);
  TraceCheck check;
  check.remarks = remarks(job, golden, run.hashes());
  trace::Reader reader(file);
  trace::Comparison comparison(reader, tolerance_in_cycles(tolerance, file));
  check.counts = run.simulate(
      [&](const trace::Event& event) {
        comparison.add(event);
        if (comparison.divergence()) {
          run.machine().stop();
        }
      },
      nullptr);
  comparison.finish();
  if (comparison.divergence()) {
    check.difference =
        Describer(run, golden, job.workload.config.precision).describe(*comparison.divergence());
  }
  return check;
}

}  // namespace vitsim::sim
