// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/bank_map.h"

#include <bit>
#include <cstdint>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/core/random.h"

namespace vitsim::timing {
namespace {

using config::Interleaving;
using testing::ElementsAre;

config::Scratchpad scratchpad(int banks, Interleaving interleaving) {
  config::Scratchpad pad;
  pad.size_kib = 1;  // 64 words
  pad.banks = banks;
  pad.interleaving = interleaving;
  return pad;
}

std::vector<int> banks_of(const BankMap& map, std::int64_t first, std::int64_t last) {
  std::vector<int> banks;
  for (std::int64_t word = first; word <= last; ++word) {
    banks.push_back(map.bank_of(word));
  }
  return banks;
}

TEST(BankMapTest, LowOrderTakesTheNumberOfTheWordModTheBanks) {
  EXPECT_THAT(banks_of(BankMap(scratchpad(3, Interleaving::kLowOrder)), 0, 6),
              ElementsAre(0, 1, 2, 0, 1, 2, 0));
}

TEST(BankMapTest, XorFoldsAllDigitsOfTheNumber) {
  const BankMap map(scratchpad(4, Interleaving::kXor));
  EXPECT_THAT(banks_of(map, 0, 11), ElementsAre(0, 1, 2, 3, 1, 0, 3, 2, 2, 3, 0, 1));
  EXPECT_THAT(banks_of(map, 16, 21), ElementsAre(1, 0, 3, 2, 0, 1)) << "the third digit";
  EXPECT_EQ(map.bank_of(63), 3 ^ 3 ^ 3);
}

TEST(BankMapTest, XorPutsWordsABankApartIntoDifferentBanks) {
  // A column of a tensor whose rows take all banks: one bank with low_order.
  const BankMap map(scratchpad(8, Interleaving::kXor));
  std::set<int> banks;
  for (std::int64_t row = 0; row < 8; ++row) {
    banks.insert(map.bank_of(3 + 8 * row));
  }
  EXPECT_EQ(banks.size(), 8U);
}

TEST(BankMapTest, XorOfOneBankIsThatBank) {
  EXPECT_THAT(banks_of(BankMap(scratchpad(1, Interleaving::kXor)), 0, 3), ElementsAre(0, 0, 0, 0));
}

TEST(BankMapTest, ByTensorGoesAroundTheBanksOfTheGroupThatHoldsTheAddress) {
  auto pad = scratchpad(4, Interleaving::kByTensor);
  pad.bank_groups = 2;
  const BankMap map(pad);
  EXPECT_THAT(banks_of(map, 0, 4), ElementsAre(0, 1, 0, 1, 0));
  EXPECT_THAT(banks_of(map, 30, 34), ElementsAre(0, 1, 2, 3, 2)) << "half of 64 words each";
}

TEST(BankMapTest, GroupsOfWordsThatDoNotDivideAreAsLargeButForTheLast) {
  auto pad = scratchpad(6, Interleaving::kByTensor);
  pad.bank_groups = 3;
  const BankMap map(pad);
  EXPECT_THAT(banks_of(map, 20, 24), ElementsAre(0, 1, 2, 3, 2)) << "22 words a group";
  EXPECT_THAT(banks_of(map, 43, 45), ElementsAre(3, 4, 5));
}

TEST(BankMapTest, EachPartitionHasBanksOfItsOwn) {
  auto pad = scratchpad(8, Interleaving::kLowOrder);
  pad.size_kib = 4;
  pad.partitions = config::Partitions{2, 1, 1, 4, 3, 1};
  const BankMap map(pad);
  EXPECT_THAT(banks_of(map, 126, 132), ElementsAre(2, 3, 4, 5, 6, 4, 5));
  EXPECT_THAT(banks_of(map, 191, 193), ElementsAre(4, 7, 7)) << "63 mod 3 is the first of three";
}

TEST(BankMapTest, ARoundEndsBeforeTheFirstWordWhoseBankIsTaken) {
  const BankMap low_order(scratchpad(4, Interleaving::kLowOrder));
  EXPECT_EQ(low_order.round(3, 5).words, 3);
  EXPECT_EQ(low_order.round(3, 5).banks, 0b1011U);
  EXPECT_EQ(low_order.round(3, 50).words, 4);
  const BankMap xored(scratchpad(4, Interleaving::kXor));
  EXPECT_EQ(xored.round(4, 7).words, 4) << "from a multiple of the banks on";
  EXPECT_EQ(xored.round(1, 4).words, 3) << "words 1 and 4 lie in bank 1";
  EXPECT_EQ(xored.round(1, 4).banks, 0b1110U);
}

TEST(BankMapTest, SixtyFourBanksFitIntoARound) {
  const BankMap map(scratchpad(64, Interleaving::kLowOrder));
  EXPECT_EQ(map.round(1, 64).words, 64);
  EXPECT_EQ(map.round(1, 64).banks, ~std::uint64_t{0});
  EXPECT_EQ(map.round(1, 63).banks, ~std::uint64_t{1});
}

config::Scratchpad random_scratchpad(Random& random) {
  const auto integer = [&](int low, int high) {
    return static_cast<int>(random.integer(low, high));
  };
  config::Scratchpad pad;
  pad.interleaving = static_cast<Interleaving>(integer(0, 2));
  pad.bank_groups = 1 << integer(0, 2);
  pad.bank_width_bytes = 1 << integer(0, 6);
  pad.size_kib = integer(3, 9);
  if (integer(0, 1) == 1) {
    const auto banks = [&] {
      return pad.interleaving == Interleaving::kXor ? 1 << integer(0, 4)
                                                    : pad.bank_groups * integer(1, 5);
    };
    pad.partitions =
        config::Partitions{integer(1, pad.size_kib - 2), 1, 1, banks(), banks(), banks()};
    pad.partitions->scores_kib = pad.size_kib - pad.partitions->weights_kib - 1;
    pad.banks = pad.partitions->weights_banks + pad.partitions->activations_banks +
                pad.partitions->scores_banks;
  } else {
    pad.banks = pad.interleaving == Interleaving::kXor ? 1 << integer(0, 6)
                                                       : pad.bank_groups * integer(1, 16);
  }
  return pad;
}

TEST(BankMapTest, RoundsOfRandomScratchpadsAreTheLongestRunsOfDifferentBanks) {
  Random random(7);
  for (int i = 0; i < 300; ++i) {
    const config::Scratchpad pad = random_scratchpad(random);
    const BankMap map(pad);
    const std::int64_t words = pad.size_kib * std::int64_t{1024} / pad.bank_width_bytes;
    for (int j = 0; j < 20; ++j) {
      const std::int64_t first = random.integer(0, words - 1);
      const std::int64_t last = random.integer(first, words - 1);
      std::uint64_t banks = 0;
      std::int64_t word = first;
      for (; word <= last; ++word) {
        ASSERT_GE(map.bank_of(word), 0);
        ASSERT_LT(map.bank_of(word), pad.banks);
        const std::uint64_t bank = std::uint64_t{1} << map.bank_of(word);
        if ((banks & bank) != 0) {
          break;
        }
        banks |= bank;
      }
      EXPECT_EQ(map.round(first, last).banks, banks);
      EXPECT_EQ(map.round(first, last).words, word - first);
    }
  }
}

TEST(BankMapTest, EveryBankOfRandomScratchpadsHasItsShareOfTheWords) {
  Random random(8);
  for (int i = 0; i < 100; ++i) {
    config::Scratchpad pad = random_scratchpad(random);
    pad.partitions.reset();
    pad.banks = 1 << random.integer(2, 6);
    const BankMap map(pad);
    std::vector<std::int64_t> count(static_cast<std::size_t>(pad.banks));
    const std::int64_t words = pad.size_kib * std::int64_t{1024} / pad.bank_width_bytes;
    for (std::int64_t word = 0; word < words; ++word) {
      ++count[static_cast<std::size_t>(map.bank_of(word))];
    }
    for (const std::int64_t held : count) {
      EXPECT_LE(held, words / pad.banks + pad.banks) << "of " << words;
    }
  }
}

TEST(BankMapTest, OneGroupOfBanksIsLowOrder) {
  for (const int banks : {1, 3, 16}) {
    auto pad = scratchpad(banks, Interleaving::kByTensor);
    pad.bank_groups = 1;
    const BankMap grouped(pad);
    const BankMap low_order(scratchpad(banks, Interleaving::kLowOrder));
    EXPECT_EQ(banks_of(grouped, 0, 63), banks_of(low_order, 0, 63));
    EXPECT_EQ(grouped.round(5, 40).banks, low_order.round(5, 40).banks);
    EXPECT_EQ(grouped.round(5, 40).words, low_order.round(5, 40).words);
  }
}

}  // namespace
}  // namespace vitsim::timing
