// SPDX-License-Identifier: Apache-2.0
#include "attention_graph.h"

#include <fmt/format.h>

#include "vitsim/config/load.h"
#include "vitsim/core/error.h"

namespace vitsim::model {

void require_unit(bool exists, const char* unit, const char* what) {
  if (!exists) {
    throw ConfigError(fmt::format(
        "accelerator.{}: the machine has none, but the model needs {}; add the section '{}'", unit,
        what, unit));
  }
}

void add_attention(GraphBuilder& builder, const Heads& heads, config::Attention kind) {
  config::check_attention(builder.config(), kind);
  switch (kind) {
    case config::Attention::kSoftmax:
      add_softmax_attention(builder, heads);
      break;
    case config::Attention::kTaylor:
      add_taylor_attention(builder, heads);
      break;
    case config::Attention::kTaylorReleased:
      add_released_attention(builder, heads);
      break;
  }
  builder.wait_for_data();
}

}  // namespace vitsim::model
