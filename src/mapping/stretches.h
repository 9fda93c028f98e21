// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/chains.h"
#include "vitsim/mapping/partitions.h"
#include "vitsim/model/graph.h"

#include "catalogue.h"

namespace vitsim::mapping {

/// What may stay in the scratchpad between operators: an activation, or columns of it that several
/// operators read.
struct Item {
  model::TensorId tensor = -1;
  std::int64_t col = 0;
  std::int64_t cols = 0;
  bool window = false;  ///< only ever loaded
  int first = 0;        ///< operator that first writes it; of a window, that first reads it
  int last_write = -1;
  int last_read = -1;
  Room room;       ///< in the scratchpad
  Bytes size = 0;  ///< in DRAM
};

/// Where an item is.
enum class Where : std::uint64_t { kDram = 0, kScratchpad = 1, kBoth = 2 };

/// One operator, or a chain tile by tile, as the planner steps over it.
struct Stretch {
  Chain chain;
  /// An item that is alive before, during or behind it.
  struct Use {
    int item = -1;
    int before = -1;  ///< position among the items alive before; -1: not alive
    int behind = -1;
    bool read = false;
    Bytes written_bytes = 0;
    std::uint64_t views = 0;  ///< bits of a copy's views that it covers, in some copy
  };
  std::vector<Use> uses;
  std::uint64_t always = 0;  ///< bits of views that are in the scratchpad in any case
  Room pinned;               ///< of tensors that never leave it
};

/// All stretches of a graph.
class Stretches {
 public:
  Stretches(const Sequence& sequence, const config::Accelerator& machine,
            const Catalogue& catalogue);

  [[nodiscard]] const std::vector<Stretch>& from(int op) const {
    return by_first_[static_cast<std::size_t>(op)];
  }
  [[nodiscard]] const Item& item(int index) const {
    return items_[static_cast<std::size_t>(index)];
  }

 private:
  void find_tensors();
  void find_windows();
  void find_alive();
  [[nodiscard]] Stretch describe(const Chain& chain) const;
  void note_views(Stretch& stretch, const std::vector<bool>& ring) const;

  const Sequence& sequence_;
  const config::Accelerator& machine_;
  const Catalogue& catalogue_;
  std::vector<Item> items_;
  std::vector<std::vector<int>> alive_;  ///< before each operator, and behind the last: items
  std::vector<Room> pinned_;
  std::vector<std::vector<Stretch>> by_first_;
};

}  // namespace vitsim::mapping
