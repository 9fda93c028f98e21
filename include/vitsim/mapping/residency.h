// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/partitions.h"
#include "vitsim/mapping/sequence.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// First and last operator that touch a tensor.
struct Lifetime {
  int first = -1;
  int last = -1;
};
std::vector<Lifetime> lifetimes(const Sequence& sequence);

/// During each operator, what tensors take that never leave the chip (Tensor::on_chip).
std::vector<Room> room_on_chip(const Sequence& sequence, const config::Scratchpad& scratchpad);
/// What a resident tensor takes, in its partition.
Room resident_room(const model::Tensor& tensor, const config::Scratchpad& scratchpad);

/// Which activations stay in the scratchpad from the operator that makes them to the last that
/// reads them, instead of going through DRAM. Greedy, in the order in which they are made: a tensor
/// stays where the operators of its lifetime, in the bytes that are then left to them, cost no more
/// than before. The logits go to DRAM: the host reads them there. Inputs and constants come from
/// it.
std::vector<bool> plan_residency(const model::Graph& graph, const config::Accelerator& machine,
                                 const Room& capacity);

}  // namespace vitsim::mapping
