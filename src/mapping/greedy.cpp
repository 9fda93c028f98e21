// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/greedy.h"

#include "vitsim/mapping/allocator.h"
#include "vitsim/mapping/needs.h"
#include "vitsim/mapping/residency.h"

namespace vitsim::mapping {
namespace {

/// Gives addresses to a plan of residency, operator by operator.
class Placer {
 public:
  /// `reuse`: bytes that nobody needs any more are given to others.
  Placer(const model::Graph& graph, const config::Accelerator& machine,
         const std::vector<bool>& resident, bool reuse)
      : graph_(graph),
        machine_(machine),
        resident_(resident),
        reuse_(reuse),
        lifetimes_(lifetimes(Sequence(graph))),
        addresses_(graph.tensors.size(), -1),
        allocator_(machine.scratchpad.size_kib * Bytes{1024}, machine.scratchpad.bank_width_bytes) {
  }

  std::optional<Mapping> place() && {
    mapping_.all_on_chip = !reuse_;
    for (std::size_t op = 0; op < graph_.ops.size(); ++op) {
      if (!begin(static_cast<int>(op)) || !plan(op)) {
        return std::nullopt;
      }
      if (reuse_) {
        end(static_cast<int>(op));
      }
    }
    return std::move(mapping_);
  }

 private:
  bool begin(int op) {
    for (std::size_t id = 0; id < graph_.tensors.size(); ++id) {
      if (!resident_[id] || lifetimes_[id].first != op) {
        continue;
      }
      const model::Tensor& tensor = graph_.tensors[id];
      const auto address = allocator_.allocate_high(resident_bytes(tensor, machine_.scratchpad));
      if (!address) {
        return false;
      }
      addresses_[id] = *address;
      const int last = reuse_ ? lifetimes_[id].last : static_cast<int>(graph_.ops.size()) - 1;
      mapping_.stays.push_back(
          {static_cast<model::TensorId>(id), 0, tensor.cols, op, last, *address});
    }
    return true;
  }

  /// Tiles of the operator, and room for them that is free again afterwards.
  bool plan(std::size_t op) {
    const Needs needs = needs_of(graph_.ops[op], graph_, machine_, [this](const model::View& view) {
      return resident_[static_cast<std::size_t>(view.tensor)];
    });
    const Bytes free = allocator_.largest_free();
    return std::visit(
        [&](const auto& kind) {
          const auto tiling = choose_tiling(kind, machine_, free);
          const auto address = tiling ? allocator_.allocate(tiling->bytes) : std::nullopt;
          if (!address) {
            return false;
          }
          mapping_.ops.push_back({*tiling, *address});
          allocator_.release(*address);
          return true;
        },
        needs);
  }

  void end(int op) {
    for (std::size_t id = 0; id < graph_.tensors.size(); ++id) {
      if (resident_[id] && lifetimes_[id].last == op) {
        allocator_.release(addresses_[id]);
      }
    }
  }

  const model::Graph& graph_;
  const config::Accelerator& machine_;
  const std::vector<bool>& resident_;  ///< by tensor
  bool reuse_;
  std::vector<Lifetime> lifetimes_;
  std::vector<Bytes> addresses_;
  Allocator allocator_;
  Mapping mapping_;
};

}  // namespace

std::optional<Mapping> greedy_mapping(const model::Graph& graph,
                                      const config::Accelerator& machine) {
  const Bytes capacity = machine.scratchpad.size_kib * Bytes{1024};
  // Residents may leave free bytes in pieces too short for a tile; then fewer of them stay. With
  // none, the operator has the whole scratchpad in one piece.
  for (const int quarters : {4, 3, 2, 1, 0}) {
    const auto resident = plan_residency(graph, machine, capacity * quarters / 4);
    if (auto mapping = Placer(graph, machine, resident, true).place()) {
      return mapping;
    }
  }
  return std::nullopt;
}

std::optional<Mapping> mapping_on_chip(const model::Graph& graph,
                                       const config::Accelerator& machine) {
  std::vector<bool> resident;
  for (const model::Tensor& tensor : graph.tensors) {
    resident.push_back(tensor.role != model::Role::kConstant);
  }
  return Placer(graph, machine, resident, false).place();
}

}  // namespace vitsim::mapping
