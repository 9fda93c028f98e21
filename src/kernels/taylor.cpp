// SPDX-License-Identifier: Apache-2.0
#include "vitsim/kernels/taylor.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <functional>
#include <numeric>

#include "int128.h"

namespace vitsim::kernels {
namespace {

constexpr int kSumBits = 32;
constexpr int kWordBits = 16;
constexpr std::int64_t kLargestDivisor = std::int64_t{1} << 62;

template <class Int>
Int floor_quotient(Int numerator, std::int64_t divisor) {
  const Int quotient = numerator / divisor;
  return quotient - (numerator % divisor < 0 ? 1 : 0);
}

/// A divisor with what the divider array prepares once and uses for a whole row.
class Divisor {
 public:
  Divisor(std::int64_t divisor, Division division) : divisor_(divisor) {
    assert(divisor >= 1 && divisor <= kLargestDivisor);
    assert(division.reciprocal_bits >= 0 && division.reciprocal_bits <= 30);
    if (division.reciprocal_bits > 0) {
      const auto bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(divisor)));
      shift_ = division.reciprocal_bits + bits;
      reciprocal_ = saturate64((Int128{1} << shift_) / divisor);
    }
  }

  [[nodiscard]] std::int64_t divide(std::int64_t numerator, int fraction_bits) const {
    assert(fraction_bits >= 0 && fraction_bits <= 62);
    return reciprocal_ > 0 ? multiplied(numerator, fraction_bits)
                           : divided(numerator, fraction_bits);
  }

 private:
  [[nodiscard]] std::int64_t multiplied(std::int64_t numerator, int fraction_bits) const {
    const Int128 product = Int128{numerator} * reciprocal_;
    if (fraction_bits <= shift_) {
      return saturate64(product >> (shift_ - fraction_bits));
    }
    // A product that is wider than 64 bits saturates after the shift as well.
    return saturate64(Int128{saturate64(product)} << (fraction_bits - shift_));
  }

  [[nodiscard]] std::int64_t divided(std::int64_t numerator, int fraction_bits) const {
    const std::int64_t shifted = numerator << fraction_bits;
    if (shifted >> fraction_bits == numerator) {  // a division of 128 bits is far slower
      return floor_quotient(shifted, divisor_);
    }
    return saturate64(floor_quotient(Int128{numerator} << fraction_bits, divisor_));
  }

  std::int64_t divisor_;
  std::int64_t reciprocal_ = 0;  // 0: divides digit by digit
  int shift_ = 0;                // the reciprocal stands for reciprocal_ / 2^shift_
};

/// out = saturate(exact); returns whether that changed it.
bool store_narrow(std::int64_t exact, std::int16_t& out, int bits = kWordBits) {
  out = static_cast<std::int16_t>(saturate(exact, bits));
  return out != exact;
}

std::int16_t rounded_mean(std::int64_t sum, const Divisor& count, int fraction_bits) {
  assert(fraction_bits >= 0 && fraction_bits <= 30);
  // 32 bits are enough for a result of 16, and adding one cannot overflow.
  const std::int64_t doubled = saturate(count.divide(sum, fraction_bits + 1), kSumBits);
  return static_cast<std::int16_t>(saturate((doubled + 1) >> 1, kWordBits));
}

/// One element of center_row(), not saturated.
std::int64_t centered(std::int16_t k, std::int16_t mean, const Center& center) {
  const int shift = center.mean_fraction_bits - center.fraction_bits;
  assert(center.fraction_bits >= 0 && shift >= 0 && center.mean_fraction_bits <= 30);
  const std::int64_t half = (std::int64_t{1} << shift) >> 1;
  return ((std::int64_t{k} << center.mean_fraction_bits) - mean + half) >> shift;
}

}  // namespace

std::int64_t divide(std::int64_t numerator, std::int64_t divisor, int fraction_bits,
                    Division division) {
  return Divisor(divisor, division).divide(numerator, fraction_bits);
}

std::int64_t store_sums(std::span<const std::int64_t> sums, std::span<std::int16_t> words) {
  assert(words.size() == 2 * sums.size());
  std::int64_t saturated = 0;
  for (std::size_t j = 0; j < sums.size(); ++j) {
    const std::int64_t sum = saturate(sums[j], kSumBits);
    saturated += sum != sums[j];
    words[2 * j] = static_cast<std::int16_t>(sum);
    words[2 * j + 1] = static_cast<std::int16_t>(sum >> kWordBits);
  }
  return saturated;
}

std::int64_t load_sum(std::span<const std::int16_t> words, std::size_t index) {
  assert(2 * index + 1 < words.size());
  const auto low = static_cast<std::uint16_t>(words[2 * index]);
  return (std::int64_t{words[2 * index + 1]} << kWordBits) | low;
}

