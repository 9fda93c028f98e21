// SPDX-License-Identifier: Apache-2.0
#include "register_row_wise.h"

#include <algorithm>
#include <utility>

namespace vitsim::hw {

RegisterRowWise::RegisterRowWise(const config::PeArray& array)
    : blocks_(array.blocks),
      macs_per_block_(array.macs_per_block),
      accumulators_(array.rows, array.blocks) {
  for (std::int64_t left = blocks_;; left = ceil_div<std::int64_t>(left, 2)) {
    stages_.push_back({Matrix<std::int64_t>(array.rows, left), 0});
    if (left == 1) {
      break;
    }
  }
}

void RegisterRowWise::load(const OperandRows& block) {
  const auto depth = static_cast<std::int64_t>(block.values.size()) / block.rows;
  if (tokens_.rows() != block.rows || tokens_.cols() != depth) {
    tokens_ = IntMatrix(block.rows, depth);
  }
  std::ranges::copy(block.values, tokens_.view().data());
}

void RegisterRowWise::enter(Cycles /*now*/, const OperandRows& weights, std::int64_t k, bool last) {
  // Every MAC multiplies one weight, which serves all rows, with its own element of the token.
  for (std::int64_t p = 0; p < tokens_.rows(); ++p) {
    for (std::size_t i = 0; i < weights.values.size(); ++i) {
      const auto element = static_cast<std::int64_t>(i);
      accumulators_(p, element / macs_per_block_) +=
          std::int64_t{tokens_(p, k + element)} * weights.values[i];
    }
  }
  partial_ = !last;
  finished_ = last;
}

bool RegisterRowWise::step(Cycles /*now*/, SumRows& out) {
  // 1. the trees add up what their registers held, the last stage first
  for (std::size_t stage = stages_.size() - 1; stage > 0; --stage) {
    halve(stages_[stage - 1], stages_[stage]);
  }
  // 2. finished accumulators go into the first stage
  stages_.front().rows = 0;
  if (finished_) {
    std::swap(stages_.front().sums, accumulators_);
    stages_.front().rows = tokens_.rows();
    clear_accumulators();
    finished_ = false;
  }
  // 3. what has come to a single sum a row leaves
  const Stage& end = stages_.back();
  if (end.rows == 0) {
    return false;
  }
  out.rows = 1;
  out.sums.clear();
  for (std::int64_t p = 0; p < end.rows; ++p) {
    out.sums.push_back(end.sums(p, 0));
  }
  return true;
}

void RegisterRowWise::clear_accumulators() {
  for (std::int64_t p = 0; p < accumulators_.rows(); ++p) {
    std::ranges::fill(accumulators_.row(p), 0);
  }
}

void RegisterRowWise::halve(const Stage& from, Stage& to) {
  to.rows = from.rows;
  for (std::int64_t p = 0; p < from.rows; ++p) {
    for (std::int64_t b = 0; b < to.sums.cols(); ++b) {
      const bool pair = 2 * b + 1 < from.sums.cols();
      to.sums(p, b) = from.sums(p, 2 * b) + (pair ? from.sums(p, 2 * b + 1) : 0);
    }
  }
}

bool RegisterRowWise::delivers(Cycles /*now*/) const {
  return stages_.size() > 1 && stages_[stages_.size() - 2].rows > 0;
}

bool RegisterRowWise::empty() const {
  // What the last stage holds has left.
  return !partial_ && std::all_of(stages_.begin(), stages_.end() - 1,
                                  [](const Stage& stage) { return stage.rows == 0; });
}

std::optional<Cycles> RegisterRowWise::next_event(Cycles now) const {
  return empty() ? std::nullopt : std::optional(now + 1);
}

void RegisterRowWise::reset() {
  clear_accumulators();
  partial_ = false;
  finished_ = false;
  for (Stage& stage : stages_) {
    stage.rows = 0;
  }
}

void RegisterRowWise::add_signals(Signals& signals, const std::string& prefix) const {
  signals.add_registers(prefix, "accumulator", accumulators_);
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    signals.add_registers(prefix, "tree_" + std::to_string(stage), stages_[stage].sums);
  }
}

}  // namespace vitsim::hw
