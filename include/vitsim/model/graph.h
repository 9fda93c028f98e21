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

#include "vitsim/config/partition_layout.h"
#include "vitsim/core/matrix.h"
#include "vitsim/kernels/post_process.h"
#include "vitsim/kernels/taylor.h"

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
  std::vector<double> scales{};
  std::vector<std::byte> bytes{};  ///< content of a constant
  bool skewed = false;             ///< in the scratchpad neighbouring rows begin in different banks
  bool on_chip = false;            ///< never goes through DRAM
  bool of_head = false;            ///< of one head of an attention: scores, weights, vectors

  /// Which partition of a scratchpad is for it.
  [[nodiscard]] config::TensorKind kind() const {
    return role == Role::kConstant ? config::TensorKind::kWeights
           : of_head               ? config::TensorKind::kScores
                                   : config::TensorKind::kActivations;
  }
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

/// out = post_process(lhs x rhs). Shapes: lhs [M x K], rhs [K x N]; where one is transposed it lies
/// as [K x M] or [N x K].
struct Matmul {
  View lhs;
  View rhs;
  bool lhs_transposed = false;
  bool rhs_transposed = false;
  /// ChannelParams of each column ([1 x N], as parameter bytes), or `uniform` for all.
  std::optional<View> params{};
  kernels::ChannelParams uniform{};
  std::optional<View> residual{};  ///< [M x N], added after rescaling
  bool count_clipped = false;      ///< results that do not fit their width are counted
};

/// out = post_process(correct(lhs x rhs)): G of Taylor attention with deferred centring.
struct CorrectedMatmul {
  Matmul product;
  View k_mean;  ///< [1 x M]
  View v_sum;   ///< [1 x 2 N], words of kernels::store_sums()
  int fraction_bits = 0;
};

/// out = diag(t_D)^-1 (lhs x rhs + factor v_sum): the last steps of Taylor attention.
struct TaylorContext {
  Matmul product;                 ///< Q G; its own finish has no meaning
  View v_sum;                     ///< [1 x 2 N], words
  kernels::Rescale value_factor;  ///< from v_sum to the scale of Q G
  /// [1 x K], stands beside G in SA-Diag: t_D = lhs k_hat_sum^T + constant. None where t_D is
  /// the constant.
  std::optional<View> k_hat_sum{};
  std::int64_t constant = 0;
  kernels::Quotient quotient;
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

/// Sums over tokens: out is [1 x 2 d], words of kernels::store_sums(), or [1 x d] of 16 bits.
struct TokenSum {
  View in;                  ///< [n x d], or [d x n]
  bool by_feature = false;  ///< the latter
};

/// k_mean.
struct TokenMean {
  View sums;  ///< [1 x 2 d], words
  kernels::Mean mean;
};

/// K_hat = K - k_mean.
struct Center {
  View in;    ///< [n x d]
  View mean;  ///< [1 x d]
  kernels::Center center;
  bool by_feature = false;  ///< out is [d x n]
};

/// Of each token its mean over its own features is subtracted, as the released code does.
struct CenterFeatures {
  View in;
  kernels::Mean mean;
  kernels::Center center;
};

/// What rounding leaves of the sum of K_hat, where K_hat is not computed.
struct CenterResidue {
  View sums;    ///< [1 x 2 d], words
  View k_mean;  ///< [1 x d]
  kernels::Mean mean;
};

/// out = rescale(in), no less than `lowest` and no more than `highest`.
struct Requantize {
  View in;
  kernels::Rescale rescale;
  std::int16_t lowest = 0;
  std::int16_t highest = 0;
};

/// One operator. `layer` is what reports sum up: the heads of one QK^T are one layer.
struct Op {
  std::string name;
  std::string layer;
  View out;
  std::variant<Matmul, CorrectedMatmul, TaylorContext, Softmax, Gelu, LayerNorm, Add, TokenSum,
               TokenMean, Center, CenterFeatures, CenterResidue, Requantize>
      work;
  /// All operators before the one of this index are done when it begins, whatever it reads.
  std::size_t begins_after = 0;
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

/// The product that an operator consists of, whatever follows it; null where there is none.
const Matmul* product_of(const Op& op);

/// All windows that an operator reads.
std::vector<View> inputs_of(const Op& op);

/// Arithmetic that an operator asks for, as papers count it: no rescaling, no padding.
struct Operations {
  std::int64_t multiply = 0;
  std::int64_t add = 0;
  std::int64_t divide = 0;
  std::int64_t exp = 0;
  Operations& operator+=(const Operations& other);
};
Operations operations_of(const Op& op);

}  // namespace vitsim::model
