// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "vitsim/sim/gemm_run.h"
#include "vitsim/sim/layer_rows.h"
#include "vitsim/sim/version.h"
#include "vitsim/timing/array.h"
#include "vitsim/timing/gemm.h"

#include "check_report.h"
#include "gemm_totals.h"
#include "number_text.h"
#include "pe_table.h"

namespace vitsim::sim {
namespace {

std::string shape_text(const model::GemmShape& shape) {
  return fmt::format("{} x {} x {}", shape.m, shape.k, shape.n);
}

std::string layers_text(const GemmOptions& options, const GemmResult& result,
                        const GemmTotals& totals) {
  const auto& array = options.config.accelerator.pe_array;
  std::size_t name_width = std::string_view("all layers").size();
  std::size_t shape_width = std::string_view("M x K x N").size();
  for (const model::GemmLayer& layer : options.layers) {
    name_width = std::max(name_width, layer.name.size());
    shape_width = std::max(shape_width, shape_text(layer.shape).size());
  }
  const auto row = [&](const std::string& name, const std::string& shape, const std::string& folds,
                       const std::string& cycles, const std::string& closed_form,
                       const std::string& used, const std::string& whole, const std::string& dram) {
    std::string line = fmt::format("{:<{}}  {:<{}} {:>11} {:>13} {:>13} {:>7}", name, name_width,
                                   shape, shape_width, folds, cycles, closed_form, used);
    return options.ideal_memory ? line + "\n"
                                : fmt::format("{} {:>13} {:>11}\n", line, whole, dram);
  };
  std::string text =
      row("layer", "M x K x N", "folds", "cycles", "closed form", "array", "with DRAM", "DRAM");
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const model::GemmLayer& layer = options.layers[i];
    const GemmLayerResult& measured = result.layers[i];
    text +=
        row(layer.name, shape_text(layer.shape), grouped(timing::fold_count(layer.shape, array)),
            grouped(measured.cycles), grouped(timing::gemm_cycles(layer.shape, array)),
            percent(static_cast<double>(layer.shape.macs()),
                    static_cast<double>(timing::pe_count(array) * measured.cycles)),
            grouped(measured.machine_cycles),
            bytes_text(measured.dram_read_bytes + measured.dram_write_bytes));
  }
  if (result.layers.size() > 1) {
    text +=
        row("all layers", "", grouped(totals.folds), grouped(totals.cycles),
            grouped(totals.closed_form),
            percent(static_cast<double>(totals.macs), static_cast<double>(timing::pe_count(array)) *
                                                          static_cast<double>(totals.cycles)),
            grouped(totals.machine_cycles),
            bytes_text(totals.dram_read_bytes + totals.dram_write_bytes));
  }
  return text;
}

std::string saturated_text(const GemmOptions& options, const GemmTotals& totals) {
  if (totals.saturated_sums == 0 || totals.check.integer_mismatches > 0 ||
      options.check == Check::kNone) {
    return {};
  }
  return fmt::format("            {} sums do not fit {} bits\n", grouped(totals.saturated_sums),
                     options.config.precision.accumulator_bits);
}

}  // namespace

std::string gemm_text(const GemmOptions& options, const GemmResult& result,
                      const std::string& config_file) {
  const GemmTotals totals = totals_of(options, result);
  std::vector<PeTableRow> rows;
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    rows.push_back({options.layers[i].name, result.layers[i].pe_cycles});
  }
  if (rows.size() > 1) {
    rows.push_back({"all layers", totals.pe_cycles});
  }
  const auto& machine = options.config.accelerator;
  const double seconds = static_cast<double>(totals.cycles) / (machine.clock_mhz * 1e6);
  return fmt::format(
             "vitsim {}: {} on {}\nmachine     {}, {}\n\n", version(),
             result.layers.size() == 1
                 ? "one product"
                 : fmt::format("{} products", grouped(static_cast<std::int64_t>(rows.size()) - 1)),
             config_file, array_text(machine.pe_array),
             options.ideal_memory ? "ideal memory" : "scratchpad and DRAM simulated") +
         layers_text(options, result, totals) + "\n" + pe_table(rows) +
         fmt::format("\narray       {} cycles, {} at {} MHz\n", grouped(totals.cycles),
                     seconds_text(seconds), machine.clock_mhz) +
         check_text(totals.check, options.ideal_memory ? "sum" : "integer") +
         saturated_text(options, totals) +
         fmt::format("simulation  {}, {}\n", seconds_text(result.wall_seconds),
                     bytes_text(result.peak_rss_bytes));
}

}  // namespace vitsim::sim
