// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/clock.h"

#include <algorithm>

#include <fmt/format.h>

namespace vitsim::hw {
namespace {

sc_core::sc_time cycles_as_time(Cycles cycles) {
  return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(cycles));
}

}  // namespace

Clock::Clock(const sc_core::sc_module_name& name, Cycles watchdog_cycles)
    : sc_module(name), watchdog_cycles_(watchdog_cycles) {
  SC_HAS_PROCESS(Clock);
  SC_METHOD(edge);
  dont_initialize();
  sensitive << edge_;
}

void Clock::wake_next(Ticked& module) {
  if (!module.awake_next_) {
    module.awake_next_ = true;
    next_.push_back(&module);
    schedule(now_ + 1);
  }
}

void Clock::wake_at(Ticked& module, Cycles cycle) {
  if (cycle <= now_ + 1) {
    wake_next(module);
    return;
  }
  alarms_.push({cycle, &module});
  schedule(cycle);
}

void Clock::schedule(Cycles cycle) {
  if (next_edge_ <= now_ || cycle < next_edge_) {
    next_edge_ = cycle;
    edge_.notify(cycles_as_time(cycle - now_));
  }
}

void Clock::stop() {
  stopped_ = true;
  sc_core::sc_pause();
}

void Clock::reset() {
  edge_.cancel();
  next_.clear();
  alarms_ = {};
  now_ = -1;
  next_edge_ = -1;
  last_progress_ = 0;
  stopped_ = false;
  for (Ticked* module : modules_) {
    module->awake_next_ = false;
    module->tick_event_.cancel();
  }
  for (Ticked* module : modules_) {
    module->reset();
  }
  watchdog_due_ = watchdog_cycles_;
  schedule(watchdog_due_);
}

void Clock::edge() {
  now_ = next_edge_;
  // 1. who asked for this cycle
  current_.clear();
  std::swap(current_, next_);
  for (Ticked* module : current_) {
    module->awake_next_ = false;
  }
  while (!alarms_.empty() && alarms_.top().cycle <= now_) {
    Ticked* module = alarms_.top().module;
    alarms_.pop();
    if (std::find(current_.begin(), current_.end(), module) == current_.end()) {
      current_.push_back(module);
    }
  }
  // 2. they run in the delta cycle that follows
  if (reverse_order_) {
    std::reverse(current_.begin(), current_.end());
  }
  for (Ticked* module : current_) {
    module->tick_event_.notify(sc_core::SC_ZERO_TIME);
  }
  // 3. the next cycle that somebody asked for, as far as it is known
  if (now_ >= watchdog_due_) {
    check_progress();
  }
  schedule(alarms_.empty() ? watchdog_due_ : std::min(alarms_.top().cycle, watchdog_due_));
}

void Clock::check_progress() {
  // Who asked for a cycle ahead waits for something that is sure to come, however slow the DRAM.
  const Cycles alive = alarms_.empty() ? last_progress_ : alarms_.top().cycle;
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
  SC_HAS_PROCESS(Ticked);
  SC_METHOD(tick);
  dont_initialize();
  sensitive << tick_event_;
}

void fail(const std::string& message) { SC_REPORT_ERROR("vitsim", message.c_str()); }

}  // namespace vitsim::hw
