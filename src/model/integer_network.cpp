// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/integer_network.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "vitsim/kernels/add.h"
#include "vitsim/kernels/gemm.h"
#include "vitsim/kernels/layer_norm.h"
#include "vitsim/kernels/taylor.h"
#include "vitsim/model/encoding.h"

namespace vitsim::model {
namespace {

/// Runs one operator; visits its kind.
class Execution {
 public:
  Execution(const Graph& graph, const config::Precision& precision, IntegerResult& result)
      : graph_(graph), precision_(precision), result_(result) {}

  void run(const Op& op) {
    out_ = output(op.out);
    out_bits_ = graph_.tensor(op.out).bits;
    std::visit(*this, op.work);
    for (const TensorId id : decoded_) {
      result_.tensors[static_cast<std::size_t>(id)] = IntMatrix();
    }
    decoded_.clear();
  }

  void operator()(const Matmul& op) {
    multiply(op);
    finish(op);
  }

  void operator()(const CorrectedMatmul& op) {
    const auto sums = multiply(op.product);
    const auto k_mean = input(op.k_mean).row(0);
    const auto v_sum = input(op.v_sum).row(0);
    for (std::int64_t r = 0; r < sums.rows(); ++r) {
      kernels::correct_row(sums.row(r), k_mean[static_cast<std::size_t>(r)], v_sum,
                           op.fraction_bits);
    }
    finish(op.product);
  }

  void operator()(const TaylorContext& op) {
    const auto sums = multiply(op.product);
    const std::vector<std::int64_t> divisors = divisors_of(op);
    const auto v_sum = input(op.v_sum).row(0);
    for (std::int64_t r = 0; r < sums.rows(); ++r) {
      kernels::add_value_sum_row(sums.row(r), v_sum, op.value_factor);
      const bool meaningless = kernels::divide_row(
          sums.row(r), divisors[static_cast<std::size_t>(r)], op.quotient, out_.row(r));
      result_.nonpositive_divisors += meaningless ? 1 : 0;
    }
  }

  void operator()(const Softmax& op) { by_rows(op.in, op.kernel); }
  void operator()(const Gelu& op) { by_rows(op.in, op.kernel); }

  void operator()(const LayerNorm& op) {
    std::vector<kernels::LayerNormParams> params;
    decode_params(constant_row(op.params), params);
    by_rows(op.in, [&](auto in, auto out) {
      kernels::layer_norm_row(in, params, op.shift, out_bits_, out);
    });
  }

  void operator()(const Add& op) {
    const auto a = input(op.a);
    const auto b = input(op.b);
    for (std::int64_t r = 0; r < out_.rows(); ++r) {
      kernels::add_row(a.row(r), b.row(r), out_bits_, out_.row(r));
    }
  }

  void operator()(const TokenSum& op) {
    const IntMatrix turned = op.by_feature ? transposed(input(op.in)) : IntMatrix();
    const auto tokens = op.by_feature ? turned.view() : input(op.in);
    std::vector<std::int64_t> sums(static_cast<std::size_t>(tokens.cols()));
    for (std::int64_t r = 0; r < tokens.rows(); ++r) {
      kernels::add_token(sums, tokens.row(r));
    }
    result_.saturated_token_sums += kernels::store_token_sums(sums, out_.row(0));
  }

  void operator()(const TokenMean& op) {
    kernels::mean_row(input(op.sums).row(0), op.mean, out_.row(0));
  }

  void operator()(const Center& op) {
    const auto k = input(op.in);
    const auto mean = input(op.mean).row(0);
    IntMatrix k_hat(k.rows(), k.cols());
    for (std::int64_t r = 0; r < k.rows(); ++r) {
      result_.saturated_k_hat += kernels::center_row(k.row(r), mean, op.center, k_hat.row(r));
    }
    copy(op.by_feature ? transposed(std::as_const(k_hat).view()) : k_hat);
  }

  void operator()(const CenterFeatures& op) {
    by_rows(op.in, [&](auto in, auto out) {
      result_.saturated_k_hat += kernels::center_features_row(in, op.mean, op.center, out);
    });
  }

  void operator()(const CenterResidue& op) {
    result_.saturated_token_sums +=
        kernels::residue_row(input(op.sums).row(0), input(op.k_mean).row(0), op.mean, out_.row(0));
  }

  void operator()(const Requantize& op) {
    by_rows(op.in, [&](auto in, auto out) {
      kernels::requantize_row(in, op.rescale, op.lowest, op.highest, out);
    });
  }

 private:
  /// The exact product, into sums_.
  MatrixView<std::int64_t> multiply(const Matmul& op) {
    const GemmShape shape = shape_of(op);
    sums_.resize(static_cast<std::size_t>(shape.m * shape.n));
    const MatrixView<std::int64_t> sums(sums_.data(), shape.m, shape.n, shape.n);
    IntMatrix lhs;
    IntMatrix rhs;
    kernels::gemm(upright(op.lhs, op.lhs_transposed, lhs), upright(op.rhs, op.rhs_transposed, rhs),
                  sums, graph_.tensor(op.lhs).bits, graph_.tensor(op.rhs).bits);
    return sums;
  }

