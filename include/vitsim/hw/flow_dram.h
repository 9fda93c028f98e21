// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "vitsim/config/dram.h"
#include "vitsim/hw/dram_model.h"
#include "vitsim/hw/fifo.h"

namespace vitsim::hw {

/// The kinds without banks.
///
/// Timing: kind ideal is done in the next cycle. kind simple has one data bus of bytes_per_cycle,
/// shared by reads and writes, first come first served; an access is done latency_cycles after its
/// last byte. Bandwidth is counted in thousandths of a byte, exactly. Not modelled: banks, rows,
/// refresh, turnaround.
class FlowDram : public DramModel {
 public:
  explicit FlowDram(const config::Dram& config);
  void begin(int number, bool write, Bytes address, Bytes size, Cycles now) override;
  void advance(Cycles /*now*/) override {}
  int pop_done(Cycles now) override;
  [[nodiscard]] Cycles next_cycle() override {
    return pending_.empty() ? kNever : pending_.front().due;
  }
  void reset() override;

 private:
  struct Pending {
    int number = 0;
    Cycles due = 0;
  };
  [[nodiscard]] Cycles due_cycle(Bytes size, Cycles now);

  const config::Dram& config_;
  std::int64_t rate_;          ///< thousandths of a byte a cycle
  std::int64_t bus_free_ = 0;  ///< when the bus is free, in cycles * rate_
  Fifo<Pending> pending_;      ///< in order of their due cycles
};

}  // namespace vitsim::hw
