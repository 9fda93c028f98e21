// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"
#include "vitsim/model/attention_layer.h"

/// When the Taylor pipeline does what, as recurrences over rows: each row of each unit begins when
/// its unit is free, the row before has gone on and what it reads is there. docs/timing.md draws
/// it.
namespace vitsim::timing {

/// Rows of operands that the array takes for one attention, ViTALiTy's "ideal cycles": for each
/// head head_dim for each fold of tokens (G = K_hat^T V), and one for each token (Q G).
Cycles taylor_array_beats(const model::AttentionShape& shape, const config::PeArray& array);

/// All of one attention, from reset to the last byte of the context, where memory keeps nobody
/// waiting (vitsim attention --ideal-memory): the read latency of the scratchpad is in it,
/// conflicts and DRAM are not. None for what the recurrences do not describe: arrays that are not
/// weight_stationary with overlap_folds and one row of weights a cycle; heads that
/// are wider than the array or than the lanes of post-processor, adder and divider array;
/// initiation intervals of the latter above 1; feature_reads gather and k_hat_layout feature_major;
/// an accumulator array of fewer lanes than features; a command queue of one; an
/// array of a single row where heads overlap.
std::optional<Cycles> taylor_attention_cycles(const model::AttentionShape& shape,
                                              const config::Accelerator& machine);

}  // namespace vitsim::timing
