// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "vitsim/config/dram.h"
#include "vitsim/core/units.h"

namespace vitsim::hw {

/// Where a burst lies.
struct DramAddress {
  int channel = 0;
  int bank = 0;  ///< in the channel: bank group * banks of a group + bank
  int group = 0;
  int row = 0;
  int column = 0;  ///< in bursts
  bool operator==(const DramAddress&) const = default;
};

/// Cuts addresses into bits. The lowest choose the channel, those above it the bank group, so that
/// bursts in sequence alternate between both; the order of the rest is the configuration's.
class DramAddressMap {
 public:
  DramAddressMap(const config::DramDevice& device, config::AddressMapping mapping);
  /// `burst` is an address divided by the bytes of a burst, within the capacity.
  [[nodiscard]] DramAddress operator()(std::int64_t burst) const;

 private:
  struct Field {
    int shift = 0;
    std::int64_t mask = 0;
    [[nodiscard]] int of(std::int64_t burst) const {
      return static_cast<int>((burst >> shift) & mask);
    }
  };
  Field channel_;
  Field group_;
  Field bank_;
  Field row_;
  Field column_;
  int banks_;
};

}  // namespace vitsim::hw
