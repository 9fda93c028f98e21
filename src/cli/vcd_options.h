// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "vitsim/sim/waveform.h"

namespace vitsim::cli {

/// `--vcd`, `--vcd-signals`, `--vcd-range`, as the user typed them.
struct VcdOptions {
  std::string file;
  std::vector<std::string> signals;
  std::string range;
};

void add_vcd_options(CLI::App& command, VcdOptions& options);

/// None where no file was asked for. ConfigError; OutputError where it cannot be written.
std::optional<sim::WaveformOptions> waveform_of(const VcdOptions& options);

}  // namespace vitsim::cli
