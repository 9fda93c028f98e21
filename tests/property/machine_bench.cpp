// SPDX-License-Identifier: Apache-2.0
#include "property/machine_bench.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "vitsim/mapping/mapper.h"
#include "vitsim/model/integer_network.h"

#include "support/in_child.h"

namespace vitsim::test {

MachineBench::MachineBench(const Case& drawn, mapping::Program program)
    : case_(drawn),
      program_(std::move(program)),
      machine_(drawn.config, drawn.graph, program_),
      checker_(drawn.graph) {
  machine_.set_observer(&checker_);
}

MachineBench::MachineBench(const Case& drawn)
    : MachineBench(drawn, mapping::map_program(drawn.graph, drawn.config.accelerator)) {}

sim::ImageTiming MachineBench::run(const IntMatrix& input) {
  const auto expected = model::run_integer_network(case_.graph, case_.config.precision, input);
  const std::int64_t before = checker_.mismatches();
  checker_.begin_image(expected);
  sim::ImageTiming timing = machine_.run(input);
  checker_.end_image(machine_, program_, timing);
  std::int64_t activations = 0;
  for (const model::Tensor& tensor : case_.graph.tensors) {
    activations += tensor.role == model::Role::kActivation ? tensor.rows * tensor.cols : 0;
  }
  expect(checker_.mismatches() == before,
         fmt::format("{} mismatches, the first: {}", checker_.mismatches() - before,
                     checker_.first_mismatch()));
  expect(checker_.values_compared() >= activations, "not every activation was compared");
  return timing;
}

void MachineBench::expect(bool condition, const std::string& otherwise) {
  if (!condition) {
    failures_.push_back(otherwise);
  }
}

std::string MachineBench::failures() const { return fmt::format("{}", fmt::join(failures_, "\n")); }

void for_random_cases(std::uint64_t first, int count,
                      const std::function<std::string(const Case&)>& body,
                      std::optional<config::Attention> attention) {
  for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(count); ++seed) {
    const Case drawn = random_case(seed, attention);
    const ChildResult result = in_child([&] { return body(drawn); });
    EXPECT_TRUE(result.returned && result.text.empty()) << describe(drawn) << "\n" << result.text;
  }
}

namespace {

bool same(const stats::CycleCount& a, const stats::CycleCount& b) {
  return a.busy == b.busy && a.stalls == b.stalls;
}

bool same(const sim::LayerTiming& a, const sim::LayerTiming& b) {
  return a.start == b.start && a.end == b.end && a.exclusive == b.exclusive &&
         same(a.unit, b.unit) && a.dram_read_bytes == b.dram_read_bytes &&
         a.dram_write_bytes == b.dram_write_bytes;
}

/// Whether a counter says how often integers did not fit.
bool counts_values(std::string_view name) {
  return name.starts_with("saturated_") || name == "clipped_g" || name == "nonpositive_divisors";
}

std::string difference(const sim::UnitReport& a, const sim::UnitReport& b) {
  if (a.name != b.name || !same(a.activity, b.activity) || a.counters.size() != b.counters.size()) {
    return fmt::format("unit {}: busy {} or {} cycles", a.name, a.activity.busy, b.activity.busy);
  }
  for (std::size_t i = 0; i < a.counters.size(); ++i) {
    if (!counts_values(a.counters[i].name) && a.counters[i].value != b.counters[i].value) {
      return fmt::format("unit {}: {} is {} or {}", a.name, a.counters[i].name, a.counters[i].value,
                         b.counters[i].value);
    }
  }
  return {};
}

}  // namespace

std::string difference(const sim::ImageTiming& a, const sim::ImageTiming& b) {
  if (a.cycles != b.cycles || a.layers.size() != b.layers.size() ||
      a.units.size() != b.units.size()) {
    return fmt::format("{} or {} cycles", a.cycles, b.cycles);
  }
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    if (!same(a.layers[i], b.layers[i])) {
      return fmt::format("layer {}: cycles {} to {}, or {} to {}", i, a.layers[i].start,
                         a.layers[i].end, b.layers[i].start, b.layers[i].end);
    }
  }
  for (std::size_t i = 0; i < a.units.size(); ++i) {
    if (std::string found = difference(a.units[i], b.units[i]); !found.empty()) {
      return found;
    }
  }
  const bool equal =
      std::equal(a.conflicts.begin(), a.conflicts.end(), b.conflicts.begin(), b.conflicts.end(),
                 [](const sim::BankConflict& x, const sim::BankConflict& y) {
                   return x.loser == y.loser && x.winner == y.winner && x.cycles == y.cycles;
                 });
  return equal ? "" : "bank conflicts differ";
}

}  // namespace vitsim::test
