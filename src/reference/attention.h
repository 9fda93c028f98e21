// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/matrix.h"

namespace vitsim::reference {

/// Operands of one head, [n x d] each.
struct Head {
  MatrixView<const float> q;
  MatrixView<const float> k;
  MatrixView<const float> v;
};

/// Is shown what lies between a head's operands and its result, under Observer's names less the
/// block before and the head behind (`.attn.scores`).
using ShowHead = std::function<void(std::string_view name, MatrixView<const float> tensor)>;

/// One kind of attention, with the buffers that all heads share.
class HeadAttention {
 public:
  HeadAttention(config::Attention attention, std::int64_t queries, std::int64_t keys,
                std::int64_t head_dim);

  /// Writes [queries x d] to `context`. `show` may be empty.
  void run(const Head& head, MatrixView<float> context, const ShowHead& show = {});

  /// The released code's attention with a sparse part, [queries x keys], from elsewhere.
  void run_released(const Head& head, MatrixView<const float> sparse, MatrixView<float> context,
                    const ShowHead& show = {});

 private:
  void softmax(const Head& head, MatrixView<float> context, const ShowHead& show);
  void taylor(const Head& head, MatrixView<float> context, const ShowHead& show);
  void find_sparse(const Head& head, const ShowHead& show);

  config::Attention attention_;
  Matrix<float> scores_;  // then the attention weights
  Matrix<float> k_hat_;
  Matrix<float> g_;
  Matrix<float> low_rank_;
  Matrix<float> q4_;
  Matrix<float> k4_;
};

}  // namespace vitsim::reference
