// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/point_hash.h"

#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "vitsim/config/load.h"
#include "vitsim/core/error.h"

#include "support/temporary_directory.h"

namespace vitsim::sweep {
namespace {

class PointHashTest : public testing::Test {
 protected:
  static config::Config machine(const std::vector<std::string>& overrides = {}) {
    return config::load_config(VITSIM_SOURCE_DIR "/configs/softmax_64x64.yaml", overrides);
  }
  static config::Model network(const std::vector<std::string>& overrides = {}) {
    return config::load_model(VITSIM_SOURCE_DIR "/models/deit_tiny.yaml", overrides);
  }
  [[nodiscard]] std::string file(const std::string& name, const std::string& content) const {
    const std::string path = directory_.path() / name;
    std::ofstream(path) << content;
    return path;
  }
  /// With a memory of its own: files may have changed.
  static std::string hash(const config::Config& config, const config::Model& model,
                          const std::string& weights = "random:1",
                          const std::string& input = "random:1", const std::string& check = "none",
                          const std::string& program = "a") {
    return PointHash(program).of(config, model, weights, input, check);
  }

  test::TemporaryDirectory directory_;
};

TEST_F(PointHashTest, WhateverDecidesOnAResultChangesIt) {
  const std::string weights = file("w", "weights");
  const std::string other_weights = file("w2", "weightz");
  const std::string images = file("i", "images");
  const std::string other_images = file("i2", "imagez");
  const config::Model scaled = network({"model.scales=" + file("s", "scales")});
  const config::Model other_scaled = network({"model.scales=" + file("s2", "scalez")});
  const auto mapped = [&](const std::string& name, const std::string& content) {
    return machine({"mapping.strategy=file", "mapping.file=" + file(name, content)});
  };
  const std::vector<std::string> hashes{
      hash(machine(), network()),
      hash(machine({"accelerator.pe_array.rows=32"}), network()),
      hash(machine({"attention=taylor_released"}), network()),
      hash(machine(), network({"model.depth=2"})),
      hash(machine(), network(), "random:2"),
      hash(machine(), network(), "random:1", "random:2"),
      hash(machine(), network(), "random:1", "random:1", "exact"),
      hash(machine(), network(), "random:1", "random:1", "none", "b"),
      hash(machine(), scaled, weights),
      hash(machine(), scaled, other_weights),
      hash(machine(), other_scaled, weights),
      hash(machine(), network(), "random:1", images),
      hash(machine(), network(), "random:1", images + ":0"),
      hash(machine(), network(), "random:1", images + ":1"),
      hash(machine(), network(), "random:1", other_images + ":1"),
      hash(mapped("m", "mapping"), network()),
      hash(mapped("m", "napping"), network())};
  EXPECT_EQ(std::set(hashes.begin(), hashes.end()).size(), hashes.size());
}

TEST_F(PointHashTest, NamesOfFilesDoNotChangeIt) {
  const config::Model scaled = network({"model.scales=" + file("s", "scales")});
  const config::Model same = network({"model.scales=" + file("s2", "scales")});
  EXPECT_EQ(hash(machine(), scaled, file("w", "weights"), file("i", "images") + ":0-3"),
            hash(machine(), same, file("w2", "weights"), file("i2", "images") + ":0-3"));
  const auto mapped = [&](const std::string& name) {
    return machine({"mapping.strategy=file", "mapping.file=" + file(name, "mapping")});
  };
  EXPECT_EQ(hash(mapped("m"), network()), hash(mapped("m2"), network()));
  EXPECT_EQ(hash(machine({"accelerator.pe_array.rows=64"}), network()), hash(machine(), network()));
}

TEST_F(PointHashTest, AFileThatIsNotThereIsAnError) {
  EXPECT_THROW(hash(machine(), network(), "nowhere.safetensors"), ModelError);
  EXPECT_THROW(hash(machine(), network(), "random:1", "nowhere.bin:1"), ModelError);
}

TEST_F(PointHashTest, TheProgramIsThatOfItsExecutable) {
  EXPECT_EQ(PointHash().program().size(), 16U);
  EXPECT_EQ(PointHash().program(), PointHash().program());
}

}  // namespace
}  // namespace vitsim::sweep
