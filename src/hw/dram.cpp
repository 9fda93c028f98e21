// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dram.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "vitsim/core/error.h"

namespace vitsim::hw {
namespace {

void check_capacity(const config::Accelerator& machine, Bytes size) {
  const std::optional<config::DramDevice> device = config::resolved_device(machine.dram);
  if (device && device->capacity() < size) {
    throw ConfigError(fmt::format(
        "accelerator.dram.rows: got '{}', expected at least '{}': DRAM holds {} bytes, but the "
        "program's tensors take {}",
        device->rows, ceil_div(size, device->capacity() / device->rows), device->capacity(), size));
  }
}

}  // namespace

Dram::Dram(const sc_core::sc_module_name& name, const config::Accelerator& machine, Bytes size,
           std::function<std::string(Bytes)> name_of_address, Clock& clock)
    : Ticked(name, clock),
      socket("socket"),
      bytes_(size),
      name_of_address_(std::move(name_of_address)),
      model_(make_dram_model(machine, stats_)) {
  check_capacity(machine, size);
  socket.register_nb_transport_fw(this, &Dram::nb_transport_fw);
}

tlm::tlm_sync_enum Dram::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                         sc_core::sc_time& /*delay*/) {
  if (phase != tlm::BEGIN_REQ) {
    return tlm::TLM_COMPLETED;  // END_RESP: the initiator is done with the answer
  }
  payload.acquire();
  model_->begin(hold(payload), payload.is_write(), static_cast<Bytes>(payload.get_address()),
                static_cast<Bytes>(payload.get_data_length()), now());
  wake_for_model();
  if (!model_->accepts()) {
    entering_ = &payload;
    return tlm::TLM_ACCEPTED;
  }
  phase = tlm::END_REQ;
  return tlm::TLM_UPDATED;
}

int Dram::hold(tlm::tlm_generic_payload& payload) {
  if (free_numbers_.empty()) {
    free_numbers_.push_back(static_cast<int>(under_way_.size()));
    under_way_.push_back(nullptr);
  }
  const int number = free_numbers_.back();
  free_numbers_.pop_back();
  under_way_[static_cast<std::size_t>(number)] = &payload;
  return number;
}

void Dram::wake_for_model() {
  const Cycles next = model_->next_cycle();
  if (next != DramModel::kNever && (awake_at_ <= now() || next < awake_at_)) {
    awake_at_ = next;
    wake_at(next);
  }
}

void Dram::tick() {
  model_->advance(now());
  if (entering_ != nullptr && model_->accepts()) {
    tlm::tlm_generic_payload& accepted = *entering_;
    entering_ = nullptr;
    send(accepted, tlm::END_REQ);
  }
  for (int number = model_->pop_done(now()); number >= 0; number = model_->pop_done(now())) {
    tlm::tlm_generic_payload& payload = *under_way_[static_cast<std::size_t>(number)];
    under_way_[static_cast<std::size_t>(number)] = nullptr;
    free_numbers_.push_back(number);
    access(payload);
    clock().note_progress();
    send(payload, tlm::BEGIN_RESP);
    payload.release();
  }
  wake_for_model();
}

void Dram::send(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase) {
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  socket->nb_transport_bw(payload, phase, delay);
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
  for (tlm::tlm_generic_payload*& payload : under_way_) {
    if (payload != nullptr) {
      payload->release();
      payload = nullptr;
    }
  }
  free_numbers_.clear();
  under_way_.clear();
  entering_ = nullptr;
  awake_at_ = -1;
  stats_.reset();
  model_->reset();
}

void Dram::add_signals(Signals& signals) const {
  signals.add(std::string(basename()) + ".accesses", 16, [this] {
    return static_cast<std::int64_t>(under_way_.size() - free_numbers_.size());
  });
}

std::string Dram::status() const {
  return fmt::format("{} accesses under way{}", under_way_.size() - free_numbers_.size(),
                     entering_ == nullptr ? "" : ", one of them waits for room");
}

}  // namespace vitsim::hw
