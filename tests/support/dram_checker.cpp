// SPDX-License-Identifier: Apache-2.0
#include "support/dram_checker.h"

#include <algorithm>
#include <cstddef>
#include <map>

#include <fmt/format.h>

namespace vitsim::test {
namespace {

using hw::DramCommand;
using hw::IssuedCommand;

bool is_column(const IssuedCommand& c) {
  return c.command == DramCommand::kRead || c.command == DramCommand::kWrite;
}

bool closes(const IssuedCommand& c, int bank) {
  return c.command == DramCommand::kPrechargeAll ||
         (c.command == DramCommand::kPrecharge && c.bank == bank);
}

class Checker {
 public:
  Checker(const std::vector<IssuedCommand>& commands, const config::DramDevice& device)
      : commands_(commands), device_(device) {}

  std::vector<std::string> broken(bool refresh) {
    for (std::size_t i = 0; i < commands_.size(); ++i) {
      for (std::size_t j = window_begin(i); j < i; ++j) {
        check_pair(commands_[j], commands_[i]);
      }
      check_tfaw(i);
    }
    check_states();
    check_data_bus();
    if (refresh) {
      check_refreshes();
    }
    return broken_;
  }

 private:
  /// No constraint is longer than the largest of the device's times and a few data.
  [[nodiscard]] std::size_t window_begin(std::size_t index) const {
    const timing::Edge longest =
        4 * (device_.trfc_clocks + device_.tras_clocks + device_.twr_clocks + device_.tcl_clocks);
    std::size_t begin = index;
    while (begin > 0 && commands_[begin - 1].edge + longest > commands_[index].edge) {
      --begin;
    }
    return begin;
  }

  void expect(const char* rule, const IssuedCommand& before, const IssuedCommand& after,
              timing::Edge least) {
    if (after.edge - before.edge < least) {
      broken_.push_back(fmt::format("{}: edges {} and {}, expected {} between them", rule,
                                    before.edge, after.edge, least));
    }
  }

  void check_pair(const IssuedCommand& a, const IssuedCommand& b) {
    expect("one command an edge", a, b, 1);
    const bool same_bank = a.bank == b.bank;
    const bool same_group = a.bank / device_.banks == b.bank / device_.banks;
    const timing::Edge burst = device_.burst_length / device_.transfers_per_clock;
    if (a.command == DramCommand::kActivate) {
      if (is_column(b) && same_bank) {
        expect("tRCD", a, b, device_.trcd_clocks);
      }
      if (closes(b, a.bank)) {
        expect("tRAS", a, b, device_.tras_clocks);
      }
      if (b.command == DramCommand::kActivate) {
        expect("tRRD", a, b, same_group ? device_.trrd_l_clocks : device_.trrd_s_clocks);
      }
    }
    if (b.command == DramCommand::kActivate && closes(a, b.bank)) {
      expect("tRP", a, b, device_.trp_clocks);
    }
    if (b.command == DramCommand::kRefresh &&
        (a.command == DramCommand::kPrecharge || a.command == DramCommand::kPrechargeAll)) {
      expect("tRP before a refresh", a, b, device_.trp_clocks);
    }
    if (a.command == DramCommand::kRefresh && b.command == DramCommand::kActivate) {
      expect("tRFC", a, b, device_.trfc_clocks);
    }
    if (is_column(a) && is_column(b) && a.command == b.command) {
      expect("tCCD", a, b, same_group ? device_.tccd_l_clocks : device_.tccd_s_clocks);
    }
    if (a.command == DramCommand::kWrite && b.command == DramCommand::kRead) {
      expect("tWTR", a, b,
             device_.tcwl_clocks + burst +
                 (same_group ? device_.twtr_l_clocks : device_.twtr_s_clocks));
    }
    if (a.command == DramCommand::kRead && closes(b, a.bank)) {
      expect("tRTP", a, b, device_.trtp_clocks);
    }
    if (a.command == DramCommand::kWrite && closes(b, a.bank)) {
      expect("tWR", a, b, device_.tcwl_clocks + burst + device_.twr_clocks);
    }
  }

  /// Of five activates the last comes tFAW after the first.
  void check_tfaw(std::size_t index) {
    if (commands_[index].command != DramCommand::kActivate) {
      return;
    }
    int before = 0;
    for (std::size_t j = index; j-- > 0;) {
      if (commands_[j].command == DramCommand::kActivate && ++before == 4) {
        expect("tFAW", commands_[j], commands_[index], device_.tfaw_clocks);
        return;
      }
    }
  }

  /// Rows are opened in closed banks, accessed where they are open, and all closed for a refresh.
  void check_states() {
    std::map<int, int> open;
    for (const IssuedCommand& c : commands_) {
      const auto row = open.find(c.bank);
      if (c.command == DramCommand::kActivate && !open.emplace(c.bank, c.row).second) {
        broken_.push_back(fmt::format("edge {}: activate of an open bank", c.edge));
      } else if (is_column(c) && (row == open.end() || row->second != c.row)) {
        broken_.push_back(fmt::format("edge {}: access to a row that is not open", c.edge));
      } else if (c.command == DramCommand::kPrecharge && open.erase(c.bank) == 0) {
        broken_.push_back(fmt::format("edge {}: precharge of a closed bank", c.edge));
      } else if (c.command == DramCommand::kPrechargeAll) {
        open.clear();
      } else if (c.command == DramCommand::kRefresh && !open.empty()) {
        broken_.push_back(fmt::format("edge {}: refresh with an open row", c.edge));
      }
    }
  }

  /// Data never overlap, and a write's follow a read's after the turnaround.
  void check_data_bus() {
    const timing::Edge burst = device_.burst_length / device_.transfers_per_clock;
    const IssuedCommand* last = nullptr;
    timing::Edge end = 0;
    for (const IssuedCommand& c : commands_) {
      if (!is_column(c)) {
        continue;
      }
      const bool write = c.command == DramCommand::kWrite;
      const timing::Edge begin = c.edge + (write ? device_.tcwl_clocks : device_.tcl_clocks);
      const bool turned = last != nullptr && write && last->command == DramCommand::kRead;
      if (last != nullptr && begin < end + (turned ? device_.turnaround_clocks : 0)) {
        broken_.push_back(fmt::format("data bus: from {}, but it is taken to {}", begin, end));
      }
      last = &c;
      end = begin + burst;
    }
  }

  /// Refresh n comes no sooner than n tREFI, and not much later.
  void check_refreshes() {
    timing::Edge due = device_.trefi_clocks;
    const timing::Edge late = device_.tras_clocks + device_.trp_clocks + device_.tcwl_clocks +
                              device_.burst_length + device_.twr_clocks + device_.trtp_clocks + 2;
    for (const IssuedCommand& c : commands_) {
      if (c.command == DramCommand::kRefresh) {
        if (c.edge < due || c.edge > due + late) {
          broken_.push_back(fmt::format("tREFI: refresh at {}, due at {}", c.edge, due));
        }
        due += device_.trefi_clocks;
      }
    }
    if (!commands_.empty() && commands_.back().edge > due + late) {
      broken_.push_back(fmt::format("tREFI: no refresh at {}", due));
    }
  }

  const std::vector<IssuedCommand>& commands_;
  const config::DramDevice& device_;
  std::vector<std::string> broken_;
};

}  // namespace

std::vector<std::string> broken_rules(const std::vector<IssuedCommand>& commands,
                                      const config::DramDevice& device, bool refresh) {
  return Checker(commands, device).broken(refresh);
}

}  // namespace vitsim::test
