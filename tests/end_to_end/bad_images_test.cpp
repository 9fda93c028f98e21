// SPDX-License-Identifier: Apache-2.0
#include "end_to_end/failure.h"

namespace vitsim::test {
namespace {

class BadImagesTest : public FailureTest {
 protected:
  void expect_refused(const std::string& input, const std::string& message) {
    expect_failure(kRunShapes + Arguments{"-i", input}, 3, message);
  }
};

TEST_F(BadImagesTest, AFileThatIsNotThere) { expect_refused("none.bin", "none.bin"); }

TEST_F(BadImagesTest, AFileThatIsNoWholeNumberOfRecords) {
  expect_refused(directory_.write("images.bin", std::string(3072, 'x')), "3073");
}

TEST_F(BadImagesTest, AnEmptyFile) { expect_refused(directory_.write("images.bin", ""), "images"); }

TEST_F(BadImagesTest, AnIndexPastTheEndSaysHowManyThereAre) {
  expect_refused(kImages + ":200", "200");
  expect_refused(kImages + ":190-200", "200");
}

TEST_F(BadImagesTest, AnIndexThatIsNoNumber) { expect_refused(kImages + ":one", "'one'"); }

TEST_F(BadImagesTest, ALabelThatTheModelDoesNotKnow) {
  expect_refused(directory_.write("images.bin", std::string(3073, '\x7f')), "127");
}

TEST_F(BadImagesTest, ImagesOfAnotherSize) {
  const Arguments larger{"-w", "random:1", "--set", "model.image_size=64"};
  expect_failure(kRunShapes + larger + Arguments{"-i", kImages}, 3, "64");
}

TEST_F(BadImagesTest, AKindOfFileThatIsNotRead) {
  expect_refused(directory_.write("images.gif", "GIF89a"), ".gif");
}

}  // namespace
}  // namespace vitsim::test
