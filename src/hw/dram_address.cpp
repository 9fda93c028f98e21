// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dram_address.h"

#include <bit>

namespace vitsim::hw {

using config::AddressMapping;

DramAddressMap::DramAddressMap(const config::DramDevice& device, AddressMapping mapping)
    : banks_(device.banks) {
  int shift = 0;
  const auto take = [&](Field& field, int size) {
    field = {shift, size - 1};
    shift += std::countr_zero(static_cast<unsigned>(size));
  };
  const int columns = device.row_bytes / device.burst_bytes();
  take(channel_, device.channels);
  take(group_, device.bank_groups);
  if (mapping == AddressMapping::kRowColumnBank) {
    take(bank_, device.banks);
    take(column_, columns);
  } else {
    take(column_, columns);
  }
  if (mapping == AddressMapping::kRowBankColumn) {
    take(bank_, device.banks);
  }
  take(row_, device.rows);
  if (mapping == AddressMapping::kBankRowColumn) {
    take(bank_, device.banks);
  }
}

DramAddress DramAddressMap::operator()(std::int64_t burst) const {
  const int group = group_.of(burst);
  return {channel_.of(burst), group * banks_ + bank_.of(burst), group, row_.of(burst),
          column_.of(burst)};
}

}  // namespace vitsim::hw
