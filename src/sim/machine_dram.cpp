// SPDX-License-Identifier: Apache-2.0
#include "machine_dram.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "vitsim/core/error.h"

namespace vitsim::sim {

MachineDram::MachineDram(const config::Accelerator& machine, Bytes size,
                         std::function<std::string(Bytes)> name_of_address, ExternalDram* external,
                         hw::Dma& dma, hw::Clock& clock)
    : external_(external), dma_(dma), burst_bytes_(machine.dma.burst_bytes) {
  if (external_ != nullptr) {
    clock.set_frequency(machine.clock_mhz);
    dma.socket.bind(external_->socket());
  } else {
    own_.emplace("dram", machine, size, std::move(name_of_address), clock);
    dma.socket.bind(own_->socket);
  }
}

void MachineDram::share(Bytes address, std::span<const std::byte> constant) {
  if (own_) {
    own_->host_share(address, constant);
  } else {
    write(address, constant);
  }
}

void MachineDram::write(Bytes address, std::span<const std::byte> data) {
  if (own_) {
    own_->host_write(address, data);
    return;
  }
  // A payload's data are not const, whatever its command.
  std::vector<std::byte> bytes(data.begin(), data.end());
  debug_access(tlm::TLM_WRITE_COMMAND, address, bytes.data(), static_cast<Bytes>(bytes.size()));
}

void MachineDram::read(Bytes address, std::span<std::byte> out) const {
  if (own_) {
    own_->host_read(address, out);
  } else {
    debug_access(tlm::TLM_READ_COMMAND, address, out.data(), static_cast<Bytes>(out.size()));
  }
}

void MachineDram::forget(Bytes address, Bytes count) {
  if (own_) {
    own_->host_forget(address, count);
  }
}

void MachineDram::reset() {
  if (external_ != nullptr) {
    external_->reset();
  }
}

void MachineDram::debug_access(tlm::tlm_command command, Bytes address, std::byte* data,
                               Bytes size) const {
  // No access crosses a multiple of burst_bytes, as none of the DMA's does: a target that
  // distributes addresses over channels looks at the first one.
  while (size > 0) {
    const Bytes piece = std::min(size, burst_bytes_ - address % burst_bytes_);
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(static_cast<sc_dt::uint64>(address));
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(data));
    payload.set_data_length(static_cast<unsigned>(piece));
    payload.set_streaming_width(static_cast<unsigned>(piece));
    const unsigned moved = dma_.socket->transport_dbg(payload);
    if (moved != static_cast<unsigned>(piece)) {
      throw SimulationError(
          fmt::format("the external DRAM's transport_dbg: got {} bytes at address {}, expected {}",
                      moved, address, piece));
    }
    address += piece;
    data += piece;
    size -= piece;
  }
}

}  // namespace vitsim::sim
