// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/allocator.h"

#include <algorithm>

namespace vitsim::mapping {

Allocator::Allocator(Bytes capacity, Bytes alignment, Bytes begin)
    : begin_(begin),
      end_(begin + capacity / alignment * alignment),
      alignment_(alignment),
      next_(begin) {}

std::optional<Bytes> Allocator::find(Bytes size, Bytes from) const {
  Bytes candidate = from;
  auto next = used_.upper_bound(from);
  if (next != used_.begin()) {
    const auto before = std::prev(next);
    candidate = std::max(candidate, before->first + before->second);
  }
  for (; next != used_.end() && candidate + size > next->first; ++next) {
    candidate = next->first + next->second;
  }
  return candidate + size <= end_ ? std::optional(candidate) : std::nullopt;
}

Bytes Allocator::take(Bytes address, Bytes size) {
  used_.emplace(address, size);
  peak_ = std::max(peak_, address + size);
  return address;
}

std::optional<Bytes> Allocator::allocate(Bytes size) {
  const Bytes rounded = round_up(std::max<Bytes>(size, 1), alignment_);
  auto address = find(rounded, next_);
  if (!address) {
    address = find(rounded, begin_);
  }
  if (address) {
    next_ = take(*address, rounded) + rounded;
  }
  return address;
}

std::optional<Bytes> Allocator::allocate_high(Bytes size) {
  const Bytes rounded = round_up(std::max<Bytes>(size, 1), alignment_);
  std::optional<Bytes> highest;
  Bytes begin = begin_;
  for (const auto& [address, used] : used_) {
    if (begin + rounded <= address) {
      highest = address - rounded;
    }
    begin = address + used;
  }
  if (begin + rounded <= end_) {
    highest = end_ - rounded;
  }
  return highest ? std::optional(take(*highest, rounded)) : std::nullopt;
}

void Allocator::release(Bytes address) { used_.erase(address); }

Bytes Allocator::largest_free() const {
  Bytes largest = 0;
  Bytes begin = begin_;
  for (const auto& [address, size] : used_) {
    largest = std::max(largest, address - begin);
    begin = address + size;
  }
  return std::max(largest, end_ - begin);
}

}  // namespace vitsim::mapping
