// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "vitsim/core/text.h"
#include "vitsim/sim/memory_rows.h"

#include "html_parts.h"
#include "html_svg.h"
#include "number_text.h"

namespace vitsim::sim::html {
namespace {

/// Cells of a layer's SQNR, empty where the float network has no such layer.
std::string error_cells(const CheckResult& check, const std::string& layer, bool with_softmax) {
  const auto error = std::ranges::find(check.layers, layer, &LayerError::name);
  const bool known = error != check.layers.end();
  const auto cell = [](const ErrorFigure& figure) {
    return fmt::format("<td>{:.1f}</td>", figure.sqnr_db());
  };
  std::string cells = known ? cell(error->figure) : "<td></td>";
  if (with_softmax) {
    cells += known && error->against_softmax ? cell(*error->against_softmax) : "<td></td>";
  }
  return cells;
}

}  // namespace

std::string layer_table(const RunResult& result, const std::vector<LayerRow>& layers) {
  const bool with_softmax = std::ranges::any_of(result.check.layers, [](const LayerError& layer) {
    return layer.against_softmax.has_value();
  });
  std::string text =
      "<table><tr><th>layer</th><th>unit</th><th>start</th><th>end</th><th>exclusive</th>"
      "<th>busy</th><th>MACs</th><th>DRAM read</th><th>DRAM written</th><th>SQNR dB</th>";
  text += with_softmax ? "<th>to softmax</th></tr>\n" : "</tr>\n";
  for (const LayerRow& layer : layers) {
    text += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td>{}</td><td>{}</td>{}</tr>\n",
        escaped_markup(layer.name), layer.unit, layer.start, layer.end, layer.exclusive,
        layer.activity.busy, layer.macs, layer.dram_read_bytes, layer.dram_write_bytes,
        error_cells(result.check, layer.name, with_softmax));
  }
  return text + "</table>\n";
}

std::string traffic_table(const RunResult& result) {
  const mapping::TensorTraffic total = total_traffic(result.tensors);
  std::string text =
      "<table><tr><th>tensors</th><th>number</th><th>must cross</th><th>read</th>"
      "<th>written</th><th>beyond</th><th>loads</th><th>stores</th></tr>\n";
  const auto row = [&](const std::string& name, std::size_t count,
                       const mapping::TensorTraffic& traffic) {
    text += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td>{}</td></tr>\n",
        escaped_markup(name), count, bytes_text(traffic.compulsory_bytes),
        bytes_text(traffic.read_bytes), bytes_text(traffic.write_bytes),
        bytes_text(traffic.avoidable_bytes()), grouped(traffic.loads), grouped(traffic.stores));
  };
  for (const TensorKindRow& kind : avoidable_traffic(result.tensors)) {
    row(kind.name, static_cast<std::size_t>(kind.tensors), kind.traffic);
  }
  row("all tensors", result.tensors.size(), total);
  return text + "</table>\n";
}

}  // namespace vitsim::sim::html
