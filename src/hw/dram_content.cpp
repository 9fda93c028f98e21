// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dram_content.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

namespace vitsim::hw {

std::size_t DramContent::next_shared(Bytes address) const {
  const auto is_next = [&](std::size_t index) {
    return (index == 0 || shared_[index - 1].end() <= address) &&
           (index == shared_.size() || shared_[index].end() > address);
  };
  if (!is_next(last_)) {
    const auto next = std::ranges::upper_bound(shared_, address, {}, &Shared::end);
    last_ = static_cast<std::size_t>(next - shared_.begin());
  }
  return last_;
}

void DramContent::share(Bytes address, std::span<const std::byte> constant) {
  const auto count = static_cast<Bytes>(constant.size());
  assert(contains(address, count) && first_shared(address, count) < 0);
  own_.mark_written(address, count);
  const auto before = static_cast<std::ptrdiff_t>(next_shared(address));
  shared_.insert(shared_.begin() + before, {address, constant});
}

Bytes DramContent::first_shared(Bytes address, Bytes count) const {
  const std::size_t next = next_shared(address);
  if (count == 0 || next == shared_.size() || shared_[next].address >= address + count) {
    return -1;
  }
  return std::max(shared_[next].address, address);
}

void DramContent::write(Bytes address, std::span<const std::byte> data) {
  assert(first_shared(address, static_cast<Bytes>(data.size())) < 0);
  own_.write(address, data);
}

void DramContent::forget(Bytes address, Bytes count) {
  assert(first_shared(address, count) < 0);
  own_.forget(address, count);
}

void DramContent::read(Bytes address, std::span<std::byte> out) const {
  const Bytes end = address + static_cast<Bytes>(out.size());
  auto to = out.begin();
  const auto copy = [&](std::span<const std::byte> bytes) {
    to = std::ranges::copy(bytes, to).out;
    address += static_cast<Bytes>(bytes.size());
  };
  for (std::size_t next = next_shared(address); address < end; ++next) {
    const bool more = next < shared_.size();
    const Bytes own_end = more ? std::min(shared_[next].address, end) : end;
    if (address < own_end) {
      copy(own_.read(address, own_end - address));
    }
    if (address < end) {
      const Shared& shared = shared_[next];
      copy(shared.bytes.subspan(static_cast<std::size_t>(address - shared.address),
                                static_cast<std::size_t>(std::min(shared.end(), end) - address)));
    }
  }
}

}  // namespace vitsim::hw
