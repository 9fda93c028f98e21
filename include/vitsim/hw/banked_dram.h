// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/hw/dram_address.h"
#include "vitsim/hw/dram_channel.h"
#include "vitsim/hw/dram_model.h"

namespace vitsim::hw {

/// A DRAM with banks, in a clock domain of its own.
///
/// Timing: an access is cut into the DRAM's bursts, which enter the queues of their channels in
/// order, all at once where there is room; the access is accepted when the last one is in. Bursts
/// that enter in core cycle t are seen by the channel from its first clock edge in t + 1. An access
/// is done in the first core cycle that begins after the data of all its bursts have passed.
/// Accesses are done in any order. Nothing runs in cycles in which no answer can be due and no
/// access waits for room: a channel catches up with its commands when it is looked at.
class BankedDram : public DramModel {
 public:
  BankedDram(const config::Accelerator& machine, const config::DramDevice& device,
             stats::Group& stats);
  void begin(int number, bool write, Bytes address, Bytes size, Cycles now) override;
  [[nodiscard]] bool accepts() const override { return next_burst_ == end_burst_; }
  void advance(Cycles now) override;
  int pop_done(Cycles now) override;
  [[nodiscard]] Cycles next_cycle() override;
  void reset() override;

  /// Sees the commands of a channel, for tests.
  void set_log(int channel, DramCommandLog* log) {
    channels_[static_cast<std::size_t>(channel)].set_log(log);
  }

 private:
  /// An access under way.
  struct Open {
    std::int64_t bursts = 0;  ///< that are not done yet
    Edge done = 0;            ///< of those that are
    std::int64_t order = 0;
  };
  struct Answer {
    Cycles due = 0;
    std::int64_t order = 0;  ///< of acceptance: answers of one cycle go out in that order
    int number = 0;
    bool operator>(const Answer& other) const {
      return due != other.due ? due > other.due : order > other.order;
    }
  };
  /// Bursts of the access that is entering go into their queues, as long as there is room.
  void enter(Cycles now);
  void run(DramChannel& channel, Edge limit);

  DramCounters counters_;
  stats::Counter& peak_;
  timing::ClockRatio clocks_;
  DramAddressMap map_;
  Bytes burst_bytes_;
  std::int64_t bursts_;  ///< that the DRAM holds
  Edge least_latency_;   ///< from a command to the end of its data, whichever it is
  std::int64_t peak_per_kilocycle_;
  std::vector<DramChannel> channels_;
  std::vector<Open> open_;       ///< by number
  std::vector<Answer> answers_;  ///< a heap, the next one first
  std::vector<DramChannel::Done> done_;
  int entering_ = 0;  ///< the access that is entering, where !accepts()
  bool entering_writes_ = false;
  std::int64_t next_burst_ = 0;
  std::int64_t end_burst_ = 0;
  std::int64_t accesses_ = 0;
};

}  // namespace vitsim::hw
