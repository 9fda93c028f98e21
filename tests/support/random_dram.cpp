// SPDX-License-Identifier: Apache-2.0
#include "support/random_dram.h"

#include <algorithm>
#include <initializer_list>

namespace vitsim::test {
namespace {

int one_of(Random& random, std::initializer_list<int> values) {
  return values.begin()[random.integer(0, static_cast<std::int64_t>(values.size()) - 1)];
}

int integer(Random& random, int low, int high) {
  return static_cast<int>(random.integer(low, high));
}

void draw_sizes(Random& random, config::DramParameters<std::optional>& set) {
  set.clock_mhz = static_cast<double>(random.integer(20000, 3000000)) / 1000;
  set.transfers_per_clock = one_of(random, {1, 2, 8});
  set.channels = one_of(random, {1, 1, 2, 4});
  set.bank_groups = one_of(random, {1, 2, 4});
  set.banks = one_of(random, {1, 2, 4, 8});
  set.rows = 65536;
  set.burst_length = *set.transfers_per_clock * one_of(random, {1, 2, 4});
  set.bus_bytes = one_of(random, {1, 2, 4, 8});
  set.row_bytes = *set.burst_length * *set.bus_bytes * one_of(random, {1, 2, 8, 16});
}

void draw_times(Random& random, config::DramParameters<std::optional>& set) {
  const int burst = *set.burst_length / *set.transfers_per_clock;
  const auto few = [&] { return integer(random, 1, 30); };
  set.trcd_clocks = few();
  set.trp_clocks = few();
  set.tcl_clocks = few();
  set.tcwl_clocks = few();
  set.tras_clocks = *set.trcd_clocks + few();
  set.trrd_s_clocks = integer(random, 1, 9);
  set.trrd_l_clocks = *set.trrd_s_clocks + integer(random, 0, 5);
  set.tccd_s_clocks = burst + integer(random, 0, 2);
  set.tccd_l_clocks = *set.tccd_s_clocks + integer(random, 0, 4);
  set.tfaw_clocks = *set.trrd_s_clocks * integer(random, 1, 6);
  set.twtr_s_clocks = integer(random, 0, 9);
  set.twtr_l_clocks = *set.twtr_s_clocks + integer(random, 0, 9);
  set.trtp_clocks = integer(random, 0, 20);
  set.twr_clocks = integer(random, 0, 30);
  set.turnaround_clocks = integer(random, 0, 9);
  set.trfc_clocks = integer(random, 1, 200);
  // At least what config::check() asks for, often little more.
  set.trefi_clocks = *set.trfc_clocks + 600 + integer(random, 0, 3000);
}

}  // namespace

void draw_banked_dram(Random& random, config::Accelerator& machine) {
  config::Dram& dram = machine.dram;
  dram.kind =
      static_cast<config::DramKind>(integer(random, static_cast<int>(config::DramKind::kDdr4At2400),
                                            static_cast<int>(config::DramKind::kHbm2)));
  dram.address_mapping = static_cast<config::AddressMapping>(integer(random, 0, 2));
  dram.queue_depth = one_of(random, {1, 2, 8, 32});
  dram.reorder_limit = one_of(random, {0, 1, 8, 32});
  dram.refresh = integer(random, 0, 3) > 0;
  if (random.integer(0, 1) == 1) {
    draw_sizes(random, dram.set);
    draw_times(random, dram.set);
  }
  const int burst = config::resolved_device(dram)->burst_bytes();
  machine.dma.burst_bytes = burst * std::max(one_of(random, {1, 1, 2, 3, 4}), 8 / burst);
}

}  // namespace vitsim::test
