// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/vit_graph.h"

#include <utility>

#include <fmt/format.h>

#include "vitsim/kernels/layer_norm.h"
#include "vitsim/model/quantize.h"
#include "vitsim/model/row_kernels.h"

#include "attention_graph.h"
#include "graph_builder.h"

namespace vitsim::model {
namespace {

/// Appends the network, in its order.
class Network {
 public:
  Network(const config::Config& config, const config::Model& model,
          const reference::Weights& weights, const reference::Ranges& ranges, bool shapes_alone)
      : builder_(config, ranges),
        config_(config),
        model_(model),
        weights_(weights),
        shapes_alone_(shapes_alone),
        residual_bits_(config.precision.residual_bits),
        residual_scale_(builder_.scale("residual", residual_bits_)) {}

  Graph build() && {
    TensorId stream = embedding();
    for (int i = 0; i < model_.depth; ++i) {
      stream = encoder_block(i, stream);
    }
    head(stream);
    return std::move(builder_.graph());
  }

 private:
  /// A matmul with weights: `name` names the layer, its weights and its parameters.
  void linear(const std::string& name, const reference::Linear& linear, View in, View out,
              std::optional<View> residual) {
    const int weight_bits = config_.precision.weight_bits;
    // They lie as they enter the array: where columns stream, as [out x in].
    const bool columns_stream = config::holds_inputs(config_.accelerator.pe_array);
    TensorId weight = -1;
    TensorId params = -1;
    if (shapes_alone_) {
      weight = builder_.constant_shape(name + ".weight", columns_stream ? out.cols : in.cols,
                                       columns_stream ? in.cols : out.cols, weight_bits);
      params = builder_.table_shape(name + ".params", out.cols, kChannelParamsBytes);
    } else {
      const double input_scale = builder_.tensor(in.tensor).scales.front();
      const QuantizedLinear quantized =
          quantize(linear, input_scale, builder_.tensor(out.tensor).scales, weight_bits);
      weight = builder_.constant(
          name + ".weight", columns_stream ? transposed(quantized.weight.view()) : quantized.weight,
          weight_bits, 1);
      params = builder_.table(name + ".params", quantized.params, kChannelParamsBytes);
    }
    builder_.op(name, name, out,
                Matmul{.lhs = in,
                       .rhs = builder_.whole(weight),
                       .rhs_transposed = columns_stream,
                       .params = builder_.whole(params),
                       .residual = residual});
  }

  TensorId layer_norm(const std::string& name, const reference::LayerNorm& norm, View in) {
    const double scale = builder_.scale(name);
    LayerNorm work{.in = in, .params = {}};
    if (shapes_alone_) {
      work.params =
          builder_.whole(builder_.table_shape(name + ".params", in.cols, kLayerNormParamsBytes));
    } else {
      const auto numbers = kernels::make_layer_norm_table(norm.gamma, norm.beta, scale);
      work.params =
          builder_.whole(builder_.table(name + ".params", numbers.params, kLayerNormParamsBytes));
      work.shift = numbers.shift;
    }
    const TensorId out =
        builder_.activation(name, in.rows, in.cols, builder_.activation_bits(), {scale});
    builder_.op(name, name, builder_.whole(out), work);
    return out;
  }

  /// Rows of the residual stream that are constant.
  TensorId residual_constant(const std::string& name, MatrixView<const float> values,
                             std::int64_t rows) {
    if (shapes_alone_) {
      return builder_.constant_shape(name, rows, model_.embed_dim, residual_bits_);
    }
    return builder_.constant(name, quantize(values, residual_scale_, residual_bits_),
                             residual_bits_, residual_scale_);
  }

  // --- the network

  /// Patch embedding plus position embedding, and the class token in front.
  TensorId embedding() {
    const std::int64_t tokens = model_.tokens();
    const std::int64_t dim = model_.embed_dim;
    const TensorId patches = builder_.input("patches", model_.patches(), model_.patch_dim(),
                                            {builder_.scale("patches")});
    builder_.graph().input = patches;
    const TensorId position =
        residual_constant("position_embedding", weights_.position_embedding.view(), tokens);
    const TensorId class_token = residual_constant(
        "class_token", MatrixView<const float>(weights_.class_token.data(), 1, dim, dim), 1);
    const TensorId embedded =
        builder_.activation("embedded", tokens, dim, residual_bits_, {residual_scale_});
    builder_.op("class_token", "class_token", {embedded, 0, 0, 1, dim},
                Add{builder_.whole(class_token), {position, 0, 0, 1, dim}});
    linear("patch_embed", weights_.patch_embed, builder_.whole(patches),
           {embedded, 1, 0, tokens - 1, dim}, View{position, 1, 0, tokens - 1, dim});
    return embedded;
  }

  TensorId residual_stream(const std::string& name) {
    return builder_.activation(name, model_.tokens(), model_.embed_dim, residual_bits_,
                               {residual_scale_});
  }

