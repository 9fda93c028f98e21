// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vitsim/mapping/program.h"
#include "vitsim/model/integer_network.h"
#include "vitsim/sim/checker.h"
#include "vitsim/sim/machine.h"

#include "support/random_case.h"

namespace vitsim::test {

/// A machine that runs images of a case and compares every integer; what is wrong is gathered in
/// words. For use in a child process.
class MachineBench {
 public:
  /// Runs `program` instead of the mapper's.
  MachineBench(const Case& drawn, mapping::Program program);
  explicit MachineBench(const Case& drawn);

  sim::Machine& machine() { return machine_; }
  [[nodiscard]] const mapping::Program& program() const { return program_; }

  /// One image; mismatches count as failures.
  sim::ImageTiming run(const IntMatrix& input);

  void expect(bool condition, const std::string& otherwise);
  /// Empty where all is well, else a line for each failure.
  [[nodiscard]] std::string failures() const;

 private:
  const Case& case_;
  mapping::Program program_;
  sim::Machine machine_;
  sim::Checker checker_;
  std::vector<std::string> failures_;
};

/// Runs `body`, which returns failures(), in a child for each of `count` seeds from `first` on, and
/// fails the test with the case's description where it returns anything or dies. `attention`: this
/// one instead of any.
void for_random_cases(std::uint64_t first, int count,
                      const std::function<std::string(const Case&)>& body,
                      std::optional<config::Attention> attention = {});

/// The first difference between two images' cycles, layers, units and conflicts; empty where there
/// is none. Counters of values (of what did not fit) are left out.
std::string difference(const sim::ImageTiming& a, const sim::ImageTiming& b);

}  // namespace vitsim::test
