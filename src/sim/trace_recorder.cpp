// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/trace_recorder.h"

#include <algorithm>
#include <cassert>
#include <tuple>

#include <xxhash.h>

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

/// By kind, then by command.
std::pair<std::size_t, std::optional<std::int64_t>> order_of(const trace::Event& event) {
  return {event.index(), trace::command_of(event)};
}

std::tuple<trace::Port, std::uint8_t, Bytes> order_of(const trace::Transaction& transaction) {
  return {transaction.port, transaction.requester, transaction.address};
}

std::uint32_t hash_of(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace

TraceRecorder::TraceRecorder(const model::Graph& graph, const mapping::Program& program,
                             trace::Level level, Sink sink, hw::WriteObserver* next)
    : graph_(graph),
      program_(program),
      level_(level),
      sink_(std::move(sink)),
      next_(next),
      units_(program),
      open_(graph.tensors.size()) {}

void TraceRecorder::on_released(Cycles cycle, std::size_t command) {
  const mapping::Command& released = program_.commands[command];
  at(cycle).of_commands.emplace_back(
      trace::Released{cycle, static_cast<std::int64_t>(command), units_.number_of(released),
                      program_.layer_of_op[static_cast<std::size_t>(released.op)]});
  const mapping::Operand* out = results_of(released);
  if (level_ >= trace::Level::kTiles && out != nullptr) {
    open(command, *out);
  }
}

void TraceRecorder::on_done(Cycles cycle, std::size_t command, stats::Activity* activity) {
  trace::Done done{cycle, static_cast<std::int64_t>(command), {}};
  if (activity != nullptr) {
    add_stalls(done, *activity);
  }
  at(cycle).of_commands.emplace_back(std::move(done));
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
      std::swap(done.stalls, stalls_of(done.cycle, last.command));
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

/// Of a command that is done in `cycle`.
std::vector<trace::Stall>& TraceRecorder::stalls_of(Cycles cycle, std::int64_t command) {
  auto& events = at(cycle).of_commands;
  const auto event = std::ranges::find_if(events, [&](const trace::Event& one) {
    const auto* done = std::get_if<trace::Done>(&one);
    return done != nullptr && done->command == command;
  });
  assert(event != events.end());
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
  at(cycle).of_commands.emplace_back(
      trace::Tile{cycle, static_cast<std::int64_t>(command), tile->tile.tensor, tile->tile.row,
                  tile->tile.col, tile->tile.cols, tile->hash.value(), tile->hash.rows()});
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

void TraceRecorder::on_scratchpad(Cycles cycle, std::size_t port, const hw::MemoryRequest& request,
                                  std::span<const std::byte> data) {
  add({cycle, request.write ? trace::Port::kScratchpadWrite : trace::Port::kScratchpadRead,
       static_cast<std::uint8_t>(port), request.address, request.size, hash_of(data)});
}

void TraceRecorder::on_dram(Cycles cycle, std::size_t channel, Bytes address,
                            std::span<const std::byte> data) {
  const bool write = channel % 2 == 1;
  add({cycle, write ? trace::Port::kDramWrite : trace::Port::kDramRead,
       static_cast<std::uint8_t>(channel), address, static_cast<Bytes>(data.size()),
       hash_of(data)});
}

void TraceRecorder::add(const trace::Transaction& transaction) {
  at(transaction.cycle).transactions.push_back(transaction);
}

/// What comes is of this cycle or of the next.
TraceRecorder::OfCycle& TraceRecorder::at(Cycles cycle) {
  while (cycle > cycle_ + 1) {
    end_cycle();
    ++cycle_;
    if (now_.of_commands.empty() && now_.transactions.empty()) {
      cycle_ = cycle - 1;
    }
  }
  return cycle == cycle_ ? now_ : next_cycle_;
}

void TraceRecorder::end_cycle() {
  std::ranges::sort(now_.of_commands, {},
                    [](const trace::Event& event) { return order_of(event); });
  for (const trace::Event& event : now_.of_commands) {
    sink_(event);
  }
  now_.of_commands.clear();
  std::ranges::sort(now_.transactions, {},
                    [](const trace::Transaction& one) { return order_of(one); });
  for (const trace::Transaction& transaction : now_.transactions) {
    sink_(transaction);
  }
  now_.transactions.clear();
  std::swap(now_, next_cycle_);
}

void TraceRecorder::end_image() {
  end_cycle();
  end_cycle();
  cycle_ = 0;
  last_done_.clear();
  for (auto& tiles : open_) {
    tiles.clear();
  }
}

}  // namespace vitsim::sim
