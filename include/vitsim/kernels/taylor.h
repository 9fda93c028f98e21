// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "vitsim/kernels/requantize.h"

/// Taylor attention in integers, as the units of the pipeline compute it, a row at a time
/// (ViTALiTy, HPCA 2023, Algorithm 1, steps 1 to 6; docs/numerics.md). n tokens, d features of a
/// head. Rows are of d elements unless said otherwise; integers are of the scales of K, V and Q.
/// Fraction bits are in [0, 30] unless said otherwise. Sums may be any integers: what leaves 64
/// bits saturates.
namespace vitsim::kernels {

/// How a divider finds a quotient.
struct Division {
  /// 0: digit by digit, exact. Else by multiplication with the divisor's reciprocal, of which this
  /// many bits (1 to 30) behind the leading one are kept.
  int reciprocal_bits = 0;
  friend bool operator==(const Division&, const Division&) = default;
};

/// floor(numerator 2^fraction_bits / divisor), saturated to 64 bits; divisor in [1, 2^62], fraction
/// bits in [0, 62]. By reciprocal: floor(numerator r 2^fraction_bits / 2^(reciprocal_bits + e))
/// with r = floor(2^(reciprocal_bits + e) / divisor), e the number of bits of the divisor. Before
/// the floor this is nearer to 0 by a fraction of less than 2^-reciprocal_bits, and exact where the
/// divisor is a power of two.
std::int64_t divide(std::int64_t numerator, std::int64_t divisor, int fraction_bits,
                    Division division);

/// Sums over tokens lie in memory as 32 bits, in two words of 16: the low one, then the high one.
/// `words` has twice as many elements as `sums`. Returns how many did not fit and were saturated.
std::int64_t store_sums(std::span<const std::int64_t> sums, std::span<std::int16_t> words);
/// Element `index` of such a row of words.
std::int64_t load_sum(std::span<const std::int16_t> words, std::size_t index);
/// The same sums in 16 bits: narrow[j] = saturate(sums[j], 16). Returns how many were saturated.
std::int64_t narrow_sums(std::span<const std::int64_t> sums, std::span<std::int16_t> narrow);

/// sums[j] += token[j].
void add_token(std::span<std::int64_t> sums, std::span<const std::int16_t> token);
/// store_sums() where `out` has twice as many elements as `sums`, else narrow_sums().
std::int64_t store_token_sums(std::span<const std::int64_t> sums, std::span<std::int16_t> out);

/// out[j] = rescale(in[j], factor), no less than `lowest` and no more than `highest`.
void requantize_row(std::span<const std::int16_t> in, Rescale factor, std::int16_t lowest,
                    std::int16_t highest, std::span<std::int16_t> out);

/// Step 1, the mean over `count` integers.
struct Mean {
  std::int64_t count = 1;  ///< in [1, 2^31)
  int fraction_bits = 0;   ///< of the mean
  Division division{};
};
/// mean[j] = sum[j] 2^fraction_bits / count, rounded half up (divide() with one bit more, plus one,
/// halved by floor), saturated to 16 bits. `sum_words`: as store_sums() writes them.
void mean_row(std::span<const std::int16_t> sum_words, const Mean& mean,
              std::span<std::int16_t> out);

/// Step 1, K_hat = K - k_mean.
struct Center {
  int mean_fraction_bits = 0;
  int fraction_bits = 0;  ///< of K_hat, at most those of the mean
  int bits = 16;          ///< width of K_hat
};
/// k_hat[j] = (k[j] 2^mf - mean[j]) / 2^(mf - f), rounded half up, saturated to `bits`. Returns how
/// many were saturated.
std::int64_t center_row(std::span<const std::int16_t> k, std::span<const std::int16_t> mean,
                        const Center& center, std::span<std::int16_t> k_hat);
/// The released code's centring: of a token over its own features. `mean.count` is d; the mean is
/// as of mean_row(), then as center_row().
std::int64_t center_features_row(std::span<const std::int16_t> k, const Mean& mean,
                                 const Center& center, std::span<std::int16_t> k_hat);

/// Deferred centring, step 3: what rounding leaves of 1^T K_hat, at the mean's fraction bits:
/// k_hat_sum[j] = saturate(k_sum[j] 2^f - count mean[j], 16). Returns how many were saturated.
std::int64_t residue_row(std::span<const std::int16_t> k_sum_words,
                         std::span<const std::int16_t> k_mean, const Mean& mean,
                         std::span<std::int16_t> k_hat_sum);
/// Deferred centring, step 2, for row i of K^T V, f the mean's fraction bits:
/// sums[j] = sums[j] 2^f - k_mean_i v_sum[j].
void correct_row(std::span<std::int64_t> sums, std::int16_t k_mean_i,
                 std::span<const std::int16_t> v_sum_words, int fraction_bits);

/// Step 5: sums[j] += rescale(v_sum[j], factor). `factor` takes sqrt(d) v_sum to the scale of Q G.
void add_value_sum_row(std::span<std::int64_t> sums, std::span<const std::int16_t> v_sum_words,
                       Rescale factor);

/// Step 6, Z = T_N / t_D.
struct Quotient {
  int fraction_bits = 0;  ///< in [0, 62]
  int bits = 16;          ///< quotients saturate to this width
  Division division{};
  Rescale rescale{};  ///< from the quotient to the scale of the result
  int out_bits = 8;
};
/// z[j] = requantize(saturate(divide(t_n[j], max(t_d, 1)), bits)). A t_d of 0 or less has no
/// meaning: it stands for weights that do not sum up to anything positive, and 1 takes its place.
/// Returns whether that was so. A t_d beyond 2^62 counts as 2^62.
bool divide_row(std::span<const std::int64_t> t_n, std::int64_t t_d, const Quotient& quotient,
                std::span<std::int16_t> z);

/// How many of a row of sums, finished as post_process_row() does without bias and residual, do not
/// fit `bits` and are cut off.
std::int64_t count_clipped(std::span<const std::int64_t> sums, Rescale factor, int accumulator_bits,
                           int bits);

}  // namespace vitsim::kernels
