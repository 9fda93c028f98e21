// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/trace_check_text.h"

#include <fmt/format.h>

#include "number_text.h"

namespace vitsim::sim {
namespace {

std::string values_text(const TraceDifference& difference) {
  const ValueDifference& values = *difference.values;
  if (values.expected) {
    return fmt::format("{}[{}, {}]: got {}, expected {}, as the integer network has it",
                       difference.tensor, values.row, values.col, values.got, *values.expected);
  }
  return fmt::format(
      "{} row {}, or a later one: {}", difference.tensor, values.row,
      values.run_is_as_network
          ? "the run has what the integer network has, and the trace has not: a kernel or its "
            "parameters have changed"
          : "neither the run nor the trace has what the integer network has");
}

}  // namespace

std::string check_summary(const TraceCheck& check) {
  const TraceCounts& counts = check.counts;
  return check.difference ? fmt::format("the run differs from the trace in cycle {}",
                                        grouped(check.difference->divergence.cycle()))
                          : fmt::format("as recorded: {} events of {} commands in {} cycles",
                                        grouped(counts.events), grouped(counts.commands),
                                        grouped(counts.cycles));
}

std::string check_text(const TraceCheck& check, const std::string& file) {
  std::string text;
  for (const std::string& remark : check.remarks) {
    text += fmt::format("remark: {}\n", remark);
  }
  text += fmt::format("{}: {}\n", file, check_summary(check));
  if (!check.difference) {
    return text;
  }
  const TraceDifference& difference = *check.difference;
  text += fmt::format("\nexpected {}\ngot      {}\n", difference.expected, difference.got);
  if (difference.values) {
    text += fmt::format("values   {}\n", values_text(difference));
  }
  if (!difference.command.empty()) {
    text += fmt::format("command  {}\n", difference.command);
  }
  if (!difference.before.empty()) {
    text += fmt::format("\nthe {} events before:\n", difference.before.size());
  }
  for (const std::string& event : difference.before) {
    text += fmt::format("         {}\n", event);
  }
  return text;
}

}  // namespace vitsim::sim
