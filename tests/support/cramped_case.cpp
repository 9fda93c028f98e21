// SPDX-License-Identifier: Apache-2.0
#include "support/cramped_case.h"

#include "vitsim/model/vit_graph.h"
#include "vitsim/reference/weights.h"

namespace vitsim::test {

std::array<NamedArray, 4> small_arrays() {
  config::PeArray array;
  array.rows = 8;
  array.cols = 8;
  array.blocks = 4;
  array.macs_per_block = 2;
  array.row_buffer_elements = 16;
  std::array<NamedArray, 4> arrays{NamedArray{"weight_stationary", array},
                                   {"input_stationary", array},
                                   {"output_stationary", array},
                                   {"row_wise", array}};
  arrays[1].array.dataflow = config::Dataflow::kInputStationary;
  arrays[2].array.dataflow = config::Dataflow::kOutputStationary;
  arrays[3].array.kind = config::ArrayKind::kRowWise;
  return arrays;
}

Case cramped_case(const config::PeArray& array, config::Attention attention) {
  Case drawn;
  drawn.config.attention = attention;
  auto& machine = drawn.config.accelerator;
  machine.sequencer.watchdog_cycles = 3000;
  machine.pe_array = array;
  machine.accumulator_buffer.rows = 8;
  machine.post_processor.lanes = 4;
  machine.scratchpad.size_kib = 1;
  machine.scratchpad.banks = 8;
  machine.scratchpad.bank_width_bytes = 4;
  machine.dram.latency_cycles = 20;
  machine.dram.bytes_per_cycle = 6.5;
  machine.softmax_unit.emplace().lanes = 4;
  machine.gelu_unit.emplace().lanes = 4;
  machine.layer_norm_unit.emplace().lanes = 4;
  machine.vector_unit.emplace().lanes = 4;
  if (attention != config::Attention::kSoftmax) {
    machine.taylor_pipeline.emplace().lanes = 4;
  }
  drawn.model.name = "cramped";
  drawn.model.image_size = 12;
  drawn.model.patch_size = 4;
  drawn.model.channels = 5;
  drawn.model.embed_dim = 20;
  drawn.model.depth = 1;
  drawn.model.heads = 2;
  drawn.model.mlp_ratio = 6;
  drawn.model.classes = 5;
  drawn.graph =
      model::build_vit_graph(drawn.config, drawn.model, reference::random_weights(3, drawn.model),
                             reference::fixed_ranges(drawn.model, attention));
  return drawn;
}

}  // namespace vitsim::test
