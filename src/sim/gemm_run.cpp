// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/gemm_run.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "vitsim/core/child_process.h"
#include "vitsim/core/error.h"
#include "vitsim/core/interrupt.h"
#include "vitsim/mapping/program.h"
#include "vitsim/timing/array.h"

#include "gemm_layer.h"
#include "number_text.h"
#include "peak_rss.h"
#include "random_matrix.h"

namespace vitsim::sim {
namespace {

using Json = nlohmann::ordered_json;

/// What a layer takes at the least, in bytes: operands, results and what they are compared with,
/// and the commands.
double memory_needed(const model::GemmShape& shape, const GemmOptions& options) {
  const auto& array = options.config.accelerator.pe_array;
  const auto m = static_cast<double>(shape.m);
  const auto k = static_cast<double>(shape.k);
  const auto n = static_cast<double>(shape.n);
  const double operands = 2 * (m * k + k * n);
  const double sums = 8 * m * n;
  const auto width = static_cast<double>(timing::sums_width(array));
  const double tiles = (timing::sums_are_columns(array) ? m : n) / width + 1;
  const double commands = tiles * static_cast<double>(sizeof(mapping::Command));
  if (!options.ideal_memory) {
    return 2.5 * operands + 1.5 * sums + commands;
  }
  const double kept = 8 * width * (timing::sums_are_columns(array) ? n : m);
  const double compared = options.check == Check::kExact ? sums + 2 * k * n : 0;
  return operands + kept + compared + commands;
}

/// What this machine has, in bytes.
double memory_installed() {
  return static_cast<double>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<double>(::sysconf(_SC_PAGE_SIZE));
}

void check_memory(const GemmOptions& options) {
  for (const model::GemmLayer& layer : options.layers) {
    const double needed = memory_needed(layer.shape, options);
    if (needed > memory_installed()) {
      const auto text = [](double bytes) {
        return bytes < 1e18 ? bytes_text(static_cast<std::int64_t>(bytes))
                            : fmt::format("{:.3g} bytes", bytes);
      };
      const std::string message = fmt::format(
          "{}: got M {}, K {}, N {}, whose operands and sums take {}; expected a product that fits "
          "this machine's memory of {}",
          layer.where, layer.shape.m, layer.shape.k, layer.shape.n, text(needed),
          text(memory_installed()));
      if (layer.from_file) {
        throw ModelError(message);
      }
      throw ConfigError(message);
    }
  }
}

std::string to_message(const GemmLayerResult& result) {
  return Json{{"cycles", result.cycles},
              {"pe_cycles", result.pe_cycles.uses},
              {"machine_cycles", result.machine_cycles},
              {"dram_read_bytes", result.dram_read_bytes},
              {"dram_write_bytes", result.dram_write_bytes},
              {"values_compared", result.values_compared},
              {"mismatches", result.mismatches},
              {"first_mismatch", result.first_mismatch},
              {"saturated_sums", result.saturated_sums}}
      .dump();
}

GemmLayerResult from_message(const std::string& message) {
  const Json json = Json::parse(message);
  GemmLayerResult result;
  json.at("cycles").get_to(result.cycles);
  json.at("pe_cycles").get_to(result.pe_cycles.uses);
  json.at("machine_cycles").get_to(result.machine_cycles);
  json.at("dram_read_bytes").get_to(result.dram_read_bytes);
  json.at("dram_write_bytes").get_to(result.dram_write_bytes);
  json.at("values_compared").get_to(result.values_compared);
  json.at("mismatches").get_to(result.mismatches);
  json.at("first_mismatch").get_to(result.first_mismatch);
  json.at("saturated_sums").get_to(result.saturated_sums);
  return result;
}

}  // namespace

GemmOperands random_operands(const model::GemmShape& shape, const config::Config& config,
                             std::uint64_t seed) {
  GemmOperands operands;
  operands.rhs_transposed = config::holds_inputs(config.accelerator.pe_array);
  Random random(seed);
  const auto operand = [&](std::int64_t rows, std::int64_t cols, int bits) {
    const std::int64_t limit = std::int64_t{1} << (bits - 1);
    return random_matrix(rows, cols, -limit, limit - 1, random);
  };
  operands.lhs = operand(shape.m, shape.k, config.precision.activation_bits);
  operands.rhs = operands.rhs_transposed ? operand(shape.n, shape.k, config.precision.weight_bits)
                                         : operand(shape.k, shape.n, config.precision.weight_bits);
  return operands;
}

std::int64_t GemmResult::mismatches() const {
  return std::accumulate(
      layers.begin(), layers.end(), std::int64_t{0},
      [](std::int64_t sum, const GemmLayerResult& layer) { return sum + layer.mismatches; });
}

GemmResult run_gemm(const GemmOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  check_memory(options);
  GemmResult result;
  for (const model::GemmLayer& layer : options.layers) {
    check_interrupt();
    const auto done = static_cast<double>(result.layers.size());
    const LayerProgress progress = [&](double part) {
      if (options.progress) {
        options.progress(done + part, options.layers.size());
      }
    };
    progress(0);
    result.layers.push_back(from_message(run_in_child([&] {
      return to_message(options.ideal_memory ? run_on_array(layer.shape, options, progress)
                                             : run_on_machine(layer.shape, options, progress));
    })));
  }
  result.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  result.peak_rss_bytes = peak_rss_bytes(RUSAGE_CHILDREN);
  return result;
}

}  // namespace vitsim::sim
