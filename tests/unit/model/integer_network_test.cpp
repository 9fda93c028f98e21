// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/integer_network.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include "vitsim/core/random.h"
#include "vitsim/model/encoding.h"
#include "vitsim/model/quantize.h"
#include "vitsim/model/vit_graph.h"
#include "vitsim/reference/network.h"

#include "reference/tiny_model.h"

namespace vitsim::model {
namespace {

using testing::ElementsAre;

// --- by hand

/// Builds graphs of a few numbers.
struct SmallGraph {
  Graph graph;

  View add(Role role, std::int64_t rows, std::int64_t cols, int bits,
           const std::vector<std::int16_t>& values = {}) {
    Tensor tensor;
    tensor.role = role;
    tensor.rows = rows;
    tensor.cols = cols;
    tensor.bits = bits;
    tensor.element_bytes = bits > 8 ? 2 : 1;
    tensor.scales = {1};
    if (role == Role::kConstant) {
      tensor.bytes.resize(static_cast<std::size_t>(tensor.size_bytes()));
      encode(values, tensor.element_bytes, tensor.bytes);
    }
    graph.tensors.push_back(tensor);
    const auto id = static_cast<TensorId>(graph.tensors.size()) - 1;
    if (role == Role::kInput) {
      graph.input = id;
    }
    return {id, 0, 0, rows, cols};
  }

  View add_params(const std::vector<kernels::ChannelParams>& params) {
    const View view = add(Role::kActivation, 1, static_cast<std::int64_t>(params.size()), 0);
    Tensor& tensor = graph.tensors.back();
    tensor.role = Role::kConstant;
    tensor.element_bytes = kChannelParamsBytes;
    tensor.bytes = encode_params(params);
    return view;
  }

  std::vector<std::int16_t> run(const View& out, const IntMatrix& input,
                                int accumulator_bits = 32) {
    config::Precision precision;
    precision.accumulator_bits = accumulator_bits;
    result = run_integer_network(graph, precision, input);
    return result.tensors[static_cast<std::size_t>(out.tensor)].elements();
  }

