// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "vitsim/config/partition_layout.h"
#include "vitsim/mapping/layout.h"
#include "vitsim/mapping/partitions.h"
#include "vitsim/mapping/tiling.h"

#include "mapping_draft.h"

namespace vitsim::mapping {
namespace {

/// Bytes that are in use while operators [first, last] run, and who has them.
struct Part {
  int first = 0;
  int last = 0;
  std::size_t partition = 0;
  Bytes bytes = 0;
  Bytes address = -1;
  std::string name;
  std::string path;  ///< of its address
  const config::Origin* origin = nullptr;

  [[noreturn]] void fail(const std::string& message) const {
    origin->fail(fmt::format("{}: {}", path, message));
  }
};

/// Lists the parts of a mapping: its stays, its rings and the slots of its operators. Those of a
/// group are all in use while any of its operators runs.
class Parts {
 public:
  explicit Parts(const Draft& draft) : draft_(draft) {
    add_stays();
    for (std::size_t i = 0; i < draft.mapping.groups.size(); ++i) {
      add_rings(i);
    }
    add_slots();
  }
  std::vector<Part> take() && { return std::move(parts_); }

 private:
  void add(Part part) {
    if (part.bytes > 0) {
      parts_.push_back(std::move(part));
    }
  }

  [[nodiscard]] std::size_t partition(const model::Tensor& tensor) const {
    return partition_of(draft_.machine.scratchpad, tensor.kind());
  }
  [[nodiscard]] Bytes pitch(const model::Tensor& tensor, std::int64_t cols) const {
    return resident_pitch(tensor, cols, draft_.machine.scratchpad);
  }

  void add_stays() {
    for (std::size_t i = 0; i < draft_.mapping.stays.size(); ++i) {
      const Stay& stay = draft_.mapping.stays[i];
      const model::Tensor& tensor = draft_.tensor(stay.tensor);
      const Group* const from = draft_.group_of(stay.first);
      const Group* const to = draft_.group_of(stay.last);
      add({from == nullptr ? stay.first : from->first, to == nullptr ? stay.last : to->last,
           partition(tensor), tensor.rows * pitch(tensor, stay.cols), stay.address,
           fmt::format("the stay of '{}'", tensor.name), fmt::format("stays[{}].address", i),
           &draft_.document.stays[i].origin});
    }
  }

  void add_rings(std::size_t index) {
    const Group& group = draft_.mapping.groups[index];
    for (std::size_t i = 0; i < group.rings.size(); ++i) {
      const Ring& ring = group.rings[i];
      const int writer = group.first + ring.stage;
      const model::Tensor& tensor = draft_.sequence.tensor(draft_.sequence.op(writer).out);
      add({group.first, group.last, partition(tensor),
           ring.slots * group.rows * pitch(tensor, tensor.cols), ring.address,
           fmt::format("the ring behind '{}'", draft_.name_of(writer)),
           fmt::format("groups[{}].rings[{}].address", index, i),
           &draft_.document.groups[index].rings[i].origin});
    }
  }

  void add_slots() {
    for (int op = 0; op < draft_.sequence.size(); ++op) {
      const Group* const group = draft_.group_of(op);
      if (group != nullptr && op >= group->first + group->stages) {
        continue;  // copies of a chain take turns in the slots of the first
      }
      const OpPlan& plan = draft_.mapping.ops[static_cast<std::size_t>(op)];
      for (std::size_t i = 0; i < partition_count(draft_.machine.scratchpad); ++i) {
        add({group == nullptr ? op : group->first, group == nullptr ? op : group->last, i,
             plan.room().bytes[i], plan.addresses[i],
             fmt::format("the slots of '{}'", draft_.name_of(op)),
             fmt::format("operators[{}].addresses[{}]", op, i),
             &draft_.document.operators[static_cast<std::size_t>(op)].origin});
      }
    }
  }

  const Draft& draft_;
  std::vector<Part> parts_;
};

class AddressCheck {
 public:
  explicit AddressCheck(Draft& draft)
      : draft_(draft),
        ranges_(config::partition_layout(draft.machine.scratchpad)),
        parts_(Parts(draft).take()) {}

  void run() {
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      check_sum(i);
    }
    if (std::ranges::all_of(parts_, [](const Part& part) { return part.address < 0; })) {
      give_addresses();
      return;
    }
    for (const Part& part : parts_) {
      check_address(part);
    }
    check_overlaps();
  }

