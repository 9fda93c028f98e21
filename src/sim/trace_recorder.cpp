// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/trace_recorder.h"

#include <algorithm>
#include <cassert>

#include "vitsim/model/encoding.h"

namespace vitsim::sim {
namespace {

/// Where a command writes its results; null where it writes none.
const mapping::Operand* results_of(const mapping::Command& command) {
  const std::optional<mapping::Operand>* out = nullptr;
  if (const auto* matmul = std::get_if<mapping::MatmulTile>(&command.work)) {
    out = &matmul->out;
  } else if (const auto* rows = std::get_if<mapping::RowsTile>(&command.work)) {
    out = &rows->out;
  }
  return out != nullptr && *out ? &**out : nullptr;
}

bool holds(const model::View& tile, std::int64_t row, std::int64_t col) {
  return row >= tile.row && row < tile.row + tile.rows && col >= tile.col &&
         col < tile.col + tile.cols;
}

struct CommandOf {
  std::int64_t operator()(const trace::Transaction& /*event*/) const { return 0; }
  template <class OfCommand>
  std::int64_t operator()(const OfCommand& event) const {
    return event.command;
  }
};

}  // namespace

TraceRecorder::TraceRecorder(const model::Graph& graph, const mapping::Program& program,
                             trace::Level level, Sink sink, hw::WriteObserver* next)
    : graph_(graph),
      program_(program),
      level_(level),
      sink_(std::move(sink)),
      next_(next),
      open_(graph.tensors.size()) {}

void TraceRecorder::on_released(Cycles cycle, std::size_t command) {
  add(cycle, trace::Released{cycle, static_cast<std::int64_t>(command)});
  const mapping::Operand* out = results_of(program_.commands[command]);
  if (level_ >= trace::Level::kTiles && out != nullptr) {
    open(command, *out);
  }
}

void TraceRecorder::on_done(Cycles cycle, std::size_t command, stats::Activity* activity) {
  trace::Done done{cycle, static_cast<std::int64_t>(command), {}};
  if (activity != nullptr) {
    add_stalls(done, *activity);
  }
  add(cycle, std::move(done));
  if (level_ >= trace::Level::kTiles && results_of(program_.commands[command]) != nullptr) {
    close(cycle, command);
  }
}

void TraceRecorder::add_stalls(trace::Done& done, stats::Activity& activity) {
  const int op = program_.commands[static_cast<std::size_t>(done.command)].op;
  const int layer = program_.layer_of_op[static_cast<std::size_t>(op)];
  LastDone& last = last_done_[{&activity, layer}];
  if (last.cycle == done.cycle) {
    // Of those that are done in one cycle the first by number has the stalls.
    if (done.command < last.command) {
      std::swap(done.stalls, stalls_of(last.command));
      last.command = done.command;
    }
    return;
  }
  const stats::CycleCount now = activity.read(done.cycle + 1, layer).own;
  for (std::size_t cause = 0; cause < stats::kStallCauseCount; ++cause) {
    const Cycles cycles = now.stalls[cause] - last.count.stalls[cause];
    if (cycles > 0) {
      done.stalls.push_back({static_cast<stats::StallCause>(cause), cycles});
    }
  }
  last = {done.cycle, done.command, now};
}

/// Of a command that is done in this cycle.
std::vector<trace::Stall>& TraceRecorder::stalls_of(std::int64_t command) {
  const auto event = std::ranges::find_if(of_cycle_, [&](const trace::Event& one) {
    const auto* done = std::get_if<trace::Done>(&one);
    return done != nullptr && done->command == command;
  });
  assert(event != of_cycle_.end());
  return std::get<trace::Done>(*event).stalls;
}

void TraceRecorder::open(std::size_t command, const mapping::Operand& out) {
  open_[static_cast<std::size_t>(out.tile.tensor)].push_back(
      {command, out.tile, trace::TileHash(out.tile.rows)});
}

void TraceRecorder::close(Cycles cycle, std::size_t command) {
  auto& tiles =
      open_[static_cast<std::size_t>(results_of(program_.commands[command])->tile.tensor)];
  const auto tile = std::ranges::find(tiles, command, &OpenTile::command);
  assert(tile != tiles.end());
  add(cycle, trace::Tile{cycle, static_cast<std::int64_t>(command), tile->hash.value(),
                         tile->hash.rows()});
  tiles.erase(tile);
}

TraceRecorder::OpenTile& TraceRecorder::tile_at(model::TensorId tensor, std::int64_t row,
                                                std::int64_t col) {
  auto& tiles = open_[static_cast<std::size_t>(tensor)];
  const auto tile =
      std::ranges::find_if(tiles, [&](const OpenTile& one) { return holds(one.tile, row, col); });
  assert(tile != tiles.end());
  return *tile;
}

void TraceRecorder::on_write(Cycles cycle, const std::string& unit,
                             const hw::MemoryRequest& request) {
  if (next_ != nullptr) {
    next_->on_write(cycle, unit, request);
  }
  if (level_ < trace::Level::kTiles) {
    return;
  }
  const int width = graph_.tensors[static_cast<std::size_t>(request.tensor)].element_bytes;
  values_.resize(request.data.size() / static_cast<std::size_t>(width));
  model::decode(request.data, width, values_);
  const std::int64_t col = request.col / width;
  OpenTile& open = tile_at(request.tensor, request.row, col);
  const std::int64_t row_of_tile = request.row - open.tile.row;
  const std::int64_t col_of_tile = col - open.tile.col;
  if (!request.strided()) {
    open.hash.add(row_of_tile, col_of_tile, values_);
    return;
  }
  for (std::size_t i = 0; i < values_.size(); ++i) {
    open.hash.add(row_of_tile + static_cast<std::int64_t>(i), col_of_tile, values_[i]);
  }
}

void TraceRecorder::add(Cycles cycle, trace::Event event) {
  if (cycle != cycle_) {
    end_cycle();
    cycle_ = cycle;
  }
  of_cycle_.push_back(std::move(event));
}

void TraceRecorder::end_cycle() {
  std::ranges::sort(of_cycle_, [](const trace::Event& a, const trace::Event& b) {
    return std::pair(a.index(), std::visit(CommandOf(), a)) <
           std::pair(b.index(), std::visit(CommandOf(), b));
  });
  for (const trace::Event& event : of_cycle_) {
    sink_(event);
  }
  of_cycle_.clear();
}

void TraceRecorder::end_image() {
  end_cycle();
  cycle_ = 0;
  last_done_.clear();
  for (auto& tiles : open_) {
    tiles.clear();
  }
}

}  // namespace vitsim::sim
