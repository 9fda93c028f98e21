// SPDX-License-Identifier: Apache-2.0
#include "emitter.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <limits>
#include <utility>

#include "vitsim/mapping/dma_channel.h"
#include "vitsim/mapping/tiling.h"

namespace vitsim::mapping {
namespace {

/// Tensors begin at a multiple of this in DRAM, as hosts lay them out.
constexpr Bytes kDramAlignment = 64;
/// Kinds of tokens a unit may set; a DMA channel's are one.
constexpr int kTokenKinds = 4;
constexpr std::size_t kOrders = static_cast<std::size_t>(kUnitCount) * kTokenKinds;
/// Stands for a token that is kept already, behind all tokens.
constexpr Token kSaid = std::numeric_limits<Token>::max();
/// Rows of a stay that one command loads, so that work can begin on the first of them.
constexpr std::int64_t kLoadedRows = 64;

}  // namespace

Emitter::Emitter(const model::Graph& graph, const config::Accelerator& machine,
                 const Mapping& mapping, Sink sink)
    : graph_(graph),
      sequence_(graph, mapping.order),
      machine_(machine),
      mapping_(mapping),
      sink_(std::move(sink)),
      in_dram_(tensors_in_dram(sequence_, mapping)),
      writers_(first_writers(sequence_)),
      begins_(graph.ops.size()),
      homes_(graph.tensors.size()),
      ends_(graph.ops.size()),
      dram_buffers_(graph.tensors.size(), -1),
      last_done_(kOrders, kNoToken),
      last_wait_(kOrders, kNoToken) {
  place_tensors();
  for (const Stay& stay : mapping.stays) {
    begins_[static_cast<std::size_t>(stay.first)].push_back(&stay);
  }
}

void Emitter::place_tensors() {
  program_.placements.resize(graph_.tensors.size());
  for (std::size_t id = 0; id < graph_.tensors.size(); ++id) {
    const model::Tensor& tensor = graph_.tensors[id];
    Placement& placement = program_.placements[id];
    placement.resident = !in_dram_[id];
    if (!placement.resident) {
      placement.dram_address = program_.dram_bytes;
      program_.dram_bytes += round_up(tensor.size_bytes(), kDramAlignment);
      if (tensor.role == model::Role::kActivation) {
        dram_buffers_[id] = dram_hazards_.add(placement.dram_address, tensor.size_bytes());
      }
    }
  }
}

void Emitter::set_op(int op) {
  op_ = sequence_.index(op);
  const std::size_t after = sequence_.op(op).begins_after;
  if (after == 0) {
    earlier_.clear();
  } else if (after == static_cast<std::size_t>(op_)) {
    earlier_.clear();
    std::ranges::copy_if(last_done_, std::back_inserter(earlier_),
                         [](Token token) { return token != kNoToken; });
  }
}

void Emitter::begin(int first, int last) {
  set_op(first);
  for (int op = first; op <= last; ++op) {
    for (const Stay* stay : begins_[static_cast<std::size_t>(op)]) {
      open(*stay);
      const auto id = static_cast<std::size_t>(stay->tensor);
      if (in_dram_[id] && writers_[id] != stay->first) {
        load_all(homes_[id].back());
      }
    }
  }
}

void Emitter::assume_before(int op) {
  for (const Stay& stay : mapping_.stays) {
    if (stay.first < op && op <= stay.last) {
      open(stay);
    }
  }
}

void Emitter::load_all(const Home& home) {
  model::View part = home.window;
  for (std::int64_t row = 0; row < home.window.rows; row += kLoadedRows) {
    part.row = row;
    part.rows = std::min(kLoadedRows, home.window.rows - row);
    load(located(home, part));
  }
}

void Emitter::open(const Stay& stay) {
  const auto id = static_cast<std::size_t>(stay.tensor);
  const model::Tensor& tensor = graph_.tensors[id];
  Home home;
  home.window = {stay.tensor, 0, stay.col, tensor.rows, stay.cols};
  home.address = stay.address;
  home.pitch = resident_pitch(tensor, stay.cols, machine_.scratchpad);
  home.rows_of_buffer = tensor.rows;
  home.buffer_bytes = tensor.rows * home.pitch;
  home.buffers = {scratchpad_hazards_.add(home.address, home.buffer_bytes)};
  home.last = stay.last;
  note_use(home.address + home.buffer_bytes);
  if (!in_dram_[id]) {
    program_.placements[id].scratchpad = {home.address, tensor.rows, tensor.row_bytes(),
                                          home.pitch};
  }
  homes_[id].push_back(home);
  ends_[static_cast<std::size_t>(stay.last)].push_back(stay.tensor);
}

void Emitter::begin_rings(const Group& group) {
  for (const Ring& ring : group.rings) {
    const model::View& out = sequence_.op(group.first + ring.stage).out;
    const model::Tensor& shape = graph_.tensor(out);
    Home home;
    home.address = ring.address;
    home.pitch = resident_pitch(shape, shape.cols, machine_.scratchpad);
    home.rows_of_buffer = group.rows;
    home.buffer_bytes = group.rows * home.pitch;
    for (int slot = 0; slot < ring.slots; ++slot) {
      home.buffers.push_back(
          scratchpad_hazards_.add(home.address + slot * home.buffer_bytes, home.buffer_bytes));
    }
    note_use(home.address + ring.slots * home.buffer_bytes);
    ring_buffers_.insert(ring_buffers_.end(), home.buffers.begin(), home.buffers.end());
    for (int op = group.first + ring.stage; op <= group.last; op += group.stages) {
      const model::TensorId id = sequence_.op(op).out.tensor;
      const model::Tensor& tensor = graph_.tensors[static_cast<std::size_t>(id)];
      home.window = {id, 0, 0, tensor.rows, tensor.cols};
      home.last = group.last;
      homes_[static_cast<std::size_t>(id)].push_back(home);
      program_.placements[static_cast<std::size_t>(id)].scratchpad = {
          home.address, group.rows, tensor.row_bytes(), home.pitch};
      home.first_tile += ceil_div(tensor.rows, group.rows);
    }
  }
}

void Emitter::end(int first, int last) {
  for (int op = first; op <= last; ++op) {
    auto& ending = ends_[static_cast<std::size_t>(op)];
    std::ranges::sort(ending);
    for (const model::TensorId id : ending) {
      auto& homes = homes_[static_cast<std::size_t>(id)];
      const auto home = std::ranges::find(homes, op, &Home::last);
      scratchpad_hazards_.retire(home->buffers.front());
      homes.erase(home);
    }
  }
  for (const Hazards::BufferId buffer : ring_buffers_) {
    scratchpad_hazards_.retire(buffer);
  }
  ring_buffers_.clear();
}

Rect Emitter::rect_of(const model::View& view) const {
  const Bytes width = graph_.tensor(view).element_bytes;
  return {view.row, view.rows, view.col * width, view.cols * width};
}

Region Emitter::dram_region(const model::View& view) const {
  const model::Tensor& tensor = graph_.tensor(view);
  const Bytes base = program_.placements[static_cast<std::size_t>(view.tensor)].dram_address;
  return {base + view.row * tensor.row_bytes() + view.col * tensor.element_bytes, view.rows,
          view.cols * tensor.element_bytes, tensor.row_bytes()};
}

std::optional<Located> Emitter::find(const model::View& view) const {
  for (const Home& home : homes_[static_cast<std::size_t>(view.tensor)]) {
    if (view.col >= home.window.col && view.col + view.cols <= home.window.col + home.window.cols) {
      return located(home, view);
    }
  }
  return std::nullopt;
}

Located Emitter::located(const Home& home, const model::View& view) const {
  const int width = graph_.tensor(view).element_bytes;
  const std::int64_t tile = view.row / home.rows_of_buffer;
  const auto buffer = static_cast<std::size_t>((home.first_tile + tile) %
                                               static_cast<std::int64_t>(home.buffers.size()));
  const std::int64_t row = view.row % home.rows_of_buffer;
  const Bytes col = (view.col - home.window.col) * width;
  const Bytes address =
      home.address + static_cast<Bytes>(buffer) * home.buffer_bytes + row * home.pitch + col;
  return {{{address, view.rows, view.cols * width, home.pitch}, view, width},
          home.buffers[buffer],
          {row, view.rows, col, view.cols * width}};
}

Located Emitter::locate(const model::View& view) const {
  const auto located = find(view);
  assert(located);
  return *located;
}

void Emitter::load(const Located& place) {
  const model::View& tile = place.operand.tile;
  Command load = transfer(Unit::kDmaLoad, tile.tensor);
  const Hazards::BufferId source = dram_buffers_[static_cast<std::size_t>(tile.tensor)];
  if (source >= 0) {
    dram_hazards_.read(source, rect_of(tile), load.done, load.waits);
  }
  writes(load, place, load.done);
  load.work = Transfer{dram_region(tile), place.operand};
  emit(std::move(load));
}

void Emitter::store(const Located& place) {
  const model::View& tile = place.operand.tile;
  Command store = transfer(Unit::kDmaStore, tile.tensor);
  reads(store, place, store.done);
  dram_hazards_.write(dram_buffers_[static_cast<std::size_t>(tile.tensor)], rect_of(tile),
                      store.done, store.waits);
  store.work = Transfer{dram_region(tile), place.operand};
  emit(std::move(store));
}

Command Emitter::transfer(Unit unit, model::TensorId tensor) {
  const model::Role role = graph_.tensors[static_cast<std::size_t>(tensor)].role;
  const int channel = dma_channel(unit, tensor, role, machine_.dma.channels);
  Command transfer = command(unit, channel);
  transfer.channel = channel;
  return transfer;
}

Token Emitter::new_token(Unit unit, int kind) {
  order_of_token_.push_back(static_cast<int>(unit) * kTokenKinds + kind);
  return static_cast<Token>(order_of_token_.size()) - 1;
}

void Emitter::reads(Command& command, const Located& located, Token token) {
  scratchpad_hazards_.read(located.buffer, located.rect, token, command.waits);
}

void Emitter::writes(Command& command, const Located& located, Token token) {
  scratchpad_hazards_.write(located.buffer, located.rect, token, command.waits);
}

Command Emitter::command(Unit unit, int kind) {
  Command command;
  command.unit = unit;
  command.op = op_;
  command.done = new_token(unit, kind);
  return command;
}

void Emitter::emit(Command command) {
  const bool moves = command.unit == Unit::kDmaLoad || command.unit == Unit::kDmaStore;
  if (!moves) {
    command.waits.insert(command.waits.end(), earlier_.begin(), earlier_.end());
    last_done_[order_of(command.done)] = command.done;
  }
  // Of tokens that are set in order, the last says it all.
  for (const Token token : command.waits) {
    Token& last = last_wait_[order_of(token)];
    last = std::max(last, token);
  }
  std::erase_if(command.waits, [&](Token token) {
    Token& last = last_wait_[order_of(token)];
    const bool says_it = last == token;
    last = says_it ? kSaid : last;
    return !says_it;
  });
  for (const Token token : command.waits) {
    last_wait_[order_of(token)] = kNoToken;
  }
  std::ranges::sort(command.waits);
  sink_(std::move(command));
}

void Emitter::note_use(Bytes end) {
  program_.scratchpad_bytes = std::max(program_.scratchpad_bytes, end);
}

Program Emitter::finish() && {
  program_.token_count = order_of_token_.size();
  return std::move(program_);
}

}  // namespace vitsim::mapping
