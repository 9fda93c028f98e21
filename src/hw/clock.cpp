// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/clock.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace vitsim::hw {
namespace {

constexpr Cycles kNobody = std::numeric_limits<Cycles>::max();

sc_core::sc_time units_as_time(std::int64_t units) {
  return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(units));
}

}  // namespace

Clock::Clock(const sc_core::sc_module_name& name, Cycles watchdog_cycles)
    : sc_module(name), watchdog_cycles_(watchdog_cycles) {
  SC_HAS_PROCESS(Clock);
  SC_METHOD(edge);
  dont_initialize();
  sensitive << edge_;
}

void Clock::attach(Ticked& module) {
  if (modules_.size() == 8 * sizeof(Modules)) {
    fail("a clock has at most 64 modules");
  }
  module.bit_ = Modules{1} << modules_.size();
  modules_.push_back(&module);
}

void Clock::set_frequency(double mhz) {
  // A cycle is 1000 / kHz microseconds long.
  const auto khz = std::max<std::int64_t>(1, std::llround(mhz * 1000));
  const auto microsecond = sc_core::sc_time(1, sc_core::SC_US).value();
  units_ = 1000 * static_cast<std::int64_t>(microsecond);
  cycles_ = khz;
  const std::int64_t common = std::gcd(units_, cycles_);
  units_ /= common;
  cycles_ /= common;
}

sc_core::sc_time Clock::duration(Cycles cycles) const {
  return units_as_time(ceil_div(cycles * units_, cycles_));
}

Cycles Clock::seen_after(const sc_core::sc_time& delay) const {
  if (in_edge_ && delay == sc_core::SC_ZERO_TIME) {
    return now_ + 1;
  }
  const sc_dt::uint64 units = (sc_core::sc_time_stamp() + delay).value() - origin_;
  // An edge at that very time may or may not have run: it does not see it.
  return std::max(now_, static_cast<Cycles>(units) * cycles_ / units_ - 1) + 1;
}

void Clock::wake_from_outside(Ticked& module) { ask(module, seen_after(sc_core::SC_ZERO_TIME)); }

void Clock::wake_at(Ticked& module, Cycles cycle) {
  ask(module, std::max(cycle, seen_after(sc_core::SC_ZERO_TIME)));
}

void Clock::ask(Ticked& module, Cycles cycle) {
  if (cycle <= now_ + kSlots) {
    put(module, cycle);
  } else {
    far_.push({cycle, &module});
  }
  if (!in_edge_) {
    schedule(cycle);
  }
}

void Clock::schedule(Cycles cycle) {
  if (next_edge_ <= now_ || cycle < next_edge_) {
    next_edge_ = cycle;
    const auto elapsed = static_cast<std::int64_t>(sc_core::sc_time_stamp().value() - origin_);
    edge_.notify(units_as_time(begin_of(cycle) - elapsed));
  }
}

Cycles Clock::next_asked() const {
  const Cycles far = far_.empty() ? kNobody : far_.top().cycle;
  if (taken_ == 0) {
    return far;
  }
  const auto first = static_cast<int>(slot_of(now_ + 1));
  return std::min(far, now_ + 1 + std::countr_zero(std::rotr(taken_, first)));
}

void Clock::stop() {
  stopped_ = true;
  sc_core::sc_pause();
}

void Clock::reset() {
  edge_.cancel();
  origin_ = sc_core::sc_time_stamp().value();
  slots_.fill(0);
  taken_ = 0;
  while (!far_.empty()) {
    far_.pop();
  }
  now_ = -1;
  next_edge_ = -1;
  last_progress_ = 0;
  in_edge_ = false;
  stopped_ = false;
  for (Ticked* module : modules_) {
    module->reset();
  }
  watchdog_due_ = watchdog_cycles_;
  observer_due_ = observer_ ? 0 : kNobody;
  look_due_ = 0;
  schedule(watchdog_due_);
}

void Clock::edge() {
  now_ = next_edge_;
  in_edge_ = true;
  // 1. who asked for this cycle
  while (!far_.empty() && far_.top().cycle <= now_) {
    put(*far_.top().module, now_);
    far_.pop();
  }
  const Modules awake = std::exchange(slots_[slot_of(now_)], 0);
  taken_ &= ~(std::uint64_t{1} << slot_of(now_));
  if (now_ >= look_due_) {
    look();
  }
  // 2. their cycle
  run(awake);
  if (tracer_) {
    tracer_(now_);
  }
  // 3. the next cycle that somebody asked for, as far as it is known
  in_edge_ = false;
  schedule(std::min(next_asked(), watchdog_due_));
}

void Clock::add_signals(Signals& signals) const {
  signals.add("clock.cycle", 64, [this] { return now_; });
  for (const Ticked* module : modules_) {
    module->add_signals(signals);
  }
}

void Clock::run(Modules awake) {
  while (awake != 0) {
    const int number = reverse_order_ ? 63 - std::countl_zero(awake) : std::countr_zero(awake);
    awake &= ~(Modules{1} << number);
    modules_[static_cast<std::size_t>(number)]->tick();
  }
}

/// What does not concern the modules, and need not be looked for in every cycle.
void Clock::look() {
  if (now_ >= observer_due_) {
    observer_due_ = observer_(now_);
  }
  if (now_ >= watchdog_due_) {
    check_progress();
  }
  look_due_ = std::min(observer_due_, watchdog_due_);
}

void Clock::check_progress() {
  // Who asked for a cycle ahead waits for something that is sure to come, however slow the DRAM.
  const Cycles ahead = next_asked();
  const Cycles alive = ahead == kNobody ? last_progress_ : ahead;
  watchdog_due_ = std::max(alive, last_progress_) + watchdog_cycles_;
  if (watchdog_due_ > now_) {
    return;
  }
  std::string message = fmt::format(
      "cycle {}: deadlock: no unit has done anything since cycle {} (watchdog_cycles {}). They "
      "wait:",
      now_, last_progress_, watchdog_cycles_);
  for (const Ticked* module : modules_) {
    message += fmt::format("\n  {}: {}", module->name(), module->status());
  }
  fail(message);
}

Ticked::Ticked(const sc_core::sc_module_name& name, Clock& clock) : sc_module(name), clock_(clock) {
  clock.attach(*this);
}

void fail(const std::string& message) { SC_REPORT_ERROR("vitsim", message.c_str()); }

}  // namespace vitsim::hw
