// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "vitsim/kernels/gemm.h"
#include "vitsim/timing/array.h"
#include "vitsim/timing/gemm.h"

#include "wavefront_datapaths.h"

namespace vitsim::hw {

WavefrontStationary::WavefrontStationary(const config::PeArray& array, OperandBits bits)
    : latency_(timing::array_latency(array)),
      streaming_bits_(timing::sums_are_columns(array) ? bits.rhs : bits.lhs),
      stationary_bits_(timing::sums_are_columns(array) ? bits.lhs : bits.rhs),
      active_(array.rows, array.cols),
      shadow_(array.rows, array.cols),
      operands_(latency_ + 1, array.rows),
      sums_(latency_ + 1, array.cols),
      due_(static_cast<std::size_t>(latency_) + 1),
      widths_(static_cast<std::size_t>(latency_) + 1) {}

void WavefrontStationary::load(Cycles /*now*/, const OperandRows& beat, std::int64_t loaded) {
  const auto width = static_cast<std::int64_t>(beat.values.size()) / beat.rows;
  for (std::int64_t i = 0; i < beat.rows; ++i) {
    std::copy_n(beat.values.begin() + i * width, width,
                shadow_.row(shadow_.rows() - 1 - loaded - i).begin());
  }
}

void WavefrontStationary::enter(Cycles now, const OperandRows& beat, bool first,
                                std::int64_t cols) {
  if (first) {
    compute();
    std::swap(active_, shadow_);
    depth_ = static_cast<std::int64_t>(beat.values.size());
    cols_ = cols;
  }
  const std::int64_t at = slot(count_);
  std::copy(beat.values.begin(), beat.values.end(), operands_.row(at).begin());
  due_[static_cast<std::size_t>(at)] = now + latency_;
  widths_[static_cast<std::size_t>(at)] = cols;
  ++count_;
}

/// All rows that are inside and not computed, in one or two pieces of the ring.
void WavefrontStationary::compute() {
  while (computed_ < count_) {
    const std::int64_t first = slot(computed_);
    const std::int64_t rows =
        std::min(count_ - computed_, static_cast<std::int64_t>(due_.size()) - first);
    kernels::gemm(std::as_const(operands_).view().block(first, 0, rows, depth_),
                  std::as_const(active_).view().block(0, 0, depth_, cols_),
                  sums_.view().block(first, 0, rows, cols_), streaming_bits_, stationary_bits_);
    computed_ += rows;
  }
}

bool WavefrontStationary::delivers(Cycles now) const {
  return count_ > 0 && due_[static_cast<std::size_t>(head_)] <= now;
}

bool WavefrontStationary::step(Cycles now, SumRows& out) {
  if (!delivers(now)) {
    return false;
  }
  if (computed_ == 0) {
    compute();
  }
  const auto sums =
      sums_.row(head_).first(static_cast<std::size_t>(widths_[static_cast<std::size_t>(head_)]));
  out.sums.assign(sums.begin(), sums.end());
  out.rows = 1;
  head_ = slot(1);
  --count_;
  --computed_;
  return true;
}

std::optional<Cycles> WavefrontStationary::next_event(Cycles /*now*/) const {
  return count_ == 0 ? std::nullopt : std::optional(due_[static_cast<std::size_t>(head_)]);
}

void WavefrontStationary::reset() {
  head_ = 0;
  count_ = 0;
  computed_ = 0;
}

}  // namespace vitsim::hw
