// SPDX-License-Identifier: Apache-2.0
#include "vitsim/config/partition_layout.h"

#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace vitsim::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Address, bytes, first bank, banks.
using Part = std::tuple<Bytes, Bytes, int, int>;

std::vector<Part> layout(const Scratchpad& scratchpad) {
  std::vector<Part> parts;
  for (const PartitionRange& range : partition_layout(scratchpad)) {
    parts.emplace_back(range.address, range.bytes, range.first_bank, range.banks);
  }
  return parts;
}

std::string pad(const std::string& keys) { return "accelerator: {scratchpad: {" + keys + "}}"; }

TEST(PartitionLayoutTest, AScratchpadWithoutPartitionsIsOneRange) {
  EXPECT_THAT(layout(Scratchpad{}), ElementsAre(Part{0, 200 * 1024, 0, 16}));
}

TEST(PartitionLayoutTest, PartitionsLieOneBehindTheOtherAndShareTheBanksInProportion) {
  Scratchpad scratchpad;
  scratchpad.partitions = Partitions{};
  EXPECT_THAT(layout(scratchpad),
              ElementsAre(Part{0, 100 * 1024, 0, 8}, Part{100 * 1024, 60 * 1024, 8, 5},
                          Part{160 * 1024, 40 * 1024, 13, 3}));
}

TEST(PartitionLayoutTest, ASmallPartitionHasABankNevertheless) {
  Scratchpad scratchpad;
  scratchpad.partitions = Partitions{197, 2, 1, 0, 0, 0};
  EXPECT_THAT(layout(scratchpad),
              ElementsAre(Part{0, 197 * 1024, 0, 14}, Part{197 * 1024, 2 * 1024, 14, 1},
                          Part{199 * 1024, 1024, 15, 1}));
}

TEST(PartitionLayoutTest, BanksThatAKeyGivesAreTakenAndTheOthersShareTheRest) {
  Scratchpad scratchpad;
  scratchpad.partitions = Partitions{100, 60, 40, 4, 0, 0};
  EXPECT_THAT(layout(scratchpad),
              ElementsAre(Part{0, 100 * 1024, 0, 4}, Part{100 * 1024, 60 * 1024, 4, 7},
                          Part{160 * 1024, 40 * 1024, 11, 5}));
}

TEST(PartitionLayoutTest, AGibibyteIsComputedIn64Bits) {
  Scratchpad scratchpad;
  scratchpad.size_kib = 1048576;
  EXPECT_THAT(layout(scratchpad), ElementsAre(Part{0, Bytes{1} << 30, 0, 16}));
  EXPECT_EQ(config_error(pad("size_kib: 1048576, partitions: {weights_kib: 1048576, "
                             "activations_kib: 1048576, scores_kib: 1048576}")),
            "accelerator.scratchpad.partitions: got weights_kib '1048576', activations_kib "
            "'1048576' and scores_kib '1048576', which is 3145728 together, expected "
            "accelerator.scratchpad.size_kib '1048576', x.yaml");
}

TEST(PartitionLayoutTest, SizesMustAddUp) {
  EXPECT_EQ(config_error(pad("partitions: {weights_kib: 101}")),
            "accelerator.scratchpad.partitions: got weights_kib '101', activations_kib '60' and "
            "scores_kib '40', which is 201 together, expected accelerator.scratchpad.size_kib "
            "'200', x.yaml");
  EXPECT_NO_THROW(config_of(pad("size_kib: 201, partitions: {weights_kib: 101}")));
}

TEST(PartitionLayoutTest, SizesMustBeWholeWords) {
  EXPECT_EQ(config_error(pad("bank_width_bytes: 12, partitions: {}")),
            "accelerator.scratchpad.partitions.weights_kib: got '100', which is 102400 bytes, "
            "expected whole words of accelerator.scratchpad.bank_width_bytes '12', x.yaml");
  EXPECT_NO_THROW(
      config_of(pad("size_kib: 198, bank_width_bytes: 12, partitions: {weights_kib: 99, "
                    "activations_kib: 60, scores_kib: 39}")));
}

TEST(PartitionLayoutTest, EachPartitionNeedsABankAndNoBankMayBeLeft) {
  EXPECT_THAT(config_error(pad("banks: 2, partitions: {}")),
              HasSubstr("accelerator.scratchpad.banks: got '2', expected at least '3'"));
  EXPECT_THAT(config_error(pad("partitions: {weights_banks: 15}")),
              HasSubstr("accelerator.scratchpad.banks: got '16', expected at least '17'"));
  const std::string all = "partitions: {weights_banks: 8, activations_banks: 4, scores_banks: 3}";
  EXPECT_THAT(config_error(pad(all)),
              HasSubstr("accelerator.scratchpad.banks: got '16', expected exactly '15'"));
  EXPECT_NO_THROW(config_of(pad("banks: 15, " + all)));
}

TEST(PartitionLayoutTest, XorNeedsPowersOfTwo) {
  EXPECT_EQ(config_error(pad("banks: 12, interleaving: xor")),
            "accelerator.scratchpad.banks: got '12', expected a power of two with "
            "accelerator.scratchpad.interleaving 'xor', x.yaml");
  EXPECT_NO_THROW(config_of(pad("banks: 1, interleaving: xor")));
  EXPECT_EQ(config_error(pad("interleaving: xor, partitions: {}")),
            "accelerator.scratchpad.partitions.activations_banks: got '5', expected a power of two "
            "with accelerator.scratchpad.interleaving 'xor', x.yaml");
  EXPECT_NO_THROW(
      config_of(pad("interleaving: xor, partitions: {activations_banks: 4, "
                    "scores_banks: 4}")));
}

TEST(PartitionLayoutTest, GroupsMustDivideTheBanks) {
  EXPECT_EQ(config_error(pad("interleaving: by_tensor, bank_groups: 3")),
            "accelerator.scratchpad.bank_groups: got '3', expected a divisor of "
            "accelerator.scratchpad.banks '16', x.yaml");
  EXPECT_NO_THROW(config_of(pad("bank_groups: 3"))) << "unused";
  EXPECT_EQ(config_error(pad("interleaving: by_tensor, bank_groups: 2, partitions: {}")),
            "accelerator.scratchpad.bank_groups: got '2', expected a divisor of "
            "accelerator.scratchpad.partitions.activations_banks '5', x.yaml");
}

}  // namespace
}  // namespace vitsim::config
