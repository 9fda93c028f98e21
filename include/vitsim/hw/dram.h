// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <systemc>
#include <tlm>

#include <tlm_utils/simple_target_socket.h>

#include "vitsim/config/accelerator.h"
#include "vitsim/hw/clock.h"
#include "vitsim/hw/dram_content.h"
#include "vitsim/hw/fifo.h"
#include "vitsim/stats/counters.h"

namespace vitsim::hw {

/// The memory outside the chip: a TLM-2.0 target of the base protocol (non-blocking, four phases).
///
/// Timing: a request is accepted at once. kind ideal answers in the next cycle. kind simple has one
/// data bus of bytes_per_cycle, shared by reads and writes, first come first served; the answer
/// comes latency_cycles after the last byte. Bandwidth is counted in thousandths of a byte,
/// exactly. Checked: no byte is read that was not written, no constant is overwritten. Not
/// modelled: banks, rows, refresh, turnaround.
class Dram : public Ticked {
 public:
  tlm_utils::simple_target_socket<Dram> socket;

  /// `name_of_address` names what lies at an address, for errors.
  Dram(const sc_core::sc_module_name& name, const config::Dram& config, Bytes size,
       std::function<std::string(Bytes)> name_of_address, Clock& clock);

  /// The host's access, outside simulated time.
  void host_write(Bytes address, std::span<const std::byte> data) { bytes_.write(address, data); }
  void host_read(Bytes address, std::span<std::byte> out) const { bytes_.read(address, out); }
  /// `constant` lies at `address` by reference and must outlive the DRAM; to write to it fails.
  void host_share(Bytes address, std::span<const std::byte> constant) {
    bytes_.share(address, constant);
  }
  /// Counts the bytes as unwritten.
  void host_forget(Bytes address, Bytes count) { bytes_.forget(address, count); }

  void reset() override;
  [[nodiscard]] std::string status() const override;
  [[nodiscard]] stats::Group& stats() { return stats_; }

 private:
  struct Pending {
    tlm::tlm_generic_payload* payload = nullptr;
    Cycles due = 0;
  };
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  void tick() override;
  [[nodiscard]] Cycles due_cycle(Bytes size);
  void access(tlm::tlm_generic_payload& payload);

  const config::Dram& config_;
  DramContent bytes_;
  std::function<std::string(Bytes)> name_of_address_;
  std::int64_t rate_;          ///< thousandths of a byte a cycle
  std::int64_t bus_free_ = 0;  ///< when the bus is free, in cycles * rate_
  Fifo<Pending> pending_;      ///< in order of their due cycles
  stats::Group stats_{"dram"};
  stats::Counter& read_bytes_ = stats_.counter("read_bytes", "bytes read");
  stats::Counter& write_bytes_ = stats_.counter("write_bytes", "bytes written");
  stats::Counter& bursts_ = stats_.counter("bursts", "accesses");
};

}  // namespace vitsim::hw
