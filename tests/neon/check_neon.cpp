// SPDX-License-Identifier: Apache-2.0
// Compares kernels with vector instructions to their portable definitions, without a test library:
// tools/check_neon.sh runs it on an emulated processor. Exits 1 after the first difference.
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "vitsim/core/random.h"
#include "vitsim/kernels/add.h"
#include "vitsim/kernels/gemm_tile.h"
#include "vitsim/kernels/layer_norm.h"
#include "vitsim/kernels/post_process.h"
#include "vitsim/kernels/shiftgelu.h"
#include "vitsim/kernels/shiftmax.h"

namespace vitsim::kernels {
namespace {

std::int64_t integer(std::int64_t low, std::int64_t high) {
  static Random random(1);
  return random.integer(low, high);
}

template <class T>
std::vector<T> integers(std::int64_t count, std::int64_t end) {
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) {
    value = static_cast<T>(integer(-end, end - 1));
  }
  return values;
}

void expect(bool equal, std::string_view what) {
  if (!equal) {
    std::printf("%.*s: differs from the portable definition\n", static_cast<int>(what.size()),
                what.data());
    std::exit(1);
  }
}

void check_gemm() {
  for (int i = 0; i < 300; ++i) {
    const int a_bits = static_cast<int>(integer(1, 16));
    const int b_bits = static_cast<int>(integer(1, 16));
    const std::int64_t m = integer(1, 20);
    const std::int64_t k = integer(1, 300);
    const std::int64_t n = integer(1, 70);
    const IntMatrix a(m, k, integers<std::int16_t>(m * k, std::int64_t{1} << (a_bits - 1)));
    const IntMatrix b(k, n, integers<std::int16_t>(k * n, std::int64_t{1} << (b_bits - 1)));
    Matrix<std::int64_t> expected(m, n);
    gemm_by(gemm_tiles().back(), a.view(), b.view(), expected.view(), a_bits, b_bits);
    for (const GemmTile& tile : gemm_tiles()) {
      Matrix<std::int64_t> sums(m, n);
      gemm_by(tile, a.view(), b.view(), sums.view(), a_bits, b_bits);
      expect(sums == expected, tile.name);
    }
  }
}

void check_add_rows() {
  auto sums = integers<std::int64_t>(37, std::int64_t{1} << 60);
  const auto more = integers<std::int64_t>(37, std::int64_t{1} << 60);
  auto expected = sums;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    expected[i] += more[i];
  }
  add_rows(sums, more);
  expect(sums == expected, "add_rows");
}

/// A row equals its columns one by one, which do not fill a vector.
void check_post_process() {
  for (int i = 0; i < 300; ++i) {
    const std::int64_t count = integer(1, 40);
    const auto sums = integers<std::int64_t>(count, std::int64_t{1} << integer(1, 40));
    const auto residual = integers<std::int16_t>(count, 1 << 15);
    std::vector<ChannelParams> params;
    for (const auto bias : integers<std::int32_t>(count, std::int64_t{1} << integer(1, 31))) {
      params.push_back({bias,
                        {static_cast<std::int32_t>(integer(1, 1 << 30)),
                         static_cast<std::int32_t>(integer(1, 62))}});
    }
    const PostProcessWidths widths{static_cast<int>(integer(8, 32)),
                                   static_cast<int>(integer(2, 16))};
    std::vector<std::int16_t> out(sums.size());
    std::vector<std::int16_t> expected(sums.size());
    std::int64_t saturated = post_process_row(sums, params, residual, out, widths);
    for (std::size_t n = 0; n < sums.size(); ++n) {
      saturated -= post_process_row({&sums[n], 1}, {&params[n], 1}, {&residual[n], 1},
                                    {&expected[n], 1}, widths);
    }
    expect(out == expected && saturated == 0, "post_process_row");
  }
}

void check_row_functions() {
  for (int i = 0; i < 300; ++i) {
    const auto x = integers<std::int16_t>(integer(1, 90), std::int64_t{1} << integer(1, 15));
    const std::vector<std::int32_t> wide_x(x.begin(), x.end());
    std::vector<std::int16_t> y(x.size());
    std::vector<std::int32_t> weights(x.size());
    const double scale = 1.0 / static_cast<double>(integer(1, 1 << integer(1, 20)));
    Shiftmax(scale, 12)(x, y);
    Shiftmax(scale, 12)(wide_x, weights);
    expect(std::vector<std::int32_t>(y.begin(), y.end()) == weights, "Shiftmax");

    std::vector<std::int64_t> wide_y(x.size());
    const double output_scale = scale * static_cast<double>(integer(1, 1000)) / 100;
    ShiftGelu(scale, output_scale, 8)(x, y);
    ShiftGelu(scale, output_scale, 8).raw(wide_x, wide_y);
    for (std::size_t c = 0; c < x.size(); ++c) {
      expect(y[c] == requantize(wide_y[c], make_rescale(scale / 128 / output_scale), 8),
             "ShiftGelu");
    }

    i_layer_norm(wide_x, wide_y);
    layer_norm_row(x, std::vector<LayerNormParams>(x.size(), {-77777, 12345678}), 31, 10, y);
    for (std::size_t c = 0; c < x.size(); ++c) {
      const std::int64_t sum = wide_y[c] * -77777 + 12345678;
      expect(y[c] == saturate((sum + (1 << 30)) >> 31, 10), "layer_norm_row");
    }
  }
}

}  // namespace
}  // namespace vitsim::kernels

int main() {
  vitsim::kernels::check_gemm();
  vitsim::kernels::check_add_rows();
  vitsim::kernels::check_post_process();
  vitsim::kernels::check_row_functions();
  const auto name = vitsim::kernels::gemm_tiles().front().name;
  std::printf("%.*s: equal to the portable definitions\n", static_cast<int>(name.size()),
              name.data());
  return 0;
}
