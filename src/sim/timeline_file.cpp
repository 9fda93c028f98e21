// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/timeline_file.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vitsim/mapping/program_text.h"
#include "vitsim/sim/trace_names.h"
#include "vitsim/sim/version.h"
#include "vitsim/timing/array.h"

#include "gzip_file.h"

namespace vitsim::sim {
namespace {

using Json = nlohmann::ordered_json;

/// Processes of the timeline: units, and counters below them.
constexpr int kUnits = 1;
constexpr int kCounters = 2;
/// Perfetto keeps thread 0 for itself.
constexpr std::size_t kFirstThread = 1;

/// When a command has its unit, or a product one of its operands' fetchers: from its release on,
/// but not before that is done with the command before.
struct Slice {
  std::size_t track = 0;
  Cycles begin = 0;
  Cycles end = 0;
};

/// Tracks of their own behind those of the units.
constexpr std::array<std::string_view, 2> kFetchers{"lhs_fetcher", "rhs_fetcher"};

/// The result, or what is moved, as `tensor[rows, cols]`; empty where sums stay in the array.
std::string tile_of(const mapping::Command& command, const model::Graph& graph) {
  const mapping::Operand* operand = nullptr;
  if (const auto* transfer = std::get_if<mapping::Transfer>(&command.work)) {
    operand = &transfer->scratchpad;
  } else if (const auto* matmul = std::get_if<mapping::MatmulTile>(&command.work)) {
    operand = matmul->out ? &*matmul->out : nullptr;
  } else if (const auto* rows = std::get_if<mapping::RowsTile>(&command.work)) {
    operand = rows->out ? &*rows->out : nullptr;
  }
  if (operand == nullptr) {
    return "";
  }
  const model::View& tile = operand->tile;
  return fmt::format("{}[{}:{}, {}:{}]", graph.tensor(tile).name, tile.row, tile.row + tile.rows,
                     tile.col, tile.col + tile.cols);
}

class TimelineWriter {
 public:
  TimelineWriter(const TimelineSource& source, const std::filesystem::path& file)
      : source_(source), units_(source.program), file_(file) {}

  void write() {
    const Json about{
        {"title", source_.title}, {"version", version()}, {"time", "a microsecond is a cycle"}};
    file_.append(R"({"displayTimeUnit":"ns","otherData":)" + about.dump() + R"(,"traceEvents":[)" +
                 "\n");
    name_tracks();
    make_slices();
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      add_slice(i);
    }
    add_counters();
    file_.append("\n]}\n");
    file_.finish();
  }

 private:
  void add(const Json& event) {
    file_.append(first_ ? "" : ",\n");
    file_.append(event.dump());
    first_ = false;
  }

  void name_process(int process, const std::string& name) {
    add({{"ph", "M"}, {"pid", process}, {"name", "process_name"}, {"args", {{"name", name}}}});
    add({{"ph", "M"},
         {"pid", process},
         {"name", "process_sort_index"},
         {"args", {{"sort_index", process}}}});
  }

  void name_tracks() {
    name_process(kUnits, source_.title);
    name_process(kCounters, "memory and array");
    for (std::size_t i = 0; i < track_count(); ++i) {
      const std::size_t units = units_.names().size();
      add({{"ph", "M"},
           {"pid", kUnits},
           {"tid", kFirstThread + i},
           {"name", "thread_name"},
           {"args", {{"name", i < units ? units_.names()[i] : kFetchers[i - units]}}}});
    }
  }

  [[nodiscard]] std::size_t track_count() const { return units_.names().size() + kFetchers.size(); }

