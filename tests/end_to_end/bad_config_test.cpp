// SPDX-License-Identifier: Apache-2.0
#include "end_to_end/failure.h"

namespace vitsim::test {
namespace {

class BadConfigTest : public FailureTest {
 protected:
  void expect_bad_yaml(const std::string& yaml, const std::string& message) {
    const std::string file = directory_.write("machine.yaml", yaml);
    expect_failure(Arguments{"run", "-c", file, "-i", kImages + ":0"} + kShapes, 2, message);
  }
  void expect_bad_setting(const std::string& setting, const std::string& message) {
    expect_failure(kRunOne + Arguments{"--set", setting}, 2, message);
  }
};

TEST_F(BadConfigTest, AFileThatIsNotThere) {
  expect_failure(Arguments{"run", "-c", "configs/none.yaml", "-i", kImages} + kShapes, 2,
                 "configs/none.yaml");
}

TEST_F(BadConfigTest, YamlThatHoldsItself) {
  expect_bad_yaml("accelerator: &a\n  pe_array: *a\n", "machine.yaml");
}

TEST_F(BadConfigTest, YamlWhoseAliasesMultiply) {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) {
      yaml += (j > 0 ? ", " : "") + last;
    }
    yaml += "]\n";
  }
  expect_bad_yaml(yaml, "machine.yaml");
}

TEST_F(BadConfigTest, YamlOfMegabytes) {
  expect_bad_yaml("# " + std::string(std::size_t{8} << 20, 'x') + "\n", "machine.yaml");
}

TEST_F(BadConfigTest, YamlNestedWithoutEnd) {
  expect_bad_yaml(std::string(50'000, '['), "machine.yaml");
}

TEST_F(BadConfigTest, BytesThatAreNoText) {
  expect_bad_yaml(std::string("\x00\xff\xfe\x01", 4), "machine.yaml");
}

TEST_F(BadConfigTest, NoRows) {
  expect_bad_setting("accelerator.pe_array.rows=0", "expected an integer in [1, 512]");
}

TEST_F(BadConfigTest, AKeyThatDoesNotExist) {
  expect_bad_setting("accelerator.pe_array.rosw=8", "did you mean 'rows'?");
}

TEST_F(BadConfigTest, AScratchpadThatHoldsNoTileSaysHowLargeItMustBe) {
  expect_bad_setting("accelerator.scratchpad.size_kib=1", "got '1', expected at least 6");
}

TEST_F(BadConfigTest, PartitionsThatDoNotAddUpToTheScratchpad) {
  expect_bad_yaml(
      "accelerator: {scratchpad: {partitions: {weights_kib: 100, activations_kib: 60, "
      "scores_kib: 41}}}",
      "which is 201 together, expected accelerator.scratchpad.size_kib '200'");
}

TEST_F(BadConfigTest, PartitionsThatSumToMoreThan32BitsOfBytes) {
  expect_bad_yaml(
      "accelerator: {scratchpad: {size_kib: 1048576, partitions: {weights_kib: 1048576, "
      "activations_kib: 1048576, scores_kib: 1048576}}}",
      "which is 3145728 together, expected accelerator.scratchpad.size_kib '1048576'");
}

TEST_F(BadConfigTest, PartitionsOfPartsOfWords) {
  expect_bad_yaml("accelerator: {scratchpad: {bank_width_bytes: 48, partitions: {}}}",
                  "weights_kib: got '100', which is 102400 bytes, expected whole words of "
                  "accelerator.scratchpad.bank_width_bytes '48'");
}

TEST_F(BadConfigTest, PartitionsWithoutABankForEach) {
  expect_bad_yaml("accelerator: {scratchpad: {banks: 2, partitions: {}}}",
                  "accelerator.scratchpad.banks: got '2', expected at least '3'");
}

TEST_F(BadConfigTest, APartitionThatHoldsNoTileSaysHowLargeItMustBe) {
  expect_failure(kRunOne + Arguments{"--set", "accelerator.scratchpad.size_kib=51", "--set",
                                     "accelerator.scratchpad.partitions.weights_kib=1", "--set",
                                     "accelerator.scratchpad.partitions.activations_kib=40",
                                     "--set", "accelerator.scratchpad.partitions.scores_kib=10"},
                 2, "accelerator.scratchpad.partitions.weights_kib: got '1', expected at least");
}

TEST_F(BadConfigTest, XorOfBanksThatAreNoPowerOfTwo) {
  expect_bad_yaml("accelerator: {scratchpad: {banks: 12, interleaving: xor}}",
                  "accelerator.scratchpad.banks: got '12', expected a power of two");
}

TEST_F(BadConfigTest, GroupsThatDoNotDivideTheBanks) {
  expect_bad_yaml("accelerator: {scratchpad: {interleaving: by_tensor, bank_groups: 5}}",
                  "accelerator.scratchpad.bank_groups: got '5', expected a divisor of "
                  "accelerator.scratchpad.banks '16'");
}

TEST_F(BadConfigTest, MoreKibibytesThan32BitsHold) {
  expect_bad_setting("accelerator.scratchpad.size_kib=4294967297",
                     "expected an integer in [1, 1048576]");
}

TEST_F(BadConfigTest, MoreChannelsThanThereMayBe) {
  expect_bad_setting("accelerator.dma.channels=5", "expected an integer in [1, 4]");
}

TEST_F(BadConfigTest, AnAttentionThatTheMachineLacksWinsOverTheModelsAndIsRefused) {
  expect_failure(kRunOne + Arguments{"-w", "random:1", "--set", "attention=taylor"}, 2, "taylor");
}

TEST_F(BadConfigTest, AModelThatContradictsItself) { expect_bad_setting("model.heads=7", "heads"); }

}  // namespace
}  // namespace vitsim::test
