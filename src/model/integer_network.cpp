// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/integer_network.h"

#include <utility>
#include <vector>

#include "vitsim/kernels/add.h"
#include "vitsim/kernels/gemm.h"
#include "vitsim/kernels/layer_norm.h"
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
    const GemmShape shape = shape_of(op);
    sums_.resize(static_cast<std::size_t>(shape.m * shape.n));
    const MatrixView<std::int64_t> sums(sums_.data(), shape.m, shape.n, shape.n);
    const IntMatrix turned = op.rhs_transposed ? transposed(input(op.rhs)) : IntMatrix();
    kernels::gemm(input(op.lhs), op.rhs_transposed ? std::as_const(turned).view() : input(op.rhs),
                  sums, graph_.tensor(op.lhs).bits, graph_.tensor(op.rhs).bits);
    std::vector<kernels::ChannelParams> params{op.uniform};
    if (op.params) {
      decode_params(constant_row(*op.params), params);
    }
    for (std::int64_t r = 0; r < shape.m; ++r) {
      const auto residual =
          op.residual ? input(*op.residual).row(r) : std::span<const std::int16_t>{};
      result_.saturated_sums += kernels::post_process_row(
          sums.row(r), params, residual, out_.row(r), {precision_.accumulator_bits, out_bits_});
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

 private:
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
