// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <systemc>
#include <tlm>
#include <vector>

#include <tlm_utils/peq_with_get.h>
#include <tlm_utils/simple_target_socket.h>

/// A memory as somebody else writes it: SystemC and TLM-2.0, and nothing of vitsim. It keeps time
/// by sc_time and events of its own, at times that are no edges of anybody's clock.
class StubDram : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<StubDram> socket{"socket"};

  /// How it speaks the base protocol.
  enum class Manner {
    kFourPhases,      ///< END_REQ and BEGIN_RESP by calls of its own, one request at a time
    kAcceptsAtOnce,   ///< returns END_REQ, BEGIN_RESP by a call
    kEarlyResponse,   ///< returns TLM_UPDATED with BEGIN_RESP, the latency as an annotated delay
    kEarlyCompletion  ///< returns TLM_COMPLETED, the latency as an annotated delay
  };

  StubDram(const sc_core::sc_module_name& name, std::uint64_t size, Manner manner,
           const sc_core::sc_time& accept, const sc_core::sc_time& latency);

  std::uint64_t accesses = 0;
  std::uint64_t longest_queue = 0;
  /// A fault: the lowest bit of the byte here is read inverted.
  std::uint64_t faulty_address = ~std::uint64_t{0};

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);
  void accept();
  void answer();
  void send_answer(tlm::tlm_generic_payload& payload);
  void access(tlm::tlm_generic_payload& payload);

  std::vector<unsigned char> bytes_;
  Manner manner_;
  sc_core::sc_time accept_;
  sc_core::sc_time latency_;
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> to_accept_{"to_accept"};
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> to_answer_{"to_answer"};
  std::deque<tlm::tlm_generic_payload*> waiting_;  ///< for the answer before to end
  bool answering_ = false;
};
