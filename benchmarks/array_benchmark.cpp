// SPDX-License-Identifier: Apache-2.0
// How fast the inside of the array is, in both forms: cycles a second with operands entering in
// each.
//
//   benchmarks/run.sh array --benchmark_filter=stationary

#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "vitsim/core/random.h"
#include "vitsim/hw/array_datapath.h"
#include "vitsim/timing/array.h"

/// The SystemC library refers to it.
extern "C" int sc_main(int /*argc*/, char* /*argv*/[]) { return 0; }

namespace vitsim::hw {
namespace {

constexpr OperandBits kBits{8, 8};
/// Rows that stream through a fold, as in DeiT at 224 pixels.
constexpr std::int64_t kBeats = 197;

OperandRows random_rows(std::int64_t rows, std::int64_t width) {
  Random random(1);
  OperandRows beat;
  beat.rows = rows;
  beat.values.resize(static_cast<std::size_t>(rows * width));
  for (std::int16_t& value : beat.values) {
    value = static_cast<std::int16_t>(random.integer(-128, 127));
  }
  return beat;
}

config::PeArray array(int side, config::ArrayModel model) {
  config::PeArray array;
  array.rows = side;
  array.cols = side;
  array.model = model;
  return array;
}

void count_cycles(benchmark::State& state, const config::PeArray& array) {
  constexpr auto kRate = benchmark::Counter::kIsIterationInvariantRate;
  state.counters["cycles/s"] = benchmark::Counter(1, kRate);
  state.counters["MAC/s"] = benchmark::Counter(static_cast<double>(timing::pe_count(array)), kRate);
}

void stationary(benchmark::State& state, config::PeArray array) {
  const auto datapath = make_stationary_datapath(array, kBits);
  const OperandRows weights = random_rows(1, array.cols);
  const OperandRows operands = random_rows(1, array.rows);
  SumRows sums;
  Cycles now = 0;
  for (; now < array.rows; ++now) {
    datapath->load(now, weights, now);
    datapath->step(now, sums);
  }
  for (auto _ : state) {
    datapath->enter(now, operands, now % kBeats == 0, array.cols);
    benchmark::DoNotOptimize(datapath->step(now, sums));
    ++now;
  }
  count_cycles(state, array);
}

void output(benchmark::State& state, config::PeArray array) {
  array.dataflow = config::Dataflow::kOutputStationary;
  const auto datapath = make_output_datapath(array, kBits);
  const OperandRows lhs = random_rows(1, array.rows);
  const OperandRows rhs = random_rows(1, array.cols);
  SumRows sums;
  Cycles now = 0;
  for (auto _ : state) {
    datapath->enter(now, lhs, rhs, now % kBeats == kBeats - 1);
    benchmark::DoNotOptimize(datapath->step(now, sums));
    ++now;
  }
  count_cycles(state, array);
}

void row_wise(benchmark::State& state, config::PeArray array) {
  array.kind = config::ArrayKind::kRowWise;
  array.rows = 7;
  constexpr std::int64_t kPieces = 4;
  const std::int64_t width = std::int64_t{array.blocks} * array.macs_per_block;
  const auto datapath = make_row_wise_datapath(array, kBits);
  datapath->load(random_rows(array.rows, kPieces * width));
  const OperandRows weights = random_rows(1, width);
  SumRows sums;
  Cycles now = 0;
  for (auto _ : state) {
    const std::int64_t piece = now % kPieces;
    datapath->enter(now, weights, piece * width, piece == kPieces - 1);
    benchmark::DoNotOptimize(datapath->step(now, sums));
    ++now;
  }
  count_cycles(state, array);
}

void add_all() {
  using config::ArrayModel;
  for (const ArrayModel model : {ArrayModel::kWavefront, ArrayModel::kRegister}) {
    const std::string form(name_of(config::kArrayModelNames, model));
    for (const int side : {16, 64, 128}) {
      const std::string size = std::to_string(side) + "x" + std::to_string(side);
      benchmark::RegisterBenchmark(("stationary_operand/" + form + "/" + size).c_str(), stationary,
                                   array(side, model));
      benchmark::RegisterBenchmark(("output_stationary/" + form + "/" + size).c_str(), output,
                                   array(side, model));
    }
    benchmark::RegisterBenchmark(("row_wise/" + form + "/7x12x4").c_str(), row_wise,
                                 array(7, model));
  }
}

}  // namespace
}  // namespace vitsim::hw

int main(int argc, char** argv) {
  vitsim::hw::add_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
