// SPDX-License-Identifier: Apache-2.0
#include "junit.h"

#include <string_view>

#include <fmt/format.h>

namespace vitsim::cli {
namespace {

/// As text or attribute. Control characters, which XML has no way to write, become '?'.
std::string escaped(std::string_view text) {
  std::string xml;
  for (const char c : text) {
    switch (c) {
      case '&':
        xml += "&amp;";
        break;
      case '<':
        xml += "&lt;";
        break;
      case '>':
        xml += "&gt;";
        break;
      case '"':
        xml += "&quot;";
        break;
      default:
        xml += c == '\n' || static_cast<unsigned char>(c) >= ' ' ? c : '?';
    }
  }
  return xml;
}

}  // namespace

std::string junit_xml(const std::string& suite, const JunitCase& test) {
  const bool failed = !test.failure.empty();
  const std::string counts = fmt::format(R"(tests="1" failures="{}" errors="0" time="{:.3f}")",
                                         failed ? 1 : 0, test.seconds);
  const std::string failure = failed ? fmt::format("      <failure message=\"{}\">{}</failure>\n",
                                                   escaped(test.failure), escaped(test.details))
                                     : "";
  return fmt::format(R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites {0}>
  <testsuite name="{1}" {0}>
    <testcase classname="{1}" name="{2}" time="{3:.3f}">
{4}    </testcase>
  </testsuite>
</testsuites>
)",
                     counts, escaped(suite), escaped(test.name), test.seconds, failure);
}

}  // namespace vitsim::cli
