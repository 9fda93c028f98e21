// SPDX-License-Identifier: Apache-2.0
#include "transfer_schedule.h"

namespace vitsim::mapping {

using timing::EarliestTransfers;

TransferSchedule::TransferSchedule(const config::Accelerator& machine, std::size_t transfers)
    : burst_bytes_(machine.dma.burst_bytes),
      load_{EarliestTransfers(EarliestTransfers::Direction::kLoad, machine)},
      store_{EarliestTransfers(EarliestTransfers::Direction::kStore, machine)} {
  load_.crossings.reserve(transfers);
  store_.crossings.reserve(transfers);
}

TransferSchedule::Times TransferSchedule::transfer(Cycles released, const Transfer& transfer,
                                                   bool load, TransfersOver& over) {
  const Region& dram = transfer.dram;
  const Region& pad = transfer.scratchpad.region;
  const Bytes bytes = dram.rows * dram.row_bytes;
  const bool packed = dram.pitch == dram.row_bytes && pad.pitch == pad.row_bytes;
  const timing::Runs runs = packed
                                ? timing::Runs{dram.address, 1, bytes, bytes}
                                : timing::Runs{dram.address, dram.rows, dram.row_bytes, dram.pitch};
  Channel& own = load ? load_ : store_;
  const Channel& other = load ? store_ : load_;
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
  (load ? over.loads : over.stores) = static_cast<std::int32_t>(own.crossings.size());
  return times;
}

}  // namespace vitsim::mapping
