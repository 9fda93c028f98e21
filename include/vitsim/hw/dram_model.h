// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <memory>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/units.h"
#include "vitsim/stats/counters.h"

namespace vitsim::hw {

/// When the accesses of a DRAM are done: what its kinds differ in. It holds no bytes.
class DramModel {
 public:
  static constexpr Cycles kNever = std::numeric_limits<Cycles>::max();

  virtual ~DramModel() = default;

  /// Takes in an access of cycle `now`, which counts from the next one. `number` is not that of an
  /// access that is under way. Only where accepts().
  virtual void begin(int number, bool write, Bytes address, Bytes size, Cycles now) = 0;
  /// Whether all of the last access has found room, so that another one may begin.
  [[nodiscard]] virtual bool accepts() const { return true; }
  /// Does what is due up to the end of cycle `now`. It may be called in any cycles, but in that of
  /// next_cycle() it must.
  virtual void advance(Cycles now) = 0;
  /// The number of the next access that is done by cycle `now`, or -1.
  virtual int pop_done(Cycles now) = 0;
  /// No access is done, and none finds room, before this cycle; kNever where none is under way.
  [[nodiscard]] virtual Cycles next_cycle() = 0;
  virtual void reset() = 0;
};

/// The model of the configured kind; it adds its counters to `stats`.
std::unique_ptr<DramModel> make_dram_model(const config::Accelerator& machine, stats::Group& stats);

}  // namespace vitsim::hw
