// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/report_html.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/text.h"
#include "vitsim/sweep/pareto.h"

#include "report_data.h"
#include "report_json.h"

namespace vitsim::sweep {

/// Files that the build put into the program.
namespace embedded {
std::string_view chart_js();
std::string_view body_html();
std::string_view style_css();
std::string_view data_js();
std::string_view filter_js();
std::string_view scatter_js();
std::string_view panel_js();
std::string_view table_js();
std::string_view parallel_js();
std::string_view effects_js();
std::string_view main_js();
}  // namespace embedded

namespace {

constexpr std::size_t kMostSpecBytes = 100'000;
constexpr std::size_t kMostNameBytes = 200;

/// What the page may load: nothing that is not in it.
constexpr std::string_view kPolicy =
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "
    "'unsafe-inline'; style-src 'unsafe-inline'; img-src data:\">\n";

/// Before anything that can fail.
constexpr std::string_view kCollectErrors = R"(<script>
addEventListener("error", (event) => {
  document.getElementById("errors").textContent += `${event.message} (line ${event.lineno}) `;
});
</script>
)";

/// Our script: in a block of its own, so that nothing of it is global.
void append_script(std::string& page) {
  page += "<script>\n\"use strict\";\n{\n";
  for (const auto part : {embedded::data_js(), embedded::filter_js(), embedded::scatter_js(),
                          embedded::panel_js(), embedded::table_js(), embedded::parallel_js(),
                          embedded::effects_js(), embedded::main_js()}) {
    page += part;
  }
  page += "}\n</script>\n";
}

}  // namespace

std::vector<Objective> report_objectives(const Store& store, const std::vector<Objective>& asked,
                                         const std::string& file) {
  const std::vector<std::string> names = names_of(store.columns());
  const auto is_there = [&](const Objective& objective) {
    return std::ranges::find(names, objective.key) != names.end();
  };
  for (const Objective& objective : asked) {
    if (!is_there(objective)) {
      const std::string meant = nearest(objective.key, names);
      throw ConfigError(fmt::format(
          "--objective: got '{}', expected a column of {}{}", printable(objective.key), file,
          meant.empty() ? std::string() : fmt::format(" (did you mean '{}'?)", printable(meant))));
    }
  }
  if (!asked.empty()) {
    return asked;
  }
  const std::string text = store.get("objectives").value_or("");
  std::vector<Objective> objectives;
  if (!text.empty()) {
    objectives = objectives_in(text, file);
  }
  if (objectives.empty()) {
    objectives = {{"totals.cycles", false}, {"totals.pes", false}};
  }
  // Where every point failed there are no figures.
  std::erase_if(objectives, [&](const Objective& objective) { return !is_there(objective); });
  return objectives;
}

ReportPage report_page(const Store& store, const std::vector<Objective>& objectives,
                       const std::string& file) {
  const ReportData data = read_report_data(store, objectives);
  const ReportTexts texts{cut(store.get("name").value_or(""), kMostNameBytes),
                          cut(file, kMostNameBytes),
                          cut(store.get("version").value_or(""), kMostNameBytes),
                          cut(store.get("spec").value_or(""), kMostSpecBytes)};
  std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n";
  page += kPolicy;
  page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  page += fmt::format("<title>vitsim: {}</title>\n<style>\n{}</style>\n",
                      escaped_markup(texts.name.empty() ? texts.file : texts.name),
                      embedded::style_css());
  page += kCollectErrors;
  page += "</head><body>\n";
  page += embedded::body_html();
  page += "<script type=\"application/json\" id=\"data\">\n" + report_json(data, texts);
  page += "\n</script>\n<script>\n";
  page += embedded::chart_js();
  page += "\n</script>\n";
  append_script(page);
  return {page + "</body></html>\n", data.ids.size(), data.failed.size(), data.front.size()};
}

}  // namespace vitsim::sweep
