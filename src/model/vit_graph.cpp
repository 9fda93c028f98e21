// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/vit_graph.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "vitsim/config/load.h"
#include "vitsim/core/error.h"
#include "vitsim/core/units.h"
#include "vitsim/kernels/layer_norm.h"
#include "vitsim/model/encoding.h"
#include "vitsim/model/quantize.h"
#include "vitsim/model/row_kernels.h"

namespace vitsim::model {
namespace {

/// Appends tensors and operators to a graph, in the order of the network.
class Builder {
 public:
  Builder(const config::Config& config, const config::Model& model,
          const reference::Weights& weights, const reference::Ranges& ranges)
      : config_(config),
        model_(model),
        weights_(weights),
        ranges_(ranges),
        act_bits_(config.precision.activation_bits),
        residual_bits_(config.precision.residual_bits),
        residual_scale_(scale_for(ranges.at("residual"), residual_bits_)) {}

  Graph build() && {
    TensorId stream = embedding();
    for (int i = 0; i < model_.depth; ++i) {
      stream = encoder_block(i, stream);
    }
    head(stream);
    return std::move(graph_);
  }

 private:
  // --- tensors

  TensorId add(Tensor tensor) {
    graph_.tensors.push_back(std::move(tensor));
    return static_cast<TensorId>(graph_.tensors.size()) - 1;
  }

  TensorId activation(const std::string& name, std::int64_t rows, std::int64_t cols, int bits,
                      std::vector<double> scales) {
    return add(
        {name, Role::kActivation, rows, cols, bits, element_bytes(bits), std::move(scales), {}});
  }

  TensorId constant(const std::string& name, const IntMatrix& values, int bits, double scale) {
    const int width = element_bytes(bits);
    std::vector<std::byte> bytes(values.elements().size() * static_cast<std::size_t>(width));
    encode(values.elements(), width, bytes);
    return add({name,
                Role::kConstant,
                values.rows(),
                values.cols(),
                bits,
                width,
                {scale},
                std::move(bytes)});
  }

  template <class Params>
  TensorId table(const std::string& name, const std::vector<Params>& params, int entry_bytes) {
    return add({name,
                Role::kConstant,
                1,
                static_cast<std::int64_t>(params.size()),
                0,
                entry_bytes,
                {},
                encode_params(params)});
  }

  [[nodiscard]] View whole(TensorId id) const {
    const Tensor& tensor = graph_.tensors[static_cast<std::size_t>(id)];
    return {id, 0, 0, tensor.rows, tensor.cols};
  }

  [[nodiscard]] double act_scale(const std::string& name) const {
    return scale_for(ranges_.at(name), act_bits_);
  }

  // --- operators

  void op(std::string name, std::string layer, View out, decltype(Op::work) work) {
    graph_.ops.push_back({std::move(name), std::move(layer), out, std::move(work)});
  }

  /// A matmul with weights: `name` names the layer, its weights and its parameters.
  void linear(const std::string& name, const reference::Linear& linear, View in, View out,
              std::optional<View> residual) {
    const double input_scale = graph_.tensor(in).scales.front();
    const int weight_bits = config_.precision.weight_bits;
    const QuantizedLinear quantized =
        quantize(linear, input_scale, graph_.tensor(out).scales, weight_bits);
    // They lie as they enter the array: where columns stream, as [out x in].
    const bool columns_stream = config::holds_inputs(config_.accelerator.pe_array);
    const TensorId weight = constant(
        name + ".weight", columns_stream ? transposed(quantized.weight.view()) : quantized.weight,
        weight_bits, 1);
    const TensorId params = table(name + ".params", quantized.params, kChannelParamsBytes);
    op(name, name, out, Matmul{in, whole(weight), columns_stream, whole(params), {}, residual});
  }

  TensorId layer_norm(const std::string& name, const reference::LayerNorm& norm, View in) {
    const double scale = act_scale(name);
    const auto numbers = kernels::make_layer_norm_table(norm.gamma, norm.beta, scale);
    const TensorId params = table(name + ".params", numbers.params, kLayerNormParamsBytes);
    const TensorId out = activation(name, in.rows, in.cols, act_bits_, {scale});
    op(name, name, whole(out), LayerNorm{in, whole(params), numbers.shift});
    return out;
  }

  // --- the network

