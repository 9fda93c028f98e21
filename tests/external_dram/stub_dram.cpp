// SPDX-License-Identifier: Apache-2.0
#include "stub_dram.h"

#include <algorithm>
#include <cstring>

StubDram::StubDram(const sc_core::sc_module_name& name, std::uint64_t size, Manner manner,
                   const sc_core::sc_time& accept, const sc_core::sc_time& latency)
    : sc_module(name), bytes_(size), manner_(manner), accept_(accept), latency_(latency) {
  SC_HAS_PROCESS(StubDram);
  socket.register_nb_transport_fw(this, &StubDram::nb_transport_fw);
  socket.register_transport_dbg(this, &StubDram::transport_dbg);
  SC_METHOD(accept);
  dont_initialize();
  sensitive << to_accept_.get_event();
  SC_METHOD(answer);
  dont_initialize();
  sensitive << to_answer_.get_event();
}

tlm::tlm_sync_enum StubDram::nb_transport_fw(tlm::tlm_generic_payload& payload,
                                             tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase == tlm::END_RESP) {
    payload.release();
    answering_ = false;
    if (!waiting_.empty()) {
      tlm::tlm_generic_payload& next = *waiting_.front();
      waiting_.pop_front();
      send_answer(next);
    }
    return tlm::TLM_COMPLETED;
  }
  ++accesses;
  if (manner_ == Manner::kEarlyCompletion || manner_ == Manner::kEarlyResponse) {
    access(payload);
    delay += latency_;
    phase = tlm::BEGIN_RESP;
    return manner_ == Manner::kEarlyResponse ? tlm::TLM_UPDATED : tlm::TLM_COMPLETED;
  }
  payload.acquire();
  to_answer_.notify(payload, delay + accept_ + latency_);
  if (manner_ == Manner::kAcceptsAtOnce) {
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  to_accept_.notify(payload, delay + accept_);
  return tlm::TLM_ACCEPTED;
}

void StubDram::accept() {
  while (tlm::tlm_generic_payload* payload = to_accept_.get_next_transaction()) {
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->nb_transport_bw(*payload, phase, delay);
  }
}

void StubDram::answer() {
  while (tlm::tlm_generic_payload* payload = to_answer_.get_next_transaction()) {
    if (answering_) {
      waiting_.push_back(payload);
      longest_queue = std::max<std::uint64_t>(longest_queue, waiting_.size());
    } else {
      send_answer(*payload);
    }
  }
}

void StubDram::send_answer(tlm::tlm_generic_payload& payload) {
  access(payload);
  answering_ = true;
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  // A strict target: it waits for END_RESP, by a call or as the phase that comes back.
  if (socket->nb_transport_bw(payload, phase, delay) == tlm::TLM_UPDATED &&
      phase == tlm::END_RESP) {
    answering_ = false;
    payload.release();
  }
}

void StubDram::access(tlm::tlm_generic_payload& payload) {
  payload.set_response_status(transport_dbg(payload) == payload.get_data_length()
                                  ? tlm::TLM_OK_RESPONSE
                                  : tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

unsigned StubDram::transport_dbg(tlm::tlm_generic_payload& payload) {
  const std::uint64_t begin = payload.get_address();
  const unsigned length = payload.get_data_length();
  if (begin + length > bytes_.size()) {
    return 0;
  }
  if (payload.is_write()) {
    std::memcpy(bytes_.data() + begin, payload.get_data_ptr(), length);
  } else {
    std::memcpy(payload.get_data_ptr(), bytes_.data() + begin, length);
    if (faulty_address >= begin && faulty_address < begin + length) {
      payload.get_data_ptr()[faulty_address - begin] ^= 1U;
    }
  }
  return length;
}
