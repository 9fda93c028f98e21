// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "vitsim/config/dram.h"
#include "vitsim/hw/dram_timing.h"
#include "vitsim/stats/counters.h"

namespace vitsim::hw {

enum class DramCommand { kActivate, kPrecharge, kPrechargeAll, kRead, kWrite, kRefresh };

/// A command as it is issued; bank and row where it has them.
struct IssuedCommand {
  Edge edge = 0;
  DramCommand command = DramCommand::kRefresh;
  int bank = 0;
  int row = 0;
};

/// Sees every command of a channel, for tests.
class DramCommandLog {
 public:
  virtual ~DramCommandLog() = default;
  virtual void issued(const IssuedCommand& command) = 0;
};

/// What the channels of a DRAM count together.
struct DramCounters {
  explicit DramCounters(stats::Group& group);
  stats::Counter& row_hits;
  stats::Counter& row_misses;
  stats::Counter& row_conflicts;
  stats::Counter& activates;
  stats::Counter& precharges;
  stats::Counter& refreshes;
  stats::Counter& turnarounds;
  stats::Counter& bus_busy;
  stats::Counter& lost_to_no_access;
  stats::Counter& lost_to_refresh;
  stats::Counter& lost_to_turnaround;
  stats::Counter& lost_to_rows;
  stats::Counter& lost_to_gaps;
};

/// One channel of a DRAM: its banks, a bounded queue of accesses, and which command comes next.
///
/// Timing: one command an edge. Open page: a row stays open until another row of its bank is wanted
/// or a refresh is due. First ready, first come: the command that can come earliest; of several, a
/// read or write before an activate or precharge, then the oldest access. Reads and writes that
/// turn the bus around wait while an access in the bus's present direction finds its row open, and
/// a row is not closed while an access to it waits. Once reorder_limit younger accesses have been
/// served before the oldest, commands serve the oldest alone. Refresh: from its due edge on nothing
/// else is issued; all banks are closed, and all rest for tRFC. Not modelled: postponed refreshes,
/// refresh of single banks, masked writes.
class DramChannel {
 public:
  static constexpr Edge kNever = std::numeric_limits<Edge>::max();

  struct Access {
    int number = 0;  ///< of the caller's
    int bank = 0;
    int row = 0;
    bool write = false;
  };
  /// An access whose last data pass the bus before `edge`.
  struct Done {
    int number;
    Edge edge;
  };

  DramChannel(const config::DramDevice& device, const config::Dram& config, DramCounters& counters);

  [[nodiscard]] bool full() const { return queue_.size() == depth_; }
  [[nodiscard]] bool idle() const { return queue_.empty(); }
  /// The access may be served from edge `from` on. Only where not full(), and after
  /// run_until(from).
  void push(const Access& access, Edge from);
  /// Issues all commands of edges before `limit`; appends the accesses that they serve to `done`.
  void run_until(Edge limit, std::vector<Done>& done);
  /// The edge of the next command, if no access comes; kNever while idle.
  [[nodiscard]] Edge next_edge();
  void set_log(DramCommandLog* log) { log_ = log; }
  void reset();

 private:
  struct Entry {
    Access access;
    Edge from = 0;
    int passed = 0;  ///< by younger accesses
    bool activated = false;
    bool conflict = false;
  };
  struct Candidate {
    Edge edge = kNever;
    DramCommand command = DramCommand::kRefresh;
    std::size_t entry = 0;
  };
  void plan();
  [[nodiscard]] Candidate best_access() const;
  [[nodiscard]] Candidate next_for(std::size_t index) const;
  [[nodiscard]] Candidate next_refresh() const;
  void issue(const Candidate& candidate, std::vector<Done>& done);
  void serve(std::size_t index, Edge edge, std::vector<Done>& done);
  void count_bus(const Entry& entry, Edge edge);
  [[nodiscard]] int& hits(int bank) { return hits_[static_cast<std::size_t>(bank)]; }
  [[nodiscard]] int hits(int bank) const { return hits_[static_cast<std::size_t>(bank)]; }

  DramTiming timing_;
  DramCounters& counters_;
  std::size_t depth_;
  int reorder_limit_;
  bool refresh_;
  Edge trefi_;
  Edge burst_clocks_;
  std::vector<Entry> queue_;  ///< oldest first
  std::vector<int> hits_;     ///< accesses of the queue to the open row, a bank
  Candidate next_;
  bool planned_ = false;
  Edge free_from_ = 0;  ///< the first edge without a command
  Edge refresh_due_ = kNever;
  bool writing_ = false;    ///< the bus's direction
  Edge bus_free_ = 0;       ///< the end of the last data
  bool refreshed_ = false;  ///< since the last data
  DramCommandLog* log_ = nullptr;
};

}  // namespace vitsim::hw
