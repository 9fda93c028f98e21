// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/post_processor.h"

#include <algorithm>

#include <fmt/format.h>

#include "vitsim/kernels/taylor.h"
#include "vitsim/model/encoding.h"

namespace vitsim::hw {
namespace {

/// Commands known at a time: the one whose sums come, and the next, whose reads run ahead.
constexpr std::size_t kCommandsKnown = 2;

}  // namespace

PostProcessor::PostProcessor(const sc_core::sc_module_name& name,
                             const config::Accelerator& machine, int accumulator_bits,
                             const model::Graph& graph, Clock& clock)
    : Ticked(name, clock),
      config_(machine.post_processor),
      accumulator_bits_(accumulator_bits),
      buffer_rows_(operand_buffer_rows(machine.scratchpad.read_latency_cycles)),
      graph_(graph) {}

void PostProcessor::tick() {
  // 1. a new command; its tables and residual rows
  bool moved = take_command();
  moved |= collect_reads();
  moved |= read_ahead();
  // 2. results on their way out
  moved |= confirm_write();
  moved |= write_result();
  // 3. the next row of sums
  moved |= finish_row();
  // 4. sleep when nothing moved, until a result is due or the lanes are free; beats, answers and
  //    room wake
  if (moved) {
    wake();
    return;
  }
  if (!results_.empty() && results_.front().due > now()) {
    wake_at(results_.front().due);
  }
  if (sums_in->can_read() && next_row_at_ > now()) {
    wake_at(next_row_at_);
  }
}

bool PostProcessor::take_command() {
  if (work_.size() == kCommandsKnown || !commands_in->can_read()) {
    return false;
  }
  const mapping::Command* command = commands_in->front().command;
  commands_in->pop();
  const auto& tile = std::get<mapping::MatmulTile>(command->work);
  if (!tile.last || tile.sink != mapping::SumSink::kPostProcessor) {
    return true;  // the accumulator buffer keeps these sums, or another unit finishes them
  }
  Work& work = work_.push_used();
  work.command = command;
  work.tile = &tile;
  work.params_asked = work.params_there = !tile.params;
  const auto& matmul =
      std::get<model::Matmul>(graph_.ops[static_cast<std::size_t>(command->op)].work);
  work.counts_clipped = matmul.count_clipped;
  if (!tile.params) {
    work.params.assign(1, matmul.uniform);
  }
  work.residuals.clear();
  work.residual_asked = work.residual_came = 0;
  work.row = 0;
  return true;
}

bool PostProcessor::read_ahead() {
  if (!read_port->can_request()) {
    return false;
  }
  for (std::size_t i = 0; i < work_.size(); ++i) {
    Work& work = work_[i];
    const mapping::Operand* operand = nullptr;
    std::int64_t row = 0;
    if (!work.params_asked) {
      operand = &*work.tile->params;
      work.params_asked = true;
    } else if (work.tile->residual && work.residual_asked < work.tile->shape.m) {
      const auto waiting = static_cast<std::int64_t>(work.residuals.size());
      if (reads_under_way_ + waiting >= buffer_rows_) {
        return false;
      }
      operand = &*work.tile->residual;
      row = work.residual_asked++;
    } else {
      continue;
    }
    request_.write = false;
    request_.aim(*operand, row, 0, operand->tile.cols);
    read_port->request(request_);
    ++reads_under_way_;
    return true;
  }
  return false;
}

bool PostProcessor::collect_reads() {
  if (!read_port->can_read()) {
    return false;
  }
  const auto& data = read_port->front().data;
  for (std::size_t i = 0; i < work_.size(); ++i) {
    Work& work = work_[i];
    if (!work.params_there) {
      model::decode_params(data, work.params);
      work.params_there = true;
      break;
    }
    if (work.tile->residual && work.residual_came < work.tile->shape.m) {
      const int width = work.tile->residual->element_bytes;
      auto& row = work.residuals.push_used();
      row.resize(data.size() / static_cast<std::size_t>(width));
      model::decode(data, width, row);
      ++work.residual_came;
      break;
    }
  }
  read_port->pop();
  --reads_under_way_;
  return true;
}

bool PostProcessor::finish_row() {
  if (work_.empty() || next_row_at_ > now() || !sums_in->can_read()) {
    return false;
  }
  Work& work = work_.front();
  const auto room = static_cast<std::size_t>(config_.latency_cycles) + 2;
  if (!work.params_there || (work.tile->residual && work.residuals.empty()) ||
      results_.size() >= room) {
    return false;
  }
  const auto& sums = sums_in->front().sums;
  const mapping::Operand& out = *work.tile->out;
  const auto residual = work.tile->residual ? std::span<const std::int16_t>(work.residuals.front())
                                            : std::span<const std::int16_t>{};
  const int bits = graph_.tensor(out.tile).bits;
  out_.resize(sums.size());
  if (work.counts_clipped) {
    clipped_ += kernels::count_clipped(sums, work.params.front().rescale, accumulator_bits_, bits);
  }
  saturated_ +=
      kernels::post_process_row(sums, work.params, residual, out_, {accumulator_bits_, bits});
  if (work.tile->residual) {
    work.residuals.pop();
  }
  Result& result = results_.push_used();
  result.due = now() + config_.latency_cycles;
  result.tile = work.tile;
  result.row = work.row;
  result.bytes.resize(sums.size() * static_cast<std::size_t>(out.element_bytes));
  model::encode(out_, out.element_bytes, result.bytes);
  next_row_at_ = now() + ceil_div<Cycles>(static_cast<Cycles>(sums.size()), config_.lanes);
  sums_in->pop();
  ++rows_;
  if (work.row == 0) {
    writing_.push({work.command->done, work.tile->shape.m});
  }
  if (++work.row == work.tile->shape.m) {
    work_.pop();
  }
  return true;
}

bool PostProcessor::write_result() {
  if (results_.empty() || results_.front().due > now() || !write_port->can_request()) {
    return false;
  }
  Result& result = results_.front();
  const mapping::Operand& out = *result.tile->out;
  request_.write = true;
  request_.aim(out, result.row, 0, out.tile.cols);
  std::swap(request_.data, result.bytes);
  write_port->request(request_);
  results_.pop();
  return true;
}

bool PostProcessor::confirm_write() {
  if (!write_port->can_read()) {
    return false;
  }
  write_port->pop();
  if (--writing_.front().rows_left == 0) {
    tokens_out->set(writing_.front().done);
    writing_.pop();
  }
  return true;
}

void PostProcessor::reset() {
  work_.clear();
  results_.clear();
  writing_.clear();
  reads_under_way_ = 0;
  next_row_at_ = 0;
  stats_.reset();
}

std::string PostProcessor::status() const {
  return fmt::format("{} commands, {} reads, {} results under way", work_.size(), reads_under_way_,
                     results_.size());
}

}  // namespace vitsim::hw
