// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/residency.h"

#include "vitsim/mapping/needs.h"

namespace vitsim::mapping {

std::vector<Lifetime> lifetimes(const Sequence& sequence) {
  std::vector<Lifetime> spans(sequence.graph().tensors.size());
  const auto touch = [&](model::TensorId id, int op) {
    Lifetime& span = spans[static_cast<std::size_t>(id)];
    if (span.first < 0) {
      span.first = op;
    }
    span.last = op;
  };
  for (int op = 0; op < sequence.size(); ++op) {
    for (const model::View& view : inputs_of(sequence.op(op))) {
      touch(view.tensor, op);
    }
    touch(sequence.op(op).out.tensor, op);
  }
  return spans;
}

Room resident_room(const model::Tensor& tensor, const config::Scratchpad& scratchpad) {
  return {resident_bytes(tensor, scratchpad), partition_of(scratchpad, tensor.kind())};
}

std::vector<Room> room_on_chip(const Sequence& sequence, const config::Scratchpad& scratchpad) {
  const model::Graph& graph = sequence.graph();
  std::vector<Room> room(static_cast<std::size_t>(sequence.size()));
  const auto spans = lifetimes(sequence);
  for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
    const model::Tensor& tensor = graph.tensors[id];
    for (int op = spans[id].first; tensor.on_chip && op >= 0 && op <= spans[id].last; ++op) {
      room[static_cast<std::size_t>(op)] += resident_room(tensor, scratchpad);
    }
  }
  return room;
}

namespace {

class Planner {
 public:
  Planner(const model::Graph& graph, const config::Accelerator& machine, const Room& capacity)
      : graph_(graph),
        machine_(machine),
        capacity_(capacity),
        used_(room_on_chip(Sequence(graph), machine.scratchpad)),
        costs_(graph.ops.size()) {
    for (const model::Tensor& tensor : graph.tensors) {
      resident_.push_back(tensor.on_chip);
    }
    for (std::size_t i = 0; i < graph.ops.size(); ++i) {
      costs_[i] = cost(i, {});
    }
  }

  std::vector<bool> plan() && {
    const auto spans = lifetimes(Sequence(graph_));
    for (std::size_t id = 0; id < graph_.tensors.size(); ++id) {
      const bool may_stay = graph_.tensors[id].role == model::Role::kActivation &&
                            static_cast<model::TensorId>(id) != graph_.logits &&
                            !graph_.tensors[id].on_chip;
      if (may_stay && spans[id].first >= 0) {
        consider(id, spans[id]);
      }
    }
    return std::move(resident_);
  }

 private:
  using MaybeCost = std::optional<Cost>;

  [[nodiscard]] MaybeCost cost(std::size_t op, const Room& more) const {
    const auto resident = [this](const model::View& view) {
      return resident_[static_cast<std::size_t>(view.tensor)];
    };
    return cost_of(needs_of(graph_.ops[op], graph_, machine_, resident), machine_,
                   capacity_ - used_[op] - more);
  }

  /// Keeps the tensor in the scratchpad if that is possible and no dearer.
  void consider(std::size_t id, const Lifetime& span) {
    const model::Tensor& tensor = graph_.tensors[id];
    const Room room = resident_room(tensor, machine_.scratchpad);
    resident_[id] = true;
    std::vector<MaybeCost> after;
    Cost sum_before;
    Cost sum_after;
    for (auto op = static_cast<std::size_t>(span.first); op <= static_cast<std::size_t>(span.last);
         ++op) {
      after.push_back(cost(op, room));
      const MaybeCost& before = costs_[op];
      if (!after.back() || !before) {
        resident_[id] = false;
        return;
      }
      sum_before = {sum_before.cycles + before->cycles, sum_before.traffic + before->traffic};
      sum_after = {sum_after.cycles + after.back()->cycles,
                   sum_after.traffic + after.back()->traffic};
    }
    if (!(sum_after < sum_before)) {
      resident_[id] = false;
      return;
    }
    for (std::size_t i = 0; i < after.size(); ++i) {
      const std::size_t op = static_cast<std::size_t>(span.first) + i;
      costs_[op] = after[i];
      used_[op] += room;
    }
  }

  const model::Graph& graph_;
  const config::Accelerator& machine_;
  Room capacity_;
  std::vector<bool> resident_;    // what is on chip in any case included
  std::vector<Room> used_;        ///< by resident tensors, during each operator
  std::vector<MaybeCost> costs_;  ///< of each operator as planned so far
};

}  // namespace

std::vector<bool> plan_residency(const model::Graph& graph, const config::Accelerator& machine,
                                 const Room& capacity) {
  return Planner(graph, machine, capacity).plan();
}

}  // namespace vitsim::mapping
