// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/report_html.h"

#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "vitsim/core/text.h"
#include "vitsim/sim/layer_rows.h"
#include "vitsim/timing/array.h"

#include "html_parts.h"
#include "html_svg.h"
#include "memory_text.h"
#include "number_text.h"

namespace vitsim::sim {
namespace {

constexpr std::string_view kStyle = R"(<style>
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 960px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; margin-bottom: .2em; } h2 { font-size: 1.1em; margin: 1.8em 0 .4em; }
p.what { color: #555; margin: .2em 0 .6em; }
.facts { display: flex; flex-wrap: wrap; gap: .6em; margin: 1em 0; }
.facts div { background: #f4f6f8; border-radius: 6px; padding: .5em .9em; }
.facts b { display: block; font-size: 1.25em; }
.legend span { display: inline-block; margin-right: 1em; white-space: nowrap; }
.legend i { display: inline-block; width: .8em; height: .8em; margin-right: .35em; border-radius: 2px; }
svg { display: block; max-width: 100%; height: auto; font: 12px system-ui, sans-serif; }
table { border-collapse: collapse; font-size: 13px; } th, td { padding: .15em .6em; text-align: right; }
th:first-child, td:first-child { text-align: left; } tr:nth-child(even) { background: #f7f8f9; }
.bad { color: #b3261e; }
</style>
)";

std::string fact(std::string_view name, const std::string& value, bool bad = false) {
  return fmt::format("<div{}><b>{}</b>{}</div>\n", bad ? " class=\"bad\"" : "", value, name);
}

std::string facts(const RunResult& result) {
  const auto cycles = static_cast<double>(result.timing.cycles);
  const double utilization = timing::pe_utilization(
      mapping::total_macs(result.layers), result.timing.cycles, result.config.accelerator.pe_array);
  std::string text = "<div class=\"facts\">\n";
  text += fact("cycles an image", grouped(result.timing.cycles));
  text += fact("ms an image",
               fmt::format("{:.3f}", cycles / (result.config.accelerator.clock_mhz * 1e3)));
  text += fact("of the array's MACs used", fmt::format("{:.1f} %", 100 * utilization));
  text += fact(result.images == 1 ? "image" : "images", fmt::format("{}", result.images));
  if (result.check.kind == Check::kExact) {
    text += fact("integers compared", grouped(result.check.values_compared));
    text += fact("mismatches", grouped(result.check.integer_mismatches),
                 result.check.integer_mismatches > 0);
  }
  return text + "</div>\n";
}

std::string memory_sections(const RunResult& result, const std::vector<LayerRow>& kinds) {
  std::string text =
      "<h2>Roofline</h2>\n<p class=\"what\">Operations (two a MAC) a cycle over operations a DRAM "
      "byte, of the products of each kind in all blocks, under what DRAM and the array allow. " +
      escaped_markup(roofline_text(result)) + ".</p>\n" + html::roofline(result, kinds);
  text +=
      "<h2>Memory over time</h2>\n<p class=\"what\">" +
      fmt::format(
          "Means of windows of {} cycles. Occupied: a tile from the release of the command "
          "that writes it to the end of its last reader; {} at most.</p>\n",
          grouped(result.timeline.window_cycles), bytes_text(result.timeline.most_occupied_bytes)) +
      html::memory_over_time(result);
  return text +
         "<h2>DRAM traffic</h2>\n<p class=\"what\">Tensors that cross more often than they must. "
         "Constants and the input must cross once, and the logits; other activations could stay on "
         "the chip.</p>\n" +
         html::traffic_table(result);
}

}  // namespace

std::string to_html(const RunResult& result) {
  const std::vector<LayerRow> layers = layer_rows(result);
  const std::vector<LayerRow> kinds = fold_blocks(layers, result);
  const auto& array = result.config.accelerator.pe_array;
  const std::string title =
      fmt::format("{} on a {}", escaped_markup(result.model.name), array_text(array));
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>vitsim: " + title +
      "</title>\n";
  page += kStyle;
  page += "</head><body>\n<h1>" + title + "</h1>\n";
  page += fmt::format("<p class=\"what\">{} attention, {} KiB scratchpad, {:g} MHz</p>\n",
                      config::name_of(config::kAttentionNames, result.attention),
                      result.config.accelerator.scratchpad.size_kib,
                      result.config.accelerator.clock_mhz);
  page += facts(result);
  page +=
      "<h2>Where the time goes</h2>\n<p class=\"what\">Cycles in which an operator was the oldest "
      "unfinished one, over all blocks; they add up to an image.</p>\n";
  page += html::time_by_kind(result, kinds);
  page += fmt::format(
      "<h2>Where the PEs' cycles go</h2>\n<p class=\"what\">{} PEs, in all cycles from a layer's "
      "first command to its last.</p>\n",
      grouped(pe_count(result)));
  page += html::pe_bars(result, kinds);
  page +=
      "<h2>What each unit does</h2>\n<p class=\"what\">All cycles of an image. wait_X: the next "
      "command waits for unit X.</p>\n";
  page += html::unit_bars(result);
  page +=
      "<h2>Timeline</h2>\n<p class=\"what\">Each layer from the release of its first command, "
      "loads "
      "included, to the end of its last. Point at a bar.</p>\n";
  page += html::timeline(result, layers, kinds);
  page += memory_sections(result, kinds);
  page += "<h2>Layers</h2>\n";
  page += html::layer_table(result, layers);
  return page + "</body></html>\n";
}

}  // namespace vitsim::sim
