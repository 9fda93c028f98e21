// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "emitter.h"

namespace vitsim::mapping {

/// The slots of one operand: finds a tile in them or loads it; the oldest makes room.
class Slots {
 public:
  /// `count` slots of `rows` rows from `address` on; moves `address` behind them. With no slots the
  /// operand is resident.
  Slots(Emitter& emitter, int count, std::int64_t rows, Bytes row_bytes, Bytes& address);
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;
  ~Slots();

  /// The tile, loaded where it is not there yet.
  Located fetch(const model::View& tile);
  /// Room for a tile that a unit writes.
  Located place(const model::View& tile);
  /// Sends a tile that was placed to DRAM, if the tensor has a place there.
  void flush(const Located& tile);

 private:
  struct Slot {
    Bytes address;
    Hazards::BufferId buffer;
    model::View tile;
  };
  Slot& take(const model::View& tile);
  [[nodiscard]] Located located(const Slot& slot) const;

  Emitter& emitter_;
  Bytes pitch_;
  std::vector<Slot> slots_;
  std::size_t next_ = 0;
};

}  // namespace vitsim::mapping
