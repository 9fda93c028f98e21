// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/row_unit.h"

#include <algorithm>

#include <fmt/format.h>

#include "vitsim/model/encoding.h"

namespace vitsim::hw {
namespace {

/// Commands known at a time: the one that is read, and those whose last rows are on their way out.
constexpr std::size_t kCommandsKnown = 4;
/// Finished rows that may wait to be written.
constexpr std::size_t kRowsWaiting = 2;

}  // namespace

RowUnit::RowUnit(const sc_core::sc_module_name& name, const timing::RowUnit& unit,
                 const config::Scratchpad& scratchpad, const model::Graph& graph,
                 std::size_t layers, Clock& clock)
    : Ticked(name, clock),
      unit_(unit),
      buffer_groups_(scratchpad.read_latency_cycles + 5),
      graph_(graph),
      activity_(layers),
      stats_(basename()),
      rows_(stats_.counter("rows", "rows finished")) {}

void RowUnit::set_params(std::span<const std::byte> /*bytes*/) {}

void RowUnit::tick() {
  // 1. results on their way out
  bool moved = confirm();
  moved |= write();
  // 2. what has come; a whole row is computed
  moved |= collect();
  // 3. the next groups
  moved |= take_command();
  moved |= ask();
  note(moved);
  // 4. sleep when nothing moved, until a row is ready or the lanes are free; commands, answers and
  //    room wake
  if (moved) {
    wake();
    return;
  }
  if (!results_.empty() && results_.front().due > now()) {
    wake_at(results_.front().due);
  }
  if (next_ask_at_ > now()) {
    wake_at(next_ask_at_);
  }
}

bool RowUnit::take_command() {
  if (!commands_in->can_read() || work_.size() == kCommandsKnown ||
      (!work_.empty() && !work_.back().all_asked())) {
    return false;
  }
  Work work;
  work.beat = commands_in->front();
  commands_in->pop();
  work.tile = &std::get<mapping::RowsTile>(work.beat.command->work);
  work.params_asked = !work.tile->params.has_value();
  work.params_there = work.params_asked;
  const std::int64_t cols = work.tile->out.tile.cols;
  work.to_confirm = work.tile->out.region.rows * timing::row_groups(cols, unit_);
  work_.push(work);
  return true;
}

void RowUnit::ask_for(const mapping::Operand& operand, std::int64_t row, std::int64_t group) {
  const std::int64_t first = group * unit_.lanes;
  const std::int64_t count = std::min<std::int64_t>(unit_.lanes, operand.tile.cols - first);
  request_.write = false;
  request_.aim(operand, row, first, count * operand.element_bytes);
  read_port->request(request_);
  ++under_way_;
}

std::size_t RowUnit::room_for(const mapping::RowsTile& tile) const {
  const Cycles interval = timing::row_interval(tile.out.tile.cols, unit_);
  return 2 * static_cast<std::size_t>(unit_.passes) + kRowsWaiting +
         static_cast<std::size_t>(ceil_div<Cycles>(unit_.latency_cycles, interval));
}

bool RowUnit::ask() {
  if (work_.empty() || work_.back().all_asked() || !read_port->can_request() ||
      under_way_ >= buffer_groups_) {
    return false;
  }
  Work& work = work_.back();
  if (!work.asked_first && next_ask_at_ > now()) {
    return false;
  }
  const mapping::RowsTile& tile = *work.tile;
  if (!work.params_asked) {
    work.params_asked = true;
    const mapping::Operand& params = *tile.params;
    request_.write = false;
    request_.aim(params, 0, 0, params.region.row_bytes);
    read_port->request(request_);
    ++under_way_;
    return true;
  }
  if (work.asked_group == 0 && !work.asked_first && results_.size() >= room_for(tile)) {
    return false;
  }
  if (!work.asked_first) {
    next_ask_at_ = now() + unit_.initiation_interval;
  }
  if (tile.second && !work.asked_first) {
    ask_for(tile.in, work.asked_row, work.asked_group);
    work.asked_first = true;
    return true;
  }
  ask_for(tile.second ? *tile.second : tile.in, work.asked_row, work.asked_group);
  work.asked_first = false;
  if (++work.asked_group == timing::row_groups(tile.out.tile.cols, unit_)) {
    work.asked_group = 0;
    ++work.asked_row;
  }
  return true;
}

bool RowUnit::collect() {
  if (!read_port->can_read()) {
    return false;
  }
  // Answers come in order: to the oldest command that still expects some.
  std::size_t oldest = 0;
  while (work_[oldest].came_row == work_[oldest].tile->out.region.rows) {
    ++oldest;
  }
  Work& work = work_[oldest];
  const auto& data = read_port->front().data;
  if (!work.params_there) {
    set_params(data);
    work.params_there = true;
  } else {
    const mapping::RowsTile& tile = *work.tile;
    const bool second = tile.second && row_.values.size() > row_.second.size();
    auto& values = second ? row_.second : row_.values;
    const int width = second ? tile.second->element_bytes : tile.in.element_bytes;
    const std::size_t before = values.size();
    const std::size_t count = data.size() / static_cast<std::size_t>(width);
    values.resize(before + count);
    model::decode(data, width, std::span(values).subspan(before));
    if (!tile.second || second) {
      if (++work.came_group == timing::row_groups(tile.out.tile.cols, unit_)) {
        finish_row(work);
      }
    }
  }
  read_port->pop();
  --under_way_;
  return true;
}

void RowUnit::finish_row(Work& work) {
  const mapping::RowsTile& tile = *work.tile;
  const std::int64_t cols = tile.out.tile.cols;
  row_.command = work.beat.command;
  out_.resize(row_.values.size());
  compute(row_, out_);
  Result& result = results_.push_used();
  result.group = 0;
  result.due = std::max(now() + timing::row_latency(cols, unit_),
                        last_due_ + timing::row_interval(cols, unit_));
  result.tile = &tile;
  result.row = work.came_row;
  result.bytes.resize(out_.size() * static_cast<std::size_t>(tile.out.element_bytes));
  model::encode(out_, tile.out.element_bytes, result.bytes);
  last_due_ = result.due;
  row_.values.clear();
  row_.second.clear();
  work.came_group = 0;
  ++work.came_row;
  ++rows_;
}

bool RowUnit::write() {
  if (results_.empty() || results_.front().due > now() || !write_port->can_request()) {
    return false;
  }
  Result& result = results_.front();
  const mapping::Operand& out = result.tile->out;
  const std::int64_t first = result.group * unit_.lanes;
  const std::int64_t count = std::min<std::int64_t>(unit_.lanes, out.tile.cols - first);
  request_.write = true;
  request_.aim(out, result.row, first, count * out.element_bytes);
  const auto begin = result.bytes.begin() + first * out.element_bytes;
  request_.data.assign(begin, begin + request_.size);
  write_port->request(request_);
  if (++result.group == timing::row_groups(out.tile.cols, unit_)) {
    results_.pop();
  }
  return true;
}

bool RowUnit::confirm() {
  if (!write_port->can_read()) {
    return false;
  }
  write_port->pop();
  Work& work = work_.front();
  if (--work.to_confirm == 0) {
    tokens_out->set(work.beat.command->done);
    work_.pop();
  }
  return true;
}

void RowUnit::note(bool moved) {
  if (work_.empty()) {
    activity_.idle(now());
    return;
  }
  const int layer = work_.front().beat.layer;
  const bool in_pipeline = !results_.empty() && results_.front().due > now();
  if (moved || in_pipeline || next_ask_at_ > now()) {
    activity_.busy(now(), layer);
  } else {
    activity_.stall(
        now(), layer,
        under_way_ > 0 ? stats::StallCause::kScratchpadRead : stats::StallCause::kScratchpadWrite);
  }
}

void RowUnit::reset() {
  work_.clear();
  row_.values.clear();
  row_.second.clear();
  results_.clear();
  next_ask_at_ = 0;
  last_due_ = kLongAgo;
  under_way_ = 0;
  activity_.reset();
  stats_.reset();
}

std::string RowUnit::status() const {
  return fmt::format("{} commands, {} reads, {} rows under way ({})", work_.size(), under_way_,
                     results_.size(), activity_.state());
}

}  // namespace vitsim::hw
