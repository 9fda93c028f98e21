// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "vitsim/sim/external_dram.h"

#include "stub_dram.h"

namespace vitsim::test {

/// The stub in place of the machine's DRAM.
struct BoundStub : sim::ExternalDram {
  static constexpr std::uint64_t kBytes = 1 << 22;
  StubDram stub;
  int resets = 0;
  BoundStub(StubDram::Manner manner, const sc_core::sc_time& accept,
            const sc_core::sc_time& latency, std::uint64_t size = kBytes)
      : stub("stub", size, manner, accept, latency) {}
  Socket& socket() override { return stub.socket; }
  void reset() override { ++resets; }
};

}  // namespace vitsim::test
