// SPDX-License-Identifier: Apache-2.0
#include "transfer_schedule.h"

namespace vitsim::mapping {

using timing::EarliestTransfers;

TransferSchedule::TransferSchedule(const config::Accelerator& machine)
    : burst_bytes_(machine.dma.burst_bytes) {
  for (int i = 0; i < machine.dma.channels; ++i) {
    loads_.push_back({EarliestTransfers(EarliestTransfers::Direction::kLoad, machine)});
    stores_.push_back({EarliestTransfers(EarliestTransfers::Direction::kStore, machine)});
  }
}

TransferSchedule::Times TransferSchedule::transfer(Cycles released, const Command& command,
                                                   const Transfer& transfer, TransfersOver& over) {
  const bool load = command.unit == Unit::kDmaLoad;
  const Region& dram = transfer.dram;
  const Region& pad = transfer.scratchpad.region;
  const Bytes bytes = dram.rows * dram.row_bytes;
  const bool packed = dram.pitch == dram.row_bytes && pad.pitch == pad.row_bytes;
  const timing::Runs runs = packed
                                ? timing::Runs{dram.address, 1, bytes, bytes}
                                : timing::Runs{dram.address, dram.rows, dram.row_bytes, dram.pitch};
  Channel& own = (load ? loads_ : stores_)[static_cast<std::size_t>(command.channel)];
  const Channel& other = load ? stores_.front() : loads_.front();
  for (const auto others = load ? over.stores : over.loads; own.known < others; ++own.known) {
    own.clock.crossed_before(other.crossings[static_cast<std::size_t>(own.known)]);
  }
  Times times;
  times.done = own.clock.transfer(released, runs);
  times.taken = own.clock.taken();
  times.bursts = own.clock.bursts();
  times.bytes = bytes;
  const auto crossing = own.clock.crossing();
  own.crossings.push_back(crossing);
  bus_.add(crossing.from, crossing.work);
  if (loads_.size() == 1) {
    (load ? over.loads : over.stores) = static_cast<std::int32_t>(own.crossings.size());
  }
  return times;
}

}  // namespace vitsim::mapping
