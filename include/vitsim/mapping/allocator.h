// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>

#include "vitsim/core/units.h"

namespace vitsim::mapping {

/// Gives out stretches of the scratchpad.
class Allocator {
 public:
  /// Addresses in [begin, begin + capacity), multiples of `alignment`, as `begin` is.
  Allocator(Bytes capacity, Bytes alignment, Bytes begin = 0);

  /// The address of `size` free bytes; none where no stretch is long enough. Next fit: it looks on
  /// from where it gave last, so that the buffers of neighbouring operators lie apart where there
  /// is room, and the next operator's loads need not wait for this one's reads.
  std::optional<Bytes> allocate(Bytes size);
  /// The same at the highest address that is free: for tensors that stay, out of the others' way.
  std::optional<Bytes> allocate_high(Bytes size);
  void release(Bytes address);

  /// The longest free stretch.
  [[nodiscard]] Bytes largest_free() const;
  /// The highest address ever given out, with its size.
  [[nodiscard]] Bytes peak() const { return peak_; }

 private:
  [[nodiscard]] std::optional<Bytes> find(Bytes size, Bytes from) const;
  Bytes take(Bytes address, Bytes size);

  Bytes begin_;
  Bytes end_;
  Bytes alignment_;
  Bytes next_;
  Bytes peak_ = 0;
  std::map<Bytes, Bytes> used_;  ///< address to size
};

}  // namespace vitsim::mapping