 private:
  /// What sets the size of a partition, and what it says.
  [[nodiscard]] std::string limit(std::size_t partition) const {
    const config::Scratchpad& pad = draft_.machine.scratchpad;
    const std::string whole = fmt::format("accelerator.scratchpad.size_kib '{}'", pad.size_kib);
    return pad.partitions
               ? fmt::format("partition '{}', of {}", config::kTensorKindNames[partition], whole)
               : whole;
  }

  void give_addresses() {
    const Room capacity = capacity_of(draft_.machine.scratchpad);
    const Room needed = place(draft_.sequence, draft_.machine, draft_.mapping, capacity);
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      if (needed.bytes[i] > capacity.bytes[i]) {
        draft_.document.root.origin.fail(fmt::format(
            "operators: got a mapping that takes {} bytes as vitsim lays it out, expected at most "
            "{} ({})",
            needed.bytes[i], capacity.bytes[i], limit(i)));
      }
    }
  }

  /// What is in use during one operator is no more than there is.
  void check_sum(std::size_t partition) const {
    std::vector<Bytes> change(static_cast<std::size_t>(draft_.sequence.size()) + 1, 0);
    for (const Part& part : parts_) {
      if (part.partition == partition) {
        change[static_cast<std::size_t>(part.first)] += part.bytes;
        change[static_cast<std::size_t>(part.last) + 1] -= part.bytes;
      }
    }
    const Bytes capacity = ranges_[partition].bytes;
    Bytes used = 0;
    for (int op = 0; op < draft_.sequence.size(); ++op) {
      used += change[static_cast<std::size_t>(op)];
      if (used > capacity) {
        draft_.document.operators[static_cast<std::size_t>(op)].origin.fail(fmt::format(
            "operators[{}]: got {} bytes in use during '{}', its slots, stays and rings, expected "
            "at most {} ({})",
            op, used, draft_.name_of(op), capacity, limit(partition)));
      }
    }
  }

  void check_address(const Part& part) const {
    const Bytes word = draft_.machine.scratchpad.bank_width_bytes;
    const config::PartitionRange& range = ranges_[part.partition];
    if (part.address < 0) {
      part.fail("got none, expected one, as others have theirs; or none anywhere");
    }
    if (part.address % word != 0) {
      part.fail(fmt::format("got '{}', expected a multiple of {}, the width of a bank",
                            part.address, word));
    }
    const Bytes most = range.address + range.bytes - part.bytes;
    if (part.address < range.address || part.address > most) {
      part.fail(fmt::format("got '{}', expected {} to {}: {} takes {} of {} bytes ({})",
                            part.address, range.address, most, part.name, part.bytes, range.bytes,
                            limit(part.partition)));
    }
  }

  /// Of two neighbours in the scratchpad the lower ends before the higher begins.
  void check_overlaps() const {
    std::vector<std::vector<const Part*>> begins(static_cast<std::size_t>(draft_.sequence.size()));
    std::vector<std::vector<const Part*>> ends(begins.size());
    for (const Part& part : parts_) {
      begins[static_cast<std::size_t>(part.first)].push_back(&part);
      ends[static_cast<std::size_t>(part.last)].push_back(&part);
    }
    std::map<Bytes, const Part*> in_use;
    for (std::size_t op = 0; op < begins.size(); ++op) {
      for (const Part* part : begins[op]) {
        const auto above = in_use.lower_bound(part->address);
        if (above != in_use.end()) {
          check_pair(*part, *above->second, static_cast<int>(op));
        }
        if (above != in_use.begin()) {
          check_pair(*part, *std::prev(above)->second, static_cast<int>(op));
        }
        in_use.emplace(part->address, part);
      }
      for (const Part* part : ends[op]) {
        in_use.erase(part->address);
      }
    }
  }

  void check_pair(const Part& part, const Part& other, int op) const {
    if (part.address < other.address + other.bytes && other.address < part.address + part.bytes) {
      part.fail(
          fmt::format("got '{}' for {}, {} bytes, expected bytes apart from {}, which has {} "
                      "from {} on: both are in use during '{}'",
                      part.address, part.name, part.bytes, other.name, other.bytes, other.address,
                      draft_.name_of(op)));
    }
  }

  Draft& draft_;
  std::vector<config::PartitionRange> ranges_;
  std::vector<Part> parts_;
};

}  // namespace

void check_addresses(Draft& draft) { AddressCheck(draft).run(); }

}  // namespace vitsim::mapping
