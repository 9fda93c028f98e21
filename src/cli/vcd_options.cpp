// SPDX-License-Identifier: Apache-2.0
#include "vcd_options.h"

#include <charconv>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

#include "output.h"

namespace vitsim::cli {
namespace {

[[noreturn]] void bad_range(const std::string& range) {
  throw ConfigError(fmt::format(
      "--vcd-range: got '{}', expected FIRST:LAST in cycles, such as 1000:2000, the last not "
      "before the first",
      printable(range)));
}

Cycles cycle_of(std::string_view digits, const std::string& range) {
  Cycles cycle = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, cycle);
  if (error != std::errc() || rest != end || cycle < 0) {
    bad_range(range);
  }
  return cycle;
}

}  // namespace

void add_vcd_options(CLI::App& command, VcdOptions& options) {
  command.add_option("--vcd", options.file, "writes the first image's signals as a waveform, VCD")
      ->type_name("FILE");
  command
      .add_option("--vcd-signals", options.signals,
                  "which, by module and name, with * and ?; again for more; default: all")
      ->type_name("PATTERN")
      ->allow_extra_args(false);
  command.add_option("--vcd-range", options.range, "the cycles to show")->type_name("FIRST:LAST");
}

std::optional<sim::WaveformOptions> waveform_of(const VcdOptions& options) {
  if (options.file.empty()) {
    if (!options.signals.empty() || !options.range.empty()) {
      throw ConfigError(
          "--vcd FILE is missing: it names the file that --vcd-signals and "
          "--vcd-range are for");
    }
    return std::nullopt;
  }
  sim::WaveformOptions waveform;
  waveform.file = options.file;
  waveform.signals = options.signals;
  if (!options.range.empty()) {
    const std::string_view range = options.range;
    const std::size_t colon = range.find(':');
    if (colon == std::string_view::npos) {
      bad_range(options.range);
    }
    waveform.first = cycle_of(range.substr(0, colon), options.range);
    waveform.last = cycle_of(range.substr(colon + 1), options.range);
    if (waveform.last < waveform.first) {
      bad_range(options.range);
    }
  }
  if (std::filesystem::exists(waveform.file) && !std::filesystem::is_regular_file(waveform.file)) {
    throw OutputError(fmt::format("{}: cannot be written: it is no regular file", options.file));
  }
  check_can_write(waveform.file);
  return waveform;
}

}  // namespace vitsim::cli
