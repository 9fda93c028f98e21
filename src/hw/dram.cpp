// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dram.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace vitsim::hw {

Dram::Dram(const sc_core::sc_module_name& name, const config::Dram& config, Bytes size,
           std::function<std::string(Bytes)> name_of_address, Clock& clock)
    : Ticked(name, clock),
      socket("socket"),
      config_(config),
      bytes_(size),
      name_of_address_(std::move(name_of_address)),
      rate_(std::max<std::int64_t>(1, std::llround(config.bytes_per_cycle * 1000))) {
  socket.register_nb_transport_fw(this, &Dram::nb_transport_fw);
}

tlm::tlm_sync_enum Dram::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                         sc_core::sc_time& /*delay*/) {
  if (phase != tlm::BEGIN_REQ) {
    return tlm::TLM_COMPLETED;  // END_RESP: the initiator is done with the answer
  }
  payload.acquire();
  pending_.push({&payload, due_cycle(static_cast<Bytes>(payload.get_data_length()))});
  wake_at(pending_.back().due);
  phase = tlm::END_REQ;
  return tlm::TLM_UPDATED;
}

Cycles Dram::due_cycle(Bytes size) {
  const Cycles arrival = now() + 1;
  if (config_.kind == config::DramKind::kIdeal) {
    return arrival;
  }
  bus_free_ = std::max(bus_free_, arrival * rate_) + size * 1000;
  return ceil_div(bus_free_, rate_) + config_.latency_cycles;
}

void Dram::tick() {
  while (!pending_.empty() && pending_.front().due <= now()) {
    tlm::tlm_generic_payload& payload = *pending_.front().payload;
    pending_.pop();
    access(payload);
    clock().note_progress();
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->nb_transport_bw(payload, phase, delay);
    payload.release();
  }
}

void Dram::access(tlm::tlm_generic_payload& payload) {
  const auto address = static_cast<Bytes>(payload.get_address());
  const auto size = static_cast<Bytes>(payload.get_data_length());
  if (!bytes_.contains(address, size)) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  ++bursts_;
  auto* data = reinterpret_cast<std::byte*>(payload.get_data_ptr());
  if (payload.is_write()) {
    const Bytes constant = bytes_.first_shared(address, size);
    if (constant >= 0) {
      fail(fmt::format("cycle {}: the DMA writes address {} of DRAM, a constant of '{}'", now(),
                       constant, name_of_address_(constant)));
    }
    bytes_.write(address, {data, static_cast<std::size_t>(size)});
    write_bytes_ += size;
  } else {
    const Bytes hole = bytes_.first_unwritten(address, size);
    if (hole >= 0) {
      fail(
          fmt::format("cycle {}: the DMA reads address {} of DRAM, which nobody has written; it "
                      "belongs to '{}'",
                      now(), hole, name_of_address_(hole)));
    }
    bytes_.read(address, {data, static_cast<std::size_t>(size)});
    read_bytes_ += size;
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void Dram::reset() {
  for (; !pending_.empty(); pending_.pop()) {
    pending_.front().payload->release();
  }
  bus_free_ = 0;
  stats_.reset();
}

std::string Dram::status() const { return fmt::format("{} accesses under way", pending_.size()); }

}  // namespace vitsim::hw
