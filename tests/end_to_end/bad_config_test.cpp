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

TEST_F(BadConfigTest, AnAttentionThatTheMachineLacksWinsOverTheModelsAndIsRefused) {
  expect_failure(kRunOne + Arguments{"-w", "random:1", "--set", "attention=taylor"}, 2, "taylor");
}

TEST_F(BadConfigTest, AModelThatContradictsItself) { expect_bad_setting("model.heads=7", "heads"); }

}  // namespace
}  // namespace vitsim::test
