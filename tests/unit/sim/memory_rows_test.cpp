// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/memory_rows.h"

#include <gmock/gmock.h>

namespace vitsim::sim {
namespace {

TensorRow tensor(const std::string& name, Bytes compulsory, Bytes read, Bytes written = 0) {
  TensorRow row;
  row.name = name;
  row.traffic.compulsory_bytes = compulsory;
  row.traffic.read_bytes = read;
  row.traffic.write_bytes = written;
  return row;
}

std::vector<std::string> names(const std::vector<TensorKindRow>& kinds) {
  std::vector<std::string> found;
  for (const TensorKindRow& kind : kinds) {
    found.push_back(kind.name);
  }
  return found;
}

TEST(AvoidableTraffic, TensorsOfAllBlocksAndHeadsAreOneKind) {
  const auto kinds = avoidable_traffic({tensor("blocks.0.attn.weights.0", 0, 1, 2),
                                        tensor("blocks.0.attn.weights.11", 0, 10, 20),
                                        tensor("blocks.7.attn.weights.0", 0, 100, 200)});
  ASSERT_EQ(kinds.size(), 1U);
  EXPECT_EQ(kinds[0].name, "attn.weights");
  EXPECT_EQ(kinds[0].tensors, 3);
  EXPECT_EQ(kinds[0].traffic.read_bytes, 111);
  EXPECT_EQ(kinds[0].traffic.write_bytes, 222);
}

TEST(AvoidableTraffic, NamesThatEndInALetterOrLieOutsideTheBlocksKeepTheirEnd) {
  EXPECT_THAT(names(avoidable_traffic({tensor("blocks.3.mlp.fc1", 0, 3),
                                       tensor("head.weight", 1, 3), tensor("blocks.3", 0, 1)})),
              testing::ElementsAre("mlp.fc1", "head.weight", "blocks"));
}

TEST(AvoidableTraffic, WhatMovesMostBeyondWhatItMustComesFirstAndWhatMovesNoMoreIsLeftOut) {
  EXPECT_THAT(names(avoidable_traffic({tensor("a", 100, 101), tensor("b", 1000, 1000),
                                       tensor("c", 0, 7), tensor("d", 0, 0)})),
              testing::ElementsAre("c", "a"));
}

TEST(TrafficRatio, IsOfAllTensorsTogetherAndMissingWhereNothingMustCross) {
  EXPECT_EQ(traffic_ratio(total_traffic({tensor("a", 100, 150), tensor("b", 0, 25, 75)})), 2.5);
  EXPECT_EQ(traffic_ratio(total_traffic({tensor("b", 0, 25, 75)})), std::nullopt);
}

TEST(RooflineRows, LayersWithProductsAreThereByThemselvesByKindAndAsAnImage) {
  RunResult result;
  result.config.accelerator.pe_array.rows = 4;
  result.config.accelerator.pe_array.cols = 4;
  result.config.accelerator.dram.kind = config::DramKind::kSimple;
  result.config.accelerator.dram.bytes_per_cycle = 2;
  for (const char* name : {"blocks.0.mlp.fc1", "blocks.0.mlp.gelu", "blocks.1.mlp.fc1"}) {
    mapping::Layer layer;
    layer.name = name;
    layer.macs = std::string(name).ends_with("gelu") ? 0 : 80;
    result.layers.push_back(layer);
    LayerTiming timing;
    timing.end = 20;
    timing.dram_read_bytes = 30;
    timing.dram_write_bytes = 10;
    result.timing.layers.push_back(timing);
  }
  result.timing.cycles = 50;
  result.tensors = {tensor("a", 0, 100, 20)};
  const auto layers = roofline_rows(result);
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[1].name, "blocks.1.mlp.fc1");
  EXPECT_EQ(layers[1].operations, 160);
  EXPECT_EQ(layers[1].dram_bytes, 40);
  EXPECT_EQ(layers[1].point.operations_per_byte, 4);
  EXPECT_EQ(layers[1].point.operations_per_cycle, 8);
  EXPECT_EQ(layers[1].point.roof, 8) << "4 operations a byte, 2 bytes a cycle";
  const auto kinds = folded_roofline_rows(result);
  ASSERT_EQ(kinds.size(), 1U);
  EXPECT_EQ(kinds[0].name, "mlp.fc1");
  EXPECT_EQ(kinds[0].operations, 320);
  EXPECT_EQ(kinds[0].point.operations_per_cycle, 8);
  EXPECT_EQ(roofline_of_image(result).dram_bytes, 120);
  EXPECT_EQ(roofline_of_image(result).point.operations_per_cycle, 320.0 / 50);
}

}  // namespace
}  // namespace vitsim::sim
