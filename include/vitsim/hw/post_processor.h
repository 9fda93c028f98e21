// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/fifo.h"
#include "vitsim/hw/rows.h"
#include "vitsim/hw/scratchpad.h"
#include "vitsim/kernels/post_process.h"
#include "vitsim/stats/counters.h"

namespace vitsim::hw {

/// Finishes the sums of a tile: bias, requantize, residual add; writes the results.
///
/// Timing: reads a command's table of channel parameters, if it has one, in a single request; then,
/// where there is a residual, one of its rows a cycle, up to operand_buffer_rows() ahead. The reads
/// of the next command go on while this one's sums come. Takes a row of sums every ceil(n / lanes)
/// cycles, once parameters and its residual row are there; the result is ready latency_cycles later
/// and written, a row a cycle. Stalls while latency_cycles + 2 results wait to be written.
class PostProcessor : public Ticked {
 public:
  StreamIn<CommandBeat> commands_in{"commands_in", *this};
  StreamIn<SumRows> sums_in{"sums_in", *this};
  MemoryPortOut read_port{"read_port", *this};
  MemoryPortOut write_port{"write_port", *this};
  sc_core::sc_port<TokenSink> tokens_out{"tokens_out"};

  PostProcessor(const sc_core::sc_module_name& name, const config::Accelerator& machine,
                int accumulator_bits, const model::Graph& graph, Clock& clock);
  void reset() override;
  [[nodiscard]] std::string status() const override;
  [[nodiscard]] stats::Group& stats() { return stats_; }
  [[nodiscard]] std::int64_t saturated_sums() const { return saturated_.value(); }

 private:
  /// A command whose sums come, or will come next.
  struct Work {
    const mapping::Command* command = nullptr;
    const mapping::MatmulTile* tile = nullptr;
    std::vector<kernels::ChannelParams> params;
    bool counts_clipped = false;
    bool params_asked = false;
    bool params_there = false;
    std::int64_t residual_asked = 0;            ///< rows
    Fifo<std::vector<std::int16_t>> residuals;  ///< rows that have come and wait for sums
    std::int64_t residual_came = 0;
    std::int64_t row = 0;  ///< next row of sums
  };
  /// A command whose results are on their way to the memory.
  struct Writing {
    mapping::Token done = mapping::kNoToken;
    std::int64_t rows_left = 0;  ///< writes not yet confirmed
  };
  struct Result {
    Cycles due = 0;
    const mapping::MatmulTile* tile = nullptr;
    std::int64_t row = 0;
    std::vector<std::byte> bytes;
  };

  void tick() override;
  bool take_command();
  bool read_ahead();
  bool collect_reads();
  bool finish_row();
  bool write_result();
  bool confirm_write();

  const config::PostProcessor& config_;
  int accumulator_bits_;
  int buffer_rows_;
  const model::Graph& graph_;

  Fifo<Work> work_;         ///< oldest first; at most two
  Cycles next_row_at_ = 0;  ///< when the lanes are free
  Fifo<Result> results_;
  Fifo<Writing> writing_;
  int reads_under_way_ = 0;
  std::vector<std::int16_t> out_;
  MemoryRequest request_;
  stats::Group stats_{"post_processor"};
  stats::Counter& rows_ = stats_.counter("rows", "rows rescaled");
  stats::Counter& saturated_ =
      stats_.counter("saturated_sums", "sums that did not fit accumulator_bits");
  stats::Counter& clipped_ = stats_.counter("clipped_g", "values of G that did not fit g_bits");
};

}  // namespace vitsim::hw
