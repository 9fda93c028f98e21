// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "vitsim/model/integer_network.h"
#include "vitsim/sim/machine.h"

namespace vitsim::sim {

/// How many values did not fit their width, or had no meaning.
struct RangeCounts {
  std::int64_t saturated_sums = 0;        ///< sums of products, beyond accumulator_bits
  std::int64_t clipped_g = 0;             ///< values of G, beyond g_bits
  std::int64_t saturated_k_hat = 0;       ///< values of K_hat, beyond k_hat_bits
  std::int64_t saturated_token_sums = 0;  ///< sums over tokens, beyond 16 or 32 bits
  std::int64_t nonpositive_divisors = 0;  ///< tokens whose t_D was 0 or less
  RangeCounts& operator+=(const RangeCounts& other);
};

/// A count under its name in reports.
struct RangeCount {
  std::string_view name;
  std::int64_t RangeCounts::*value;
};
/// Of every machine; the others are those of a Taylor pipeline.
inline constexpr RangeCount kSaturatedSums{"saturated_sums", &RangeCounts::saturated_sums};
inline constexpr std::array<RangeCount, 4> kTaylorCounts{
    {{"clipped_g", &RangeCounts::clipped_g},
     {"saturated_k_hat", &RangeCounts::saturated_k_hat},
     {"saturated_token_sums", &RangeCounts::saturated_token_sums},
     {"nonpositive_divisors", &RangeCounts::nonpositive_divisors}}};

/// What the machine's units counted in one image.
RangeCounts range_counts(const ImageTiming& timing);
/// What the integer network says that they must count.
RangeCounts range_counts(const model::IntegerResult& integers);

}  // namespace vitsim::sim
