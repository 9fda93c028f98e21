// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <queue>
#include <systemc>
#include <utility>
#include <vector>

#include "vitsim/core/units.h"
#include "vitsim/hw/signals.h"

namespace vitsim::hw {

class Ticked;

/// The core clock: an integer count of cycles, and who is awake in each.
///
/// One cycle is one unit of SystemC's time resolution, whatever the clock's frequency: results rest
/// on the count alone. Where modules from outside keep time by sc_time, set_frequency() makes
/// cycles as long as they are; what such a module does between two edges, or at one, is seen in the
/// cycle after. Only modules that asked for a cycle run in it, and cycles that nobody asked
/// for cost nothing. The clock is the one SystemC process of the machine: in a cycle it calls
/// tick() of all who are awake, which saves an event and a delta cycle for each of them. That they
/// run one after the other never shows, as each sees only what others did in earlier cycles.
///
/// Progress: modules say note_progress() when they move a beat. Where none did for
/// `watchdog_cycles` and none waits for a cycle ahead, the run stops with an error that shows what
/// every module waits for.
class Clock : public sc_core::sc_module {
 public:
  Clock(const sc_core::sc_module_name& name, Cycles watchdog_cycles);

  [[nodiscard]] Cycles now() const { return now_; }
  /// A cycle lasts 1 / mhz from the next reset on, its edges rounded up to SystemC's resolution.
  void set_frequency(double mhz);
  /// The cycle in which others see what happens `delay` from now, whoever calls.
  [[nodiscard]] Cycles seen_after(const sc_core::sc_time& delay) const;
  /// So many cycles as SystemC's time.
  [[nodiscard]] sc_core::sc_time duration(Cycles cycles) const;
  /// `module.tick()` runs in the next cycle.
  void wake_next(Ticked& module);
  /// `module.tick()` runs in `cycle`, which lies ahead. It may run earlier, too.
  void wake_at(Ticked& module, Cycles cycle);
  void note_progress() { last_progress_ = now_; }

  /// `look(now)` runs before the modules of the first cycle that somebody asked for, and of the
  /// first from the one on that it returned: it sees what earlier cycles left. It wakes nobody.
  void set_observer(std::function<Cycles(Cycles)> look) { observer_ = std::move(look); }

  /// `look(now)` runs after the modules of every cycle that somebody asked for; nobody where it is
  /// empty. Other cycles change nothing.
  void set_tracer(std::function<void(Cycles)> look) { tracer_ = std::move(look); }
  /// What all modules show, and `clock.cycle`.
  void add_signals(Signals& signals) const;

  /// Ends the run at the end of this cycle.
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_; }
  /// Every module as after reset; the cycle that comes is 0. Call before each run.
  void reset();
  /// Runs the modules of a cycle in the reverse order, to prove that order never shows.
  void set_reverse_order(bool reverse) { reverse_order_ = reverse; }

  /// At most 64 modules.
  void attach(Ticked& module);

 private:
  /// Cycles ahead that have a slot of their own; what lies further ahead waits in far_.
  static constexpr Cycles kSlots = 64;
  struct Alarm {
    Cycles cycle;
    Ticked* module;
    bool operator>(const Alarm& other) const { return cycle > other.cycle; }
  };
  using Modules = std::uint64_t;  ///< a set of modules, a bit each
  static std::size_t slot_of(Cycles cycle) { return static_cast<std::size_t>(cycle) % kSlots; }
  void edge();
  void ask(Ticked& module, Cycles cycle);
  void wake_from_outside(Ticked& module);
  /// When `cycle` begins, in units since the last reset.
  [[nodiscard]] std::int64_t begin_of(Cycles cycle) const {
    return ceil_div((cycle + 1) * units_, cycles_);
  }
  void put(const Ticked& module, Cycles cycle);
  void run(Modules awake);
  void schedule(Cycles cycle);
  /// The first cycle ahead that somebody asked for; kNobody where there is none.
  [[nodiscard]] Cycles next_asked() const;
  void look();
  void check_progress();

  std::vector<Ticked*> modules_;
  std::array<Modules, kSlots> slots_{};  ///< who is awake in a cycle, by its rest
  std::uint64_t taken_ = 0;              ///< slots that are not empty, a bit each
  std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> far_;
  sc_core::sc_event edge_;
  Cycles watchdog_cycles_;
  std::int64_t units_ = 1;  ///< of SystemC's resolution, that cycles_ cycles last
  std::int64_t cycles_ = 1;
  sc_dt::uint64 origin_ = 0;  ///< when the last reset was
  Cycles now_ = -1;
  Cycles next_edge_ = -1;
  Cycles last_progress_ = 0;
  Cycles watchdog_due_ = 0;
  std::function<Cycles(Cycles)> observer_;
  std::function<void(Cycles)> tracer_;
  Cycles observer_due_ = 0;
  Cycles look_due_ = 0;  ///< the earlier of the two
  bool in_edge_ = false;
  bool stopped_ = false;
  bool reverse_order_ = false;
};

/// A clocked module. Its one process is tick(), which the clock runs in the cycles that it asked
/// for.
class Ticked : public sc_core::sc_module {
 public:
  /// Called in the next cycle: by streams when a beat came or went.
  void wake() { clock_.wake_next(*this); }
  /// Back to the state after reset, before an image.
  virtual void reset() = 0;
  /// For the report on a deadlock: what the module waits for.
  [[nodiscard]] virtual std::string status() const = 0;
  /// For waveforms: adds what the module has to show, each name with the module's before it.
  virtual void add_signals(Signals& signals) const { static_cast<void>(signals); }

 protected:
  Ticked(const sc_core::sc_module_name& name, Clock& clock);

  [[nodiscard]] Cycles now() const { return clock_.now(); }
  [[nodiscard]] Clock& clock() const { return clock_; }
  void wake_at(Cycles cycle) { clock_.wake_at(*this, cycle); }

 private:
  friend class Clock;
  /// One cycle. It sees what others did in earlier cycles only.
  virtual void tick() = 0;

  Clock& clock_;
  std::uint64_t bit_ = 0;  ///< in the clock's sets of modules
};

inline void Clock::put(const Ticked& module, Cycles cycle) {
  slots_[slot_of(cycle)] |= module.bit_;
  taken_ |= std::uint64_t{1} << slot_of(cycle);
}

inline void Clock::wake_next(Ticked& module) {
  if (in_edge_) {
    put(module, now_ + 1);
  } else {
    wake_from_outside(module);
  }
}

/// Stops the simulation from inside a process with a SimulationError: where, what.
void fail(const std::string& message);

}  // namespace vitsim::hw