  TensorId encoder_block(int index, TensorId stream) {
    const auto& block = weights_.blocks[static_cast<std::size_t>(index)];
    const std::string name = fmt::format("blocks.{}", index);

    const TensorId norm1 = layer_norm(name + ".norm1", block.norm1, builder_.whole(stream));
    const TensorId context = attention(name + ".attn", block, norm1);
    const TensorId after_attention = residual_stream(name + ".residual");
    linear(name + ".attn.proj", block.proj, builder_.whole(context),
           builder_.whole(after_attention), builder_.whole(stream));

    const TensorId norm2 =
        layer_norm(name + ".norm2", block.norm2, builder_.whole(after_attention));
    const TensorId hidden = mlp_hidden(name + ".mlp", block, norm2);
    const TensorId out = residual_stream(name);
    linear(name + ".mlp.fc2", block.fc2, builder_.whole(hidden), builder_.whole(out),
           builder_.whole(after_attention));
    return out;
  }

  TensorId mlp_hidden(const std::string& name, const reference::EncoderBlock& block,
                      TensorId norm2) {
    const double fc1_scale = builder_.scale(name + ".fc1");
    const double gelu_scale = builder_.scale(name + ".gelu");
    const std::int64_t tokens = model_.tokens();
    const TensorId fc1 = builder_.activation(name + ".fc1", tokens, model_.mlp_dim(),
                                             builder_.activation_bits(), {fc1_scale});
    linear(name + ".fc1", block.fc1, builder_.whole(norm2), builder_.whole(fc1), std::nullopt);
    const TensorId gelu = builder_.activation(name + ".gelu", tokens, model_.mlp_dim(),
                                              builder_.activation_bits(), {gelu_scale});
    const auto& unit = *config_.accelerator.gelu_unit;
    builder_.op(name + ".gelu", name + ".gelu", builder_.whole(gelu),
                Gelu{builder_.whole(fc1),
                     make_gelu(unit, fc1_scale, gelu_scale, builder_.activation_bits())});
    return gelu;
  }

  TensorId attention(const std::string& name, const reference::EncoderBlock& block,
                     TensorId norm1) {
    const std::int64_t tokens = model_.tokens();
    const std::int64_t dim = model_.embed_dim;
    const std::vector<double> scales{builder_.scale(name + ".q"), builder_.scale(name + ".k"),
                                     builder_.scale(name + ".v")};
    const TensorId qkv =
        builder_.activation(name + ".qkv", tokens, 3 * dim, builder_.activation_bits(), scales);
    linear(name + ".qkv", block.qkv, builder_.whole(norm1), builder_.whole(qkv), std::nullopt);
    const TensorId context =
        builder_.activation(name + ".context", tokens, dim, builder_.activation_bits(),
                            {builder_.scale(name + ".context")});

    add_attention(builder_,
                  {name, qkv, context, tokens, model_.heads, std::int64_t{model_.head_dim()}},
                  attention_of(config_, model_));
    return context;
  }

  /// Final norm and classifier, on the class token alone: nothing else reaches the logits.
  void head(TensorId stream) {
    const TensorId norm = layer_norm("norm", weights_.norm, {stream, 0, 0, 1, model_.embed_dim});
    const double scale = builder_.scale("logits", residual_bits_);
    builder_.graph().logits =
        builder_.activation("logits", 1, model_.classes, residual_bits_, {scale});
    linear("head", weights_.head, builder_.whole(norm), builder_.whole(builder_.graph().logits),
           std::nullopt);
  }

  GraphBuilder builder_;
  const config::Config& config_;
  const config::Model& model_;
  const reference::Weights& weights_;
  bool shapes_alone_;  ///< constants have no content, and the weights nothing but blocks
  int residual_bits_;
  double residual_scale_;
};

}  // namespace

config::Attention attention_of(const config::Config& config, const config::Model& model) {
  return model.attention.value_or(config.attention);
}

namespace {

Graph build(const config::Config& config, const config::Model& model,
            const reference::Weights& weights, const reference::Ranges& ranges, bool shapes_alone) {
  const auto& machine = config.accelerator;
  require_unit(machine.gelu_unit.has_value(), "gelu_unit", "GELU");
  require_unit(machine.layer_norm_unit.has_value(), "layer_norm_unit", "layer norm");
  require_unit(machine.vector_unit.has_value(), "vector_unit", "an addition (class token)");
  return Network(config, model, weights, ranges, shapes_alone).build();
}

}  // namespace

Graph build_vit_graph(const config::Config& config, const config::Model& model,
                      const reference::Weights& weights, const reference::Ranges& ranges) {
  return build(config, model, weights, ranges, false);
}

Graph build_vit_shapes(const config::Config& config, const config::Model& model) {
  reference::Weights none;
  none.blocks.resize(static_cast<std::size_t>(model.depth));
  return build(config, model, none, reference::fixed_ranges(model, attention_of(config, model)),
               true);
}

}  // namespace vitsim::model
