// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/layout.h"

#include <algorithm>
#include <array>
#include <vector>

#include "vitsim/mapping/packing.h"
#include "vitsim/mapping/partitions.h"
#include "vitsim/mapping/tiling.h"

namespace vitsim::mapping {
namespace {

/// The blocks of a mapping, and who wants to know their addresses.
class Layout {
 public:
  Layout(const Sequence& sequence, const config::Accelerator& machine, Mapping& mapping)
      : sequence_(sequence), machine_(machine), mapping_(mapping) {
    add_stays();
    add_groups();
    add_operators();
  }

  Room place(const Room& limit) {
    Room heights;
    const auto ranges = config::partition_layout(machine_.scratchpad);
    for (std::size_t part = 0; part < ranges.size(); ++part) {
      const Packing packing =
          pack(blocks_[part], machine_.scratchpad.bank_width_bytes, limit.bytes[part]);
      for (std::size_t i = 0; i < blocks_[part].size(); ++i) {
        for (Bytes* const address : askers_[part][i]) {
          *address = ranges[part].address + packing.addresses[i];
        }
      }
      heights.bytes[part] = packing.height;
    }
    return heights;
  }

 private:
  void add(std::size_t partition, const Block& block, std::vector<Bytes*> askers) {
    blocks_[partition].push_back(block);
    askers_[partition].push_back(std::move(askers));
  }
  [[nodiscard]] std::size_t partition_of(const model::Tensor& tensor) const {
    return mapping::partition_of(machine_.scratchpad, tensor.kind());
  }

  /// Within a group all operators go on at once.
  void add_stays() {
    for (Stay& stay : mapping_.stays) {
      const model::Tensor& tensor =
          sequence_.graph().tensors[static_cast<std::size_t>(stay.tensor)];
      const Group* const from = group_of(mapping_, stay.first);
      const Group* const to = group_of(mapping_, stay.last);
      const int last = to != nullptr ? to->last : stay.last;
      add(partition_of(tensor),
          {from != nullptr ? from->first : stay.first, last,
           tensor.rows * resident_pitch(tensor, stay.cols, machine_.scratchpad), last},
          {&stay.address});
    }
  }

  void add_groups() {
    for (Group& group : mapping_.groups) {
      for (Ring& ring : group.rings) {
        const auto& out = sequence_.op(group.first + ring.stage).out;
        const model::Tensor& tensor = sequence_.tensor(out);
        add(partition_of(tensor),
            {group.first, group.last,
             ring.slots * group.rows * resident_pitch(tensor, tensor.cols, machine_.scratchpad),
             group.last},
            {&ring.address});
      }
      for (int stage = 0; stage < group.stages; ++stage) {
        std::vector<int> copies;
        copies.reserve(static_cast<std::size_t>(group.chains()));
        for (int op = group.first + stage; op <= group.last; op += group.stages) {
          copies.push_back(op);
        }
        add_slots(copies, group.first, group.last);
      }
    }
  }

  void add_operators() {
    for (int op = 0; op < sequence_.size(); ++op) {
      if (group_of(mapping_, op) == nullptr) {
        add_slots({op}, op, op);
      }
    }
  }

  /// The slots of an operator, or of a stage in all copies of a chain. They had better not be given
  /// to the next operator.
  void add_slots(const std::vector<int>& copies, int first, int last) {
    const Room room = plan(copies.front()).room();
    const int linger = std::min(last + 1, sequence_.size() - 1);
    for (std::size_t part = 0; part < partition_count(machine_.scratchpad); ++part) {
      std::vector<Bytes*> askers;
      askers.reserve(copies.size());
      for (const int op : copies) {
        askers.push_back(&plan(op).addresses[part]);
      }
      add(part, {first, last, room.bytes[part], linger}, std::move(askers));
    }
  }

  OpPlan& plan(int op) { return mapping_.ops[static_cast<std::size_t>(op)]; }

  const Sequence& sequence_;
  const config::Accelerator& machine_;
  Mapping& mapping_;
  std::array<std::vector<Block>, config::kTensorKinds> blocks_;                ///< by partition
  std::array<std::vector<std::vector<Bytes*>>, config::kTensorKinds> askers_;  ///< of each block
};

}  // namespace

Room place(const Sequence& sequence, const config::Accelerator& machine, Mapping& mapping,
           const Room& limit) {
  return Layout(sequence, machine, mapping).place(limit);
}

}  // namespace vitsim::mapping