  /// Patch embedding plus position embedding, and the class token in front.
  TensorId embedding() {
    const std::int64_t tokens = model_.tokens();
    const std::int64_t dim = model_.embed_dim;
    graph_.input = add({"patches",
                        Role::kInput,
                        model_.patches(),
                        model_.patch_dim(),
                        act_bits_,
                        element_bytes(act_bits_),
                        {act_scale("patches")},
                        {}});
    const TensorId position =
        constant("position_embedding",
                 quantize(weights_.position_embedding.view(), residual_scale_, residual_bits_),
                 residual_bits_, residual_scale_);
    const TensorId class_token =
        constant("class_token",
                 quantize(MatrixView<const float>(weights_.class_token.data(), 1, dim, dim),
                          residual_scale_, residual_bits_),
                 residual_bits_, residual_scale_);
    const TensorId embedded =
        activation("embedded", tokens, dim, residual_bits_, {residual_scale_});
    op("class_token", "class_token", {embedded, 0, 0, 1, dim},
       Add{whole(class_token), {position, 0, 0, 1, dim}});
    linear("patch_embed", weights_.patch_embed, whole(graph_.input),
           {embedded, 1, 0, tokens - 1, dim}, View{position, 1, 0, tokens - 1, dim});
    return embedded;
  }

  TensorId residual_stream(const std::string& name) {
    return activation(name, model_.tokens(), model_.embed_dim, residual_bits_, {residual_scale_});
  }

  TensorId encoder_block(int index, TensorId stream) {
    const auto& block = weights_.blocks[static_cast<std::size_t>(index)];
    const std::string name = fmt::format("blocks.{}", index);

    const TensorId norm1 = layer_norm(name + ".norm1", block.norm1, whole(stream));
    const TensorId context = attention(name + ".attn", block, norm1);
    const TensorId after_attention = residual_stream(name + ".residual");
    linear(name + ".attn.proj", block.proj, whole(context), whole(after_attention), whole(stream));

    const TensorId norm2 = layer_norm(name + ".norm2", block.norm2, whole(after_attention));
    const TensorId hidden = mlp_hidden(name + ".mlp", block, norm2);
    const TensorId out = residual_stream(name);
    linear(name + ".mlp.fc2", block.fc2, whole(hidden), whole(out), whole(after_attention));
    return out;
  }

  TensorId mlp_hidden(const std::string& name, const reference::EncoderBlock& block,
                      TensorId norm2) {
    const double fc1_scale = act_scale(name + ".fc1");
    const double gelu_scale = act_scale(name + ".gelu");
    const std::int64_t tokens = model_.tokens();
    const TensorId fc1 =
        activation(name + ".fc1", tokens, model_.mlp_dim(), act_bits_, {fc1_scale});
    linear(name + ".fc1", block.fc1, whole(norm2), whole(fc1), std::nullopt);
    const TensorId gelu =
        activation(name + ".gelu", tokens, model_.mlp_dim(), act_bits_, {gelu_scale});
    const auto& unit = *config_.accelerator.gelu_unit;
    op(name + ".gelu", name + ".gelu", whole(gelu),
       Gelu{whole(fc1), make_gelu(unit, fc1_scale, gelu_scale, act_bits_)});
    return gelu;
  }

  TensorId attention(const std::string& name, const reference::EncoderBlock& block,
                     TensorId norm1) {
    const std::int64_t tokens = model_.tokens();
    const std::int64_t dim = model_.embed_dim;
    const std::vector<double> scales{act_scale(name + ".q"), act_scale(name + ".k"),
                                     act_scale(name + ".v")};
    const TensorId qkv = activation(name + ".qkv", tokens, 3 * dim, act_bits_, scales);
    linear(name + ".qkv", block.qkv, whole(norm1), whole(qkv), std::nullopt);
    const TensorId context =
        activation(name + ".context", tokens, dim, act_bits_, {act_scale(name + ".context")});

    // The next head's scores come before this head's weighted sum of V: the array works while the
    // softmax unit does.
    std::vector<TensorId> weights;
    for (int head = 0; head <= model_.heads; ++head) {
      if (head < model_.heads) {
        weights.push_back(attention_weights(name, qkv, head));
      }
      if (head > 0) {
        weighted_sum(name, qkv, weights[static_cast<std::size_t>(head - 1)], context, head - 1);
      }
    }
    return context;
  }

