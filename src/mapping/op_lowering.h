// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "emitter.h"

namespace vitsim::mapping {

/// Emits the commands of one operator as its plan says. While it exists, it has its slots.
class OpLowering {
 public:
  OpLowering() = default;
  OpLowering(const OpLowering&) = delete;
  OpLowering& operator=(const OpLowering&) = delete;
  virtual ~OpLowering() = default;
  /// The rows [begin, end) of what it computes, or sums up. They come in order, each once.
  virtual void run(std::int64_t begin, std::int64_t end) = 0;
  /// Everything.
  virtual void run() = 0;
};

std::unique_ptr<OpLowering> make_lowering(Emitter& emitter, int op);

/// A part of a view; what would stick out is cut off.
model::View window(const model::View& view, std::int64_t row, std::int64_t col, std::int64_t rows,
                   std::int64_t cols);

}  // namespace vitsim::mapping
