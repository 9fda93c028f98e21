// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/fifo.h"
#include "vitsim/hw/rows.h"
#include "vitsim/hw/scratchpad.h"
#include "vitsim/stats/activity.h"
#include "vitsim/stats/counters.h"

namespace vitsim::hw {

/// SA-Diag: one more column of PEs behind the last one of a weight-stationary array. It holds
/// k_hat_sum as the array holds G, and the rows of Q that pass the array pass it, too; its sums,
/// less their constant, are the divisors of Taylor attention (ViTALiTy, step 4). Its registers are
/// as wide as k_hat_sum and its sums; they are not PEs of the array in any report.
///
/// Timing: reads the vector of a command in one request, two commands ahead; shifts it down in R
/// cycles a fold, into shadow registers that are free from the first row of the fold before on. So
/// folds follow each other every max(M, R) cycles where the reads of vectors take no longer. Takes
/// a row a cycle; its sum leaves R + C - 1 + latency_cycles later. Where a contraction takes
/// several folds the sums of a tile's rows wait inside for the last one. While a sum that is due
/// finds no room, all sums stand still and nothing is taken.
class SaDiag : public Ticked {
 public:
  StreamIn<CommandBeat> commands_in{"commands_in", *this};
  StreamIn<OperandRows> queries_in{"queries_in", *this};
  StreamOut<SumRows> divisors_out{"divisors_out", *this};
  MemoryPortOut read_port{"read_port", *this};
  sc_core::sc_port<TokenSink> tokens_out{"tokens_out"};

  SaDiag(const sc_core::sc_module_name& name, const config::Accelerator& machine,
         std::size_t layers, Clock& clock);
  void reset() override;
  [[nodiscard]] std::string status() const override;
  [[nodiscard]] stats::Activity& activity() { return activity_; }
  [[nodiscard]] stats::Group& stats() { return stats_; }

 private:
  struct Work {
    CommandBeat beat;
    const mapping::DiagTile* tile = nullptr;
    bool asked = false;
    bool there = false;
    std::vector<std::int16_t> k_hat_sum;
  };
  struct Sum {
    Cycles due = 0;
    std::int64_t value = 0;
  };

  void tick() override;
  bool deliver();
  bool take_command();
  bool read();
  bool load();
  bool take_row();
  void next_row();
  void note(bool moved);

  const int rows_;             ///< of PEs
  const Cycles latency_;       ///< of a sum
  Fifo<Work> work_;            ///< oldest first; at most three
  std::int64_t fold_ = 0;      ///< of the oldest
  std::int64_t row_ = 0;       ///< the next to come
  Cycles loaded_at_ = 0;       ///< when the fold's vector is in the column; 0: it does not load yet
  Cycles next_loaded_at_ = 0;  ///< the same of the fold behind, in the shadow registers
  int layer_ = 0;              ///< of the last row
  std::vector<std::int64_t> kept_;  ///< sums of a tile's rows whose contraction goes on
  Fifo<Sum> sums_;
  SumRows out_;
  MemoryRequest request_;
  stats::Activity activity_;
  stats::Group stats_{"sa_diag"};
  stats::Counter& macs_ = stats_.counter("macs", "products");
  stats::Counter& divisors_ = stats_.counter("divisors", "sums that left");
};

}  // namespace vitsim::hw
