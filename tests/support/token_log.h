// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "vitsim/hw/commands.h"

namespace vitsim::test {

/// Notes in which cycle each token was set; a token set twice is a failure.
class TokenLog : public hw::TokenSink {
 public:
  explicit TokenLog(const hw::Clock& clock) : clock_(clock) {}
  void set(mapping::Token token) override {
    if (on_set) {
      on_set(token);
    }
    EXPECT_TRUE(cycles.emplace(token, clock_.now()).second) << "token " << token << " set twice";
  }
  [[nodiscard]] bool has(mapping::Token token) const { return cycles.contains(token); }
  /// -1 where it was not set.
  [[nodiscard]] Cycles cycle_of(mapping::Token token) const {
    return has(token) ? cycles.at(token) : -1;
  }

  std::map<mapping::Token, Cycles> cycles;
  std::function<void(mapping::Token)> on_set;

 private:
  const hw::Clock& clock_;
};

}  // namespace vitsim::test
