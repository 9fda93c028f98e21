// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <systemc>

#include "vitsim/hw/clock.h"

namespace vitsim::test {

/// Whether something happens in a cycle; an empty one says yes.
using When = std::function<bool(Cycles)>;

inline bool holds(const When& when, Cycles cycle) { return !when || when(cycle); }

/// True in about `percent` of all cycles, always the same ones for a seed.
inline When at_random(std::uint64_t seed, int percent) {
  return [seed, percent](Cycles cycle) {
    std::uint64_t z = seed * 0x9E3779B97F4A7C15U + static_cast<std::uint64_t>(cycle + 1);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return static_cast<int>((z ^ (z >> 31)) % 100) < percent;
  };
}

/// A module under test, its mock neighbours and their clock. Several benches can run at once, each
/// with a clock of its own, as SystemC elaborates only once a process.
class Bench : public sc_core::sc_module {
 public:
  hw::Clock clock;

  explicit Bench(const sc_core::sc_module_name& name, Cycles watchdog_cycles = 1'000'000)
      : sc_module(name), clock("clock", watchdog_cycles) {}

  /// Everything as after reset; the cycle that comes is 0.
  void reset() {
    if (!sc_core::sc_start_of_simulation_invoked()) {
      sc_core::sc_start(sc_core::SC_ZERO_TIME);
    }
    clear_streams();
    clock.reset();
    origin_ = sc_core::sc_time_stamp().value();
  }

  /// Runs up to the end of `cycle`.
  void run_through(Cycles cycle) {
    const auto end = origin_ + static_cast<sc_dt::uint64>(cycle) + 2;
    // A start of no length would run the cycle that is due at its end.
    if (end > sc_core::sc_time_stamp().value()) {
      sc_core::sc_start(sc_core::sc_time::from_value(end - sc_core::sc_time_stamp().value()));
    }
  }

  /// What the simulation says when it fails on the way to `cycle`; empty where it does not.
  std::string failure_through(Cycles cycle) {
    try {
      run_through(cycle);
    } catch (const sc_core::sc_report& report) {
      return report.get_msg();
    }
    return {};
  }

 protected:
  virtual void clear_streams() {}

 private:
  sc_dt::uint64 origin_ = 0;
};

/// Resets benches that run at once; none can be made any more.
template <class Benches>
void reset_all(Benches& benches) {
  for (Bench& bench : benches) {
    bench.reset();
  }
}

}  // namespace vitsim::test