  [[nodiscard]] View head_of(TensorId qkv, int third, int head) const {
    const std::int64_t d = model_.head_dim();
    return {qkv, 0, third * std::int64_t{model_.embed_dim} + head * d, model_.tokens(), d};
  }

  /// softmax(Q K^T / sqrt(d)) of one head.
  TensorId attention_weights(const std::string& name, TensorId qkv, int head) {
    const auto scales = graph_.tensors[static_cast<std::size_t>(qkv)].scales;
    const double scores_scale = act_scale(name + ".scores");
    const std::int64_t tokens = model_.tokens();
    const std::string suffix = fmt::format(".{}", head);
    const TensorId scores =
        activation(name + ".scores" + suffix, tokens, tokens, act_bits_, {scores_scale});
    const double factor =
        scales[0] * scales[1] / std::sqrt(static_cast<double>(model_.head_dim())) / scores_scale;
    op(name + ".qk" + suffix, name + ".qk", whole(scores),
       Matmul{head_of(qkv, 0, head),
              head_of(qkv, 1, head),
              true,
              std::nullopt,
              {0, kernels::make_rescale(factor)},
              std::nullopt});
    const auto& unit = *config_.accelerator.softmax_unit;
    const TensorId weights = activation(name + ".weights" + suffix, tokens, tokens,
                                        unit.output_bits, {softmax_output_scale(unit)});
    op(name + ".softmax" + suffix, name + ".softmax", whole(weights),
       Softmax{whole(scores), make_softmax(unit, scores_scale)});
    return weights;
  }

  void weighted_sum(const std::string& name, TensorId qkv, TensorId weights, TensorId context,
                    int head) {
    const std::int64_t d = model_.head_dim();
    const auto& tensors = graph_.tensors;
    const double factor = tensors[static_cast<std::size_t>(weights)].scales.front() *
                          tensors[static_cast<std::size_t>(qkv)].scales[2] /
                          tensors[static_cast<std::size_t>(context)].scales.front();
    op(fmt::format("{}.av.{}", name, head), name + ".av",
       {context, 0, head * d, model_.tokens(), d},
       Matmul{whole(weights),
              head_of(qkv, 2, head),
              false,
              std::nullopt,
              {0, kernels::make_rescale(factor)},
              std::nullopt});
  }

  /// Final norm and classifier, on the class token alone: nothing else reaches the logits.
  void head(TensorId stream) {
    const TensorId norm = layer_norm("norm", weights_.norm, {stream, 0, 0, 1, model_.embed_dim});
    const double scale = scale_for(ranges_.at("logits"), residual_bits_);
    graph_.logits = activation("logits", 1, model_.classes, residual_bits_, {scale});
    linear("head", weights_.head, whole(norm), whole(graph_.logits), std::nullopt);
  }

  const config::Config& config_;
  const config::Model& model_;
  const reference::Weights& weights_;
  const reference::Ranges& ranges_;
  int act_bits_;
  int residual_bits_;
  double residual_scale_;
  Graph graph_;
};

void require(bool exists, const char* unit, const char* what) {
  if (!exists) {
    throw ConfigError(fmt::format(
        "accelerator.{}: the machine has none, but the model needs {}; add the section '{}'", unit,
        what, unit));
  }
}

}  // namespace

config::Attention attention_of(const config::Config& config, const config::Model& model) {
  return model.attention.value_or(config.attention);
}

Graph build_vit_graph(const config::Config& config, const config::Model& model,
                      const reference::Weights& weights, const reference::Ranges& ranges) {
  const auto attention = attention_of(config, model);
  if (attention != config::Attention::kSoftmax) {
    throw ConfigError(
        fmt::format("attention: got '{}'{}, but the machine has no unit that computes it; expected "
                    "'softmax'",
                    config::name_of(config::kAttentionNames, attention),
                    model.attention ? " (from the model)" : ""));
  }
  config::check_attention(config);
  const auto& machine = config.accelerator;
  require(machine.softmax_unit.has_value(), "softmax_unit", "softmax");
  require(machine.gelu_unit.has_value(), "gelu_unit", "GELU");
  require(machine.layer_norm_unit.has_value(), "layer_norm_unit", "layer norm");
  require(machine.vector_unit.has_value(), "vector_unit", "an addition (class token)");
  return Builder(config, model, weights, ranges).build();
}

}  // namespace vitsim::model
