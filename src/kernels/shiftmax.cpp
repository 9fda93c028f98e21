// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/shiftmax.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <vector>

namespace vitsim::kernels {
namespace {

constexpr int kFractionBits = 15;
constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();

template <class T>
void shiftmax(const IntExp& exp, int output_bits, std::span<const T> scores, std::span<T> weights) {
  assert(!scores.empty() && weights.size() == scores.size());
  // Kept between rows: a unit calls this in every cycle.
  thread_local std::vector<std::int64_t> exponentials;
  exponentials.resize(scores.size());
  const std::int64_t max = *std::max_element(scores.begin(), scores.end());
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    exponentials[i] = exp(scores[i] - max);
    sum += exponentials[i];
  }
  // No exponential is 0 or above kMax, so each product is at most kMax and each weight has
  // `output_bits` bits.
  const std::int64_t reciprocal = kMax / std::min(sum, kMax);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = static_cast<T>((exponentials[i] * reciprocal) >> (32 - output_bits));
  }
}

}  // namespace

Shiftmax::Shiftmax(double scale, int output_bits)
    : exp_(scale, kFractionBits), output_bits_(output_bits) {
  assert(output_bits >= 1 && output_bits <= 32);
}

void Shiftmax::operator()(std::span<const std::int32_t> scores,
                          std::span<std::int32_t> weights) const {
  shiftmax(exp_, output_bits_, scores, weights);
}

void Shiftmax::operator()(std::span<const std::int16_t> scores,
                          std::span<std::int16_t> weights) const {
  assert(output_bits_ <= 16);
  shiftmax(exp_, output_bits_, scores, weights);
}

}  // namespace vitsim::kernels
