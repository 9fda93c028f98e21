// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/matrix.h"
#include "vitsim/core/units.h"
#include "vitsim/hw/signals.h"
#include "vitsim/mapping/occupancy.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"
#include "vitsim/stats/activity.h"
#include "vitsim/stats/array_waits.h"
#include "vitsim/stats/pe_cycles.h"
#include "vitsim/stats/timeline.h"

namespace vitsim::hw {
class AccessObserver;
class CommandObserver;
class WriteObserver;
}  // namespace vitsim::hw

namespace vitsim::sim {

class ExternalDram;

/// A layer in one image.
struct LayerTiming {
  Cycles start = 0;           ///< its first command was released
  Cycles end = 0;             ///< its last command was done before
  Cycles exclusive = 0;       ///< cycles in which it was the oldest unfinished layer
  stats::CycleCount unit;     ///< what the layer's own unit did for it
  stats::PeCycles pe_cycles;  ///< of the array, between start and end
  Bytes dram_read_bytes = 0;
  Bytes dram_write_bytes = 0;
};

/// A module in one image.
struct UnitReport {
  struct Value {
    std::string name;
    std::string meaning;
    std::int64_t value;
  };
  std::string name;
  bool has_activity = false;
  stats::CycleCount activity;
  std::vector<Value> counters;
};

/// Cycles in which one requester of the scratchpad was refused a bank that another had.
struct BankConflict {
  std::string loser;
  std::string winner;
  std::int64_t cycles;
};

/// What one requester of the scratchpad moved; all of them add up to its totals.
struct PadRequester {
  std::string name;
  Bytes read_bytes;
  Bytes write_bytes;
};

/// One image from reset to its last written byte.
struct ImageTiming {
  Cycles cycles = 0;
  stats::PeCycles pe_cycles;
  /// From the first operand that enters the array to the last sums that leave it, inclusive.
  Cycles array_cycles = 0;
  stats::PeCycles array_pe_cycles;  ///< in these
  std::vector<LayerTiming> layers;
  std::vector<UnitReport> units;
  std::vector<BankConflict> conflicts;
  std::vector<PadRequester> requesters;
  /// Of the array's cycles that wait for a load or a store: what held the DMA then.
  stats::ChannelWaits load_waits;
  stats::ChannelWaits store_waits;
  [[nodiscard]] std::int64_t counter(std::string_view unit, std::string_view name) const;
};

/// An image over time, in windows of equal length; the last one may be shorter.
struct ImageTimeline {
  Cycles window_cycles = 0;
  Cycles cycles = 0;                            ///< of the image
  std::vector<stats::Timeline::Series> counts;  ///< in each window
  std::vector<double> occupied_bytes;           ///< of the scratchpad, the mean of each window
  Bytes most_occupied_bytes = 0;                ///< in any cycle
};

/// The simulated machine: builds the module tree that the configuration describes, binds it, runs a
/// program. SystemC elaborates once a process, so a process has one Machine; it runs any number of
/// images, each from reset.
class Machine {
 public:
  /// All arguments must outlive the machine. Constants lie in DRAM by reference to
  /// the graph. `external`: the DRAM to bind in place of the configured one; its counters are its
  /// own, and nobody checks what is read unwritten.
  Machine(const config::Config& config, const model::Graph& graph, const mapping::Program& program,
          ExternalDram* external = nullptr);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Sees each result as it reaches the scratchpad; none where null.
  void set_observer(hw::WriteObserver* observer);
  /// Is told when commands begin and end; none where null.
  void set_command_observer(hw::CommandObserver* observer);
  /// Is shown what crosses the ports of scratchpad and DRAM; none where null.
  void set_access_observer(hw::AccessObserver* observer);
  /// Names of the scratchpad's ports, and of the DMA's channels, as an AccessObserver has them
  /// numbered.
  [[nodiscard]] std::vector<std::string> scratchpad_requesters() const;
  [[nodiscard]] std::vector<std::string> dram_requesters() const;
  /// All that a waveform may show: what modules add, of each unit its state (0 idle, 1 busy, else 2
  /// plus the number of the stall's cause), layer and counters, the beats in each stream. It must
  /// not outlive the machine.
  [[nodiscard]] hw::Signals signals() const;
  /// `look(cycle)` runs after each cycle in which something happens; nobody where it is empty.
  void set_tracer(std::function<void(Cycles)> look);
  /// Called now and then with the part of the program that is done, in [0, 1].
  void set_progress(std::function<void(double)> progress);
  /// Wakes modules in the reverse order in every cycle: results must be the same.
  void set_reverse_order(bool reverse);

  /// Runs one image. SimulationError on a deadlock or a read of unwritten bytes; Interrupted.
  ImageTiming run(const IntMatrix& input);
  /// The same for those who do not ask what it took.
  void simulate(const IntMatrix& input);
  /// What the last image took.
  [[nodiscard]] ImageTiming timing() const;
  /// For observers: the image ends with this cycle. Nothing but another image may be asked for
  /// then.
  void stop();

  /// The last image over time.
  [[nodiscard]] ImageTimeline timeline() const;
  /// When its commands ran.
  [[nodiscard]] const mapping::Schedule& schedule() const;

  /// A tensor that lies in DRAM, as the machine left it.
  [[nodiscard]] IntMatrix read_tensor(model::TensorId id) const;

 private:
  struct Modules;
  std::unique_ptr<Modules> modules_;
};

}  // namespace vitsim::sim
