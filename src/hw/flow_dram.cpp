// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/flow_dram.h"

#include <algorithm>
#include <cmath>

namespace vitsim::hw {

FlowDram::FlowDram(const config::Dram& config)
    : config_(config),
      rate_(std::max<std::int64_t>(1, std::llround(config.bytes_per_cycle * 1000))) {}

void FlowDram::begin(int number, bool /*write*/, Bytes /*address*/, Bytes size, Cycles now) {
  pending_.push({number, due_cycle(size, now)});
}

Cycles FlowDram::due_cycle(Bytes size, Cycles now) {
  const Cycles arrival = now + 1;
  if (config_.kind == config::DramKind::kIdeal) {
    return arrival;
  }
  bus_free_ = std::max(bus_free_, arrival * rate_) + size * 1000;
  return ceil_div(bus_free_, rate_) + config_.latency_cycles;
}

int FlowDram::pop_done(Cycles now) {
  if (pending_.empty() || pending_.front().due > now) {
    return -1;
  }
  const int number = pending_.front().number;
  pending_.pop();
  return number;
}

void FlowDram::reset() {
  pending_.clear();
  bus_free_ = 0;
}

}  // namespace vitsim::hw
