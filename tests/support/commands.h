// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "vitsim/core/matrix.h"
#include "vitsim/core/random.h"
#include "vitsim/hw/commands.h"
#include "vitsim/mapping/program.h"

namespace vitsim::test {

/// Commands that stay where they are, and beats of them.
class Commands {
 public:
  template <class Work>
  hw::CommandBeat add(const Work& work, mapping::Token done = mapping::kNoToken, int layer = 0) {
    mapping::Command& command = commands_.emplace_back();
    command.op = layer;
    command.done = done;
    command.work = work;
    return {&command, layer};
  }
  template <class Work>
  hw::CommandBeat add_to(mapping::Unit unit, const Work& work, mapping::Token done) {
    const auto beat = add(work, done);
    commands_.back().unit = unit;
    return beat;
  }

 private:
  std::deque<mapping::Command> commands_;
};

/// A packed matrix at an address, or with `pitch` bytes from row to row.
inline mapping::Operand operand_at(Bytes address, std::int64_t rows, std::int64_t cols,
                                   int element_bytes, Bytes pitch = 0) {
  mapping::Operand operand;
  const Bytes row_bytes = cols * element_bytes;
  operand.region = {address, rows, row_bytes, pitch == 0 ? row_bytes : pitch};
  operand.tile = {0, 0, 0, rows, cols};
  operand.element_bytes = element_bytes;
  return operand;
}

/// Integers of `bits` bits, the same for a seed.
inline IntMatrix random_matrix(std::uint64_t seed, std::int64_t rows, std::int64_t cols, int bits) {
  Random random(seed);
  IntMatrix matrix(rows, cols);
  const std::int64_t max = (std::int64_t{1} << (bits - 1)) - 1;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int16_t& value : matrix.row(r)) {
      value = static_cast<std::int16_t>(random.integer(-max - 1, max));
    }
  }
  return matrix;
}

}  // namespace vitsim::test
