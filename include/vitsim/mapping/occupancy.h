// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/core/units.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// When the commands of a program ran.
struct Schedule {
  std::vector<Cycles> released;  ///< by command: the cycle in which it went to its unit
  std::vector<Cycles> set;       ///< by token: the cycle from which it counts, one after it was set
};

/// So many bytes of the scratchpad are occupied in the cycles [begin, end).
struct Occupation {
  Cycles begin = 0;
  Cycles end = 0;
  Bytes bytes = 0;
};

/// What occupied the scratchpad, and when. The tile that a command writes occupies its bytes from
/// the cycle in which the command is released to the one in which the last command that reads any
/// of it has done so, or where none does, to the end of the writing; the input, where the host
/// writes it to the scratchpad, from the first cycle. So a buffer that waits for its data counts,
/// and one whose data nobody reads any more does not. Padding between rows does not count.
std::vector<Occupation> occupations(const model::Graph& graph, const Program& program,
                                    const Schedule& schedule);

/// The bytes occupied in each window of `window` cycles, in the mean, of `cycles` in all; the last
/// window may be shorter.
std::vector<double> mean_occupied(const std::vector<Occupation>& occupations, Cycles window,
                                  Cycles cycles);

/// The most bytes that are occupied in any cycle.
Bytes most_occupied(const std::vector<Occupation>& occupations);

}  // namespace vitsim::mapping
