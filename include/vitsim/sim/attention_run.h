// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "vitsim/config/accelerator.h"
#include "vitsim/model/attention_layer.h"
#include "vitsim/sim/machine.h"
#include "vitsim/sim/run.h"

/// One attention alone, without a network: `vitsim attention`.
namespace vitsim::sim {

/// What is asked for. Progress is the part that is done, in [0, 1].
struct AttentionOptions {
  config::Config config;
  model::AttentionShape shape;
  int layers = 1;             ///< of this shape: totals are as many times one
  bool ideal_memory = false;  ///< everything on chip, no bank refuses anybody
  Check check = Check::kExact;
  std::uint64_t seed = 1;  ///< of Q, K and V
  std::function<void(double)> progress;
};

/// What the array does in a cycle of an attention, as an architect asks.
enum class ArrayTime {
  kUseful,          ///< a row of operands enters
  kPreProcessing,   ///< waits for means, K_hat or narrow operands
  kSoftmax,         ///< waits for attention weights
  kTurnaround,      ///< waits for G to leave, to come back and to be loaded
  kFill,            ///< loads what stays, or has no operands yet
  kDrain,           ///< waits for its last sums to leave
  kOutput,          ///< nobody takes its sums
  kMemory,          ///< waits for DRAM
  kPostProcessing,  ///< is done; its sums are on their way
};
inline constexpr std::array<std::string_view, 9> kArrayTimeNames{
    "useful", "pre_processing", "softmax", "g_turnaround",   "fill",
    "drain",  "output",         "memory",  "post_processing"};
using ArrayTimes = std::array<Cycles, kArrayTimeNames.size()>;

struct AttentionResult {
  config::Attention attention = config::Attention::kSoftmax;
  Cycles cycles = 0;                  ///< from reset to the last byte of the context
  ArrayTimes array_times{};           ///< of these
  std::optional<Cycles> closed_form;  ///< of `cycles`, where there is one
  ImageTiming timing;
  std::vector<mapping::Layer> layers;
  CheckResult check;
  double wall_seconds = 0;
  std::int64_t peak_rss_bytes = 0;
};

/// The machine with a memory that keeps nobody waiting: banks, ports and room enough for all, DRAM
/// out of the way. Latencies stay.
config::Accelerator with_ideal_memory(const config::Accelerator& machine);

/// Simulates one attention from reset. ConfigError, SimulationError, Interrupted. One call a
/// process (Machine).
AttentionResult run_attention(const AttentionOptions& options);

/// What the array's cycles went into; adds up to the image's cycles.
ArrayTimes array_times(const ImageTiming& timing, const std::vector<mapping::Layer>& layers);

/// The JSON report, schema "vitsim.attention/1" (docs/reports.md). `config_file` as the user named
/// it.
nlohmann::ordered_json attention_json(const AttentionOptions& options,
                                      const AttentionResult& result,
                                      const std::string& config_file);
/// The report for people.
std::string attention_text(const AttentionOptions& options, const AttentionResult& result,
                           const std::string& config_file);

}  // namespace vitsim::sim