  IntegerResult result;
};

constexpr kernels::Rescale kHalf{1, 1};

TEST(IntegerNetwork, MultipliesAddsBiasRescalesAndAddsTheResidual) {
  SmallGraph small;
  const View in = small.add(Role::kInput, 2, 3, 8);
  const View weight = small.add(Role::kConstant, 3, 2, 8, {1, -1, 2, 0, -3, 4});
  const View params = small.add_params({{5, kHalf}, {0, {1, 2}}});
  const View residual = small.add(Role::kConstant, 2, 2, 16, {100, 200, -300, 30000});
  const View out = small.add(Role::kActivation, 2, 2, 16);
  small.graph.ops.push_back(
      {"", "", out, Matmul{.lhs = in, .rhs = weight, .params = params, .residual = residual}});
  // Row 0: 1*1 + 2*2 + 3*-3 = -4, + 5 = 1, halved and rounded up: 1. 1*-1 + 3*4 = 11, a quarter: 3.
  // Row 1: 10*1 + 20*2 + 30*-3 = -40, + 5 = -35, halved: -17. 10*-1 + 30*4 = 110, a quarter: 28.
  EXPECT_THAT(small.run(out, IntMatrix(2, 3, {1, 2, 3, 10, 20, 30})),
              ElementsAre(100 + 1, 200 + 3, -300 - 17, 30000 + 28));
}

TEST(IntegerNetwork, MultipliesByATransposedWindow) {
  SmallGraph small;
  const View in = small.add(Role::kInput, 2, 4, 8);
  const View out = small.add(Role::kActivation, 2, 2, 16);
  View left = in;
  left.cols = 2;
  View right = left;
  right.col = 2;
  small.graph.ops.push_back(
      {"", "", out,
       Matmul{.lhs = left, .rhs = right, .rhs_transposed = true, .uniform = {0, {2, 1}}}});
  // [1 2; 5 6] times the transpose of [3 4; 7 8].
  EXPECT_THAT(small.run(out, IntMatrix(2, 4, {1, 2, 3, 4, 5, 6, 7, 8})),
              ElementsAre(11, 23, 39, 83));
}

TEST(IntegerNetwork, SaturatesSumsOnceAndCountsThem) {
  SmallGraph small;
  const View in = small.add(Role::kInput, 1, 2, 16);
  const View weight = small.add(Role::kConstant, 2, 2, 16, {30000, 1, -30000, 1});
  const View out = small.add(Role::kActivation, 1, 2, 16);
  small.graph.ops.push_back(
      {"", "", out, Matmul{.lhs = in, .rhs = weight, .uniform = {0, {2, 1}}}});
  // 30000^2 - 30000^2 is 0 in the end, whatever it was on the way; 60000 does not fit 16 bits.
  EXPECT_THAT(small.run(out, IntMatrix(1, 2, {30000, 30000}), 16), ElementsAre(0, 32767));
  EXPECT_EQ(small.result.saturated_sums, 1);
}

TEST(IntegerNetwork, AddsWithSaturationAndRunsRowKernelsOnEachRow) {
  SmallGraph small;
  const View in = small.add(Role::kInput, 2, 2, 8);
  const View other = small.add(Role::kConstant, 2, 2, 8, {1, -100, 3, 4});
  const View sum = small.add(Role::kActivation, 2, 2, 8);
  const View turned = small.add(Role::kActivation, 2, 2, 8);
  small.graph.ops.push_back({"", "", sum, Add{in, other}});
  small.graph.ops.push_back({"", "", turned, Softmax{sum, [](auto row, auto out) {
                                                       out[0] = row[1];
                                                       out[1] = row[0];
                                                     }}});
  EXPECT_THAT(small.run(turned, IntMatrix(2, 2, {127, -100, 5, 6})), ElementsAre(-128, 127, 10, 8));
}

TEST(Dequantize, MultipliesEachColumnByItsScale) {
  Tensor tensor;
  tensor.cols = 2;
  tensor.scales = {0.5, 10};
  EXPECT_THAT(dequantize(tensor, IntMatrix(2, 2, {1, 1, -3, 4})).elements(),
              ElementsAre(0.5F, 10.F, -1.5F, 40.F));
}

// --- against real numbers

using Real = Matrix<double>;

/// A tiny network in integers, and what each tensor's integers stand for.
class TinyNetwork : public testing::TestWithParam<int> {
 protected:
  TinyNetwork() {
    config_.accelerator.softmax_unit.emplace();
    config_.accelerator.gelu_unit.emplace();
    config_.accelerator.layer_norm_unit.emplace();
    config_.accelerator.vector_unit.emplace();
    config_.precision.weight_bits = GetParam();
    config_.precision.activation_bits = GetParam();
    Random random(7);
    Matrix<float> patches(model_.patches(), model_.patch_dim());
    for (std::int64_t row = 0; row < patches.rows(); ++row) {
      for (float& x : patches.row(row)) {
        x = random.normal();
      }
    }
    reference::Calibration calibration(config::Attention::kSoftmax);
    logits_ = reference::run_network(model_, weights_, config::Attention::kSoftmax, patches.view(),
                                     calibration.observer());
    graph_ = build_vit_graph(config_, model_, weights_, calibration.ranges());
    const Tensor& input = graph_.tensors[static_cast<std::size_t>(graph_.input)];
    result_ = run_integer_network(
        graph_, config_.precision,
        quantize(patches.view(), input.scales.front(), config_.precision.activation_bits));
  }

  [[nodiscard]] Real real(const View& view) const {
    const Tensor& tensor = graph_.tensor(view);
    IntMatrix integers = result_.tensors[static_cast<std::size_t>(view.tensor)];
    if (tensor.role == Role::kConstant) {
      integers = IntMatrix(tensor.rows, tensor.cols);
      decode(tensor.bytes, tensor.element_bytes,
             {integers.view().data(), static_cast<std::size_t>(tensor.rows * tensor.cols)});
    }
    Real values(view.rows, view.cols);
    for (std::int64_t row = 0; row < view.rows; ++row) {
      for (std::int64_t col = 0; col < view.cols; ++col) {
        values(row, col) =
            integers(view.row + row, view.col + col) * tensor.scale_of_column(view.col + col);
      }
    }
    return values;
  }

