// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "vitsim/model/dataset.h"

#include "reference/tiny_model.h"

namespace vitsim::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A file of 5 records: record r has label 2 r, and pixel i of channel c is r + 50 c + i % 100.
class Cifar10Test : public testing::Test {
 protected:
  Cifar10Test() {
    std::ofstream file(path_, std::ios::binary);
    for (int r = 0; r < 5; ++r) {
      file.put(static_cast<char>(2 * r));
      for (int c = 0; c < 3; ++c) {
        for (int i = 0; i < 1024; ++i) {
          file.put(static_cast<char>(r + 50 * c + i % 100));
        }
      }
    }
  }
  std::vector<Image> load(const std::string& suffix = "") const {
    return load_images(path_.string() + suffix, model_);
  }
  std::string error(const std::string& suffix = "") const {
    return test::model_error([&] { load(suffix); });
  }

  test::ScratchFolder folder_;
  std::filesystem::path path_ = folder_ / "records.bin";
  config::Model model_ = test::shapes10_model();
};

TEST_F(Cifar10Test, AllRecordsAreReadWhereNoneIsNamed) {
  const auto images = load();
  ASSERT_EQ(images.size(), 5U);
  EXPECT_EQ(images[4].label, 8);
  EXPECT_EQ(images[4].input, path_.string() + ":4");
}

TEST_F(Cifar10Test, AnIndexNamesOneRecord) {
  const auto images = load(":3");
  ASSERT_EQ(images.size(), 1U);
  EXPECT_EQ(images[0].label, 6);
  EXPECT_EQ(images[0].patches, load()[3].patches);
}

TEST_F(Cifar10Test, ARangeNamesItsEndsToo) {
  const auto images = load(":1-3");
  ASSERT_EQ(images.size(), 3U);
  EXPECT_EQ(images.front().label, 2);
  EXPECT_EQ(images.back().label, 6);
  EXPECT_EQ(load(":0-0").size(), 1U);
  EXPECT_EQ(load(":4-4").size(), 1U);
}

TEST_F(Cifar10Test, PixelsAreNormalizedByChannel) {
  const Matrix<float> patches = load(":1")[0].patches;
  // patch 9 begins at pixel (4, 4); channel 2, row 1, column 3 of it is pixel 5 * 32 + 7 = 167
  const float byte = 1 + 100 + 67;
  EXPECT_EQ(patches(9, 2 * 16 + 4 + 3), (byte / 255.0F - 0.4465F) / 0.2616F);
}

TEST_F(Cifar10Test, PixelBytesHaveNoSign) {
  // record 4, channel 2, pixel 99 (row 3, column 3): 4 + 100 + 99 = 203
  EXPECT_EQ(load(":4")[0].patches(0, 2 * 16 + 3 * 4 + 3), (203.0F / 255.0F - 0.4465F) / 0.2616F);
}

TEST_F(Cifar10Test, AnIndexPastTheEndIsRefusedWithTheNumberOfImages) {
  EXPECT_THAT(error(":5"), HasSubstr("got index 5, expected one below 5, the number of images"));
  EXPECT_THAT(error(":2-9223372036854775807"), HasSubstr("got index 9223372036854775807"));
}

TEST_F(Cifar10Test, AFileThatEndsInARecordIsRefused) {
  std::filesystem::resize_file(path_, 2 * 3073 - 1);
  EXPECT_THAT(error(":0"), HasSubstr("got 6145 bytes, expected a multiple of 3073"));
  std::filesystem::resize_file(path_, 0);
  EXPECT_THAT(error(), HasSubstr("got 0 bytes"));
}

TEST_F(Cifar10Test, AFolderIsRefused) {
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_THAT(error(), HasSubstr("records.bin: cannot be read"));
}

TEST_F(Cifar10Test, ALabelThatTheModelHasNotIsRefused) {
  model_.classes = 8;
  EXPECT_EQ(load(":3").size(), 1U);
  EXPECT_THAT(error(":4"), HasSubstr("records.bin:4: got label 8, expected one below 8"));
}

TEST_F(Cifar10Test, AModelOfOtherImagesIsRefused) {
  model_.image_size = 224;
  EXPECT_THAT(error(), AllOf(HasSubstr("32 x 32 pixels"), HasSubstr("224 x 224 pixels")));
  model_ = test::shapes10_model();
  model_.channels = 1;
  EXPECT_THAT(error(), HasSubstr("1 channels by model 'shapes10_vit'"));
}

TEST_F(Cifar10Test, AModelWithoutAMeanForEachChannelIsRefused) {
  model_.pixel_mean.pop_back();
  EXPECT_THAT(error(), HasSubstr("got 2 numbers in pixel_mean and 3 in pixel_std"));
}

TEST_F(Cifar10Test, AFileWithAColonInItsNameIsFound) {
  const auto odd = folder_ / "a:3.bin";
  std::filesystem::copy(path_, odd);
  EXPECT_EQ(load_images(odd.string(), model_).size(), 5U);
  EXPECT_EQ(load_images(odd.string() + ":2", model_).size(), 1U);
}

}  // namespace
}  // namespace vitsim::model
