// SPDX-License-Identifier: Apache-2.0
#include "check_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "number_text.h"

namespace vitsim::sim {

nlohmann::ordered_json check_json(const CheckResult& check) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["mode"] = check.kind == Check::kExact ? "exact" : "none";
  json["integer_mismatches"] = check.integer_mismatches;
  json["values_compared"] = check.values_compared;
  json["first_mismatch"] = check.first_mismatch.empty() ? Json() : Json(check.first_mismatch);
  return json;
}

std::string check_text(const CheckResult& check, std::string_view what,
                       std::string_view not_compared) {
  if (check.kind == Check::kNone) {
    return fmt::format("check       none (--check none): {} were not compared\n", not_compared);
  }
  if (check.integer_mismatches > 0) {
    return fmt::format(
        "check       FAILED: {} mismatches, {} values compared\n            first: {}\n",
        grouped(check.integer_mismatches), grouped(check.values_compared), check.first_mismatch);
  }
  return fmt::format("check       every {} equal: {} values compared\n", what,
                     grouped(check.values_compared));
}

}  // namespace vitsim::sim
