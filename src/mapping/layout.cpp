// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/layout.h"

#include <algorithm>
#include <vector>

#include "vitsim/mapping/packing.h"
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

  Bytes place(Bytes limit) {
    const Packing packing = pack(blocks_, machine_.scratchpad.bank_width_bytes, limit);
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      for (Bytes* const address : askers_[i]) {
        *address = packing.addresses[i];
      }
    }
    return packing.height;
  }

 private:
  void add(const Block& block, std::vector<Bytes*> askers) {
    blocks_.push_back(block);
    askers_.push_back(std::move(askers));
  }

  /// The group that an operator belongs to; null where there is none.
  [[nodiscard]] const Group* group_of(int op) const {
    const auto group = std::ranges::find_if(
        mapping_.groups, [&](const Group& one) { return one.first <= op && op <= one.last; });
    return group == mapping_.groups.end() ? nullptr : &*group;
  }

  /// Within a group all operators go on at once.
  void add_stays() {
    for (Stay& stay : mapping_.stays) {
      const model::Tensor& tensor =
          sequence_.graph().tensors[static_cast<std::size_t>(stay.tensor)];
      const Group* const from = group_of(stay.first);
      const Group* const to = group_of(stay.last);
      const int last = to != nullptr ? to->last : stay.last;
      add({from != nullptr ? from->first : stay.first, last,
           tensor.rows * resident_pitch(tensor, stay.cols, machine_.scratchpad), last},
          {&stay.address});
    }
  }

  void add_groups() {
    for (Group& group : mapping_.groups) {
      for (Ring& ring : group.rings) {
        const auto& out = sequence_.op(group.first + ring.stage).out;
        const model::Tensor& tensor = sequence_.tensor(out);
        add({group.first, group.last,
             ring.slots * group.rows * resident_pitch(tensor, tensor.cols, machine_.scratchpad),
             group.last},
            {&ring.address});
      }
      for (int stage = 0; stage < group.stages; ++stage) {
        std::vector<Bytes*> askers;
        for (int op = group.first + stage; op <= group.last; op += group.stages) {
          askers.push_back(&plan(op).address);
        }
        add(slots(group.first + stage, group.first, group.last), std::move(askers));
      }
    }
  }

  void add_operators() {
    for (int op = 0; op < sequence_.size(); ++op) {
      if (group_of(op) == nullptr) {
        add(slots(op, op, op), {&plan(op).address});
      }
    }
  }

  /// The slots of an operator; they had better not be given to the next one.
  [[nodiscard]] Block slots(int op, int first, int last) const {
    const Bytes bytes = std::visit([](const auto& tiling) { return tiling.bytes; },
                                   mapping_.ops[static_cast<std::size_t>(op)].tiling);
    const int ops = sequence_.size();
    return {first, last, bytes, std::min(last + 1, ops - 1)};
  }

  OpPlan& plan(int op) { return mapping_.ops[static_cast<std::size_t>(op)]; }

  const Sequence& sequence_;
  const config::Accelerator& machine_;
  Mapping& mapping_;
  std::vector<Block> blocks_;
  std::vector<std::vector<Bytes*>> askers_;
};

}  // namespace

Bytes place(const Sequence& sequence, const config::Accelerator& machine, Mapping& mapping,
            Bytes limit) {
  return Layout(sequence, machine, mapping).place(limit);
}

}  // namespace vitsim::mapping