  /// The step between two values of the operator's result.
  [[nodiscard]] double step(const View& view, std::int64_t col = 0) const {
    return graph_.tensor(view).scale_of_column(view.col + col);
  }

  /// As near as the result's width comes to `x`.
  [[nodiscard]] double clamped(double x, const View& view, std::int64_t col = 0) const {
    const double largest = std::ldexp(1.0, graph_.tensor(view).bits - 1);
    return std::clamp(x, -largest * step(view, col), (largest - 1) * step(view, col));
  }

  /// A linear layer with its float weights: each weight is off by half a step of its channel at
  /// most, the result rounded to a step; the bias by half a step of the sums.
  void expect_linear(const Op& op, const reference::Linear& linear) const {
    const auto& matmul = std::get<Matmul>(op.work);
    const Real in = real(matmul.lhs);
    const Real out = real(op.out);
    for (std::int64_t n = 0; n < out.cols(); ++n) {
      double largest = 0;
      for (const float w : linear.weight.row(n)) {
        largest = std::max(largest, std::abs(static_cast<double>(w)));
      }
      const double weight_step = scale_for(largest, config_.precision.weight_bits);
      for (std::int64_t m = 0; m < out.rows(); ++m) {
        double sum = static_cast<double>(linear.bias[static_cast<std::size_t>(n)]);
        double tolerance = 0.51 * step(op.out, n) + 0.5 * weight_step * step(matmul.lhs);
        for (std::int64_t k = 0; k < in.cols(); ++k) {
          sum += in(m, k) * static_cast<double>(linear.weight(n, k));
          tolerance += std::abs(in(m, k)) * weight_step / 2;
        }
        sum += matmul.residual ? real(*matmul.residual)(m, n) : 0;
        ASSERT_NEAR(out(m, n), clamped(sum, op.out, n), tolerance)
            << op.name << " [" << m << ", " << n << "]";
      }
    }
  }

  /// Heads: no weights, so that only the rounding of the result is left.
  void expect_product(const Op& op, double factor) const {
    const auto& matmul = std::get<Matmul>(op.work);
    const Real a = real(matmul.lhs);
    const Real b = real(matmul.rhs);
    const Real out = real(op.out);
    for (std::int64_t m = 0; m < out.rows(); ++m) {
      for (std::int64_t n = 0; n < out.cols(); ++n) {
        double sum = 0;
        for (std::int64_t k = 0; k < a.cols(); ++k) {
          sum += a(m, k) * (matmul.rhs_transposed ? b(n, k) : b(k, n));
        }
        ASSERT_NEAR(out(m, n), clamped(sum * factor, op.out), 0.501 * step(op.out)) << op.name;
      }
    }
  }

  void expect_softmax(const Op& op) const {
    const Real in = real(std::get<Softmax>(op.work).in);
    const Real out = real(op.out);
    for (std::int64_t m = 0; m < out.rows(); ++m) {
      double sum = 0;
      for (std::int64_t n = 0; n < out.cols(); ++n) {
        sum += std::exp(in(m, n));
      }
      for (std::int64_t n = 0; n < out.cols(); ++n) {
        // Shiftmax takes 2^(x 1.4375) with a straight line between powers of two.
        ASSERT_NEAR(out(m, n), std::exp(in(m, n)) / sum, 0.04) << op.name;
      }
    }
  }

  void expect_gelu(const Op& op) const {
    const Real in = real(std::get<Gelu>(op.work).in);
    const Real out = real(op.out);
    for (std::int64_t m = 0; m < out.rows(); ++m) {
      for (std::int64_t n = 0; n < out.cols(); ++n) {
        // ShiftGELU divides by a reciprocal of few bits, so that its sigma is off by a sixth; at
        // fine scales its exponential saturates as well.
        const double x = in(m, n);
        const double sigma_error = config_.precision.activation_bits > 8 ? 0.4 : 0.17;
        ASSERT_NEAR(out(m, n), clamped(x / (1 + std::exp(-1.702 * x)), op.out),
                    sigma_error * std::abs(x) + step(op.out))
            << op.name;
      }
    }
  }

