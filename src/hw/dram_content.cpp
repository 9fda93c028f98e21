// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dram_content.h"

#include <algorithm>
#include <cassert>

namespace vitsim::hw {

std::vector<DramContent::Shared>::const_iterator DramContent::next_shared(Bytes address) const {
  return std::ranges::upper_bound(shared_, address, {}, &Shared::end);
}

void DramContent::share(Bytes address, std::span<const std::byte> constant) {
  const auto count = static_cast<Bytes>(constant.size());
  assert(contains(address, count) && first_shared(address, count) < 0);
  own_.mark_written(address, count);
  shared_.insert(next_shared(address), {address, constant});
}

Bytes DramContent::first_shared(Bytes address, Bytes count) const {
  const auto next = next_shared(address);
  if (count == 0 || next == shared_.end() || next->address >= address + count) {
    return -1;
  }
  return std::max(next->address, address);
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
  for (auto next = next_shared(address); address < end; ++next) {
    const Bytes own_end = next == shared_.end() ? end : std::min(next->address, end);
    if (address < own_end) {
      copy(own_.read(address, own_end - address));
    }
    if (address < end) {
      copy(next->bytes.subspan(static_cast<std::size_t>(address - next->address),
                               static_cast<std::size_t>(std::min(next->end(), end) - address)));
    }
  }
}

}  // namespace vitsim::hw
