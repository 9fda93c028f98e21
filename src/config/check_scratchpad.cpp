// SPDX-License-Identifier: Apache-2.0
#include "check_scratchpad.h"

#include <algorithm>
#include <bit>
#include <string>

#include <fmt/format.h>

#include "vitsim/core/error.h"

namespace vitsim::config {
namespace {

constexpr std::string_view kPath = "accelerator.scratchpad";

void check_sizes(const Scratchpad& scratchpad) {
  Bytes sum = 0;
  const auto keys = keys_of(*scratchpad.partitions);
  for (std::size_t kind = 0; kind < kTensorKinds; ++kind) {
    const Bytes bytes = keys[kind].kib * Bytes{1024};
    if (bytes % scratchpad.bank_width_bytes != 0) {
      throw ConfigError(fmt::format(
          "{0}.partitions.{1}_kib: got '{2}', which is {3} bytes, expected whole words "
          "of {0}.bank_width_bytes '{4}'",
          kPath, kTensorKindNames[kind], keys[kind].kib, bytes, scratchpad.bank_width_bytes));
    }
    sum += keys[kind].kib;
  }
  if (sum != scratchpad.size_kib) {
    throw ConfigError(
        fmt::format("{0}.partitions: got weights_kib '{1}', activations_kib '{2}' and scores_kib "
                    "'{3}', which is {4} together, expected {0}.size_kib '{5}'",
                    kPath, keys[0].kib, keys[1].kib, keys[2].kib, sum, scratchpad.size_kib));
  }
}

void check_banks(const Scratchpad& scratchpad) {
  int given = 0;
  int in_proportion = 0;
  for (const PartitionKeys& keys : keys_of(*scratchpad.partitions)) {
    given += keys.banks;
    in_proportion += keys.banks == 0 ? 1 : 0;
  }
  const int left = scratchpad.banks - given;
  if (in_proportion == 0 ? left != 0 : left < in_proportion) {
    throw ConfigError(fmt::format(
        "{}.banks: got '{}', expected {} '{}': {} that partitions name and one at least for each "
        "of the {} others",
        kPath, scratchpad.banks, in_proportion == 0 ? "exactly" : "at least", given + in_proportion,
        given, in_proportion));
  }
}

/// Where the number of these banks comes from, for messages.
std::string name_of_banks(const Scratchpad& scratchpad, std::size_t index) {
  return scratchpad.partitions
             ? fmt::format("{}.partitions.{}_banks", kPath, kTensorKindNames[index])
             : fmt::format("{}.banks", kPath);
}

void check_interleaving(const Scratchpad& scratchpad) {
  const auto ranges = partition_layout(scratchpad);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const int banks = ranges[i].banks;
    if (scratchpad.interleaving == Interleaving::kXor &&
        !std::has_single_bit(static_cast<unsigned>(banks))) {
      throw ConfigError(
          fmt::format("{}: got '{}', expected a power of two with {}.interleaving "
                      "'xor'",
                      name_of_banks(scratchpad, i), banks, kPath));
    }
    if (scratchpad.interleaving == Interleaving::kByTensor && banks % scratchpad.bank_groups != 0) {
      throw ConfigError(fmt::format("{}.bank_groups: got '{}', expected a divisor of {} '{}'",
                                    kPath, scratchpad.bank_groups, name_of_banks(scratchpad, i),
                                    banks));
    }
  }
}

}  // namespace

void check_scratchpad(const Scratchpad& scratchpad) {
  if (scratchpad.partitions) {
    check_sizes(scratchpad);
    check_banks(scratchpad);
  }
  check_interleaving(scratchpad);
}

}  // namespace vitsim::config
