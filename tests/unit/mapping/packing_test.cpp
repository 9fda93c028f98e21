// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/packing.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "vitsim/core/random.h"

namespace vitsim::mapping {
namespace {

using testing::ElementsAre;

constexpr Bytes kNoLimit = 1 << 20;

TEST(Packing, GivesBytesToOthersWhenNobodyUsesThemAnyMore) {
  const Packing packing =
      pack({{.first = 0, .last = 1, .bytes = 32}, {.first = 2, .last = 3, .bytes = 32}}, 16, 0);
  EXPECT_THAT(packing.addresses, ElementsAre(0, 0));
  EXPECT_EQ(packing.height, 32);
}

TEST(Packing, KeepsApartWhatIsInUseAtOnce) {
  const Packing packing = pack(
      {{.first = 0, .last = 2, .bytes = 20}, {.first = 1, .last = 1, .bytes = 16}}, 16, kNoLimit);
  EXPECT_THAT(packing.addresses, ElementsAre(0, 32));
  EXPECT_EQ(packing.height, 48);
}

TEST(Packing, LetsABlockLingerWhereThereIsRoom) {
  const std::vector<Block> blocks{{.first = 0, .last = 0, .bytes = 16, .linger = 1},
                                  {.first = 1, .last = 1, .bytes = 16, .linger = 1}};
  EXPECT_EQ(pack(blocks, 16, 32).height, 32);
  EXPECT_EQ(pack(blocks, 16, 31).height, 16);
}

TEST(Packing, TriesAgainWithWhatDidNotFit) {
  // The first block, at the bottom, leaves a hole that the last one does not fit.
  const std::vector<Block> blocks{{.first = 0, .last = 2, .bytes = 16},
                                  {.first = 2, .last = 4, .bytes = 32},
                                  {.first = 4, .last = 5, .bytes = 48}};
  EXPECT_EQ(pack(blocks, 16, 80).height, 80);
}

TEST(Packing, NeverLetsTwoBlocksInUseOverlap) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<Block> blocks;
    for (int i = 0; i < 20; ++i) {
      Block block;
      block.first = static_cast<int>(random.integer(0, 12));
      block.last = block.first + static_cast<int>(random.integer(0, 5));
      block.linger = block.last + static_cast<int>(random.integer(0, 2));
      block.bytes = random.integer(0, 200);
      blocks.push_back(block);
    }
    const Packing packing = pack(blocks, 16, random.integer(0, 2000));
    for (std::size_t a = 0; a < blocks.size(); ++a) {
      EXPECT_EQ(packing.addresses[a] % 16, 0);
      EXPECT_LE(packing.addresses[a] + blocks[a].bytes, packing.height);
      for (std::size_t b = 0; b < a; ++b) {
        const bool at_once = blocks[a].first <= blocks[b].last && blocks[b].first <= blocks[a].last;
        const bool overlap = packing.addresses[a] < packing.addresses[b] + blocks[b].bytes &&
                             packing.addresses[b] < packing.addresses[a] + blocks[a].bytes;
        EXPECT_FALSE(at_once && overlap);
      }
    }
  }
}

}  // namespace
}  // namespace vitsim::mapping
