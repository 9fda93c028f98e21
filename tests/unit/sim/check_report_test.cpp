// SPDX-License-Identifier: Apache-2.0
#include "check_report.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace vitsim::sim {
namespace {

CheckResult failed() {
  CheckResult check;
  check.integer_mismatches = 3;
  check.values_compared = 1200;
  check.first_mismatch = "cycle 7: gelu_unit writes 1 to x[0, 0], expected 2";
  return check;
}

TEST(CheckReport, SaysHowManyValuesWereComparedWhetherTheyAreEqualOrNot) {
  CheckResult check;
  check.values_compared = 1200;
  EXPECT_EQ(check_text(check), "check       every integer equal: 1,200 values compared\n");
  EXPECT_EQ(check_text(check, "sum"), "check       every sum equal: 1,200 values compared\n");
  EXPECT_EQ(check_text(failed()),
            "check       FAILED: 3 mismatches, 1,200 values compared\n"
            "            first: cycle 7: gelu_unit writes 1 to x[0, 0], expected 2\n");
}

TEST(CheckReport, SaysWhatWasNotCompared) {
  CheckResult check;
  check.kind = Check::kNone;
  EXPECT_EQ(check_text(check), "check       none (--check none): values were not compared\n");
  EXPECT_EQ(check_json(check)["mode"], "none");
}

TEST(CheckReport, HasNullWhereThereIsNoFirstMismatch) {
  EXPECT_TRUE(check_json(CheckResult{}).at("first_mismatch").is_null());
  const nlohmann::ordered_json json = check_json(failed());
  EXPECT_EQ(json["mode"], "exact");
  EXPECT_EQ(json["integer_mismatches"], 3);
  EXPECT_EQ(json["values_compared"], 1200);
  EXPECT_EQ(json["first_mismatch"], failed().first_mismatch);
}

}  // namespace
}  // namespace vitsim::sim
