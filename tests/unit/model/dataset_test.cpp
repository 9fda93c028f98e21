// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/dataset.h"

#include <numeric>

#include <gmock/gmock.h>

#include "reference/tiny_model.h"

namespace vitsim::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(CutPatches, OrdersAPatchByChannelRowAndColumnAndPatchesByRow) {
  const config::Model model = test::tiny_model();  // 4 x 4 pixels, 2 channels, patches 2 x 2
  Matrix<float> image(2, 16);
  for (std::int64_t channel = 0; channel < 2; ++channel) {
    std::iota(image.row(channel).begin(), image.row(channel).end(),
              100.0F * static_cast<float>(channel));
  }
  const Matrix<float> patches = cut_patches(image.view(), model);
  ASSERT_EQ(patches.rows(), 4);
  EXPECT_THAT(patches.row(0), ElementsAre(0, 1, 4, 5, 100, 101, 104, 105));
  EXPECT_THAT(patches.row(1), ElementsAre(2, 3, 6, 7, 102, 103, 106, 107));
  EXPECT_THAT(patches.row(2), ElementsAre(8, 9, 12, 13, 108, 109, 112, 113));
  EXPECT_THAT(patches.row(3), ElementsAre(10, 11, 14, 15, 110, 111, 114, 115));
}

TEST(RandomImage, IsTheSameForASeedAndHasNoLabel) {
  const config::Model model = test::shapes10_model();
  const auto images = load_images("random:1", model);
  ASSERT_EQ(images.size(), 1U);
  EXPECT_EQ(images[0].input, "random:1");
  EXPECT_FALSE(images[0].label.has_value());
  EXPECT_EQ(images[0].patches, load_images("random:1", model)[0].patches);
  EXPECT_NE(images[0].patches, load_images("random:2", model)[0].patches);
}

TEST(RandomImage, HasNormalPixels) {
  const auto images = load_images("random:18446744073709551615", test::shapes10_model());
  double mean = 0;
  double square = 0;
  for (const float x : images[0].patches.elements()) {
    mean += static_cast<double>(x) / 3072;
    square += static_cast<double>(x) * static_cast<double>(x) / 3072;
  }
  EXPECT_NEAR(mean, 0, 0.1);
  EXPECT_NEAR(square, 1, 0.1);
}

TEST(RandomImage, NeedsASeed) {
  for (const char* input : {"random:", "random:x", "random:-1", "random:1x", "random:1-2",
                            "random:18446744073709551616"}) {
    EXPECT_THAT(test::model_error([&] { load_images(input, test::tiny_model()); }),
                HasSubstr("as seed, expected an integer"))
        << input;
  }
}

TEST(LoadImages, RefusesAFormatThatItDoesNotKnow) {
  EXPECT_THAT(test::model_error([] { load_images("image.gif:3", test::tiny_model()); }),
              HasSubstr("got a file name that ends in '.gif'"));
  EXPECT_THAT(test::model_error([] { load_images("", test::tiny_model()); }), HasSubstr("''"));
}

TEST(LoadImages, RefusesAFileThatDoesNotExist) {
  for (const char* input :
       {"missing.bin", "missing.bin:3", "missing.npy", "missing.safetensors:0"}) {
    EXPECT_THAT(test::model_error([&] { load_images(input, test::shapes10_model()); }),
                HasSubstr("missing."))
        << input;
  }
}

TEST(LoadImages, RefusesIndicesThatAreNone) {
  for (const char* suffix : {":", ":x", ":1-", ":-1", ":2-1", ":1-2-3", ":1 ", ":0x1", ":1--2",
                             ":99999999999999999999"}) {
    EXPECT_THAT(test::model_error(
                    [&] { load_images(std::string("f.bin") + suffix, test::shapes10_model()); }),
                HasSubstr("after the colon, expected an index or FIRST-LAST"))
        << suffix;
  }
}

}  // namespace
}  // namespace vitsim::model
