// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "vitsim/core/safetensors.h"

namespace vitsim::reference {

/// The parts of a Vision Transformer that have names in a weights file.
enum class Part {
  kClassToken,
  kPositionEmbedding,
  kPatchEmbed,
  kNorm1,
  kQkv,
  kQuery,
  kKey,
  kValue,
  kProj,
  kNorm2,
  kFc1,
  kFc2,
  kNorm,
  kHead,
};

/// Under which names a file keeps its tensors.
class WeightNames {
 public:
  /// Finds out by the names in `file`; ModelError where they are nobody's, or a distilled model's.
  static WeightNames detect(const Safetensors& file);

  /// Whether q, k and v lie in one tensor `qkv`, as timm keeps them.
  [[nodiscard]] bool joins_qkv() const { return style_ == Style::kTimm; }
  /// Name of `part`, without `.weight` or `.bias`; `block` counts for those inside of a block.
  [[nodiscard]] std::string of(Part part, int block = 0) const;

 private:
  enum class Style { kTimm, kHuggingFace };
  WeightNames(Style style, std::string_view prefix) : style_(style), prefix_(prefix) {}

  Style style_;
  std::string_view prefix_;  // of all but the head
};

}  // namespace vitsim::reference
