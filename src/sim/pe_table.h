// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "vitsim/stats/pe_cycles.h"

namespace vitsim::sim {

/// A line of the table: a layer and where the array's PE-cycles went.
struct PeTableRow {
  std::string name;
  stats::PeCycles pe_cycles;
};

/// The table for the terminal, in percent of each line's PE-cycles.
std::string pe_table(const std::vector<PeTableRow>& rows);

/// Words for people: "fill and drain".
std::string pe_use_words(std::size_t use);

}  // namespace vitsim::sim
