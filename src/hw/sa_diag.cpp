// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/sa_diag.h"

#include <algorithm>
#include <numeric>
#include <span>

#include <fmt/format.h>

#include "vitsim/model/encoding.h"
#include "vitsim/timing/gemm.h"

namespace vitsim::hw {
namespace {

/// Commands known at a time: the one whose rows come, the next, whose vector loads behind its first
/// row, and the one after, whose vector is read meanwhile.
constexpr std::size_t kCommandsKnown = 3;

}  // namespace

SaDiag::SaDiag(const sc_core::sc_module_name& name, const config::Accelerator& machine,
               std::size_t layers, Clock& clock)
    : Ticked(name, clock),
      rows_(machine.pe_array.rows),
      latency_(timing::array_latency(machine.pe_array) + 1 +
               machine.taylor_pipeline->sa_diag.latency_cycles),
      kept_(static_cast<std::size_t>(machine.accumulator_buffer.rows)),
      activity_(layers) {}

void SaDiag::tick() {
  // 1. sums that are due
  bool moved = deliver();
  // 2. the vectors of commands
  moved |= take_command();
  moved |= read();
  // 3. the next row of Q; a fold's first sets the shadow registers free
  const bool taken = take_row();
  moved |= load();
  note(taken);
  // 4. sleep when nothing moved, until a sum is due or a vector is loaded; rows, commands, answers
  //    and room wake
  if (moved || taken) {
    wake();
    return;
  }
  for (const Cycles at : {sums_.empty() ? 0 : sums_.front().due, loaded_at_}) {
    if (at > now()) {
      wake_at(at);
    }
  }
}

bool SaDiag::deliver() {
  if (sums_.empty() || sums_.front().due > now() || !divisors_out->can_write()) {
    return false;
  }
  out_.rows = 1;
  out_.sums.assign(1, sums_.front().value);
  divisors_out->write(out_);
  // While it found no room all sums stood still.
  const Cycles late = now() - sums_.front().due;
  sums_.pop();
  for (std::size_t i = 0; late > 0 && i < sums_.size(); ++i) {
    sums_[i].due += late;
  }
  ++divisors_;
  return true;
}

bool SaDiag::take_command() {
  if (work_.size() == kCommandsKnown || !commands_in->can_read()) {
    return false;
  }
  Work& work = work_.push_used();
  work.beat = commands_in->front();
  work.tile = &std::get<mapping::DiagTile>(work.beat.command->work);
  work.asked = work.there = false;
  commands_in->pop();
  return true;
}

bool SaDiag::read() {
  bool moved = false;
  if (read_port->can_read()) {
    std::size_t index = 0;
    while (work_[index].there) {
      ++index;
    }
    Work& work = work_[index];
    const auto& data = read_port->front().data;
    work.k_hat_sum.resize(data.size() / sizeof(std::int16_t));
    model::decode(data, sizeof(std::int16_t), work.k_hat_sum);
    work.there = true;
    read_port->pop();
    moved = true;
  }
  for (std::size_t i = 0; i < work_.size() && read_port->can_request(); ++i) {
    if (!work_[i].asked) {
      request_.write = false;
      request_.aim(work_[i].tile->k_hat_sum, 0, 0, work_[i].tile->k);
      read_port->request(request_);
      work_[i].asked = true;
      return true;
    }
  }
  return moved;
}

/// Begins to shift a fold's vector down: that of the fold whose rows come next, or of the one
/// behind it, once the first row has passed.
bool SaDiag::load() {
  if (loaded_at_ == 0) {
    if (work_.empty() || !work_.front().there) {
      return false;
    }
    loaded_at_ = now() + rows_;
    return true;
  }
  const bool more_folds = (fold_ + 1) * rows_ < work_.front().tile->k;
  if (next_loaded_at_ > 0 || row_ == 0 || !(more_folds || (work_.size() > 1 && work_[1].there))) {
    return false;
  }
  next_loaded_at_ = now() + rows_;
  return true;
}

bool SaDiag::take_row() {
  const bool full = !sums_.empty() && sums_.front().due <= now();
  if (work_.empty() || loaded_at_ == 0 || loaded_at_ > now() || full || !queries_in->can_read()) {
    return false;
  }
  const Work& work = work_.front();
  const mapping::DiagTile& tile = *work.tile;
  const auto& queries = queries_in->front().values;
  const auto vector =
      std::span(work.k_hat_sum).subspan(static_cast<std::size_t>(fold_ * rows_), queries.size());
  const auto sum =
      std::inner_product(queries.begin(), queries.end(), vector.begin(), std::int64_t{0});
  macs_ += static_cast<std::int64_t>(queries.size());
  std::int64_t& kept = kept_[static_cast<std::size_t>(row_)];
  const bool starts = tile.first && fold_ == 0;
  kept = starts ? sum : kept + sum;
  if (tile.last && (fold_ + 1) * rows_ >= tile.k) {
    sums_.push({now() + latency_, kept});
  }
  queries_in->pop();
  layer_ = work.beat.layer;
  next_row();
  return true;
}

void SaDiag::next_row() {
  const Work& work = work_.front();
  if (++row_ < work.tile->m) {
    return;
  }
  row_ = 0;
  loaded_at_ = next_loaded_at_;
  next_loaded_at_ = 0;
  if (++fold_ * rows_ >= work.tile->k) {
    fold_ = 0;
    tokens_out->set(work.beat.command->done);
    work_.pop();
  }
}

void SaDiag::note(bool taken) {
  if (taken) {
    activity_.busy(now(), layer_);
    return;
  }
  if (work_.empty()) {
    activity_.idle(now());
    return;
  }
  const Work& work = work_.front();
  const bool full = !sums_.empty() && sums_.front().due <= now();
  activity_.stall(now(), work.beat.layer,
                  !work.there          ? stats::StallCause::kScratchpadRead
                  : full               ? stats::StallCause::kOutputFull
                  : loaded_at_ > now() ? stats::StallCause::kWeightLoad
                                       : stats::StallCause::kStreamOperand);
}

void SaDiag::reset() {
  work_.clear();
  fold_ = 0;
  row_ = 0;
  loaded_at_ = 0;
  next_loaded_at_ = 0;
  layer_ = 0;
  sums_.clear();
  activity_.reset();
  stats_.reset();
}

std::string SaDiag::status() const {
  return fmt::format("{} commands, row {} of fold {} comes, {} sums inside ({})", work_.size(),
                     row_, fold_, sums_.size(), activity_.state());
}

}  // namespace vitsim::hw
