// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <limits>

#include "end_to_end/failure.h"

namespace vitsim::test {
namespace {

/// Weights files that were right before something was done to them.
class BadWeightsTest : public FailureTest {
 protected:
  BadWeightsTest() {
    std::ifstream file(
        std::string(VITSIM_SOURCE_DIR) + "/models/weights/shapes10_vit_softmax.safetensors",
        std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }

  void replace(const std::string& what, const std::string& by) {
    const std::size_t at = bytes_.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    ASSERT_EQ(what.size(), by.size());
    bytes_.replace(at, what.size(), by);
  }
  void set_header_length(std::uint64_t length) {
    std::memcpy(bytes_.data(), &length, sizeof length);
  }
  void expect_refused(const std::string& message) {
    const std::string file = directory_.write("weights.safetensors", bytes_);
    expect_failure(kRunOne + Arguments{"-w", file}, 3, message);
  }

  std::string bytes_;
};

TEST_F(BadWeightsTest, AFileThatIsNotThere) {
  expect_failure(kRunOne + Arguments{"-w", "none.safetensors"}, 3, "none.safetensors");
}

TEST_F(BadWeightsTest, ATruncatedFile) {
  bytes_.resize(bytes_.size() / 2);
  expect_refused("weights.safetensors");
}

TEST_F(BadWeightsTest, AnEmptyFile) {
  bytes_.clear();
  expect_refused("weights.safetensors");
}

TEST_F(BadWeightsTest, AHeaderThatClaimsToBeLongerThanTheFile) {
  set_header_length(std::uint64_t{1} << 62);
  expect_refused("weights.safetensors");
}

TEST_F(BadWeightsTest, AHeaderThatClaimsToBeShorterThanItIs) {
  set_header_length(10);
  expect_refused("weights.safetensors");
}

TEST_F(BadWeightsTest, AHeaderThatLiesAboutAType) {
  replace("\"F32\"", "\"F64\"");
  expect_refused("weights.safetensors");
}

TEST_F(BadWeightsTest, ATensorThatIsMissing) {
  replace("\"head.bias\"", "\"head.bogu\"");
  expect_refused("head.b");
}

TEST_F(BadWeightsTest, ShapesThatAreNotTheModels) {
  expect_failure(kRunOne + Arguments{"--set", "model.embed_dim=32"}, 3, "expected");
}

TEST_F(BadWeightsTest, AWeightThatIsNoNumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes_.data() + bytes_.size() - sizeof nan, &nan, sizeof nan);
  expect_refused("weights.safetensors");
}

TEST_F(BadWeightsTest, ASeedThatIsNoNumber) {
  expect_failure(kRunOne + Arguments{"-w", "random:x"}, 3, "random:SEED");
}

TEST_F(BadWeightsTest, AModelWithoutWeights) {
  expect_failure(Arguments{"run", "-m", "models/deit_tiny.yaml"} + kMachine, 3, "-w");
}

TEST_F(BadWeightsTest, AModelWithoutScales) {
  expect_failure(kRunOne + Arguments{"--set", "model.scales=''"}, 3, "vitsim calibrate");
}

TEST_F(BadWeightsTest, ScalesOfAnotherAttention) {
  expect_failure(
      kRunOne + Arguments{"--set", "attention=taylor"}, 3,
      "got scales for \"softmax\", expected scales for \"taylor\", as `vitsim calibrate");
}

TEST_F(BadWeightsTest, ScalesOfAnotherModel) {
  expect_failure(
      kRunOne + Arguments{"--set", "model.scales=models/weights/cifar10_vit_softmax.scales.json"},
      3, "shapes10_vit");
}

}  // namespace
}  // namespace vitsim::test
