// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "vitsim/kernels/add.h"
#include "vitsim/kernels/gemm.h"
#include "vitsim/timing/gemm.h"

#include "wavefront_datapaths.h"

namespace vitsim::hw {

WavefrontRowWise::WavefrontRowWise(const config::PeArray& array, OperandBits bits)
    : latency_(timing::array_latency(array)), bits_(bits) {}

void WavefrontRowWise::load(const OperandRows& block) {
  const auto depth = static_cast<std::int64_t>(block.values.size()) / block.rows;
  if (tokens_.rows() != depth || tokens_.cols() != block.rows) {
    tokens_ = IntMatrix(depth, block.rows);
  }
  for (std::int64_t p = 0; p < block.rows; ++p) {
    for (std::int64_t k = 0; k < depth; ++k) {
      tokens_(k, p) = block.values[static_cast<std::size_t>(p * depth + k)];
    }
  }
}

void WavefrontRowWise::enter(Cycles now, const OperandRows& weights, std::int64_t k, bool last) {
  const auto width = static_cast<std::int64_t>(weights.values.size());
  const auto rows = static_cast<std::size_t>(tokens_.cols());
  products_.resize(rows);
  kernels::gemm_row(weights.values,
                    std::as_const(tokens_).view().block(k, 0, width, tokens_.cols()), products_,
                    bits_.rhs, bits_.lhs);
  if (!partial_) {
    accumulators_.assign(rows, 0);
  }
  kernels::add_rows(accumulators_, products_);
  partial_ = !last;
  if (last) {
    Wave& wave = waves_.push_used();
    wave.due = now + latency_;
    std::swap(wave.sums, accumulators_);
  }
}

bool WavefrontRowWise::delivers(Cycles now) const {
  return !waves_.empty() && waves_.front().due <= now;
}

bool WavefrontRowWise::step(Cycles now, SumRows& out) {
  if (!delivers(now)) {
    return false;
  }
  std::swap(out.sums, waves_.front().sums);
  out.rows = 1;
  waves_.pop();
  return true;
}

std::optional<Cycles> WavefrontRowWise::next_event(Cycles /*now*/) const {
  return waves_.empty() ? std::nullopt : std::optional(waves_.front().due);
}

void WavefrontRowWise::reset() {
  waves_.clear();
  partial_ = false;
}

}  // namespace vitsim::hw
