// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/mapping.h"
#include "vitsim/mapping/needs.h"
#include "vitsim/mapping/pricing.h"
#include "vitsim/model/graph.h"

/// The ways to cut one operator that the search chooses from, and what each costs.
namespace vitsim::mapping {

/// What a part of a mapping costs. Traffic is exact; cycles are an estimate that ranks.
struct Price {
  Room room;           ///< in the scratchpad, for slots
  Bytes traffic = 0;   ///< DRAM bytes
  Cycles compute = 0;  ///< of the operator's unit, its operands there in time
  Cycles cycles = 0;   ///< with DRAM beside it
};

struct Choice {
  Tiling tiling;
  Price price;
};

/// Ways to cut an operator whose result is computed `rows` rows at a time (a group's row tile; all
/// of them where it is in no group). `needs` says what lies in the scratchpad anyway.
std::vector<Choice> choices(const model::Op& op, const Needs& needs,
                            const config::Accelerator& machine, std::int64_t rows,
                            Pricing& pricing);

/// Rows that an operator works through: of its result, or those that it sums up.
std::int64_t rows_of(const Needs& needs);

}  // namespace vitsim::mapping
