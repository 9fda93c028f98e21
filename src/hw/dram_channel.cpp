// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dram_channel.h"

#include <algorithm>
#include <cassert>

namespace vitsim::hw {

DramCounters::DramCounters(stats::Group& group)
    : row_hits(group.counter("row_hits", "accesses that found their row open")),
      row_misses(group.counter("row_misses", "accesses that found their bank closed")),
      row_conflicts(group.counter("row_conflicts", "accesses that found another row open")),
      activates(group.counter("activates", "rows opened")),
      precharges(group.counter("precharges", "rows closed")),
      refreshes(group.counter("refreshes", "refreshes of all banks of a channel")),
      turnarounds(group.counter("turnarounds", "changes between reads and writes")),
      bus_busy(group.counter("bus_busy_clocks", "clocks with data, of all channels' buses")),
      lost_to_no_access(group.counter("lost_to_no_access_clocks",
                                      "clocks without data: no access was there in time")),
      lost_to_refresh(group.counter("lost_to_refresh_clocks", "clocks without data: a refresh")),
      lost_to_turnaround(group.counter("lost_to_turnaround_clocks",
                                       "clocks without data: between a read and a write")),
      lost_to_rows(
          group.counter("lost_to_rows_clocks", "clocks without data: a row was closed or opened")),
      lost_to_gaps(group.counter("lost_to_gaps_clocks",
                                 "clocks without data: between accesses to open rows")) {}

DramChannel::DramChannel(const config::DramDevice& device, const config::Dram& config,
                         DramCounters& counters)
    : timing_(device),
      counters_(counters),
      depth_(static_cast<std::size_t>(config.queue_depth)),
      reorder_limit_(config.reorder_limit),
      refresh_(config.refresh),
      trefi_(device.trefi_clocks),
      burst_clocks_(device.burst_clocks()),
      hits_(static_cast<std::size_t>(device.banks_per_channel())) {
  queue_.reserve(depth_);
  reset();
}

void DramChannel::push(const Access& access, Edge from) {
  assert(!full());
  queue_.push_back({access, from, 0, false, false});
  hits(access.bank) += static_cast<int>(timing_.open_row(access.bank) == access.row);
  free_from_ = std::max(free_from_, from);
  planned_ = false;
}

void DramChannel::run_until(Edge limit, std::vector<Done>& done) {
  for (plan(); next_.edge < limit; plan()) {
    issue(next_, done);
  }
}

Edge DramChannel::next_edge() {
  if (queue_.empty()) {
    return kNever;
  }
  plan();
  return next_.edge;
}

void DramChannel::plan() {
  if (planned_) {
    return;
  }
  planned_ = true;
  next_ = {};
  if (!queue_.empty()) {
    next_ = queue_.front().passed >= reorder_limit_ ? next_for(0) : best_access();
    next_.edge = std::max(next_.edge, free_from_);
  }
  if (refresh_ && next_.edge >= refresh_due_) {
    next_ = next_refresh();
  }
}

DramChannel::Candidate DramChannel::next_for(std::size_t index) const {
  const Access& access = queue_[index].access;
  const int open = timing_.open_row(access.bank);
  if (open == access.row) {
    return {timing_.earliest_column(access.bank, access.write),
            access.write ? DramCommand::kWrite : DramCommand::kRead, index};
  }
  if (open == DramTiming::kClosed) {
    return {timing_.earliest_activate(access.bank), DramCommand::kActivate, index};
  }
  return {timing_.earliest_precharge(access.bank), DramCommand::kPrecharge, index};
}

DramChannel::Candidate DramChannel::best_access() const {
  Candidate same;             // reads or writes, whichever the bus does
  Candidate other;            // the others
  Candidate row;              // activates and precharges
  std::uint64_t decided = 0;  // banks whose next activate or precharge an older access has
  // Candidates of edges gone by are equally early: the oldest one counts.
  const auto keep = [&](Candidate& best, std::size_t index) {
    Candidate candidate = next_for(index);
    candidate.edge = std::max(candidate.edge, free_from_);
    if (candidate.edge < best.edge) {
      best = candidate;
    }
  };
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const Access& access = queue_[i].access;
    const int open = timing_.open_row(access.bank);
    if (open == access.row) {
      keep(access.write == writing_ ? same : other, i);
      continue;
    }
    const std::uint64_t bank = std::uint64_t{1} << access.bank;
    if ((decided & bank) == 0 && (open == DramTiming::kClosed || hits(access.bank) == 0)) {
      decided |= bank;
      keep(row, i);
    }
  }
  const Candidate& column = same.edge != kNever ? same : other;
  return row.edge < column.edge ? row : column;
}

