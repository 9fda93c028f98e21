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

void RowUnit::set_table(const mapping::Command& /*command*/, std::size_t /*index*/,
                        std::span<const std::byte> /*bytes*/) {}

void RowUnit::tick() {
  // 1. results on their way out
  bool moved = confirm();
  moved |= write();
  // 2. what has come; a whole row is computed
  moved |= collect();
  moved |= take_sums();
  moved |= complete();
  // 3. the next groups
  moved |= take_command();
  moved |= ask();
  note(moved);
  // 4. sleep when nothing moved, until a row is ready or the lanes are free; commands, answers,
  //    sums and room wake
  if (moved) {
    wake();
    return;
  }
  for (const Cycles at :
       {results_.empty() ? 0 : results_.front().due, next_ask_at_, next_sums_at_}) {
    if (at > now()) {
      wake_at(at);
    }
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
  work.form = form_of(*work.beat.command);
  work.groups = timing::row_groups(work.tile->cols, work.form);
  if (!work.tile->in) {
    work.asked_row = work.tile->rows;  // nothing to ask for
  }
  work.to_confirm = work.tile->results() * (work.tile->out ? work.groups : 1);
  work_.push(work);
  return true;
}

/// Asks for the next group of an operand.
void RowUnit::ask_for(const Work& work, const mapping::Operand& operand) {
  const std::int64_t cols = work.tile->cols;
  const std::int64_t words = operand.row_elements() / cols;  // of a column
  const std::int64_t first = work.asked_group * work.form.lanes;
  const std::int64_t count = std::min<std::int64_t>(work.form.lanes, cols - first);
  request_.write = false;
  request_.aim(operand, work.asked_row, first * words, count * words);
  read_port->request(request_);
  ++under_way_;
}

std::size_t RowUnit::room_for(const Work& work) const {
  const Cycles interval = timing::row_interval(work.tile->cols, work.form);
  return 2 * static_cast<std::size_t>(work.form.passes) + kRowsWaiting +
         static_cast<std::size_t>(ceil_div<Cycles>(work.form.latency_cycles, interval));
}

bool RowUnit::ask() {
  if (work_.empty() || work_.back().all_asked() || !read_port->can_request() ||
      under_way_ >= buffer_groups_) {
    return false;
  }
  Work& work = work_.back();
  const mapping::RowsTile& tile = *work.tile;
  if (work.tables_asked < tile.tables.size()) {
    const mapping::Operand& table = tile.tables[work.tables_asked++];
    request_.write = false;
    request_.aim(table, 0, 0, table.tile.cols);
    read_port->request(request_);
    ++under_way_;
    return true;
  }
  if (!work.asked_first &&
      (next_ask_at_ > now() || (work.asked_group == 0 && results_.size() >= room_for(work)))) {
    return false;
  }
  if (!work.asked_first) {
    next_ask_at_ = now() + work.form.initiation_interval;
  }
  if (tile.second && !work.asked_first) {
    ask_for(work, *tile.in);
    work.asked_first = true;
    return true;
  }
  ask_for(work, tile.second ? *tile.second : *tile.in);
  work.asked_first = false;
  if (++work.asked_group == work.groups) {
    work.asked_group = 0;
    ++work.asked_row;
  }
  return true;
}

/// The command that the next row, or table, belongs to; null where there is none.
RowUnit::Work* RowUnit::oldest_incomplete() {
  for (std::size_t i = 0; i < work_.size(); ++i) {
    if (!work_[i].all_came()) {
      return &work_[i];
    }
  }
  return nullptr;
}

bool RowUnit::collect() {
  if (!read_port->can_read()) {
    return false;
  }
  // Answers come in the order of commands, but sums do not come as answers: while a command takes
  // them, the tables of the next one wait.
  Work* const oldest = oldest_incomplete();
  if (oldest == nullptr || oldest->takes_sums()) {
    return false;
  }
  Work& work = *oldest;
  const auto& data = read_port->front().data;
  if (!work.tables_are_here()) {
    set_table(*work.beat.command, work.tables_came, data);
    ++work.tables_came;
  } else {
    const mapping::RowsTile& tile = *work.tile;
    const bool second = tile.second && work.came_first;
    auto& values = second ? row_.second : row_.values;
    const int width = second ? tile.second->element_bytes : tile.in->element_bytes;
    const std::size_t before = values.size();
    values.resize(before + data.size() / static_cast<std::size_t>(width));
    model::decode(data, width, std::span(values).subspan(before));
    work.came_first = tile.second && !second;
    if (!work.came_first && ++work.came_group == work.groups) {
      finish_row(work, timing::row_latency(tile.cols, work.form));
    }
  }
  read_port->pop();
  --under_way_;
  return true;
}

/// Takes a row from the unit before.
bool RowUnit::take_sums() {
  Work* const work = oldest_incomplete();
  if (work == nullptr || !work->takes_sums() || next_sums_at_ > now()) {
    return false;
  }
  StreamReader<SumRows>& sums = *sums_before();
  if (!sums.can_read() || results_.size() >= room_for(*work) ||
      !row_may_enter(*work->beat.command)) {
    return false;
  }
  std::swap(row_.sums, sums.front());
  sums.pop();
  next_sums_at_ = now() + timing::row_interval(work->tile->cols, work->form);
  // The row's last group is in the lanes when the others are.
  const Cycles last_group = (work->groups - 1) * work->form.initiation_interval;
  finish_row(*work, last_group + timing::row_latency(work->tile->cols, work->form));
  return true;
}

void RowUnit::finish_row(Work& work, Cycles latency) {
  const mapping::RowsTile& tile = *work.tile;
  row_.command = work.beat.command;
  row_.tile = &tile;
  row_.index = work.came_row;
  const bool gives = !tile.sums_rows || (tile.out && work.came_row + 1 == tile.rows);
  if (gives && tile.out) {
    out_.values.resize(static_cast<std::size_t>(tile.out->row_elements()));
  }
  compute(row_, out_);
  if (gives) {
    Result& result = results_.push_used();
    result.group = 0;
    result.groups = work.groups;
    result.lanes = work.form.lanes;
    result.due = std::max(now() + latency, last_due_ + timing::row_interval(tile.cols, work.form));
    result.tile = &tile;
    result.row = tile.sums_rows ? 0 : work.came_row;
    if (tile.out) {
      const int width = tile.out->element_bytes;
      result.bytes.resize(out_.values.size() * static_cast<std::size_t>(width));
      model::encode(out_.values, width, result.bytes);
    } else {
      std::swap(result.sums, out_.sums);
    }
    last_due_ = result.due;
  }
  row_.values.clear();
  row_.second.clear();
  work.came_group = 0;
  ++work.came_row;
  ++rows_;
}

bool RowUnit::write() {
  if (results_.empty() || results_.front().due > now()) {
    return false;
  }
  Result& result = results_.front();
  if (!result.tile->out) {
    if (!unit_behind()->can_write()) {
      return false;
    }
    unit_behind()->write(result.sums);
    results_.pop();
    --oldest_unconfirmed(false).to_confirm;
    return true;
  }
  if (!write_port->can_request()) {
    return false;
  }
  const mapping::Operand& out = *result.tile->out;
  const std::int64_t cols = result.tile->cols;
  const std::int64_t words = out.row_elements() / cols;
  const std::int64_t first = result.group * result.lanes;
  const std::int64_t count = std::min<std::int64_t>(result.lanes, cols - first);
  request_.write = true;
  request_.aim(out, result.row, first * words, count * words);
  const auto begin = result.bytes.begin() + first * words * out.element_bytes;
  request_.data.assign(begin, begin + request_.size);
  write_port->request(request_);
  if (++result.group == result.groups) {
    results_.pop();
  }
  return true;
}

/// The command that the next confirmed write, or row passed on, belongs to.
RowUnit::Work& RowUnit::oldest_unconfirmed(bool writes) {
  std::size_t index = 0;
  while (work_[index].to_confirm == 0 || work_[index].tile->out.has_value() != writes) {
    ++index;
  }
  return work_[index];
}

bool RowUnit::confirm() {
  if (!write_port->can_read()) {
    return false;
  }
  write_port->pop();
  --oldest_unconfirmed(true).to_confirm;
  return true;
}

/// Commands are done in order.
bool RowUnit::complete() {
  if (work_.empty() || work_.front().to_confirm > 0 || !work_.front().all_came()) {
    return false;
  }
  tokens_out->set(work_.front().beat.command->done);
  work_.pop();
  return true;
}

void RowUnit::note(bool moved) {
  if (work_.empty()) {
    activity_.idle(now());
    return;
  }
  const Work& work = work_.front();
  const bool in_pipeline = !results_.empty() && results_.front().due > now();
  if (moved || in_pipeline || next_ask_at_ > now() || next_sums_at_ > now()) {
    activity_.busy(now(), work.beat.layer);
    return;
  }
  // While rows come as sums, answers to the next command wait here, not in the scratchpad.
  const bool takes_sums = work.takes_sums();
  const bool passes_on = !results_.empty() && !results_.front().tile->out;
  activity_.stall(now(), work.beat.layer,
                  takes_sums && results_.empty()  ? stats::StallCause::kSums
                  : !takes_sums && under_way_ > 0 ? stats::StallCause::kScratchpadRead
                  : passes_on                     ? stats::StallCause::kOutputFull
                                                  : stats::StallCause::kScratchpadWrite);
}

void RowUnit::reset() {
  work_.clear();
  row_.values.clear();
  row_.second.clear();
  results_.clear();
  next_ask_at_ = 0;
  next_sums_at_ = 0;
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
