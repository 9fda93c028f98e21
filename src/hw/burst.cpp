// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/burst.h"

#include <algorithm>

namespace vitsim::hw {

void Burst::prepare(bool write, Bytes address, Bytes size) {
  bytes_.resize(static_cast<std::size_t>(size));
  set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  set_address(static_cast<sc_dt::uint64>(address));
  set_data_ptr(reinterpret_cast<unsigned char*>(bytes_.data()));
  set_data_length(static_cast<unsigned>(size));
  set_streaming_width(static_cast<unsigned>(size));
  set_byte_enable_ptr(nullptr);
  set_dmi_allowed(false);
  set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
}

BurstWalk::BurstWalk(const mapping::Transfer& transfer, Bytes burst_bytes)
    : transfer_(&transfer), burst_bytes_(burst_bytes) {
  const mapping::Region& dram = transfer.dram;
  const mapping::Region& pad = transfer.scratchpad.region;
  rows_ = dram.rows;
  row_bytes_ = dram.row_bytes;
  if (dram.pitch == row_bytes_ && pad.pitch == row_bytes_) {
    row_bytes_ *= rows_;
    rows_ = 1;
  }
}

void BurstWalk::next(bool write, Burst& burst) {
  const mapping::Region& dram = transfer_->dram;
  const mapping::Operand& pad = transfer_->scratchpad;
  const Bytes address = dram.address + row_ * dram.pitch + col_;
  const Bytes size = std::min(row_bytes_ - col_, burst_bytes_ - address % burst_bytes_);
  burst.prepare(write, address, size);
  burst.scratchpad.write = !write;
  burst.scratchpad.address = pad.region.address + row_ * pad.region.pitch + col_;
  burst.scratchpad.size = size;
  burst.scratchpad.tensor = pad.tile.tensor;
  burst.scratchpad.row = pad.tile.row + row_;
  burst.scratchpad.col = pad.tile.col * pad.element_bytes + col_;
  col_ += size;
  if (col_ == row_bytes_) {
    col_ = 0;
    ++row_;
  }
}

}  // namespace vitsim::hw
