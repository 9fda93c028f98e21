// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace vitsim::cli {

/// A test, as CI services show it.
struct JunitCase {
  std::string name;
  std::string failure;  ///< in a line; empty where the test passed
  std::string details;  ///< of a failure
  double seconds = 0;
};

/// The XML of one test in a suite of this name.
std::string junit_xml(const std::string& suite, const JunitCase& test);

}  // namespace vitsim::cli
