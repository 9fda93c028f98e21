// SPDX-License-Identifier: Apache-2.0
#include "junit.h"

#include <fmt/format.h>

#include "vitsim/core/text.h"

namespace vitsim::cli {
std::string junit_xml(const std::string& suite, const JunitCase& test) {
  const bool failed = !test.failure.empty();
  const std::string counts = fmt::format(R"(tests="1" failures="{}" errors="0" time="{:.3f}")",
                                         failed ? 1 : 0, test.seconds);
  const std::string failure =
      failed ? fmt::format("      <failure message=\"{}\">{}</failure>\n",
                           escaped_markup(test.failure), escaped_markup(test.details))
             : "";
  return fmt::format(R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites {0}>
  <testsuite name="{1}" {0}>
    <testcase classname="{1}" name="{2}" time="{3:.3f}">
{4}    </testcase>
  </testsuite>
</testsuites>
)",
                     counts, escaped_markup(suite), escaped_markup(test.name), test.seconds,
                     failure);
}

}  // namespace vitsim::cli