  /// The slices of all commands, then those of the fetchers; which one sets each token.
  void make_slices() {
    const auto& commands = source_.program.commands;
    slice_of_token_.assign(source_.program.token_count, 0);
    free_from_.assign(track_count(), 0);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      make_slice(i, units_.number_of(commands[i]), commands[i].done);
    }
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (const auto* tile = std::get_if<mapping::MatmulTile>(&commands[i].work)) {
        make_slice(i, units_.names().size(), tile->lhs_read);
        make_slice(i, units_.names().size() + 1, tile->rhs_read);
      }
    }
  }

  void make_slice(std::size_t command, std::size_t track, mapping::Token token) {
    const auto set = static_cast<std::size_t>(token);
    const Cycles begin = std::max(source_.schedule.released[command], free_from_[track]);
    free_from_[track] = std::max(begin, source_.schedule.set[set]);
    slice_of_token_[set] = slices_.size();
    slices_.push_back({track, begin, free_from_[track]});
    command_of_slice_.push_back(command);
  }

  void add_slice(std::size_t index) {
    const std::size_t number = command_of_slice_[index];
    const mapping::Command& command = source_.program.commands[number];
    const Slice& slice = slices_[index];
    const int layer = source_.program.layer_of_op[static_cast<std::size_t>(command.op)];
    add({{"ph", "X"},
         {"pid", kUnits},
         {"tid", kFirstThread + slice.track},
         {"ts", slice.begin},
         {"dur", slice.end - slice.begin},
         {"name", source_.program.layers[static_cast<std::size_t>(layer)].name},
         {"cat", mapping::operation_of(command.unit)},
         {"args",
          {{"command", number},
           {"operation", mapping::operation_of(command.unit)},
           {"tile", tile_of(command, source_.graph)},
           {"operands", mapping::work_text(command, source_.graph)},
           {"released", source_.schedule.released[number]}}}});
    if (index != number) {
      return;  // a fetcher's: the command's own has the arrows
    }
    for (const mapping::Token token : command.waits) {
      add_arrow(static_cast<std::size_t>(token), slice);
    }
  }

  /// From the slice in which the token is set to the one that waited for it.
  void add_arrow(std::size_t token, const Slice& to) {
    const Slice& from = slices_[slice_of_token_[token]];
    const Cycles set =
        std::clamp(source_.schedule.set[token] - 1, from.begin, std::max(from.begin, from.end - 1));
    const std::string name = fmt::format("t{}", token);
    ++arrows_;
    add({{"ph", "s"},
         {"pid", kUnits},
         {"tid", kFirstThread + from.track},
         {"ts", set},
         {"id", arrows_},
         {"cat", "token"},
         {"name", name}});
    add({{"ph", "f"},
         {"bp", "e"},
         {"pid", kUnits},
         {"tid", kFirstThread + to.track},
         {"ts", to.begin},
         {"id", arrows_},
         {"cat", "token"},
         {"name", name}});
  }

  void add_counter(Cycles cycle, const std::string& name, const std::string& unit, double value) {
    add({{"ph", "C"},
         {"pid", kCounters},
         {"ts", cycle},
         {"name", name},
         {"args", {{unit, value}}}});
  }

  /// Windows of the image; the last one may be shorter.
  void add_counters() {
    const ImageTimeline& windows = source_.windows;
    const auto pes = static_cast<double>(timing::pe_count(source_.config.accelerator.pe_array));
    for (const stats::Timeline::Series& series : windows.counts) {
      const bool macs = series.name == "macs";
      const bool bytes = series.name.ends_with("_bytes");
      if (!macs && !bytes) {
        continue;
      }
      const std::string name =
          macs ? "pe_utilization" : series.name.substr(0, series.name.size() - 6) + "_bandwidth";
      add_windows(series.amounts.size(), [&](std::size_t i, Cycles begin, Cycles length) {
        const double rate = static_cast<double>(series.amounts[i]) / static_cast<double>(length);
        add_counter(begin, name, macs ? "of 1" : "bytes a cycle", macs ? rate / pes : rate);
      });
    }
    add_windows(windows.occupied_bytes.size(), [&](std::size_t i, Cycles begin, Cycles /*length*/) {
      add_counter(begin, "scratchpad_occupied", "bytes", windows.occupied_bytes[i]);
    });
  }

  template <class Add>
  void add_windows(std::size_t count, const Add& add_window) {
    const Cycles window = source_.windows.window_cycles;
    for (std::size_t i = 0; i < count; ++i) {
      const Cycles begin = static_cast<Cycles>(i) * window;
      add_window(i, begin, std::max<Cycles>(1, std::min(window, source_.windows.cycles - begin)));
    }
  }

  const TimelineSource& source_;
  CommandUnits units_;
  GzipFile file_;
  bool first_ = true;
  std::vector<Slice> slices_;
  std::vector<std::size_t> command_of_slice_;
  std::vector<std::size_t> slice_of_token_;
  std::vector<Cycles> free_from_;  ///< by track
  std::int64_t arrows_ = 0;
};

}  // namespace

void write_timeline(const TimelineSource& source, const std::filesystem::path& file) {
  TimelineWriter(source, file).write();
}

}  // namespace vitsim::sim
