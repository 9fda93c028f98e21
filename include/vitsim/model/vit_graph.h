// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/config/model.h"
#include "vitsim/model/graph.h"
#include "vitsim/reference/calibration.h"
#include "vitsim/reference/weights.h"

namespace vitsim::model {

/// The integer network of a Vision Transformer with softmax attention: quantized weights, scales
/// from `ranges`, one operator for each thing that a unit does. Tensors are named as the float
/// network names them (reference::Observer), those of one head with the head's number behind.
/// ConfigError where the machine lacks a unit that the model needs, or where the configuration asks
/// for an attention that it does not have.
Graph build_vit_graph(const config::Config& config, const config::Model& model,
                      const reference::Weights& weights, const reference::Ranges& ranges);

/// The same operators on tensors of the same shapes, for whoever needs no more: constants have no
/// content, and the scales are those of random weights. Costs next to nothing, however large the
/// model. ConfigError as above.
Graph build_vit_shapes(const config::Config& config, const config::Model& model);

/// The attention that a run uses: the model's where its weights were trained for one, else the
/// configuration's.
config::Attention attention_of(const config::Config& config, const config::Model& model);

}  // namespace vitsim::model
