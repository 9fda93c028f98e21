// SPDX-License-Identifier: Apache-2.0
#include "slots.h"

#include "vitsim/mapping/tiling.h"

namespace vitsim::mapping {

Slots::Slots(Emitter& emitter, int count, std::int64_t rows, Bytes row_bytes, Bytes& address)
    : emitter_(emitter), pitch_(slot_pitch(row_bytes, emitter.machine().scratchpad)) {
  const Bytes bytes = rows * pitch_;
  for (int i = 0; i < count; ++i) {
    slots_.push_back({address, emitter.hazards().add(address, bytes), {}});
    address += bytes;
  }
  if (count > 0) {
    emitter.note_use(address);
  }
}

Slots::~Slots() {
  for (const Slot& slot : slots_) {
    emitter_.hazards().retire(slot.buffer);
  }
}

Located Slots::fetch(const model::View& tile) {
  if (slots_.empty()) {
    return emitter_.locate(tile);
  }
  for (const Slot& slot : slots_) {
    if (slot.tile.rows > 0 && slot.tile.row == tile.row && slot.tile.col == tile.col) {
      return located(slot);
    }
  }
  Slot& slot = take(tile);
  emitter_.load(located(slot));
  return located(slot);
}

Located Slots::place(const model::View& tile) {
  return slots_.empty() ? emitter_.locate(tile) : located(take(tile));
}

void Slots::flush(const Located& tile) {
  if (emitter_.in_dram(tile.operand.tile.tensor)) {
    emitter_.store(tile);
  }
}

Slots::Slot& Slots::take(const model::View& tile) {
  Slot& slot = slots_[next_];
  next_ = (next_ + 1) % slots_.size();
  slot.tile = tile;
  return slot;
}

Located Slots::located(const Slot& slot) const {
  const int width = emitter_.graph().tensor(slot.tile).element_bytes;
  const Region region{slot.address, slot.tile.rows, slot.tile.cols * width, pitch_};
  return {{region, slot.tile, width}, slot.buffer, {0, region.rows, 0, region.row_bytes}};
}

}  // namespace vitsim::mapping
