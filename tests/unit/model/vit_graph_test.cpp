// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/vit_graph.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <gmock/gmock.h>

#include "vitsim/core/error.h"

#include "reference/tiny_model.h"

namespace vitsim::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

config::Config complete_machine() {
  config::Config config;
  config.accelerator.softmax_unit.emplace();
  config.accelerator.gelu_unit.emplace();
  config.accelerator.layer_norm_unit.emplace();
  config.accelerator.vector_unit.emplace();
  return config;
}

Graph build(const config::Config& config, const config::Model& model) {
  return build_vit_graph(config, model, reference::random_weights(1, model),
                         reference::fixed_ranges(model, config::Attention::kSoftmax));
}

std::string config_error(const config::Config& config, const config::Model& model) {
  try {
    build(config, model);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

class VitGraph : public testing::Test {
 protected:
  [[nodiscard]] const Tensor& tensor(const std::string& name) const {
    const auto found = std::find_if(graph_.tensors.begin(), graph_.tensors.end(),
                                    [&](const Tensor& t) { return t.name == name; });
    EXPECT_NE(found, graph_.tensors.end()) << name;
    return *found;
  }
  [[nodiscard]] const Op& op(const std::string& name) const {
    const auto found = std::find_if(graph_.ops.begin(), graph_.ops.end(),
                                    [&](const Op& o) { return o.name == name; });
    EXPECT_NE(found, graph_.ops.end()) << name;
    return *found;
  }
  [[nodiscard]] const Matmul& matmul(const std::string& name) const {
    return std::get<Matmul>(op(name).work);
  }

  // 4 patches of 8 values, 4 features, 2 blocks of 2 heads, 3 classes.
  config::Model model_ = test::tiny_model();
  Graph graph_ = build(complete_machine(), model_);
};

TEST_F(VitGraph, HasAnOperatorForEachThingThatAUnitDoesTheNextHeadsScoresFirst) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < 17; ++i) {
    names.push_back(graph_.ops[i].name);
  }
  EXPECT_THAT(
      names,
      ElementsAre("class_token", "patch_embed", "blocks.0.norm1", "blocks.0.attn.qkv",
                  "blocks.0.attn.qk.0", "blocks.0.attn.softmax.0", "blocks.0.attn.qk.1",
                  "blocks.0.attn.softmax.1", "blocks.0.attn.av.0", "blocks.0.attn.av.1",
                  "blocks.0.attn.proj", "blocks.0.norm2", "blocks.0.mlp.fc1", "blocks.0.mlp.gelu",
                  "blocks.0.mlp.fc2", "blocks.1.norm1", "blocks.1.attn.qkv"));
  EXPECT_EQ(graph_.ops.size(), 2 + 2 * 13 + 2);
  EXPECT_EQ(graph_.ops[graph_.ops.size() - 2].name, "norm");
  EXPECT_EQ(graph_.ops.back().name, "head");
  EXPECT_EQ(op("blocks.1.attn.av.1").layer, "blocks.1.attn.av");
}

TEST_F(VitGraph, ReadsOnlyWhatWasWrittenBeforeAndWritesEachElementOnce) {
  std::vector<Matrix<int>> written;
  for (const Tensor& t : graph_.tensors) {
    written.emplace_back(t.rows, t.cols);
    if (t.role != Role::kActivation) {
      written.back() = Matrix<int>(t.rows, t.cols,
                                   std::vector<int>(static_cast<std::size_t>(t.rows * t.cols), 1));
    }
  }
  const auto each = [&](const View& view, const auto& action) {
    const auto block = written[static_cast<std::size_t>(view.tensor)].view().block(
        view.row, view.col, view.rows, view.cols);
    for (std::int64_t row = 0; row < block.rows(); ++row) {
      for (int& times : block.row(row)) {
        action(times);
      }
    }
  };
  for (const Op& o : graph_.ops) {
    for (const View& in : inputs_of(o)) {
      each(in, [&](int& times) { EXPECT_EQ(times, 1) << o.name; });
    }
    each(o.out, [](int& times) { ++times; });
  }
  for (std::size_t id = 0; id < written.size(); ++id) {
    for (const int times : written[id].elements()) {
      ASSERT_EQ(times, 1) << graph_.tensors[id].name;
    }
  }
}

TEST_F(VitGraph, PutsTheClassTokenBeforeThePatches) {
  EXPECT_EQ(op("class_token").out.row, 0);
  EXPECT_EQ(op("class_token").out.rows, 1);
  EXPECT_EQ(op("patch_embed").out.row, 1);
  EXPECT_EQ(op("patch_embed").out.rows, 4);
  EXPECT_EQ(op("patch_embed").out.tensor, op("class_token").out.tensor);
  EXPECT_EQ(matmul("patch_embed").residual->row, 1);  // the position embedding
  EXPECT_EQ(shape_of(matmul("patch_embed")).k, 8);
}

