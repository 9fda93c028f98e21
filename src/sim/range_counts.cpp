// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/range_counts.h"

namespace vitsim::sim {

RangeCounts& RangeCounts::operator+=(const RangeCounts& other) {
  saturated_sums += other.saturated_sums;
  clipped_g += other.clipped_g;
  saturated_k_hat += other.saturated_k_hat;
  saturated_token_sums += other.saturated_token_sums;
  nonpositive_divisors += other.nonpositive_divisors;
  return *this;
}

RangeCounts range_counts(const ImageTiming& timing) {
  return {.saturated_sums = timing.counter("post_processor", "saturated_sums") +
                            timing.counter("adder_array", "saturated_sums"),
          .clipped_g = timing.counter("post_processor", "clipped_g") +
                       timing.counter("adder_array", "clipped_g"),
          .saturated_k_hat = timing.counter("adder_array", "saturated_k_hat"),
          .saturated_token_sums = timing.counter("accumulator_array", "saturated_sums") +
                                  timing.counter("adder_array", "saturated_token_sums"),
          .nonpositive_divisors = timing.counter("divider_array", "nonpositive_divisors")};
}

RangeCounts range_counts(const model::IntegerResult& integers) {
  return {.saturated_sums = integers.saturated_sums,
          .clipped_g = integers.clipped,
          .saturated_k_hat = integers.saturated_k_hat,
          .saturated_token_sums = integers.saturated_token_sums,
          .nonpositive_divisors = integers.nonpositive_divisors};
}

}  // namespace vitsim::sim
