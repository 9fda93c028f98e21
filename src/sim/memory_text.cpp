// SPDX-License-Identifier: Apache-2.0
#include "memory_text.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "vitsim/sim/memory_rows.h"

#include "number_text.h"
#include "stall_text.h"

namespace vitsim::sim {
namespace {

constexpr std::size_t kTensorsShown = 6;
constexpr std::size_t kWaitsShown = 4;
/// Of a wait: what is less is left out.
constexpr double kShareShown = 0.005;

std::string rounded(double number) { return grouped(std::llround(number)); }

}  // namespace

std::string load_waits_text(const RunResult& result) {
  using stats::ChannelHold;
  const stats::ChannelWaits& waits = result.timing.load_waits;
  std::vector<std::pair<Cycles, std::string>> parts{
      {waits.bandwidth, "DRAM bandwidth"},
      {waits[ChannelHold::kLatency], "DRAM latency"},
      {waits[ChannelHold::kOutstanding], "outstanding bursts"},
      {waits[ChannelHold::kScratchpad], "scratchpad"},
      {waits.released(), "between commands"}};
  for (std::size_t cause = 0; cause < waits.blocked.size(); ++cause) {
    parts.emplace_back(waits.blocked[cause], "loads " + stall_words(cause));
  }
  std::ranges::stable_sort(parts, std::greater{}, &std::pair<Cycles, std::string>::first);
  parts.resize(kWaitsShown);
  const auto total = static_cast<double>(waits.total());
  std::string text;
  for (const auto& [cycles, what] : parts) {
    if (static_cast<double>(cycles) > kShareShown * total) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what,
                          percent(static_cast<double>(cycles), total));
    }
  }
  return text;
}

std::string roofline_text(const RunResult& result) {
  const timing::Roofline roofline = timing::roofline_of(result.config.accelerator);
  const timing::RooflinePoint point = roofline_of_image(result).point;
  const bool by_dram = point.roof < roofline.peak_operations_per_cycle;
  const std::string intensity =
      std::isfinite(point.operations_per_byte)
          ? fmt::format("{:.1f} operations a DRAM byte", point.operations_per_byte)
          : std::string("no DRAM traffic");
  return fmt::format("{}: {} bounds it to {} a cycle, {} are attained", intensity,
                     by_dram ? "DRAM" : "the array", rounded(point.roof),
                     rounded(point.operations_per_cycle));
}

std::string traffic_table(const RunResult& result) {
  std::vector<TensorKindRow> kinds = avoidable_traffic(result.tensors);
  kinds.resize(std::min(kinds.size(), kTensorsShown));
  if (kinds.empty()) {
    return {};
  }
  std::string_view heading = "DRAM traffic beyond what must cross";
  std::size_t width = heading.size();
  for (const TensorKindRow& kind : kinds) {
    width = std::max(width, kind.name.size() + 6);
  }
  std::string text = fmt::format("{:<{}} {:>10} {:>10} {:>10} {:>10} {:>7}\n", heading, width,
                                 "beyond", "must", "read", "written", "loads");
  for (const TensorKindRow& kind : kinds) {
    const mapping::TensorTraffic& traffic = kind.traffic;
    const std::string count = kind.tensors > 1 ? fmt::format("x{}", kind.tensors) : "";
    text += fmt::format("{:<{}} {:>5} {:>10} {:>10} {:>10} {:>10} {:>7}\n", kind.name, width - 6,
                        count, bytes_text(traffic.avoidable_bytes()),
                        bytes_text(traffic.compulsory_bytes), bytes_text(traffic.read_bytes),
                        bytes_text(traffic.write_bytes), grouped(traffic.loads));
  }
  return text;
}

}  // namespace vitsim::sim