TEST_F(VitGraph, TakesTheHeadsFromThirdsOfQkv) {
  const Matmul& qk = matmul("blocks.0.attn.qk.1");
  EXPECT_EQ(qk.lhs.col, 2);
  EXPECT_EQ(qk.rhs.col, 4 + 2);
  EXPECT_TRUE(qk.rhs_transposed);
  EXPECT_FALSE(qk.params);
  const Matmul& av = matmul("blocks.0.attn.av.1");
  EXPECT_EQ(av.rhs.col, 8 + 2);
  EXPECT_FALSE(av.rhs_transposed);
  EXPECT_EQ(op("blocks.0.attn.av.1").out.col, 2);
  EXPECT_EQ(tensor("blocks.0.attn.qkv").scales.size(), 3U);
}

TEST_F(VitGraph, FoldsTheSquareRootOfTheHeadsWidthIntoTheScores) {
  const kernels::Rescale rescale = matmul("blocks.0.attn.qk.0").uniform.rescale;
  const auto& qkv = tensor("blocks.0.attn.qkv").scales;
  const double expected =
      qkv[0] * qkv[1] / std::sqrt(2.0) / tensor("blocks.0.attn.scores.0").scales[0];
  EXPECT_NEAR(std::ldexp(rescale.multiplier, -rescale.shift), expected, 1e-9 * expected);
}

TEST_F(VitGraph, ClassifiesTheClassTokenAlone) {
  EXPECT_EQ(std::get<LayerNorm>(op("norm").work).in.rows, 1);
  EXPECT_EQ(shape_of(matmul("head")).m, 1);
  EXPECT_EQ(tensor("logits").cols, 3);
  EXPECT_EQ(graph_.tensors[static_cast<std::size_t>(graph_.logits)].name, "logits");
  EXPECT_EQ(graph_.tensors[static_cast<std::size_t>(graph_.input)].name, "patches");
}

TEST_F(VitGraph, GivesTensorsTheWidthsOfTheConfiguration) {
  config::Config config = complete_machine();
  config.precision = {4, 6, 12, 24};
  config.accelerator.softmax_unit->output_bits = 10;
  graph_ = build(config, model_);
  EXPECT_EQ(tensor("blocks.0.mlp.fc1.weight").bits, 4);
  EXPECT_EQ(tensor("blocks.0.mlp.fc1").bits, 6);
  EXPECT_EQ(tensor("blocks.0.mlp.fc1").element_bytes, 1);
  EXPECT_EQ(tensor("blocks.0.residual").bits, 12);
  EXPECT_EQ(tensor("blocks.0.residual").element_bytes, 2);
  EXPECT_EQ(tensor("logits").bits, 12);
  EXPECT_EQ(tensor("blocks.0.attn.weights.0").bits, 10);
  EXPECT_EQ(tensor("blocks.0.attn.weights.0").element_bytes, 2);
  EXPECT_DOUBLE_EQ(tensor("blocks.0.attn.weights.0").scales[0], 1.0 / 512);
  EXPECT_EQ(tensor("blocks.0.mlp.fc1.params").element_bytes, 12);
}

TEST_F(VitGraph, HasOneScaleForTheWholeResidualStream) {
  const double scale = tensor("embedded").scales[0];
  for (const char* name : {"blocks.0.residual", "blocks.0", "blocks.1.residual", "blocks.1",
                           "position_embedding", "class_token"}) {
    EXPECT_EQ(tensor(name).scales, std::vector<double>{scale}) << name;
  }
}

TEST_F(VitGraph, KeepsWeightsTheOtherWayRoundWhereTheArrayHoldsTheLeftOperand) {
  config::Config row_wise = complete_machine();
  row_wise.accelerator.pe_array.kind = config::ArrayKind::kRowWise;
  config::Config inputs = complete_machine();
  inputs.accelerator.pe_array.dataflow = config::Dataflow::kInputStationary;
  for (const config::Config& config : {row_wise, inputs}) {
    const Graph turned = build(config, model_);
    ASSERT_EQ(turned.ops.size(), graph_.ops.size());
    for (std::size_t i = 0; i < graph_.ops.size(); ++i) {
      const auto* matmul = std::get_if<Matmul>(&graph_.ops[i].work);
      if (matmul == nullptr) {
        continue;
      }
      const auto& other = std::get<Matmul>(turned.ops[i].work);
      const std::string& name = graph_.ops[i].name;
      const GemmShape shape = shape_of(*matmul);
      EXPECT_THAT((std::array{shape_of(other).m, shape_of(other).k, shape_of(other).n}),
                  ElementsAre(shape.m, shape.k, shape.n))
          << name;
      if (!matmul->params) {
        EXPECT_EQ(other.rhs_transposed, matmul->rhs_transposed) << name;  // activations
        continue;
      }
      EXPECT_FALSE(matmul->rhs_transposed) << name;
      EXPECT_TRUE(other.rhs_transposed) << name;
      const Tensor& weight = graph_.tensor(matmul->rhs);
      const Tensor& weight_turned = turned.tensor(other.rhs);
      ASSERT_EQ(weight_turned.rows, weight.cols) << name;
      ASSERT_EQ(weight.element_bytes, 1) << name;
      for (std::int64_t k = 0; k < weight.rows; ++k) {
        for (std::int64_t n = 0; n < weight.cols; ++n) {
          ASSERT_EQ(weight_turned.bytes[static_cast<std::size_t>(n * weight.rows + k)],
                    weight.bytes[static_cast<std::size_t>(k * weight.cols + n)])
              << name;
        }
      }
    }
  }
}

