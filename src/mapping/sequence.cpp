// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/sequence.h"

#include <algorithm>
#include <set>

namespace vitsim::mapping {
namespace {

bool is_free(const model::Op& op) {
  const bool known = std::holds_alternative<model::Matmul>(op.work) ||
                     std::holds_alternative<model::Softmax>(op.work) ||
                     std::holds_alternative<model::Gelu>(op.work) ||
                     std::holds_alternative<model::LayerNorm>(op.work) ||
                     std::holds_alternative<model::Add>(op.work);
  return known && op.begins_after == 0;
}

}  // namespace

std::vector<int> depth_first_order(const model::Graph& graph) {
  if (!std::ranges::all_of(graph.ops, is_free)) {
    return {};
  }
  const std::size_t count = graph.ops.size();
  std::vector<int> writes_left(graph.tensors.size(), 0);
  std::vector<std::vector<int>> readers(graph.tensors.size());
  for (std::size_t op = 0; op < count; ++op) {
    ++writes_left[static_cast<std::size_t>(graph.ops[op].out.tensor)];
    for (const model::View& view : inputs_of(graph.ops[op])) {
      readers[static_cast<std::size_t>(view.tensor)].push_back(static_cast<int>(op));
    }
  }
  const auto ready = [&](int op) {
    return std::ranges::all_of(inputs_of(graph.ops[static_cast<std::size_t>(op)]),
                               [&](const model::View& view) {
                                 return writes_left[static_cast<std::size_t>(view.tensor)] == 0;
                               });
  };
  std::set<int> waiting;
  for (std::size_t op = 0; op < count; ++op) {
    waiting.insert(static_cast<int>(op));
  }
  std::vector<int> order;
  while (!waiting.empty()) {
    // A reader of the last result, else the first operator that can run.
    auto next = waiting.end();
    if (!order.empty()) {
      const auto last = graph.ops[static_cast<std::size_t>(order.back())].out.tensor;
      for (const int reader : readers[static_cast<std::size_t>(last)]) {
        const auto at = waiting.find(reader);
        if (at != waiting.end() && ready(reader)) {
          next = at;
          break;
        }
      }
    }
    if (next == waiting.end()) {
      next = std::ranges::find_if(waiting, ready);
    }
    order.push_back(*next);
    --writes_left[static_cast<std::size_t>(graph.ops[static_cast<std::size_t>(*next)].out.tensor)];
    waiting.erase(next);
  }
  return order;
}

}  // namespace vitsim::mapping
