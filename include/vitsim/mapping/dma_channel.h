// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// The channel of `unit`, the DMA's loads or stores, that moves tiles of a tensor, of `channels`.
/// Loads: constants take channel 0, so that weights come ahead while a tile of activations waits
/// for its store; the other tensors take the channels from 1 on, round robin by their number. There
/// are no stores of constants: all channels are for activations, round robin.
int dma_channel(Unit unit, model::TensorId id, model::Role role, int channels);

}  // namespace vitsim::mapping