std::int64_t narrow_sums(std::span<const std::int64_t> sums, std::span<std::int16_t> narrow) {
  assert(narrow.size() == sums.size());
  std::int64_t saturated = 0;
  for (std::size_t j = 0; j < sums.size(); ++j) {
    saturated += store_narrow(sums[j], narrow[j]);
  }
  return saturated;
}

void add_token(std::span<std::int64_t> sums, std::span<const std::int16_t> token) {
  assert(sums.size() == token.size());
  std::transform(sums.begin(), sums.end(), token.begin(), sums.begin(), std::plus<>{});
}

std::int64_t store_token_sums(std::span<const std::int64_t> sums, std::span<std::int16_t> out) {
  return out.size() == sums.size() ? narrow_sums(sums, out) : store_sums(sums, out);
}

void requantize_row(std::span<const std::int16_t> in, Rescale factor, std::int16_t lowest,
                    std::int16_t highest, std::span<std::int16_t> out) {
  assert(out.size() == in.size());
  std::ranges::transform(in, out.begin(), [&](std::int16_t x) {
    return static_cast<std::int16_t>(std::clamp<std::int64_t>(rescale(x, factor), lowest, highest));
  });
}

void mean_row(std::span<const std::int16_t> sum_words, const Mean& mean,
              std::span<std::int16_t> out) {
  const Divisor count(mean.count, mean.division);
  for (std::size_t j = 0; j < out.size(); ++j) {
    out[j] = rounded_mean(load_sum(sum_words, j), count, mean.fraction_bits);
  }
}

std::int64_t center_row(std::span<const std::int16_t> k, std::span<const std::int16_t> mean,
                        const Center& center, std::span<std::int16_t> k_hat) {
  assert(mean.size() == k.size() && k_hat.size() == k.size());
  std::int64_t saturated = 0;
  for (std::size_t j = 0; j < k.size(); ++j) {
    saturated += store_narrow(centered(k[j], mean[j], center), k_hat[j], center.bits);
  }
  return saturated;
}

std::int64_t center_features_row(std::span<const std::int16_t> k, const Mean& mean,
                                 const Center& center, std::span<std::int16_t> k_hat) {
  assert(mean.fraction_bits == center.mean_fraction_bits && k_hat.size() == k.size());
  const std::int64_t sum = std::accumulate(k.begin(), k.end(), std::int64_t{0});
  const std::int16_t k_mean =
      rounded_mean(sum, Divisor(mean.count, mean.division), mean.fraction_bits);
  std::int64_t saturated = 0;
  for (std::size_t j = 0; j < k.size(); ++j) {
    saturated += store_narrow(centered(k[j], k_mean, center), k_hat[j], center.bits);
  }
  return saturated;
}

std::int64_t residue_row(std::span<const std::int16_t> k_sum_words,
                         std::span<const std::int16_t> k_mean, const Mean& mean,
                         std::span<std::int16_t> k_hat_sum) {
  assert(k_mean.size() == k_hat_sum.size());
  std::int64_t saturated = 0;
  for (std::size_t j = 0; j < k_hat_sum.size(); ++j) {
    const std::int64_t exact =
        (load_sum(k_sum_words, j) << mean.fraction_bits) - mean.count * k_mean[j];
    saturated += store_narrow(exact, k_hat_sum[j]);
  }
  return saturated;
}

void correct_row(std::span<std::int64_t> sums, std::int16_t k_mean_i,
                 std::span<const std::int16_t> v_sum_words, int fraction_bits) {
  for (std::size_t j = 0; j < sums.size(); ++j) {
    sums[j] = saturate64((Int128{sums[j]} << fraction_bits) -
                         Int128{k_mean_i} * load_sum(v_sum_words, j));
  }
}

void add_value_sum_row(std::span<std::int64_t> sums, std::span<const std::int16_t> v_sum_words,
                       Rescale factor) {
  for (std::size_t j = 0; j < sums.size(); ++j) {
    sums[j] = saturate64(Int128{sums[j]} + rescale(load_sum(v_sum_words, j), factor));
  }
}

bool divide_row(std::span<const std::int64_t> t_n, std::int64_t t_d, const Quotient& quotient,
                std::span<std::int16_t> z) {
  assert(z.size() == t_n.size());
  const Divisor divisor(std::clamp(t_d, std::int64_t{1}, kLargestDivisor), quotient.division);
  for (std::size_t j = 0; j < z.size(); ++j) {
    const std::int64_t exact = divisor.divide(t_n[j], quotient.fraction_bits);
    z[j] = static_cast<std::int16_t>(
        requantize(saturate(exact, quotient.bits), quotient.rescale, quotient.out_bits));
  }
  return t_d <= 0;
}

std::int64_t count_clipped(std::span<const std::int64_t> sums, Rescale factor, int accumulator_bits,
                           int bits) {
  return std::ranges::count_if(sums, [&](std::int64_t sum) {
    const std::int64_t exact = rescale(saturate(sum, accumulator_bits), factor);
    return saturate(exact, bits) != exact;
  });
}

}  // namespace vitsim::kernels