  void expect_layer_norm(const Op& op, const reference::LayerNorm& norm) const {
    const Real in = real(std::get<LayerNorm>(op.work).in);
    const Real out = real(op.out);
    const auto features = static_cast<double>(in.cols());
    for (std::int64_t m = 0; m < in.rows(); ++m) {
      double mean = 0;
      double variance = 0;
      for (std::int64_t n = 0; n < in.cols(); ++n) {
        mean += in(m, n) / features;
      }
      for (std::int64_t n = 0; n < in.cols(); ++n) {
        variance += (in(m, n) - mean) * (in(m, n) - mean) / features;
      }
      for (std::int64_t n = 0; n < in.cols(); ++n) {
        const auto i = static_cast<std::size_t>(n);
        const double expected =
            (in(m, n) - mean) / std::sqrt(variance) * static_cast<double>(norm.gamma[i]) +
            static_cast<double>(norm.beta[i]);
        ASSERT_NEAR(out(m, n), clamped(expected, op.out), 1.5 * step(op.out) + 0.002) << op.name;
      }
    }
  }

  [[nodiscard]] const reference::Linear& linear_of(const std::string& name) const {
    if (name == "patch_embed" || name == "head") {
      return name == "head" ? weights_.head : weights_.patch_embed;
    }
    const auto& block = weights_.blocks[static_cast<std::size_t>(name[7] - '0')];
    const std::string part = name.substr(9);
    return part == "attn.qkv"    ? block.qkv
           : part == "attn.proj" ? block.proj
           : part == "mlp.fc1"   ? block.fc1
                                 : block.fc2;
  }
  [[nodiscard]] const reference::LayerNorm& norm_of(const std::string& name) const {
    if (name == "norm") {
      return weights_.norm;
    }
    const auto& block = weights_.blocks[static_cast<std::size_t>(name[7] - '0')];
    return name.ends_with("norm1") ? block.norm1 : block.norm2;
  }

  config::Model model_ = test::tiny_model();
  config::Config config_;
  reference::Weights weights_ = reference::random_weights(11, model_);
  std::vector<float> logits_;
  Graph graph_;
  IntegerResult result_;
};

TEST_P(TinyNetwork, IsEachOperatorInRealNumbersButForRounding) {
  for (const Op& op : graph_.ops) {
    if (const auto* matmul = std::get_if<Matmul>(&op.work)) {
      const bool scores = matmul->rhs_transposed;
      if (matmul->params) {
        expect_linear(op, linear_of(op.name));
      } else {
        expect_product(op, scores ? 1 / std::sqrt(2.0) : 1);
      }
    } else if (std::holds_alternative<Softmax>(op.work)) {
      expect_softmax(op);
    } else if (std::holds_alternative<Gelu>(op.work)) {
      expect_gelu(op);
    } else if (std::holds_alternative<LayerNorm>(op.work)) {
      expect_layer_norm(op, norm_of(op.name));
    } else {
      const auto& add = std::get<Add>(op.work);
      const Real a = real(add.a);
      const Real b = real(add.b);
      const Real out = real(op.out);
      for (std::int64_t n = 0; n < out.cols(); ++n) {
        ASSERT_NEAR(out(0, n), clamped(a(0, n) + b(0, n), op.out), 1e-9);
      }
    }
  }
}

TEST_P(TinyNetwork, EndsAtTheLogitsOfTheFloatNetwork) {
  const Real logits = real({graph_.logits, 0, 0, 1, model_.classes});
  double largest = 0;
  for (const float logit : logits_) {
    largest = std::max(largest, std::abs(static_cast<double>(logit)));
  }
  for (std::int64_t n = 0; n < model_.classes; ++n) {
    EXPECT_NEAR(logits(0, n), static_cast<double>(logits_[static_cast<std::size_t>(n)]),
                0.1 * largest);
  }
  EXPECT_EQ(result_.saturated_sums, 0);
}

INSTANTIATE_TEST_SUITE_P(Bits, TinyNetwork, testing::Values(8, 12));

}  // namespace
}  // namespace vitsim::model