DramChannel::Candidate DramChannel::next_refresh() const {
  const Edge from = std::max(free_from_, refresh_due_);
  if (timing_.any_open()) {
    return {std::max(from, timing_.earliest_precharge_all()), DramCommand::kPrechargeAll, 0};
  }
  return {std::max(from, timing_.earliest_refresh()), DramCommand::kRefresh, 0};
}

void DramChannel::issue(const Candidate& candidate, std::vector<Done>& done) {
  const Edge edge = candidate.edge;
  free_from_ = edge + 1;
  planned_ = false;
  const bool of_access = candidate.entry < queue_.size();
  const Access access = of_access ? queue_[candidate.entry].access : Access{};
  if (log_ != nullptr) {
    log_->issued({edge, candidate.command, access.bank, access.row});
  }
  switch (candidate.command) {
    case DramCommand::kActivate:
      timing_.activate(access.bank, access.row, edge);
      hits(access.bank) = static_cast<int>(std::ranges::count_if(queue_, [&](const Entry& entry) {
        return entry.access.bank == access.bank && entry.access.row == access.row;
      }));
      queue_[candidate.entry].activated = true;
      ++counters_.activates;
      break;
    case DramCommand::kPrecharge:
      timing_.precharge(access.bank, edge);
      hits(access.bank) = 0;
      queue_[candidate.entry].conflict = true;
      ++counters_.precharges;
      break;
    case DramCommand::kPrechargeAll:
      counters_.precharges += timing_.precharge_all(edge);
      std::ranges::fill(hits_, 0);
      break;
    case DramCommand::kRefresh:
      timing_.refresh(edge);
      refresh_due_ += trefi_;
      refreshed_ = true;
      ++counters_.refreshes;
      break;
    case DramCommand::kRead:
    case DramCommand::kWrite:
      serve(candidate.entry, edge, done);
      break;
  }
}

void DramChannel::serve(std::size_t index, Edge edge, std::vector<Done>& done) {
  const Entry entry = queue_[index];
  for (std::size_t older = 0; older < index; ++older) {
    ++queue_[older].passed;
  }
  queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(index));
  --hits(entry.access.bank);
  timing_.column(entry.access.bank, entry.access.write, edge);
  ++(entry.conflict    ? counters_.row_conflicts
     : entry.activated ? counters_.row_misses
                       : counters_.row_hits);
  count_bus(entry, edge);
  done.push_back({entry.access.number, bus_free_});
}

void DramChannel::count_bus(const Entry& entry, Edge edge) {
  const Edge latency = timing_.latency(entry.access.write);
  const Edge begin = edge + latency;
  const bool turned = entry.access.write != writing_;
  // Before its first data could have come the access was missing; the rest has one cause.
  const Edge missing = std::clamp(entry.from + latency, bus_free_, begin);
  counters_.lost_to_no_access += missing - bus_free_;
  (refreshed_                          ? counters_.lost_to_refresh
   : turned                            ? counters_.lost_to_turnaround
   : entry.activated || entry.conflict ? counters_.lost_to_rows
                                       : counters_.lost_to_gaps) += begin - missing;
  counters_.turnarounds += static_cast<int>(turned);
  counters_.bus_busy += burst_clocks_;
  writing_ = entry.access.write;
  bus_free_ = begin + burst_clocks_;
  refreshed_ = false;
}

void DramChannel::reset() {
  timing_.reset();
  queue_.clear();
  std::ranges::fill(hits_, 0);
  planned_ = false;
  free_from_ = 0;
  refresh_due_ = refresh_ ? trefi_ : kNever;
  writing_ = false;
  bus_free_ = 0;
  refreshed_ = false;
}

}  // namespace vitsim::hw
