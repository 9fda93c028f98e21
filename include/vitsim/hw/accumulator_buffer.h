// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/core/matrix.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/finished_sums.h"
#include "vitsim/hw/rows.h"
#include "vitsim/hw/stream.h"
#include "vitsim/stats/counters.h"

namespace vitsim::hw {

/// Adds up the sums of a tile's passes through the array, row by row, until the contraction is
/// complete. Sums are exact here, whatever accumulator_bits says; they saturate once, in the
/// PostProcessor.
///
/// Timing: takes a row a cycle, of a beat of several rows one after the other. Rows of a pass that
/// does not complete the contraction stay; those of the last pass go on with what was kept, a cycle
/// later. Stalls while the stream that they take is full. Reports commands whose results the
/// post-processor does not write as done when their last row is kept or has gone on.
class AccumulatorBuffer : public Ticked {
 public:
  StreamIn<CommandBeat> commands_in{"commands_in", *this};
  StreamIn<SumRows> sums_in{"sums_in", *this};
  FinishedSums sums_out{*this};
  sc_core::sc_port<TokenSink> tokens_out{"tokens_out"};

  AccumulatorBuffer(const sc_core::sc_module_name& name, const config::Accelerator& machine,
                    Clock& clock);
  void reset() override;
  [[nodiscard]] std::string status() const override;
  [[nodiscard]] stats::Group& stats() { return stats_; }

 private:
  void tick() override;

  const config::PeArray& array_;
  Matrix<std::int64_t> kept_;
  const mapping::Command* command_ = nullptr;
  std::int64_t passes_ = 0;  ///< of the command
  std::int64_t rows_ = 0;    ///< of a pass
  std::int64_t pass_ = 0;    ///< the one whose rows come
  std::int64_t row_ = 0;     ///< the next of its rows
  std::int64_t taken_ = 0;   ///< rows of the oldest beat that were taken
  SumRows out_;
  stats::Group stats_{"accumulator_buffer"};
  stats::Counter& kept_rows_ = stats_.counter("rows_kept", "rows of sums kept for the next pass");
  stats::Counter& passed_rows_ = stats_.counter("rows_passed", "rows of finished sums");
};

}  // namespace vitsim::hw
