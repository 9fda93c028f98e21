// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "vitsim/config/model.h"
#include "vitsim/core/error.h"

namespace vitsim::test {

/// 4 patches of 8 values, 4 features, 2 blocks of 2 heads, 3 classes: small enough to be read.
inline config::Model tiny_model() {
  config::Model model;
  model.name = "tiny";
  model.image_size = 4;
  model.patch_size = 2;
  model.channels = 2;
  model.embed_dim = 4;
  model.depth = 2;
  model.heads = 2;
  model.mlp_ratio = 2;
  model.classes = 3;
  return model;
}

/// The architecture of the trained models.
inline config::Model shapes10_model() {
  config::Model model;
  model.name = "shapes10_vit";
  model.image_size = 32;
  model.patch_size = 4;
  model.embed_dim = 64;
  model.depth = 4;
  model.heads = 2;
  model.classes = 10;
  model.pixel_mean = {0.4914, 0.4822, 0.4465};
  model.pixel_std = {0.2470, 0.2435, 0.2616};
  return model;
}

/// A folder of this test's own, removed at its end.
class ScratchFolder {
 public:
  ScratchFolder() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(::testing::TempDir()) /
            (std::string("vitsim_") + test->test_suite_name() + "_" + test->name());
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// The message of the ModelError that `action` throws; empty where it throws none.
template <class Action>
std::string model_error(Action action) {
  try {
    action();
  } catch (const ModelError& error) {
    return error.what();
  }
  return {};
}

}  // namespace vitsim::test
