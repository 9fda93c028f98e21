// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/sequencer.h"

#include <algorithm>

#include <fmt/format.h>

namespace vitsim::hw {
namespace {

using mapping::Unit;

/// The cause that a unit's wait for another is counted under.
constexpr stats::StallCause wait_cause(int unit) {
  static_assert(static_cast<std::size_t>(stats::StallCause::kWaitSaDiag) -
                        static_cast<std::size_t>(stats::StallCause::kWaitDmaLoad) + 1 ==
                    mapping::kUnitCount,
                "a cause for each unit, in the same order");
  return static_cast<stats::StallCause>(static_cast<int>(stats::StallCause::kWaitDmaLoad) + unit);
}

}  // namespace

Sequencer::Sequencer(const sc_core::sc_module_name& name, const mapping::Program& program,
                     int dma_channels, Scratchpad& scratchpad, Clock& clock)
    : Ticked(name, clock),
      program_(program),
      scratchpad_(scratchpad),
      unit_of_token_(program.token_count),
      done_by_(program.token_count, -1) {
  for (int unit = 0; unit < mapping::kUnitCount; ++unit) {
    add_queue(static_cast<Unit>(unit), 0);
  }
  for (int channel = 1; channel < dma_channels; ++channel) {
    add_queue(Unit::kDmaLoad, channel);
    add_queue(Unit::kDmaStore, channel);
  }
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const mapping::Command& command = program.commands[i];
    const auto done = static_cast<std::size_t>(command.done);
    unit_of_token_[done] = command.unit;
    done_by_[done] = static_cast<std::int64_t>(i);
    if (const auto* tile = std::get_if<mapping::MatmulTile>(&command.work)) {
      unit_of_token_[static_cast<std::size_t>(tile->lhs_read)] = command.unit;
      unit_of_token_[static_cast<std::size_t>(tile->rhs_read)] = command.unit;
    }
  }
}

void Sequencer::add_queue(Unit unit, int channel) {
  const std::string port_name = fmt::format("{}_out", mapping::name_of(unit, channel));
  Queue& queue = queues_.emplace_back();
  queue.unit = unit;
  queue.channel = channel;
  queue.output = std::make_unique<StreamFanOut<CommandBeat>>(port_name.c_str(), *this);
}

Sequencer::Queue& Sequencer::queue_of(Unit unit, int channel) {
  const int store = unit == Unit::kDmaStore ? 1 : 0;
  const int index =
      channel == 0 ? static_cast<int>(unit) : mapping::kUnitCount + 2 * (channel - 1) + store;
  return queues_[static_cast<std::size_t>(index)];
}

void Sequencer::set_activity(Unit unit, int channel, stats::Activity& activity) {
  queue_of(unit, channel).activity = &activity;
}

int Sequencer::layer_of(const mapping::Command& command) const {
  return program_.layer_of_op[static_cast<std::size_t>(command.op)];
}

/// A token that was set in cycle t is seen in t + 1, so a layer's end is always now.
stats::Activity::Reading Sequencer::read_array(int layer) const {
  stats::Activity* const array = queues_[static_cast<std::size_t>(Unit::kPeArray)].activity;
  return array == nullptr ? stats::Activity::Reading{} : array->read(now(), layer);
}

void Sequencer::set(mapping::Token token) {
  arrivals_.push({now(), token});
  clock().note_progress();
  wake();
}

void Sequencer::tick() {
  // 1. tokens set in earlier cycles
  while (!arrivals_.empty() && arrivals_.front().cycle < now()) {
    const Arrival arrival = arrivals_.front();
    arrivals_.pop();
    const auto token = static_cast<std::size_t>(arrival.token);
    is_set_[token] = true;
    schedule_.set[token] = arrival.cycle + 1;
    if (done_by_[token] >= 0) {
      note_done(static_cast<std::size_t>(done_by_[token]), arrival.cycle);
    }
  }
  if (done()) {
    clock().stop();
    return;
  }
  // 2. the oldest command of each unit
  bool released = false;
  for (Queue& queue : queues_) {
    released |= release(queue);
    note_blocked(queue);
  }
  // 3. sleep when nothing went out; tokens and room wake
  if (released) {
    wake();
  }
}

