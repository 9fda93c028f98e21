// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "vitsim/sim/layer_rows.h"
#include "vitsim/sim/memory_rows.h"
#include "vitsim/sim/report.h"
#include "vitsim/sim/version.h"

#include "check_report.h"
#include "memory_text.h"
#include "number_text.h"
#include "pe_table.h"
#include "stall_text.h"

namespace vitsim::sim {
namespace {

constexpr std::size_t kArrayStallsShown = 3;

std::string line(std::string_view name, const std::string& value) {
  return fmt::format("{:<11} {}\n", name, value);
}

/// Where the PE-cycles of products went, and those of the whole image.
std::string array_table(const RunResult& result, bool all_layers) {
  std::vector<LayerRow> layers = layer_rows(result);
  if (!all_layers) {
    layers = fold_blocks(layers, result);
  }
  std::vector<PeTableRow> rows;
  for (const LayerRow& layer : layers) {
    if (layer.macs > 0) {
      rows.push_back({layer.name, layer.pe_cycles});
    }
  }
  rows.push_back({"one image", result.timing.pe_cycles});
  return pe_table(rows);
}

std::string machine_text(const RunResult& result) {
  const auto& machine = result.config.accelerator;
  const auto& array = machine.pe_array;
  return fmt::format("{}, {} MHz, scratchpad of {} KiB, DRAM {}", array_text(array),
                     machine.clock_mhz, machine.scratchpad.size_kib,
                     name_of(config::kDramKindNames, machine.dram.kind));
}

std::string header(const RunResult& result, const RunFiles& files) {
  return fmt::format("vitsim {}: {} on {}\n", version(), result.model.name, files.config) +
         line("machine", machine_text(result)) + line("weights", files.weights) +
         line("attention", std::string(name_of(config::kAttentionNames, result.attention))) +
         line("images", fmt::format("{} of {}", grouped(result.images), files.input));
}

std::string time_line(const RunResult& result) {
  const Cycles cycles = result.timing.cycles;
  const double seconds = static_cast<double>(cycles) / (result.config.accelerator.clock_mhz * 1e6);
  return line("one image", fmt::format("{} cycles, {} at {} MHz, {} images/s", grouped(cycles),
                                       seconds_text(seconds), result.config.accelerator.clock_mhz,
                                       grouped(static_cast<std::int64_t>(1 / seconds))));
}

std::string array_lines(const RunResult& result) {
  const std::int64_t macs = mapping::total_macs(result.layers);
  const auto cycles = static_cast<double>(result.timing.cycles);
  std::string text =
      line("array", fmt::format("{} MACs, {} of what {} PEs can do", grouped(macs),
                                percent(static_cast<double>(macs),
                                        static_cast<double>(pe_count(result)) * cycles),
                                grouped(pe_count(result))));
  const auto array = std::ranges::find(result.timing.units, "pe_array", &UnitReport::name);
  if (array != result.timing.units.end()) {
    text += line("", fmt::format("{:>6}  streams rows",
                                 percent(static_cast<double>(array->activity.busy), cycles)));
    for (const std::size_t cause : largest_stalls(array->activity, kArrayStallsShown)) {
      text +=
          line("", fmt::format("{:>6}  {} ({})",
                               percent(static_cast<double>(array->activity.stalls[cause]), cycles),
                               stall_meaning(cause), stall_words(cause)));
      if (cause == static_cast<std::size_t>(stats::StallCause::kWaitDmaLoad)) {
        text += line("", "        of it " + load_waits_text(result));
      }
    }
  }
  return text;
}

std::string millions(std::int64_t count) {
  return count == 0 ? "0" : fmt::format("{:.2f}", static_cast<double>(count) / 1e6);
}

std::string operations_line(const RunResult& result) {
  const auto [all, attention] = operation_totals(result.layers);
  return line(
      "operations",
      fmt::format("multiply {} M (attention {}), add {} M ({}), divide {} M ({}), exp {} M ({})",
                  millions(all.multiply), millions(attention.multiply), millions(all.add),
                  millions(attention.add), millions(all.divide), millions(attention.divide),
                  millions(all.exp), millions(attention.exp)));
}

std::string must_cross_line(const RunResult& result) {
  const mapping::TensorTraffic total = total_traffic(result.tensors);
  return line("", fmt::format("{} must cross, {} need not", bytes_text(total.compulsory_bytes),
                              bytes_text(total.avoidable_bytes())));
}

/// What a search chose, and what greedy's mapping takes.
std::string mapping_line(const RunResult& result) {
  if (result.mapping_trials.empty()) {
    return "";
  }
  const auto cycles = [](const MappingTrial& trial) {
    return trial.cycles ? fmt::format("{} cycles", grouped(*trial.cycles))
                        : fmt::format("{} cycles at the least", grouped(trial.least_cycles));
  };
  const MappingTrial& chosen = result.mapping_trials[result.chosen_trial];
  std::string text = chosen.origin;
  for (const MappingTrial& trial : result.mapping_trials) {
    if (trial.origin == "greedy" && &trial != &chosen) {
      text +=
          fmt::format("; greedy: {}, {} of DRAM traffic", cycles(trial), bytes_text(trial.traffic));
    }
  }
  return line("mapping", text);
}

std::string memory_lines(const RunResult& result) {
  const ImageTiming& timing = result.timing;
  const auto traffic = [&](std::string_view unit) {
    return fmt::format("{} read, {} written", bytes_text(timing.counter(unit, "read_bytes")),
                       bytes_text(timing.counter(unit, "write_bytes")));
  };
  return mapping_line(result) +
         line("DRAM", fmt::format("{}; holds {}", traffic("dram"), bytes_text(result.dram_bytes))) +
         must_cross_line(result) + line("roofline", roofline_text(result)) +
         line("scratchpad",
              fmt::format("{}; {} in use, {} tensors never leave it", traffic("scratchpad"),
                          bytes_text(result.scratchpad_bytes),
                          std::ranges::count(result.tensors, true, &TensorRow::resident)));
}

/// How far attention is from softmax, where it is another.
std::string softmax_line(const CheckResult& check) {
  const LayerError* worst = nullptr;
  double sum = 0;
  int layers = 0;
  for (const LayerError& layer : check.layers) {
    if (layer.against_softmax) {
      const double sqnr_db = layer.against_softmax->sqnr_db();
      worst = worst == nullptr || sqnr_db < worst->against_softmax->sqnr_db() ? &layer : worst;
      sum += sqnr_db;
      ++layers;
    }
  }
  if (worst == nullptr) {
    return {};
  }
  return line("", fmt::format("against softmax attention: SQNR {:.1f} dB in the mean; worst layer "
                              "{}: {:.1f} dB",
                              sum / layers, worst->name, worst->against_softmax->sqnr_db()));
}

std::string check_lines(const RunResult& result) {
  const CheckResult& check = result.check;
  std::string text = check_text(check, "integer", "values and float network");
  if (!check.layers.empty()) {
    const auto sqnr = [](const LayerError& layer) { return layer.figure.sqnr_db(); };
    const LayerError& worst = *std::ranges::min_element(check.layers, {}, sqnr);
    text += line("float", fmt::format("SQNR of the logits {:.1f} dB; worst layer {}: {:.1f} dB",
                                      sqnr(check.layers.back()), worst.name, sqnr(worst)));
  }
  return text + softmax_line(check);
}

/// A line for each way in which values did not fit, where any did.
std::string range_lines(const RunResult& result) {
  const RangeCounts& counts = result.range_counts;
  std::string text;
  const auto add = [&](std::int64_t count, const std::string& what) {
    text += count > 0 ? line("", fmt::format("{} {}", grouped(count), what)) : "";
  };
  add(counts.saturated_sums,
      fmt::format("sums saturated at {} bits", result.config.precision.accumulator_bits));
  if (const auto& taylor = result.config.accelerator.taylor_pipeline) {
    add(counts.clipped_g, fmt::format("values of G clipped at {} bits", taylor->g_bits));
    add(counts.saturated_k_hat,
        fmt::format("values of K_hat saturated at {} bits", taylor->k_hat_bits));
    add(counts.saturated_token_sums, "sums over tokens saturated at 16 or 32 bits");
    add(counts.nonpositive_divisors, "divisors t_D were not positive: 1 took their place");
  }
  return text;
}

std::string share_text(std::int64_t part, std::int64_t whole) {
  return fmt::format("{:.4f} ({} of {})", static_cast<double>(part) / static_cast<double>(whole),
                     grouped(part), grouped(whole));
}

std::string prediction_lines(const RunResult& result) {
  const Accuracy accuracy = accuracy_of(result);
  if (accuracy.labels > 0) {
    std::string text = line("top-1", share_text(accuracy.correct, accuracy.labels));
    if (accuracy.float_runs > 0) {
      text += line("", fmt::format("{} by the float network; same class on {}",
                                   share_text(accuracy.float_correct, accuracy.float_runs),
                                   grouped(accuracy.agreements)));
    }
    return text;
  }
  std::string best;
  for (const int number : result.predictions.front().top5) {
    const auto index = static_cast<std::size_t>(number);
    const auto& names = result.model.class_names;
    best += fmt::format("{}{} ({:.2f})", best.empty() ? "" : ", ",
                        index < names.size() ? names[index] : fmt::format("class {}", number),
                        result.predictions.front().logits[index]);
  }
  return line("top-5", result.images > 1 ? "of the first image: " + best : best);
}

std::string host_line(const RunResult& result) {
  const auto cycles = static_cast<double>(result.timing.cycles * result.images);
  return line("simulation",
              fmt::format("{}, {} cycles/s, {}", seconds_text(result.wall_seconds),
                          grouped(static_cast<std::int64_t>(cycles / result.wall_seconds)),
                          bytes_text(result.peak_rss_bytes)));
}

}  // namespace

std::string report_text(const RunResult& result, const RunFiles& files, bool all_layers) {
  const std::string traffic = traffic_table(result);
  return header(result, files) + "\n" + layer_table(result, all_layers) + "\n" +
         array_table(result, all_layers) + "\n" + traffic + (traffic.empty() ? "" : "\n") +
         time_line(result) + array_lines(result) + operations_line(result) + memory_lines(result) +
         "\n" + check_lines(result) + range_lines(result) + prediction_lines(result) +
         host_line(result);
}

}  // namespace vitsim::sim
