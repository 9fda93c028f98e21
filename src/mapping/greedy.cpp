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
        addresses_(graph.tensors.size(), -1) {
    for (const config::PartitionRange& range : config::partition_layout(machine.scratchpad)) {
      allocators_.emplace_back(range.bytes, machine.scratchpad.bank_width_bytes, range.address);
    }
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
      const auto address =
          allocator_of(tensor).allocate_high(resident_bytes(tensor, machine_.scratchpad));
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
    const Room free = free_room();
    return std::visit(
        [&](const auto& kind) {
          const auto chosen = choose_tiling(kind, machine_, free);
          if (chosen) {
            mapping_.ops.push_back({chosen->tiling, slots_for(chosen->tiling.room)});
          }
          return chosen.has_value();
        },
        needs);
  }

  /// The longest free stretch of each partition.
  [[nodiscard]] Room free_room() const {
    Room room;
    for (std::size_t i = 0; i < allocators_.size(); ++i) {
      room.bytes[i] = allocators_[i].largest_free();
    }
    return room;
  }

  /// Of no more than free_room(). An operator without slots may find everything taken.
  Addresses slots_for(const Room& room) {
    Addresses addresses{};
    for (std::size_t i = 0; i < allocators_.size(); ++i) {
      if (const auto address = allocators_[i].allocate(room.bytes[i])) {
        addresses[i] = *address;
        allocators_[i].release(*address);
      }
    }
    return addresses;
  }

  Allocator& allocator_of(const model::Tensor& tensor) {
    return allocators_[partition_of(machine_.scratchpad, tensor.kind())];
  }

  void end(int op) {
    for (std::size_t id = 0; id < graph_.tensors.size(); ++id) {
      if (resident_[id] && lifetimes_[id].last == op) {
        allocator_of(graph_.tensors[id]).release(addresses_[id]);
      }
    }
  }

  const model::Graph& graph_;
  const config::Accelerator& machine_;
  const std::vector<bool>& resident_;  ///< by tensor
  bool reuse_;
  std::vector<Lifetime> lifetimes_;
  std::vector<Bytes> addresses_;
  std::vector<Allocator> allocators_;  ///< of the partitions
  Mapping mapping_;
};

}  // namespace

std::optional<Mapping> greedy_mapping(const model::Graph& graph,
                                      const config::Accelerator& machine) {
  // Residents may leave free bytes in pieces too short for a tile; then fewer of them stay. With
  // none, the operator has the whole scratchpad in one piece.
  for (const int quarters : {4, 3, 2, 1, 0}) {
    Room capacity = capacity_of(machine.scratchpad);
    for (Bytes& bytes : capacity.bytes) {
      bytes = bytes * quarters / 4;
    }
    const auto resident = plan_residency(graph, machine, capacity);
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
