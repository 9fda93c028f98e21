// SPDX-License-Identifier: Apache-2.0
// Prints how far the estimate is below the simulation on random machines and networks, and on the
// same ones with less contention:
//   estimate_errors [CASES [FIRST_SEED]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/mapping/estimate.h"
#include "vitsim/mapping/mapper.h"
#include "vitsim/sim/machine.h"

#include "support/in_child.h"
#include "support/random_case.h"

/// The SystemC library refers to it; this program has a main() of its own.
extern "C" int sc_main(int /*argc*/, char* /*argv*/[]) { return 0; }

namespace vitsim::test {
namespace {

/// Banks and ports for everyone.
void widen(config::Scratchpad& pad) {
  pad.banks = 64;
  pad.bank_width_bytes = 64;
  pad.ports = 16;
}

struct Variant {
  const char* name;
  std::function<void(config::Accelerator&)> change;
};
const std::vector<Variant> kVariants{
    {"as drawn", [](config::Accelerator&) {}},
    {"no bank refuses anybody", [](config::Accelerator& machine) { widen(machine.scratchpad); }},
    {"ideal DRAM",
     [](config::Accelerator& machine) { machine.dram.kind = config::DramKind::kIdeal; }},
    {"both", [](config::Accelerator& machine) {
       machine.dram.kind = config::DramKind::kIdeal;
       widen(machine.scratchpad);
     }}};

/// The mapper's program; where wider banks leave too little room for it, a scratchpad that has it.
mapping::Program map(Case& drawn) {
  for (;;) {
    try {
      return mapping::map_program(drawn.graph, drawn.config.accelerator);
    } catch (const ConfigError&) {
      ++drawn.config.accelerator.scratchpad.size_kib;
    }
  }
}

struct Error {
  double part = 0;  ///< of the simulated cycles
  std::uint64_t seed = 0;
};

/// Simulated and estimated cycles, in a process of its own: SystemC elaborates once.
Error error_of(Case drawn) {
  const ChildResult result = in_child([&] {
    const mapping::Program program = map(drawn);
    const mapping::Estimate estimated =
        mapping::estimate(program, drawn.graph, drawn.config.accelerator);
    sim::Machine machine(drawn.config, drawn.graph, program);
    Random random(drawn.seed);
    const Cycles simulated = machine.run(random_input(random, drawn.graph)).cycles;
    return fmt::format("{}",
                       1 - static_cast<double>(estimated.cycles) / static_cast<double>(simulated));
  });
  double part = 0;
  if (!result.returned || std::sscanf(result.text.c_str(), "%lf", &part) != 1) {
    throw SimulationError(describe(drawn) + "\n" + result.text);
  }
  return {part, drawn.seed};
}

int run(std::uint64_t first, int cases) {
  fmt::print("{:<24} {:>8} {:>8} {:>8} {:>8}\n", "the simulation takes more", "least", "median",
             "9 of 10", "worst");
  bool above = false;
  for (const Variant& variant : kVariants) {
    std::vector<Error> errors;
    for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(cases); ++seed) {
      Case drawn = random_case(seed);
      variant.change(drawn.config.accelerator);
      errors.push_back(error_of(std::move(drawn)));
    }
    std::ranges::sort(errors, {}, &Error::part);
    const auto percent = [&](double part) {
      const double last = static_cast<double>(errors.size()) - 1;
      return 100 * errors[static_cast<std::size_t>(part * last + 0.5)].part;
    };
    fmt::print("{:<24}  {:>7.2f}% {:>7.2f}% {:>7.2f}% {:>7.2f}%  (seed {})\n", variant.name,
               percent(0), percent(0.5), percent(0.9), percent(1), errors.back().seed);
    above = above || errors.front().part < 0;
  }
  return above ? 1 : 0;
}

}  // namespace
}  // namespace vitsim::test

int main(int argc, char** argv) {
  const int cases = argc > 1 ? std::max(1, std::atoi(argv[1])) : 200;
  const std::uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  try {
    return vitsim::test::run(first, cases);
  } catch (const vitsim::Error& error) {
    fmt::print(stderr, "estimate_errors: {}\n", error.what());
    return 2;
  }
}
