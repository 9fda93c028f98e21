// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include <tlm_utils/simple_target_socket.h>

#include "vitsim/config/accelerator.h"
#include "vitsim/hw/clock.h"
#include "vitsim/hw/dram_content.h"
#include "vitsim/hw/dram_model.h"
#include "vitsim/stats/counters.h"

namespace vitsim::hw {

/// The memory outside the chip: a TLM-2.0 target of the base protocol (non-blocking, four phases).
///
/// Timing: that of the DramModel of its kind. A request is accepted at once where there is room,
/// else by END_REQ in the cycle in which it has found some. Answers of accesses that are done in a
/// cycle go out in it, in any order of requests. The bytes move when an access is done: accesses to
/// the same bytes that are under way together are not kept in order. Checked: no byte is read that
/// was not written, no constant is overwritten.
class Dram : public Ticked {
 public:
  tlm_utils::simple_target_socket<Dram> socket;

  /// `name_of_address` names what lies at an address, for errors. ConfigError where `size` bytes
  /// are more than the configured DRAM holds.
  Dram(const sc_core::sc_module_name& name, const config::Accelerator& machine, Bytes size,
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
  void add_signals(Signals& signals) const override;
  [[nodiscard]] stats::Group& stats() { return stats_; }

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  void tick() override;
  void wake_for_model();
  [[nodiscard]] int hold(tlm::tlm_generic_payload& payload);
  void send(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase);
  void access(tlm::tlm_generic_payload& payload);

  DramContent bytes_;
  std::function<std::string(Bytes)> name_of_address_;
  stats::Group stats_{"dram"};
  stats::Counter& read_bytes_ = stats_.counter("read_bytes", "bytes read");
  stats::Counter& write_bytes_ = stats_.counter("write_bytes", "bytes written");
  stats::Counter& bursts_ = stats_.counter("bursts", "accesses");
  std::unique_ptr<DramModel> model_;
  std::vector<tlm::tlm_generic_payload*> under_way_;  ///< by number; null where it is free
  std::vector<int> free_numbers_;
  tlm::tlm_generic_payload* entering_ = nullptr;  ///< has not found room yet
  Cycles awake_at_ = -1;                          ///< the cycle that was last asked for
};

}  // namespace vitsim::hw
