// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <numeric>
#include <utility>
#include <vector>

#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// The operators of a graph in the order in which they are emitted. What counts operators in a
/// mapping counts them in this order.
class Sequence {
 public:
  /// `order`: indices into Graph::ops; none stands for the graph's own order.
  explicit Sequence(const model::Graph& graph, std::vector<int> order = {})
      : graph_(&graph), order_(std::move(order)) {
    if (order_.empty()) {
      order_.resize(graph.ops.size());
      std::iota(order_.begin(), order_.end(), 0);
    }
  }

  [[nodiscard]] const model::Graph& graph() const { return *graph_; }
  [[nodiscard]] const model::Tensor& tensor(const model::View& view) const {
    return graph_->tensor(view);
  }
  [[nodiscard]] int size() const { return static_cast<int>(order_.size()); }
  [[nodiscard]] int index(int position) const { return order_[static_cast<std::size_t>(position)]; }
  [[nodiscard]] const model::Op& op(int position) const {
    return graph_->ops[static_cast<std::size_t>(index(position))];
  }

 private:
  const model::Graph* graph_;
  std::vector<int> order_;
};

/// The order in which what an operator has computed is used up as soon as can be: a head's scores,
/// softmax and weighted sum before the next head. Empty, the graph's own order, where the graph
/// asks for another (Taylor attention, which overlaps heads by its order).
std::vector<int> depth_first_order(const model::Graph& graph);

}  // namespace vitsim::mapping
