// SPDX-License-Identifier: Apache-2.0
#include "float_comparison.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "vitsim/core/interrupt.h"
#include "vitsim/reference/network.h"

namespace vitsim::sim {
namespace {

/// What the float network shows beside the context of another attention, for the same q, k and v.
constexpr std::string_view kSoftmaxContext = ".softmax_context";

ErrorFigure& own(LayerError& layer) { return layer.figure; }
ErrorFigure& against_softmax(LayerError& layer) {
  return layer.against_softmax ? *layer.against_softmax : layer.against_softmax.emplace();
}

/// Whether the operator writes its result as [features x tokens]; the float network never does.
bool writes_transposed(const model::Op& op) {
  const auto* center = std::get_if<model::Center>(&op.work);
  return center != nullptr && center->by_feature;
}

}  // namespace

std::vector<int> best_classes(std::span<const float> logits, std::size_t count) {
  std::vector<int> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const std::size_t kept = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                    [&](int a, int b) {
                      const float x = logits[static_cast<std::size_t>(a)];
                      const float y = logits[static_cast<std::size_t>(b)];
                      return x != y ? x > y : a < b;
                    });
  order.resize(kept);
  return order;
}

FloatComparison::FloatComparison(const config::Model& model, const Network& network,
                                 const model::Graph& graph, config::Attention attention)
    : model_(model), network_(network), graph_(graph), attention_(attention) {
  for (const model::Op& op : graph.ops) {
    writers_[graph.tensor(op.out).name].push_back(&op);
    if (std::ranges::find(errors_, op.layer, &LayerError::name) == errors_.end()) {
      errors_.push_back({op.layer, {}, {}});
    }
  }
}

int FloatComparison::compare(const model::Image& image, const model::IntegerResult& integers) {
  const auto logits =
      reference::run_network(model_, network_.weights, attention_, image.patches.view(),
                             [&](const std::string& name, MatrixView<const float> exact) {
                               check_interrupt();  // nobody would wait for the rest
                               compare_tensor(name, exact, integers);
                             });
  return best_classes(logits, 1).front();
}

void FloatComparison::compare_tensor(const std::string& name, MatrixView<const float> exact,
                                     const model::IntegerResult& integers) {
  if (name.ends_with(kSoftmaxContext)) {
    const std::string attention = name.substr(0, name.size() - kSoftmaxContext.size());
    add(attention + ".context", against_softmax, exact, integers);
  } else {
    add(name, own, exact, integers);
  }
}

void FloatComparison::add(const std::string& tensor, Figure figure, MatrixView<const float> exact,
                          const model::IntegerResult& integers) {
  const auto writers = writers_.find(tensor);
  if (writers == writers_.end()) {
    return;
  }
  const model::Op& first = *writers->second.front();
  Matrix<float> got = model::dequantize(
      graph_.tensor(first.out), integers.tensors[static_cast<std::size_t>(first.out.tensor)]);
  if (writes_transposed(first)) {  // the whole tensor
    got = transposed(std::as_const(got).view());
    figure(error_of(first.layer)).add(exact, std::as_const(got).view());
    return;
  }
  for (const model::Op* op : writers->second) {
    const model::View& out = op->out;
    figure(error_of(op->layer))
        .add(exact.block(out.row, out.col, out.rows, out.cols),
             std::as_const(got).view().block(out.row, out.col, out.rows, out.cols));
  }
}

LayerError& FloatComparison::error_of(const std::string& layer) {
  return *std::ranges::find(errors_, layer, &LayerError::name);
}

std::vector<LayerError> FloatComparison::errors() && {
  std::erase_if(errors_, [](const LayerError& layer) { return layer.figure.count() == 0; });
  return std::move(errors_);
}

}  // namespace vitsim::sim
