// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace vitsim::test {

/// What became of a function that ran in a process of its own.
struct ChildResult {
  bool returned = false;  ///< else `text` says how it ended: an exception, a signal, the time limit
  std::string text;       ///< what the function returned
};

/// Runs `body` in a forked child, as SystemC elaborates once a process. The parent must not have
/// elaborated anything itself.
ChildResult in_child(const std::function<std::string()>& body,
                     std::chrono::milliseconds limit = std::chrono::seconds(60));

}  // namespace vitsim::test