void Sequencer::note_done(std::size_t index, Cycles cycle) {
  const mapping::Command& command = program_.commands[index];
  const int layer = layer_of(command);
  Span& span = layers_[static_cast<std::size_t>(layer)];
  span.end = std::max(span.end, cycle + 1);
  span.array_at_end = read_array(layer);
  ++commands_done_;
  if (observer_ != nullptr) {
    observer_->on_done(cycle, index, queue_of(command.unit, command.channel).activity);
  }
}

mapping::Token Sequencer::missing_token(const mapping::Command& command) const {
  for (const mapping::Token token : command.waits) {
    if (!is_set_[static_cast<std::size_t>(token)]) {
      return token;
    }
  }
  return mapping::kNoToken;
}

bool Sequencer::release(Queue& queue) {
  if (queue.waiting.empty()) {
    return false;
  }
  const mapping::Command& command = *queue.waiting.front();
  if (!queue.output->can_write() || missing_token(command) != mapping::kNoToken) {
    return false;
  }
  const int layer = layer_of(command);
  queue.output->write({&command, layer});
  // What the command will write must not be read before it has: stale bytes count as unwritten.
  if (const auto* matmul = std::get_if<mapping::MatmulTile>(&command.work)) {
    invalidate(matmul->out);
  } else if (const auto* rows = std::get_if<mapping::RowsTile>(&command.work)) {
    invalidate(rows->out);
  } else if (command.unit == Unit::kDmaLoad) {
    scratchpad_.invalidate(std::get<mapping::Transfer>(command.work).scratchpad.region);
  }
  Span& span = layers_[static_cast<std::size_t>(layer)];
  if (span.start < 0) {
    span.start = now();
    span.array_at_start = read_array(layer);
  }
  const auto index = static_cast<std::size_t>(&command - program_.commands.data());
  schedule_.released[index] = now();
  if (observer_ != nullptr) {
    observer_->on_released(now(), index);
  }
  queue.waiting.pop();
  return true;
}

void Sequencer::invalidate(const std::optional<mapping::Operand>& out) {
  if (out) {
    scratchpad_.invalidate(out->region);
  }
}

void Sequencer::note_blocked(Queue& queue) {
  if (queue.activity == nullptr) {
    return;
  }
  int blocked_by = -1;
  int layer = -1;
  if (!queue.waiting.empty()) {
    const mapping::Token token = missing_token(*queue.waiting.front());
    if (token != mapping::kNoToken) {
      blocked_by = static_cast<int>(unit_of_token_[static_cast<std::size_t>(token)]);
      layer = layer_of(*queue.waiting.front());
    }
  }
  if (blocked_by == queue.blocked_by && layer == queue.blocked_layer) {
    return;
  }
  queue.blocked_by = blocked_by;
  queue.blocked_layer = layer;
  if (blocked_by >= 0) {
    queue.activity->block(now(), layer, wait_cause(blocked_by));
  } else {
    queue.activity->unblock(now());
  }
}

void Sequencer::reset() {
  for (Queue& queue : queues_) {
    queue.waiting.clear();
    queue.blocked_by = -1;
    queue.blocked_layer = -1;
  }
  for (const mapping::Command& command : program_.commands) {
    queue_of(command.unit, command.channel).waiting.push(&command);
  }
  is_set_.assign(program_.token_count, false);
  arrivals_.clear();
  schedule_.released.assign(program_.commands.size(), 0);
  schedule_.set.assign(program_.token_count, 0);
  layers_.assign(program_.layers.size(), {});
  commands_done_ = 0;
  wake();
}

void Sequencer::add_signals(Signals& signals) const {
  signals.add(std::string(basename()) + ".commands_done", 32,
              [this] { return static_cast<std::int64_t>(commands_done_); });
}

std::string Sequencer::status() const {
  std::string waiting;
  for (const Queue& queue : queues_) {
    if (queue.waiting.empty()) {
      continue;
    }
    const mapping::Command& command = *queue.waiting.front();
    const mapping::Token token = missing_token(command);
    waiting += fmt::format("\n    {}: {} commands left, the first ({}, done t{}) waits for {}",
                           mapping::name_of(queue.unit, queue.channel), queue.waiting.size(),
                           operation_of(command.unit), command.done,
                           token == mapping::kNoToken ? std::string("room in the unit's queue")
                                                      : fmt::format("t{}", token));
  }
  return fmt::format("{} of {} commands done{}", commands_done_, program_.commands.size(), waiting);
}

}  // namespace vitsim::hw
