// SPDX-License-Identifier: Apache-2.0
#include "vitsim/trace/comparison.h"

#include <algorithm>
#include <utility>

#include "pairs.h"

namespace vitsim::trace {
namespace {

bool is_dram(Port port) { return port == Port::kDramRead || port == Port::kDramWrite; }

}  // namespace

Cycles Divergence::cycle() const {
  Cycles cycle = got ? cycle_of(*got) : cycle_of(*expected);
  return expected ? std::min(cycle, cycle_of(*expected)) : cycle;
}

Comparison::Comparison(Reader& golden, const Tolerance& tolerance)
    : golden_(golden), tolerance_(tolerance) {
  if (tolerance_.cycles > 0) {
    tolerance_.stalls = true;
    pairs_ = std::make_unique<Pairs>([this] { return next_golden(); }, tolerance_.cycles);
  }
}

Comparison::~Comparison() = default;

/// Takes off what is overlooked; false where that is all of the event.
bool Comparison::counts(Event& event) const {
  if (auto* done = std::get_if<Done>(&event); done != nullptr && tolerance_.stalls) {
    done->stalls.clear();
  } else if (auto* tile = std::get_if<Tile>(&event); tile != nullptr && tolerance_.values) {
    tile->hash = 0;
    std::ranges::fill(tile->rows, std::uint8_t{0});
  } else if (auto* transaction = std::get_if<Transaction>(&event)) {
    transaction->hash = tolerance_.values ? 0 : transaction->hash;
    return !(is_dram(transaction->port) ? tolerance_.dram : tolerance_.scratchpad);
  }
  return true;
}

std::optional<Event> Comparison::next_golden() {
  std::optional<Event> event = golden_.next();
  while (event && !counts(*event)) {
    event = golden_.next();
  }
  return event;
}

void Comparison::diverge(std::optional<Event> expected, std::optional<Event> got) {
  divergence_ = {std::move(expected), std::move(got), std::move(before_)};
}

void Comparison::add(const Event& event) {
  std::optional<Event> got(event);
  if (divergence_ || !counts(*got)) {
    return;
  }
  if (pairs_) {
    if (auto difference = pairs_->add(*got)) {
      return diverge(std::move(difference->expected), std::move(difference->got));
    }
  } else if (std::optional<Event> expected = next_golden(); expected != got) {
    return diverge(std::move(expected), got);
  }
  before_.push_back(event);
  if (before_.size() > kShown) {
    before_.pop_front();
  }
}

void Comparison::finish() {
  if (divergence_) {
    return;
  }
  if (std::optional<Event> expected = pairs_ ? pairs_->finish() : next_golden()) {
    diverge(std::move(expected), std::nullopt);
  }
}

Cycles last_cycle(Reader& reader) {
  Cycles cycle = 0;
  while (const std::optional<Event> event = reader.next()) {
    cycle = cycle_of(*event);
  }
  return cycle;
}

}  // namespace vitsim::trace
