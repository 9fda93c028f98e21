// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <tlm>
#include <vector>

#include "vitsim/hw/scratchpad.h"
#include "vitsim/mapping/program.h"

namespace vitsim::hw {

/// One DRAM access: a TLM payload with its bytes and where they go.
class Burst : public tlm::tlm_generic_payload {
 public:
  /// The burst will carry `size` bytes at `address`.
  void prepare(bool write, Bytes address, Bytes size);
  std::vector<std::byte>& bytes() { return bytes_; }

  std::size_t channel = 0;   ///< of those that load, or of those that store
  std::size_t transfer = 0;  ///< running number of its command on the channel
  MemoryRequest scratchpad;  ///< the other side of the transfer, but for its data

 private:
  std::vector<std::byte> bytes_;
};

/// Cuts a transfer into bursts: row by row, none across a multiple of burst_bytes in DRAM. Rows
/// that lie packed in both memories are one row.
class BurstWalk {
 public:
  BurstWalk() = default;
  BurstWalk(const mapping::Transfer& transfer, Bytes burst_bytes);
  [[nodiscard]] bool done() const { return row_ >= rows_; }
  /// Sets `burst`'s addresses and tags to the next piece.
  void next(bool write, Burst& burst);

 private:
  const mapping::Transfer* transfer_ = nullptr;
  Bytes burst_bytes_ = 1;
  std::int64_t rows_ = 0;
  Bytes row_bytes_ = 0;
  std::int64_t row_ = 0;
  Bytes col_ = 0;
};

}  // namespace vitsim::hw
