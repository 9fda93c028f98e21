// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitsim/model/dataset.h"

/// The files that load_images() reads, one function a format.
namespace vitsim::model {

/// A file and which of its images are wanted.
struct Selection {
  std::string path;
  std::int64_t first = 0;
  std::optional<std::int64_t> last;  ///< inclusive; empty: to the end

  /// Index of the last image wanted of a file of `count`; ModelError where the file ends earlier.
  [[nodiscard]] std::int64_t last_of(std::int64_t count) const;
  /// How reports call image `index`.
  [[nodiscard]] std::string name_of(std::int64_t index) const;
};

/// Binary records of CIFAR-10: a label byte and 3 x 32 x 32 pixel bytes.
std::vector<Image> load_cifar10(const Selection& selection, const config::Model& model);

/// Normalized images in a NumPy file.
std::vector<Image> load_npy_images(const Selection& selection, const config::Model& model);

/// Normalized images in a safetensors file.
std::vector<Image> load_safetensors_images(const Selection& selection, const config::Model& model);

}  // namespace vitsim::model
