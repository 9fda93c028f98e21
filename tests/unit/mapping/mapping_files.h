// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <regex>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vitsim/core/error.h"
#include "vitsim/mapping/lowering.h"
#include "vitsim/mapping/mapping_file.h"

#include "support/program_checker.h"
#include "support/random_case.h"
#include "support/temporary_directory.h"

namespace vitsim::test {

/// The mapping that a text is, for a case.
inline mapping::Mapping read_back(const TemporaryDirectory& directory, const std::string& yaml,
                                  const Case& drawn) {
  return mapping::read_mapping(directory.write("mapping.yaml", yaml).string(), drawn.graph,
                               drawn.config.accelerator);
}

/// The same text with no address in it.
inline std::string without_addresses(const std::string& yaml) {
  return std::regex_replace(yaml, std::regex(R"(, address(es)?: (\[[0-9, ]*\]|[0-9]+))"), "");
}

/// The first few problems of the program that a mapping is lowered to, a line each.
inline std::string problems(const mapping::Mapping& mapping, const Case& drawn) {
  const config::Accelerator& machine = drawn.config.accelerator;
  auto found = check_program(mapping::lower(drawn.graph, machine, mapping), drawn.graph, machine);
  found.resize(std::min<std::size_t>(found.size(), 5));
  return fmt::format("{}", fmt::join(found, "\n"));
}

}  // namespace vitsim::test
