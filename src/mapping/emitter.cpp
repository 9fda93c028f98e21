// SPDX-License-Identifier: Apache-2.0
#include "emitter.h"

#include <algorithm>
#include <map>

#include "vitsim/mapping/tiling.h"

#include "lowering.h"

namespace vitsim::mapping {
namespace {

/// Tensors begin at a multiple of this in DRAM, as hosts lay them out.
constexpr Bytes kDramAlignment = 64;
/// Kinds of tokens a unit may set.
constexpr int kTokenKinds = 4;

}  // namespace

Emitter::Emitter(const model::Graph& graph, const config::Accelerator& machine,
                 const std::vector<bool>& resident)
    : graph_(graph),
      machine_(machine),
      allocator_(machine.scratchpad.size_kib * Bytes{1024}, machine.scratchpad.bank_width_bytes),
      lifetimes_(lifetimes(graph)),
      homes_(graph.tensors.size()) {
  program_.placements.resize(graph.tensors.size());
  for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
    const model::Tensor& tensor = graph.tensors[id];
    Placement& placement = program_.placements[id];
    placement.resident = resident[id];
    if (!placement.resident) {
      placement.dram_address = program_.dram_bytes;
      program_.dram_bytes += round_up(tensor.size_bytes(), kDramAlignment);
      if (tensor.role == model::Role::kActivation) {
        homes_[id].buffer = dram_hazards_.add(placement.dram_address, tensor.size_bytes());
      }
    }
  }
}

void Emitter::begin_op(int op) {
  op_ = op;
  const std::size_t after = graph_.ops[static_cast<std::size_t>(op)].begins_after;
  if (after == 0) {
    earlier_.clear();
  } else if (after == static_cast<std::size_t>(op)) {
    earlier_.clear();
    for (const auto& [order, token] : last_done_) {
      earlier_.push_back(token);
    }
  }
  for (std::size_t id = 0; id < graph_.tensors.size(); ++id) {
    if (!program_.placements[id].resident || lifetimes_[id].first != op) {
      continue;
    }
    const model::Tensor& tensor = graph_.tensors[id];
    const Bytes bytes = resident_bytes(tensor, machine_.scratchpad);
    const auto address = allocator_.allocate_high(bytes);
    if (!address) {
      throw NoRoom{};
    }
    homes_[id] = {*address, scratchpad_hazards_.add(*address, bytes)};
    program_.placements[id].scratchpad = {*address, tensor.rows, tensor.row_bytes(),
                                          resident_pitch(tensor, machine_.scratchpad)};
  }
}

void Emitter::end_op() {
  for (std::size_t id = 0; id < graph_.tensors.size(); ++id) {
    if (program_.placements[id].resident && lifetimes_[id].last == op_) {
      scratchpad_hazards_.retire(homes_[id].buffer);
      allocator_.release(homes_[id].address);
    }
  }
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

Located Emitter::locate(const model::View& view) const {
  const model::Tensor& tensor = graph_.tensor(view);
  const Home& home = homes_[static_cast<std::size_t>(view.tensor)];
  const Bytes pitch = resident_pitch(tensor, machine_.scratchpad);
  const Region region{home.address + view.row * pitch + view.col * tensor.element_bytes, view.rows,
                      view.cols * tensor.element_bytes, pitch};
  return {{region, view, tensor.element_bytes}, home.buffer, rect_of(view)};
}

void Emitter::load(const Located& slot) {
  const model::View& tile = slot.operand.tile;
  Command load = command(Unit::kDmaLoad);
  const Hazards::BufferId source = homes_[static_cast<std::size_t>(tile.tensor)].buffer;
  if (source >= 0) {
    dram_hazards_.read(source, rect_of(tile), load.done, load.waits);
  }
  writes(load, slot, load.done);
  load.work = Transfer{dram_region(tile), slot.operand};
  emit(std::move(load));
}

void Emitter::store(const Located& slot) {
  const model::View& tile = slot.operand.tile;
  Command store = command(Unit::kDmaStore);
  reads(store, slot, store.done);
  dram_hazards_.write(homes_[static_cast<std::size_t>(tile.tensor)].buffer, rect_of(tile),
                      store.done, store.waits);
  store.work = Transfer{dram_region(tile), slot.operand};
  emit(std::move(store));
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
    last_done_[order_of_token_[static_cast<std::size_t>(command.done)]] = command.done;
  }
  // Of tokens that are set in order, the last says it all.
  std::map<int, Token> last;
  for (const Token token : command.waits) {
    Token& latest = last[order_of_token_[static_cast<std::size_t>(token)]];
    latest = std::max(latest, token);
  }
  command.waits.clear();
  for (const auto& [order, token] : last) {
    command.waits.push_back(token);
  }
  std::sort(command.waits.begin(), command.waits.end());
  program_.commands.push_back(std::move(command));
}

Program Emitter::finish() && {
  program_.token_count = order_of_token_.size();
  program_.scratchpad_bytes = allocator_.peak();
  return std::move(program_);
}

}  // namespace vitsim::mapping