  /// An operand as it is multiplied; `turned` holds it where it lies otherwise.
  MatrixView<const std::int16_t> upright(const View& view, bool lies_transposed,
                                         IntMatrix& turned) {
    if (!lies_transposed) {
      return input(view);
    }
    turned = transposed(input(view));
    return std::as_const(turned).view();
  }

  /// Bias, rescaling, residual.
  void finish(const Matmul& op) {
    const GemmShape shape = shape_of(op);
    const MatrixView<std::int64_t> sums(sums_.data(), shape.m, shape.n, shape.n);
    std::vector<kernels::ChannelParams> params{op.uniform};
    if (op.params) {
      decode_params(constant_row(*op.params), params);
    }
    for (std::int64_t r = 0; r < shape.m; ++r) {
      const auto residual =
          op.residual ? input(*op.residual).row(r) : std::span<const std::int16_t>{};
      if (op.count_clipped) {
        result_.clipped += kernels::count_clipped(sums.row(r), op.uniform.rescale,
                                                  precision_.accumulator_bits, out_bits_);
      }
      result_.saturated_sums += kernels::post_process_row(
          sums.row(r), params, residual, out_.row(r), {precision_.accumulator_bits, out_bits_});
    }
  }

  /// t_D of every token.
  std::vector<std::int64_t> divisors_of(const TaylorContext& op) {
    const auto q = input(op.product.lhs);
    std::vector<std::int64_t> divisors(static_cast<std::size_t>(q.rows()));
    if (op.k_hat_sum) {
      const IntMatrix column = transposed(input(*op.k_hat_sum));
      kernels::gemm(q, column.view(), {divisors.data(), q.rows(), 1, 1},
                    graph_.tensor(op.product.lhs).bits, graph_.tensor(*op.k_hat_sum).bits);
    }
    for (std::int64_t& divisor : divisors) {
      divisor += op.constant;
    }
    return divisors;
  }

  void copy(const IntMatrix& from) {
    for (std::int64_t r = 0; r < from.rows(); ++r) {
      std::ranges::copy(from.row(r), out_.row(r).begin());
    }
  }

  template <class Kernel>
  void by_rows(const View& view, const Kernel& kernel) {
    const auto in = input(view);
    for (std::int64_t r = 0; r < in.rows(); ++r) {
      kernel(in.row(r), out_.row(r));
    }
  }

  /// A window on an activation or, decoded on demand, on a constant.
  MatrixView<const std::int16_t> input(const View& view) {
    IntMatrix& held = result_.tensors[static_cast<std::size_t>(view.tensor)];
    const Tensor& tensor = graph_.tensor(view);
    if (tensor.role == Role::kConstant && held.elements().empty()) {
      held = decoded(tensor);
      decoded_.push_back(view.tensor);
    }
    return MatrixView<const std::int16_t>(held.view())
        .block(view.row, view.col, view.rows, view.cols);
  }

  MatrixView<std::int16_t> output(const View& view) {
    IntMatrix& held = result_.tensors[static_cast<std::size_t>(view.tensor)];
    if (held.elements().empty()) {
      held = IntMatrix(graph_.tensor(view).rows, graph_.tensor(view).cols);
    }
    return held.view().block(view.row, view.col, view.rows, view.cols);
  }

  static IntMatrix decoded(const Tensor& tensor) {
    IntMatrix values(tensor.rows, tensor.cols);
    for (std::int64_t r = 0; r < tensor.rows; ++r) {
      const auto bytes = std::span(tensor.bytes)
                             .subspan(static_cast<std::size_t>(r * tensor.row_bytes()),
                                      static_cast<std::size_t>(tensor.row_bytes()));
      decode(bytes, tensor.element_bytes, values.row(r));
    }
    return values;
  }

  [[nodiscard]] std::span<const std::byte> constant_row(const View& view) const {
    const Tensor& tensor = graph_.tensor(view);
    return std::span(tensor.bytes)
        .subspan(static_cast<std::size_t>(view.col * tensor.element_bytes),
                 static_cast<std::size_t>(view.cols * tensor.element_bytes));
  }

  const Graph& graph_;
  const config::Precision& precision_;
  IntegerResult& result_;
  MatrixView<std::int16_t> out_;
  int out_bits_ = 0;
  std::vector<TensorId> decoded_;
  std::vector<std::int64_t> sums_;
};

}  // namespace

IntegerResult run_integer_network(const Graph& graph, const config::Precision& precision,
                                  const IntMatrix& input) {
  IntegerResult result;
  result.tensors.resize(graph.tensors.size());
  result.tensors[static_cast<std::size_t>(graph.input)] = input;
  Execution execution(graph, precision, result);
  for (const Op& op : graph.ops) {
    execution.run(op);
  }
  return result;
}

Matrix<float> dequantize(const Tensor& tensor, const IntMatrix& integers) {
  Matrix<float> real(integers.rows(), integers.cols());
  std::vector<double> scales;
  for (std::int64_t c = 0; c < real.cols(); ++c) {
    scales.push_back(tensor.scale_of_column(c));
  }
  for (std::int64_t r = 0; r < real.rows(); ++r) {
    const auto from = integers.row(r);
    const auto to = real.row(r);
    for (std::size_t c = 0; c < scales.size(); ++c) {
      to[c] = static_cast<float>(from[c] * scales[c]);
    }
  }
  return real;
}

}  // namespace vitsim::model
