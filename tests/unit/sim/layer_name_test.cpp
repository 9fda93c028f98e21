// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/layer_name.h"

#include <gtest/gtest.h>

namespace vitsim::sim {
namespace {

TEST(LayerNameTest, ALayerOfABlockHasItsBlockAndItsKind) {
  EXPECT_EQ(block_of("blocks.11.attn.qkv"), "blocks.11");
  EXPECT_EQ(kind_of("blocks.11.attn.qkv"), "attn.qkv");
  EXPECT_EQ(kind_of("blocks.0.norm1"), "norm1");
}

TEST(LayerNameTest, ALayerOutsideTheBlocksIsAKindOfItsOwn) {
  for (const char* layer : {"patch_embed", "head", "blocks.0", "blocks"}) {
    EXPECT_EQ(block_of(layer), "") << layer;
    EXPECT_EQ(kind_of(layer), layer);
  }
}

TEST(LayerNameTest, AttentionAloneHasNoProjections) {
  EXPECT_TRUE(is_attention("blocks.0.attn.qk"));
  EXPECT_TRUE(is_attention("blocks.3.attn.softmax"));
  for (const char* layer :
       {"blocks.0.attn.qkv", "blocks.0.attn.proj", "blocks.0.norm1", "blocks.0.mlp.fc1", "head"}) {
    EXPECT_FALSE(is_attention(layer)) << layer;
  }
}

}  // namespace
}  // namespace vitsim::sim
