// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "vitsim/config/model.h"
#include "vitsim/core/matrix.h"

namespace vitsim::reference {

/// y = x weight^T + bias; weight is [out x in], as PyTorch keeps it.
struct Linear {
  Matrix<float> weight;
  std::vector<float> bias;
};

/// gamma and beta of a layer norm.
struct LayerNorm {
  std::vector<float> gamma;
  std::vector<float> beta;
};

/// One pre-norm encoder block. `qkv` is [3 embed_dim x embed_dim]: rows of q, then k, then v.
struct EncoderBlock {
  LayerNorm norm1;
  Linear qkv;
  Linear proj;
  LayerNorm norm2;
  Linear fc1;
  Linear fc2;
};

/// All weights of a Vision Transformer in float32.
struct Weights {
  Linear patch_embed;                ///< [embed_dim x patch_dim], a patch as channel, row, column
  std::vector<float> class_token;    ///< [embed_dim]
  Matrix<float> position_embedding;  ///< [tokens x embed_dim]
  std::vector<EncoderBlock> blocks;
  LayerNorm norm;
  Linear head;  ///< [classes x embed_dim]
};

/// Reads a safetensors file under timm's or Hugging Face's names, told apart by the names in it.
/// Every tensor that the architecture needs must be there with its shape, as F32, F16 or BF16 and
/// finite; any other tensor is an error, too. ModelError with file, tensor, found, expected.
Weights load_weights(const std::filesystem::path& path, const config::Model& model);

/// Weights drawn from `seed`, the same on every machine: in the order of the members above, weight
/// before bias, gamma before beta, row by row, each number uniform and computed in float.
/// Linear weights have mean 0 and standard deviation 1 / sqrt(in), so that activations keep their
/// size through any depth and width; biases and beta lie in [-0.05, 0.05), gamma in [0.9, 1.1),
/// class token and position embedding in [-0.2, 0.2). ModelError beyond 2^31 parameters.
Weights random_weights(std::uint64_t seed, const config::Model& model);

}  // namespace vitsim::reference
