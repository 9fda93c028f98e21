// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/field.h"

namespace vitsim::config {

/// Moves tiles between DRAM and scratchpad.
struct Dma {
  int channels = 1;
  int burst_bytes = 64;
  int max_outstanding = 64;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("channels", channels, Range{1, 4},
          "channels that load and as many that store; commands of one are in order");
    visit("burst_bytes", burst_bytes, Range{8, 4096},
          "largest DRAM access; none crosses a multiple");
    visit("max_outstanding", max_outstanding, Range{1, 256}, "bursts in flight on each channel");
  }
};

}  // namespace vitsim::config
