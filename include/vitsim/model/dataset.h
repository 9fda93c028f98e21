// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitsim/config/model.h"
#include "vitsim/core/matrix.h"

namespace vitsim::model {

/// One image, normalized and cut into patches.
struct Image {
  std::string input;         ///< for reports: "FILE:17", "random:1"
  std::optional<int> label;  ///< where the file has labels
  Matrix<float> patches;     ///< [patches x patch_dim]; a patch as channel, row, column
};

/// The images that `-i` names, in order:
/// `FILE.bin[:FIRST[-LAST]]` CIFAR-10 binary records (a label byte, then 3 x 32 x 32 pixel bytes),
/// `FILE.npy`, `FILE.safetensors` tensors [channels, h, w] or [images, channels, h, w] already
/// normalized (a safetensors file with several tensors needs one named `images`), with the same
/// index suffix, or `random:SEED`, one image of random pixels. ModelError for whatever does not fit
/// the model, an index past the end (says how many there are), a file of a wrong size.
std::vector<Image> load_images(const std::string& input, const config::Model& model);

/// Cuts a normalized image [channels x (size * size)] into patches.
Matrix<float> cut_patches(MatrixView<const float> image, const config::Model& model);

}  // namespace vitsim::model
