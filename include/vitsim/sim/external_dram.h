// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemc>
#include <tlm>

namespace vitsim::sim {

/// A TLM-2.0 target from outside that a machine binds in place of its own DRAM;
/// docs/external_dram.md says what it must support. It must outlive the machine.
class ExternalDram {
 public:
  using Socket =
      tlm::tlm_base_target_socket_b<32, tlm::tlm_fw_transport_if<>, tlm::tlm_bw_transport_if<>>;

  virtual ~ExternalDram() = default;
  /// The socket to bind, as any tlm_target_socket<32> is one. Called once, before the simulation.
  virtual Socket& socket() = 0;
  /// The next image begins. All accesses are answered then.
  virtual void reset() {}
};

}  // namespace vitsim::sim
