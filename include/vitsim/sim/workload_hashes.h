// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "vitsim/core/matrix.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"
#include "vitsim/sim/workload.h"

namespace vitsim::sim {

/// XXH3 (64 bits, as hexadecimal digits) of what decides on a run's values and cycles, so that two
/// runs are known to be of the same.
struct WorkloadHashes {
  std::string weights;  ///< the float numbers, whatever file they are in
  std::string scales;
  std::string input;  ///< the integers that the machine gets
  std::string program;
  friend bool operator==(const WorkloadHashes&, const WorkloadHashes&) = default;
};

WorkloadHashes hashes_of(const Network& network, const IntMatrix& input, const model::Graph& graph,
                         const mapping::Program& program);

}  // namespace vitsim::sim
