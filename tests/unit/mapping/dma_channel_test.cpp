// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/dma_channel.h"

#include <set>

#include <gtest/gtest.h>

namespace vitsim::mapping {
namespace {

using model::Role;

TEST(DmaChannelTest, OneChannelMovesEverything) {
  for (const Role role : {Role::kInput, Role::kConstant, Role::kActivation}) {
    for (int id = 0; id < 5; ++id) {
      EXPECT_EQ(dma_channel(Unit::kDmaLoad, id, role, 1), 0);
      EXPECT_EQ(dma_channel(Unit::kDmaStore, id, role, 1), 0);
    }
  }
}

TEST(DmaChannelTest, ConstantsAreLoadedOnAChannelOfTheirOwn) {
  for (int channels = 2; channels <= 4; ++channels) {
    std::set<int> others;
    for (int id = 0; id < 12; ++id) {
      EXPECT_EQ(dma_channel(Unit::kDmaLoad, id, Role::kConstant, channels), 0);
      others.insert(dma_channel(Unit::kDmaLoad, id, Role::kActivation, channels));
      EXPECT_EQ(dma_channel(Unit::kDmaLoad, id, Role::kInput, channels),
                dma_channel(Unit::kDmaLoad, id, Role::kActivation, channels));
    }
    EXPECT_EQ(others.size(), static_cast<std::size_t>(channels - 1));
    EXPECT_EQ(*others.begin(), 1);
    EXPECT_EQ(*others.rbegin(), channels - 1);
  }
}

TEST(DmaChannelTest, StoresTakeAllChannelsInTurn) {
  for (int channels = 2; channels <= 4; ++channels) {
    for (int id = 0; id < 12; ++id) {
      EXPECT_EQ(dma_channel(Unit::kDmaStore, id, Role::kActivation, channels), id % channels);
    }
  }
}

TEST(DmaChannelTest, ChannelsBehindTheFirstHaveTheirNumberInTheirName) {
  EXPECT_EQ(name_of(Unit::kDmaLoad, 0), "dma_load");
  EXPECT_EQ(name_of(Unit::kDmaStore, 3), "dma_store_3");
}

}  // namespace
}  // namespace vitsim::mapping
