// SPDX-License-Identifier: Apache-2.0
#include "pairs.h"

namespace vitsim::trace {
namespace {

Event at_cycle(Event event, Cycles cycle) {
  std::visit([cycle](auto& one) { one.cycle = cycle; }, event);
  return event;
}

}  // namespace

Pairs::Key Pairs::key_of(const Event& event, Counts& counts) {
  const auto* transaction = std::get_if<Transaction>(&event);
  if (transaction == nullptr) {
    return {event.index(), *command_of(event), 0};
  }
  const std::size_t kind = event.index() + static_cast<std::size_t>(transaction->port);
  return {kind, transaction->requester, counts[{kind, transaction->requester}]++};
}

/// Takes in what the trace has up to `cycle`.
void Pairs::read_until(Cycles cycle) {
  while (!ended_) {
    if (!ahead_) {
      ahead_ = next_();
    }
    if (!ahead_) {
      ended_ = true;
    } else if (cycle_of(*ahead_) > cycle) {
      return;
    } else {
      const Key key = key_of(*ahead_, golden_counts_);
      by_cycle_.emplace_back(cycle_of(*ahead_), key);
      waiting_.insert_or_assign(key, *std::exchange(ahead_, std::nullopt));
    }
  }
}

/// What the trace has under this key later than the tolerance allows.
std::optional<Event> Pairs::find_ahead(const Key& key) {
  for (; ahead_; ahead_ = next_()) {
    if (key_of(*ahead_, golden_counts_) == key) {
      return ahead_;
    }
  }
  return std::nullopt;
}

std::optional<Pairs::Difference> Pairs::add(const Event& event) {
  const Cycles now = cycle_of(event);
  read_until(now + tolerance_);
  const Key key = key_of(event, run_counts_);
  const auto pair = waiting_.find(key);
  // 1. the trace's events that the run should have had by now
  while (!by_cycle_.empty() && by_cycle_.front().first < now - tolerance_) {
    const auto late = waiting_.find(by_cycle_.front().second);
    by_cycle_.pop_front();
    if (late != waiting_.end()) {
      return Difference{late->second, late == pair ? std::optional(event) : std::nullopt};
    }
  }
  // 2. this one
  if (pair == waiting_.end()) {
    return Difference{find_ahead(key), event};
  }
  if (at_cycle(pair->second, now) != event) {
    return Difference{pair->second, event};
  }
  waiting_.erase(pair);
  return std::nullopt;
}

std::optional<Event> Pairs::finish() {
  for (const auto& [cycle, key] : by_cycle_) {
    const auto left = waiting_.find(key);
    if (left != waiting_.end()) {
      return left->second;
    }
  }
  return ahead_ ? ahead_ : next_();
}

}  // namespace vitsim::trace
