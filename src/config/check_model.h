// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/model.h"
#include "vitsim/config/node.h"

namespace vitsim::config {

/// What no single field of a model can say: sizes that divide each other, lists as long as they
/// must be, tensors that memory can hold. `root` is the map that it was read from; the error names
/// the place there, and an override as the culprit where one took part.
void check_model(const Model& model, const Node& root);

}  // namespace vitsim::config
