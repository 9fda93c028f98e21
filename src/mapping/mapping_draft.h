// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/mapping.h"

#include "mapping_document.h"

/// The checks that a mapping from a file passes, one after the other: each relies on those before
/// it, and each throws a ConfigError with file, line, what was found and what was expected.
namespace vitsim::mapping {

/// A mapping and the file that it comes from. Their operators, stays and groups, and the rings of a
/// group, have the same indices.
struct Draft {
  const document::Document& document;
  const config::Accelerator& machine;
  Sequence sequence;
  Mapping mapping;

  [[nodiscard]] const std::string& name_of(int op) const { return sequence.op(op).name; }
  [[nodiscard]] const model::Tensor& tensor(model::TensorId id) const {
    return sequence.graph().tensors[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] const Group* group_of(int op) const { return mapping::group_of(mapping, op); }
};

/// Groups are chains, in order, share no operator, and their rings hold what they must.
void check_groups(const Draft& draft);
/// Stays lie within their tensors, and begin and end where that makes sense.
void check_stays(const Draft& draft);
/// Tiles suit array and accumulator buffer, and have slots for what is not in the scratchpad.
/// Counts the bytes of the slots.
void check_tiles(Draft& draft);
/// Everything fits the scratchpad, nothing overlaps. Gives addresses where there are none.
void check_addresses(Draft& draft);

}  // namespace vitsim::mapping
