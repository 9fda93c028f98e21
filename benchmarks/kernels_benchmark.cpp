// SPDX-License-Identifier: Apache-2.0
// How fast the kernels are on this processor.
//
//   benchmarks/run.sh kernels --benchmark_filter=gemm
//
// On a machine with other work, compare medians of --benchmark_repetitions=5, of runs that follow
// each other.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "vitsim/core/random.h"
#include "vitsim/kernels/add.h"
#include "vitsim/kernels/gemm.h"
#include "vitsim/kernels/gemm_tile.h"
#include "vitsim/kernels/layer_norm.h"
#include "vitsim/kernels/post_process.h"
#include "vitsim/kernels/shiftgelu.h"
#include "vitsim/kernels/shiftmax.h"
#include "vitsim/model/encoding.h"

namespace vitsim::kernels {
namespace {

template <class T>
std::vector<T> random_integers(std::size_t count, std::int64_t end) {
  Random random(1);
  std::vector<T> values(count);
  for (T& value : values) {
    value = static_cast<T>(random.integer(-end, end - 1));
  }
  return values;
}

IntMatrix random_matrix(std::int64_t rows, std::int64_t cols, int bits) {
  return {rows, cols,
          random_integers<std::int16_t>(static_cast<std::size_t>(rows * cols),
                                        std::int64_t{1} << (bits - 1))};
}

void count_products(benchmark::State& state, std::int64_t m, std::int64_t k, std::int64_t n) {
  state.counters["MAC/s"] = benchmark::Counter(static_cast<double>(m * k * n),
                                               benchmark::Counter::kIsIterationInvariantRate);
}

void count_rows(benchmark::State& state) { state.SetItemsProcessed(state.iterations()); }

struct Shape {
  std::int64_t m;
  std::int64_t k;
  std::int64_t n;
};

void gemm_by_tile(benchmark::State& state, const GemmTile& tile, Shape shape, int bits) {
  const IntMatrix a = random_matrix(shape.m, shape.k, bits);
  const IntMatrix b = random_matrix(shape.k, shape.n, bits);
  Matrix<std::int64_t> sums(shape.m, shape.n);
  for (auto _ : state) {
    gemm_by(tile, a.view(), b.view(), sums.view(), bits, bits);
    benchmark::DoNotOptimize(sums);
  }
  count_products(state, shape.m, shape.k, shape.n);
}

void gemm_row_64x64(benchmark::State& state) {
  const IntMatrix a = random_matrix(1, 64, 8);
  const IntMatrix b = random_matrix(64, 64, 8);
  std::vector<std::int64_t> sums(64);
  for (auto _ : state) {
    gemm_row(a.row(0), b.view(), sums, 8, 8);
    benchmark::DoNotOptimize(sums);
  }
  count_products(state, 1, 64, 64);
}
BENCHMARK(gemm_row_64x64);

void add_rows_64(benchmark::State& state) {
  const auto more = random_integers<std::int64_t>(64, 1 << 20);
  std::vector<std::int64_t> sums(64);
  for (auto _ : state) {
    add_rows(sums, more);
    benchmark::DoNotOptimize(sums);
  }
  count_rows(state);
}
BENCHMARK(add_rows_64);

void post_process_row_64(benchmark::State& state) {
  const auto sums = random_integers<std::int64_t>(64, 1 << 20);
  const std::vector<ChannelParams> params(64, {100, {1 << 30, 43}});
  const auto residual = random_integers<std::int16_t>(state.range(0) != 0 ? 64 : 0, 128);
  std::vector<std::int16_t> out(64);
  for (auto _ : state) {
    benchmark::DoNotOptimize(post_process_row(sums, params, residual, out, {32, 8}));
    benchmark::DoNotOptimize(out);
  }
  count_rows(state);
}
BENCHMARK(post_process_row_64)->ArgName("residual")->Arg(0)->Arg(1);

void shiftmax_197(benchmark::State& state) {
  const Shiftmax shiftmax(0.05, 8);
  const auto scores = random_integers<std::int16_t>(197, 128);
  std::vector<std::int16_t> weights(197);
  for (auto _ : state) {
    shiftmax(scores, weights);
    benchmark::DoNotOptimize(weights);
  }
  count_rows(state);
}
BENCHMARK(shiftmax_197);

void shiftgelu_768(benchmark::State& state) {
  const ShiftGelu shiftgelu(0.05, 0.03, 8);
  const auto x = random_integers<std::int16_t>(768, 128);
  std::vector<std::int16_t> y(768);
  for (auto _ : state) {
    shiftgelu(x, y);
    benchmark::DoNotOptimize(y);
  }
  count_rows(state);
}
BENCHMARK(shiftgelu_768);

void layer_norm_768(benchmark::State& state) {
  const auto x = random_integers<std::int16_t>(768, 1 << 12);
  const std::vector<float> gamma(768, 0.5F);
  const std::vector<float> beta(768, 0.1F);
  const LayerNormTable table = make_layer_norm_table(gamma, beta, 0.02);
  std::vector<std::int16_t> y(768);
  for (auto _ : state) {
    layer_norm_row(x, table.params, table.shift, 8, y);
    benchmark::DoNotOptimize(y);
  }
  count_rows(state);
}
BENCHMARK(layer_norm_768);

void decode_bytes(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const std::vector<std::byte> bytes(count, std::byte{0xF0});
  std::vector<std::int16_t> values(count);
  for (auto _ : state) {
    model::decode(bytes, 1, values);
    benchmark::DoNotOptimize(values);
  }
  count_rows(state);
}
BENCHMARK(decode_bytes)->Arg(20)->Arg(64)->Arg(768);

void encode_bytes(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const std::vector<std::int16_t> values(count, -16);
  std::vector<std::byte> bytes(count);
  for (auto _ : state) {
    model::encode(values, 1, bytes);
    benchmark::DoNotOptimize(bytes);
  }
  count_rows(state);
}
BENCHMARK(encode_bytes)->Arg(20)->Arg(64)->Arg(768);

/// gemm/<instructions>/int<bits>/<M>x<K>x<N>, for all instructions that this processor has.
const bool kGemmsAreRegistered = [] {
  for (const GemmTile& tile : gemm_tiles()) {
    for (const int bits : {8, 12}) {
      for (const Shape shape :
           {Shape{16, 64, 64}, Shape{32, 64, 64}, Shape{64, 64, 64}, Shape{128, 64, 64},
            Shape{64, 64, 5}, Shape{64, 64, 16}, Shape{64, 63, 33}, Shape{197, 768, 768}}) {
        const std::string name = "gemm/" + std::string(tile.name) + "/int" + std::to_string(bits) +
                                 "/" + std::to_string(shape.m) + "x" + std::to_string(shape.k) +
                                 "x" + std::to_string(shape.n);
        benchmark::RegisterBenchmark(name.c_str(), gemm_by_tile, tile, shape, bits);
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace vitsim::kernels
