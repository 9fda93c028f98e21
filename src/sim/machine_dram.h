// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "vitsim/hw/dma.h"
#include "vitsim/hw/dram.h"
#include "vitsim/sim/external_dram.h"

namespace vitsim::sim {

/// The memory outside the chip, bound to a DMA: our own, or a target from outside, to which the
/// host talks by transport_dbg alone.
class MachineDram {
 public:
  /// `external` may be null.
  MachineDram(const config::Accelerator& machine, Bytes size,
              std::function<std::string(Bytes)> name_of_address, ExternalDram* external,
              hw::Dma& dma, hw::Clock& clock);

  /// `constant` lies at `address`, by reference where that is possible. After elaboration.
  void share(Bytes address, std::span<const std::byte> constant);
  void write(Bytes address, std::span<const std::byte> data);
  void read(Bytes address, std::span<std::byte> out) const;
  /// Counts the bytes as unwritten, where somebody checks.
  void forget(Bytes address, Bytes count);
  /// Before an image.
  void reset();
  /// Null for a target from outside.
  [[nodiscard]] stats::Group* stats() { return own_ ? &own_->stats() : nullptr; }

 private:
  void debug_access(tlm::tlm_command command, Bytes address, std::byte* data, Bytes size) const;

  std::optional<hw::Dram> own_;
  ExternalDram* external_;
  hw::Dma& dma_;
  Bytes burst_bytes_;
};

}  // namespace vitsim::sim
