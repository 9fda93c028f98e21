// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/mapping_text.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "vitsim/core/units.h"
#include "vitsim/sim/layer_name.h"

#include "number_text.h"

namespace vitsim::sim {
namespace {

class Text {
 public:
  Text(const MappedNetwork& mapped, const model::Graph& graph, const config::Accelerator& machine)
      : mapped_(mapped), mapping_(mapped.mapping), sequence_(graph, mapped.mapping.order) {
    add_trials();
    add("operators   {}, as {} commands\n", sequence_.size(),
        grouped(static_cast<std::int64_t>(mapped.program.commands.size())));
    add("scratchpad  {} of {} in use at the most\n", bytes_text(mapped.program.scratchpad_bytes),
        bytes_text(machine.scratchpad.size_kib * Bytes{1024}));
    add_stays();
    add_groups();
  }
  std::string take() && { return std::move(text_); }

 private:
  template <class... Values>
  void add(fmt::format_string<Values...> form, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), form, std::forward<Values>(values)...);
  }

  void add_trials() {
    if (mapped_.trials.empty()) {
      return;
    }
    std::size_t width = std::string_view("mapping").size();
    for (const MappingTrial& trial : mapped_.trials) {
      width = std::max(width, trial.origin.size());
    }
    add("  {:<{}} {:>15} {:>15} {:>11} {:>11}\n", "mapping", width, "least cycles", "cycles",
        "DRAM", "scratchpad");
    for (std::size_t i = 0; i < mapped_.trials.size(); ++i) {
      const MappingTrial& trial = mapped_.trials[i];
      add("{} {:<{}} {:>15} {:>15} {:>11} {:>11}\n", i == mapped_.chosen ? '*' : ' ', trial.origin,
          width, grouped(trial.least_cycles), trial.cycles ? grouped(*trial.cycles) : "-",
          bytes_text(trial.traffic), bytes_text(trial.scratchpad_bytes));
    }
    add("* chosen; cycles are those of a simulation, - where it was not needed\n\n");
  }

  void add_stays() {
    std::map<model::TensorId, Bytes> bytes;
    std::int64_t loaded = 0;
    const std::vector<int> writers = mapping::first_writers(sequence_);
    for (const mapping::Stay& stay : mapping_.stays) {
      const auto id = static_cast<std::size_t>(stay.tensor);
      const model::Tensor& tensor = sequence_.graph().tensors[id];
      Bytes& most = bytes[stay.tensor];
      most = std::max(most, tensor.rows * stay.cols * tensor.element_bytes);
      loaded += stay.first == writers[id] ? 0 : 1;
    }
    Bytes all = 0;
    for (const auto& [tensor, most] : bytes) {
      all += most;
    }
    add("stays       {}, of {} tensors of {} all together; {} are loaded\n", mapping_.stays.size(),
        bytes.size(), bytes_text(all), loaded);
  }

  /// Groups of the same layers, row tiles and manner are one line.
  void add_groups() {
    using Key = std::tuple<std::string, std::int64_t, std::int64_t, bool>;
    std::vector<std::pair<Key, int>> kinds;
    for (const mapping::Group& group : mapping_.groups) {
      std::string layers;
      for (int stage = 0; stage < group.stages; ++stage) {
        layers += (stage == 0 ? "" : " > ") + kind_of(sequence_.op(group.first + stage).layer);
      }
      const Key key{layers, group.rows, sequence_.op(group.first).out.rows, group.skewed};
      const auto known = std::ranges::find(kinds, key, [](const auto& kind) { return kind.first; });
      if (known == kinds.end()) {
        kinds.emplace_back(key, 1);
      } else {
        ++known->second;
      }
    }
    add("groups      {}{}\n", mapping_.groups.empty() ? "none" : "",
        mapping_.groups.empty() ? "" : grouped(static_cast<std::int64_t>(mapping_.groups.size())));
    for (const auto& [key, times] : kinds) {
      const auto& [layers, rows, all_rows, skewed] = key;
      add("  {} x {}: {} of {} rows at a time, {}\n", times, layers, rows, all_rows,
          skewed ? "stages side by side" : "stage after stage");
    }
  }

  const MappedNetwork& mapped_;
  const mapping::Mapping& mapping_;
  mapping::Sequence sequence_;
  std::string text_;
};

}  // namespace

std::string mapping_text(const MappedNetwork& mapped, const model::Graph& graph,
                         const config::Accelerator& machine) {
  return Text(mapped, graph, machine).take();
}

}  // namespace vitsim::sim
