// SPDX-License-Identifier: Apache-2.0
#include "vitsim/trace/comparison.h"

#include <utility>

namespace vitsim::trace {

void Comparison::add(const Event& event) {
  if (divergence_) {
    return;
  }
  std::optional<Event> expected = golden_.next();
  if (expected != event) {
    divergence_ = {std::move(expected), event, std::move(before_)};
    return;
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
  if (std::optional<Event> expected = golden_.next()) {
    divergence_ = {std::move(expected), std::nullopt, std::move(before_)};
  }
}

}  // namespace vitsim::trace
