// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "vitsim/core/units.h"

namespace vitsim::hw {

struct MemoryRequest;

/// Is shown what crosses the ports of the memories, when it does.
class AccessObserver {
 public:
  virtual ~AccessObserver() = default;
  /// The scratchpad has served a request of the port of this number (Scratchpad::requesters()).
  /// `data`: what was read or written.
  virtual void on_scratchpad(Cycles cycle, std::size_t port, const MemoryRequest& request,
                             std::span<const std::byte> data) = 0;
  /// DRAM's answer has come to a DMA channel; they are numbered load 0, store 0, load 1, ...
  virtual void on_dram(Cycles cycle, std::size_t channel, Bytes address,
                       std::span<const std::byte> data) = 0;
};

}  // namespace vitsim::hw
