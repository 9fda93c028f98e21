// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "vitsim/sim/attention_run.h"
#include "vitsim/sim/layer_name.h"
#include "vitsim/sim/layer_rows.h"
#include "vitsim/sim/version.h"

#include "check_report.h"
#include "number_text.h"

namespace vitsim::sim {
namespace {

/// What each of ArrayTime means, in the order of the enumeration.
constexpr std::array<std::string_view, kArrayTimeNames.size()> kMeanings{
    "a row of operands enters",
    "pre-processing: waits for means, K_hat or narrow operands",
    "waits for attention weights",
    "G's turnaround: it leaves, is rescaled and loaded again",
    "fill: loads what stays, or its first operands are on their way",
    "drain: waits for its last sums to leave",
    "nobody takes its sums",
    "waits for DRAM",
    "post-processing: has nothing left to do"};

std::string times_text(const AttentionResult& result) {
  std::string text;
  for (std::size_t i = 0; i < result.array_times.size(); ++i) {
    if (result.array_times[i] > 0) {
      text += fmt::format(
          "{:>13} {:>7}  {}\n", grouped(result.array_times[i]),
          percent(static_cast<double>(result.array_times[i]), static_cast<double>(result.cycles)),
          kMeanings[i]);
    }
  }
  return text;
}

/// When each step begins and ends, as a bar a step.
std::string steps_text(const AttentionResult& result) {
  constexpr Cycles kWidth = 48;
  std::string text =
      fmt::format("{:<10} {:>10} {:>10}  {:<18}\n", "step", "begins", "ends", "unit");
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const LayerTiming& timing = result.timing.layers[i];
    const Cycles first = timing.start * kWidth / std::max<Cycles>(result.cycles, 1);
    const Cycles last =
        std::max(first + 1, timing.end * kWidth / std::max<Cycles>(result.cycles, 1));
    const std::string name = kind_of(result.layers[i].name);
    text += fmt::format("{:<10} {:>10} {:>10}  {:<18} {}{}\n", name.substr(name.find('.') + 1),
                        grouped(timing.start), grouped(timing.end),
                        mapping::name_of(result.layers[i].unit),
                        std::string(static_cast<std::size_t>(first), ' '),
                        std::string(static_cast<std::size_t>(last - first), '#'));
  }
  return text;
}

}  // namespace

std::string attention_text(const AttentionOptions& options, const AttentionResult& result,
                           const std::string& config_file) {
  const auto& machine = options.config.accelerator;
  const double seconds = static_cast<double>(result.cycles) / (machine.clock_mhz * 1e6);
  std::string text = fmt::format(
      "vitsim {}: one attention on {}\nmachine     {}, {}\nattention   {}, {} tokens, {} heads of "
      "{} features\n\n",
      version(), config_file, array_text(machine.pe_array),
      options.ideal_memory ? "ideal memory" : "scratchpad and DRAM simulated",
      config::name_of(config::kAttentionNames, result.attention), options.shape.tokens,
      options.shape.heads, options.shape.head_dim);
  text += steps_text(result);
  text += fmt::format("\none layer   {} cycles, {} at {} MHz\n", grouped(result.cycles),
                      seconds_text(seconds), machine.clock_mhz);
  if (result.closed_form) {
    text += fmt::format("closed form {} cycles\n", grouped(*result.closed_form));
  }
  text += fmt::format("\nwhere the array's cycles of a layer go\n{}", times_text(result));
  if (options.layers > 1) {
    text += fmt::format("\n{} layers   {} cycles, of which the array is useful in {}\n",
                        options.layers, grouped(result.cycles * options.layers),
                        grouped(result.array_times[0] * options.layers));
  }
  return text + "\n" + check_text(result.check) +
         fmt::format("simulation  {}, {}\n", seconds_text(result.wall_seconds),
                     bytes_text(result.peak_rss_bytes));
}

}  // namespace vitsim::sim
