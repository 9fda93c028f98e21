// SPDX-License-Identifier: Apache-2.0
#include "attention.h"

#include "operators.h"

namespace vitsim::reference {
namespace {

/// Attention weights up to this are no part of the released code's sparse part.
constexpr float kSparseThreshold = 0.002F;

void show_to(const ShowHead& show, std::string_view name, MatrixView<const float> tensor) {
  if (show) {
    show(name, tensor);
  }
}

}  // namespace

HeadAttention::HeadAttention(config::Attention attention, std::int64_t queries, std::int64_t keys,
                             std::int64_t head_dim)
    : attention_(attention) {
  if (attention != config::Attention::kTaylor) {
    scores_ = Matrix<float>(queries, keys);
  }
  if (attention != config::Attention::kSoftmax) {
    k_hat_ = Matrix<float>(keys, head_dim);
    g_ = Matrix<float>(head_dim, head_dim);
  }
  if (attention == config::Attention::kTaylorReleased) {
    low_rank_ = Matrix<float>(queries, head_dim);
    q4_ = Matrix<float>(queries, head_dim);
    k4_ = Matrix<float>(keys, head_dim);
  }
}

void HeadAttention::run(const Head& head, MatrixView<float> context, const ShowHead& show) {
  switch (attention_) {
    case config::Attention::kSoftmax:
      softmax(head, context, show);
      return;
    case config::Attention::kTaylor:
      taylor(head, context, show);
      return;
    case config::Attention::kTaylorReleased:
      find_sparse(head, show);
      run_released(head, scores_.view(), context, show);
      return;
  }
}

void HeadAttention::softmax(const Head& head, MatrixView<float> context, const ShowHead& show) {
  attention_scores(head.q, head.k, scores_.view());
  show_to(show, ".attn.scores", scores_.view());
  softmax_rows(scores_.view());
  show_to(show, ".attn.weights", scores_.view());
  multiply(scores_.view(), head.v, context);
}

void HeadAttention::taylor(const Head& head, MatrixView<float> context, const ShowHead& show) {
  center_over_tokens(head.k, k_hat_.view());
  show_to(show, ".attn.k_hat", k_hat_.view());
  multiply_transposed(k_hat_.view(), head.v, g_.view());
  show_to(show, ".attn.g", g_.view());
  taylor_quotient(head.q, k_hat_.view(), head.v, g_.view(), context);
}

void HeadAttention::find_sparse(const Head& head, const ShowHead& show) {
  // The granularity is not published; a head at a time is our choice.
  fake_quantize(head.q, q4_.view());
  fake_quantize(head.k, k4_.view());
  attention_scores(q4_.view(), k4_.view(), scores_.view());
  show_to(show, ".attn.scores", scores_.view());
  softmax_rows(scores_.view());
  cut_off(scores_.view(), kSparseThreshold);
  show_to(show, ".attn.weights", scores_.view());
}

void HeadAttention::run_released(const Head& head, MatrixView<const float> sparse,
                                 MatrixView<float> context, const ShowHead& show) {
  center_over_features(head.k, k_hat_.view());
  show_to(show, ".attn.k_hat", k_hat_.view());
  multiply_transposed(k_hat_.view(), head.v, g_.view());
  show_to(show, ".attn.g", g_.view());
  multiply(head.q, g_.view(), low_rank_.view());
  divide_by_sqrt(low_rank_.view(), head.q.cols());
  show_to(show, ".attn.low_rank", low_rank_.view());
  multiply(sparse, head.v, context);
  divide_by_sqrt(context, head.q.cols());
  add_to(context, low_rank_.view());
}

}  // namespace vitsim::reference
