// SPDX-License-Identifier: Apache-2.0
#include "property/forms_bench.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vitsim/kernels/gemm.h"

namespace vitsim::test {
namespace {

When at_pace(std::uint64_t seed, Pace pace) {
  if (pace.percent == 100) {
    return {};
  }
  return [happens = at_random(seed, pace.percent), length = pace.length](Cycles cycle) {
    return happens(cycle / length);
  };
}

IntMatrix random_operand(std::uint64_t seed, std::int64_t rows, std::int64_t cols, int bits,
                         bool extreme) {
  IntMatrix matrix = random_matrix(seed, rows, cols, bits);
  for (std::int64_t r = 0; r < rows && extreme; ++r) {
    std::ranges::fill(matrix.row(r), static_cast<std::int16_t>(-(1 << (bits - 1))));
  }
  return matrix;
}

std::int64_t total(const std::vector<std::vector<std::int64_t>>& rows) {
  std::int64_t all = 0;
  for (const auto& row : rows) {
    for (const std::int64_t sum : row) {
      all += sum;
    }
  }
  return all;
}

}  // namespace

std::string describe(const FormsCase& drawn) {
  std::string text = fmt::format("case {}: {}", drawn.seed, test::describe(drawn.array));
  text += fmt::format("; {} and {} bits{};", drawn.bits.lhs, drawn.bits.rhs,
                      drawn.extreme ? ", all the least" : "");
  for (const auto& [shape, layer] : drawn.commands) {
    text += fmt::format(" {}x{}x{} of layer {},", shape.m, shape.k, shape.n, layer);
  }
  for (const Pace& pace :
       {drawn.commands_offered, drawn.lhs_offered, drawn.rhs_offered, drawn.sums_taken}) {
    text += fmt::format(" {}%/{}", pace.percent, pace.length);
  }
  return text;
}

FormsBench::FormsBench(const FormsCase& drawn)
    : case_(drawn),
      wavefront_(make(config::ArrayModel::kWavefront)),
      register_(make(config::ArrayModel::kRegister)) {}

void FormsBench::reset() {
  wavefront_.reset();
  register_.reset();
}

std::string FormsBench::failures(Cycles ran) {
  std::vector<std::string> found;
  const auto expect = [&](bool condition, std::string_view otherwise) {
    if (!condition) {
      found.emplace_back(otherwise);
    }
  };
  expect(wavefront_.came() == wavefront_.expected, "wavefront: wrong sums");
  expect(register_.came() == register_.expected, "register: wrong sums");
  expect(sums_of_kernel() == total(wavefront_.expected), "the kernel computes others");
  expect(wavefront_.sink.cycles == register_.sink.cycles, difference_of_cycles());
  expect(wavefront_.rows_of_beats() == register_.rows_of_beats(), "other rows share a beat");
  expect(wavefront_.command_source.written == register_.command_source.written,
         "commands are taken in other cycles");
  expect(wavefront_.lhs_source.written == register_.lhs_source.written,
         "lhs enters in other cycles");
  expect(wavefront_.rhs_source.written == register_.rhs_source.written,
         "rhs enters in other cycles");
  expect(wavefront_.pes->first_operand() == register_.pes->first_operand(), "first_operand()");
  expect(wavefront_.pes->last_sum() == register_.pes->last_sum(), "last_sum()");
  wavefront_.pes->activity().account(ran);
  register_.pes->activity().account(ran);
  for (std::size_t layer = 0; layer < PeArrayBench::kLayers; ++layer) {
    const auto& a = wavefront_.pes->activity().by_layer()[layer];
    const auto& b = register_.pes->activity().by_layer()[layer];
    expect(a.busy == b.busy && a.stalls == b.stalls,
           fmt::format("layer {}: wavefront busy {}, stalls {}; register busy {}, stalls {}", layer,
                       a.busy, fmt::join(a.stalls, " "), b.busy, fmt::join(b.stalls, " ")));
  }
  const auto& counters = wavefront_.pes->stats().counters();
  for (std::size_t i = 0; i < counters.size(); ++i) {
    expect(counters[i].value() == register_.pes->stats().counters()[i].value(), counters[i].name());
  }
  expect(wavefront_.pes->status() == register_.pes->status(), "status()");
  return found.empty() ? "" : fmt::format("{}\n  {}\n", describe(case_), fmt::join(found, "\n  "));
}

PeArrayBench& FormsBench::make(config::ArrayModel form) {
  PeArrayBench& bench = benches_.emplace_back(sc_core::sc_gen_unique_name("bench"),
                                              in_form(form, case_.array), case_.bits);
  for (std::size_t i = 0; i < case_.commands.size(); ++i) {
    const IntMatrix left = lhs(i);
    const IntMatrix right = rhs(i);
    bench.add(left.view(), right.view(), case_.commands[i].layer);
  }
  bench.command_source.offers = at_pace(4 * case_.seed, case_.commands_offered);
  bench.lhs_source.offers = at_pace(4 * case_.seed + 1, case_.lhs_offered);
  bench.rhs_source.offers = at_pace(4 * case_.seed + 2, case_.rhs_offered);
  bench.sink.takes = at_pace(4 * case_.seed + 3, case_.sums_taken);
  return bench;
}

IntMatrix FormsBench::lhs(std::size_t i) const {
  const model::GemmShape& shape = case_.commands[i].shape;
  return random_operand(1000 * case_.seed + 2 * i, shape.m, shape.k, case_.bits.lhs, case_.extreme);
}

IntMatrix FormsBench::rhs(std::size_t i) const {
  const model::GemmShape& shape = case_.commands[i].shape;
  return random_operand(1000 * case_.seed + 2 * i + 1, shape.k, shape.n, case_.bits.rhs,
                        case_.extreme);
}

std::int64_t FormsBench::sums_of_kernel() const {
  std::int64_t all = 0;
  for (std::size_t i = 0; i < case_.commands.size(); ++i) {
    const auto& [m, k, n] = case_.commands[i].shape;
    const IntMatrix left = lhs(i);
    const IntMatrix right = rhs(i);
    Matrix<std::int64_t> sums(m, n);
    kernels::gemm(left.view(), right.view(), sums.view(), case_.bits.lhs, case_.bits.rhs);
    for (const std::int64_t sum : sums.elements()) {
      all += sum;
    }
  }
  return all;
}

std::string FormsBench::difference_of_cycles() const {
  const auto& a = wavefront_.sink.cycles;
  const auto& b = register_.sink.cycles;
  const auto [in_a, in_b] = std::ranges::mismatch(a, b);
  const auto cycle = [](const auto& at, const auto& end) { return at == end ? -1 : *at; };
  return fmt::format("beat {} of sums is taken in {} from wavefront, in {} from register",
                     in_a - a.begin(), cycle(in_a, a.end()), cycle(in_b, b.end()));
}

}  // namespace vitsim::test