TEST_F(VitGraph, RefusesAMachineThatLacksAUnit) {
  config::Config config = complete_machine();
  config.accelerator.softmax_unit.reset();
  EXPECT_THAT(config_error(config, model_), HasSubstr("accelerator.softmax_unit: the machine has "
                                                      "none, but the model needs softmax"));
  config = complete_machine();
  config.accelerator.gelu_unit.reset();
  EXPECT_THAT(config_error(config, model_), HasSubstr("accelerator.gelu_unit"));
  config = complete_machine();
  config.accelerator.layer_norm_unit.reset();
  EXPECT_THAT(config_error(config, model_), HasSubstr("accelerator.layer_norm_unit"));
  config = complete_machine();
  config.accelerator.vector_unit.reset();
  EXPECT_THAT(config_error(config, model_), HasSubstr("accelerator.vector_unit"));
}

TEST_F(VitGraph, TakesTheModelsAttentionBeforeTheConfigurations) {
  config::Config config = complete_machine();
  config.attention = config::Attention::kTaylor;
  EXPECT_EQ(attention_of(config, model_), config::Attention::kTaylor);
  EXPECT_THAT(config_error(config, model_), HasSubstr("accelerator.taylor_pipeline: the machine"));
  model_.attention = config::Attention::kSoftmax;
  EXPECT_EQ(attention_of(config, model_), config::Attention::kSoftmax);
  EXPECT_EQ(config_error(config, model_), "");
  config.attention = config::Attention::kSoftmax;
  model_.attention = config::Attention::kTaylor;
  EXPECT_THAT(config_error(config, model_), HasSubstr("accelerator.taylor_pipeline: the machine"));
}

/// What a mapper can see of a view.
std::array<std::int64_t, 5> seen(const View& view) {
  return {view.tensor, view.row, view.col, view.rows, view.cols};
}

TEST(VitShapesTest, AreThoseOfTheGraphWithWeights) {
  for (const auto dataflow :
       {config::Dataflow::kWeightStationary, config::Dataflow::kInputStationary}) {
    config::Config config = complete_machine();
    config.accelerator.pe_array.dataflow = dataflow;
    const config::Model model = test::tiny_model();
    const Graph graph = build(config, model);
    const Graph shapes = build_vit_shapes(config, model);
    EXPECT_EQ(shapes.input, graph.input);
    EXPECT_EQ(shapes.logits, graph.logits);
    ASSERT_EQ(shapes.tensors.size(), graph.tensors.size());
    for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
      const Tensor& tensor = graph.tensors[i];
      const Tensor& shape = shapes.tensors[i];
      EXPECT_EQ(shape.name, tensor.name);
      EXPECT_EQ(shape.role, tensor.role) << tensor.name;
      EXPECT_EQ(shape.rows, tensor.rows) << tensor.name;
      EXPECT_EQ(shape.cols, tensor.cols) << tensor.name;
      EXPECT_EQ(shape.bits, tensor.bits) << tensor.name;
      EXPECT_EQ(shape.element_bytes, tensor.element_bytes) << tensor.name;
      EXPECT_TRUE(shape.bytes.empty()) << tensor.name;
    }
    ASSERT_EQ(shapes.ops.size(), graph.ops.size());
    for (std::size_t i = 0; i < graph.ops.size(); ++i) {
      EXPECT_EQ(shapes.ops[i].name, graph.ops[i].name);
      EXPECT_EQ(shapes.ops[i].work.index(), graph.ops[i].work.index());
      EXPECT_EQ(seen(shapes.ops[i].out), seen(graph.ops[i].out));
      const auto inputs = inputs_of(graph.ops[i]);
      const auto shape_inputs = inputs_of(shapes.ops[i]);
      ASSERT_EQ(shape_inputs.size(), inputs.size());
      for (std::size_t j = 0; j < inputs.size(); ++j) {
        EXPECT_EQ(seen(shape_inputs[j]), seen(inputs[j])) << graph.ops[i].name;
      }
    }
  }
}

TEST(VitShapesTest, AMachineWithoutAUnitIsRefused) {
  config::Config config = complete_machine();
  config.accelerator.gelu_unit.reset();
  EXPECT_THROW(build_vit_shapes(config, test::tiny_model()), ConfigError);
}

}  // namespace
}  // namespace vitsim::model
