// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "vitsim/core/matrix.h"
#include "vitsim/kernels/post_process.h"

/// The network as the machine sees it: operators on integer tensors. It knows shapes, integers and
/// scales, and neither tiles nor cycles.
namespace vitsim::model {

enum class Role {
  kInput,       ///< written by the host before each image
  kConstant,    ///< written by the host once: weights, parameters of channels
  kActivation,  ///< written by the machine
};

/// A tensor in memory, row-major and packed.
struct Tensor {
  std::string name;
  Role role = Role::kActivation;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  int bits = 8;           ///< width of an integer; 0 for a table of parameters
  int element_bytes = 1;  ///< what one column takes in memory
  /// Real value = integer * scale. Several scales are those of as many equal groups of columns.
  std::vector<double> scales;
  std::vector<std::byte> bytes;  ///< content of a constant

  [[nodiscard]] std::int64_t row_bytes() const { return cols * element_bytes; }
  [[nodiscard]] std::int64_t size_bytes() const { return rows * row_bytes(); }
  [[nodiscard]] double scale_of_column(std::int64_t col) const;
};

using TensorId = int;

/// A window on a tensor.
struct View {
  TensorId tensor = -1;
  std::int64_t row = 0;
  std::int64_t col = 0;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
};

/// out = post_process(lhs x rhs). Shapes: lhs [M x K], rhs [K x N], or [N x K] where it is
/// transposed.
struct Matmul {
  View lhs;
  View rhs;
  bool rhs_transposed = false;
  /// ChannelParams of each column ([1 x N], as parameter bytes), or `uniform` for all.
  std::optional<View> params;
  kernels::ChannelParams uniform;
  std::optional<View> residual;  ///< [M x N], added after rescaling
};

/// A function of one row: integer softmax, integer GELU.
using RowKernel = std::function<void(std::span<const std::int16_t>, std::span<std::int16_t>)>;

struct Softmax {
  View in;
  RowKernel kernel;
};

struct Gelu {
  View in;
  RowKernel kernel;
};

struct LayerNorm {
  View in;
  View params;  ///< LayerNormParams of each feature, as parameter bytes
  int shift = 1;
};

/// out = a + b, saturated.
struct Add {
  View a;
  View b;
};

/// One operator. `layer` is what reports sum up: the heads of one QK^T are one layer.
struct Op {
  std::string name;
  std::string layer;
  View out;
  std::variant<Matmul, Softmax, Gelu, LayerNorm, Add> work;
};

/// Operators in an order in which each reads only what was written before.
struct Graph {
  std::vector<Tensor> tensors;
  std::vector<Op> ops;
  TensorId input = -1;
  TensorId logits = -1;

  [[nodiscard]] const Tensor& tensor(const View& view) const {
    return tensors[static_cast<std::size_t>(view.tensor)];
  }
};

/// M, K and N of a product.
struct GemmShape {
  std::int64_t m = 0;
  std::int64_t k = 0;
  std::int64_t n = 0;
  [[nodiscard]] std::int64_t macs() const { return m * k * n; }
};
GemmShape shape_of(const Matmul& matmul);

/// All windows that an operator reads.
std::vector<View> inputs_of(const Op& op);

}  // namespace vitsim::model
