// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <fstream>
#include <limits>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include "vitsim/core/safetensors.h"
#include "vitsim/model/dataset.h"

#include "reference/tiny_model.h"

namespace vitsim::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<float> counting(std::size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

void write_npy(const std::filesystem::path& path, const std::string& shape,
               const std::vector<float>& values) {
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", shape);
  header.resize(117, ' ');
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  file << std::string("\x93NUMPY\x01\x00\x76\x00", 10) << header;
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(float)));
}

/// Files of images of 2 channels, 4 x 4 pixels.
class TensorImagesTest : public testing::Test {
 protected:
  std::string error(const std::string& input) const {
    return test::model_error([&] { load_images(input, model_); });
  }

  test::ScratchFolder folder_;
  std::string npy_ = (folder_ / "images.npy").string();
  std::string safetensors_ = (folder_ / "images.safetensors").string();
  config::Model model_ = test::tiny_model();
};

TEST_F(TensorImagesTest, ANumpyFileMayHoldOneImage) {
  write_npy(npy_, "2, 4, 4", counting(32));
  const auto images = load_images(npy_, model_);
  ASSERT_EQ(images.size(), 1U);
  EXPECT_EQ(images[0].input, npy_ + ":0");
  EXPECT_FALSE(images[0].label.has_value());
  EXPECT_THAT(images[0].patches.row(1), ElementsAre(2, 3, 6, 7, 18, 19, 22, 23));
}

TEST_F(TensorImagesTest, ANumpyFileMayHoldManyImages) {
  write_npy(npy_, "3, 2, 4, 4", counting(96));
  EXPECT_EQ(load_images(npy_, model_).size(), 3U);
  const auto images = load_images(npy_ + ":1-2", model_);
  ASSERT_EQ(images.size(), 2U);
  EXPECT_EQ(images[1].input, npy_ + ":2");
  EXPECT_EQ(images[1].patches(0, 0), 64);
}

TEST_F(TensorImagesTest, AnIndexPastTheEndIsRefused) {
  write_npy(npy_, "3, 2, 4, 4", counting(96));
  EXPECT_THAT(error(npy_ + ":1-3"), HasSubstr("got index 3, expected one below 3"));
  write_npy(npy_, "2, 4, 4", counting(32));
  EXPECT_THAT(error(npy_ + ":1"), HasSubstr("got index 1, expected one below 1"));
}

TEST_F(TensorImagesTest, AFileOfNoImagesIsRefused) {
  write_npy(npy_, "0, 2, 4, 4", {});
  EXPECT_THAT(error(npy_), HasSubstr("got index 0, expected one below 0"));
}

TEST_F(TensorImagesTest, AShapeThatIsNotTheModelsIsRefused) {
  for (const char* shape : {"4, 4, 2", "32,", "8, 4", "1, 1, 2, 4, 4", "1, 2, 2, 8", ""}) {
    write_npy(npy_, shape, counting(*shape == '\0' ? 1 : 32));
    EXPECT_THAT(error(npy_), HasSubstr("expected [2, 4, 4] or a batch of them, [images, 2, 4, 4]"))
        << shape;
  }
}

TEST_F(TensorImagesTest, NumbersThatAreNotFiniteAreRefused) {
  std::vector<float> values = counting(64);
  values[37] = std::numeric_limits<float>::quiet_NaN();
  write_npy(npy_, "2, 2, 4, 4", values);
  EXPECT_EQ(load_images(npy_ + ":0", model_).size(), 1U);
  EXPECT_THAT(error(npy_), HasSubstr("images.npy:1: got nan at element 5"));
}

TEST_F(TensorImagesTest, TheOnlyTensorOfASafetensorsFileMayHaveAnyName) {
  write_safetensors(safetensors_, {{"x", {{2, 2, 4, 4}, counting(64)}}});
  EXPECT_EQ(load_images(safetensors_ + ":1", model_)[0].patches(0, 0), 32);
}

TEST_F(TensorImagesTest, OfSeveralTensorsTheOneNamedImagesIsTaken) {
  write_safetensors(safetensors_, {{"a", {{1}, {0}}}, {"images", {{2, 4, 4}, counting(32)}}});
  EXPECT_EQ(load_images(safetensors_, model_).size(), 1U);
  write_safetensors(safetensors_, {{"a", {{1}, {0}}}, {"b", {{2, 4, 4}, counting(32)}}});
  EXPECT_THAT(error(safetensors_), HasSubstr("got 2 tensors and none named 'images'"));
  write_safetensors(safetensors_, {});
  EXPECT_THAT(error(safetensors_), HasSubstr("got 0 tensors"));
}

}  // namespace
}  // namespace vitsim::model
