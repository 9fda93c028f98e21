// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace vitsim::sim {

/// A key of configuration or model that two traces, or a trace and a run, have not in common.
struct DifferingKey {
  std::string name;    ///< "accelerator.pe_array.rows"
  std::string before;  ///< its value; "nothing" where there is no such key
  std::string after;
};

/// By name. Left out: names of files and of the model, which change neither values nor cycles by
/// themselves.
std::vector<DifferingKey> differing_keys(const nlohmann::ordered_json& before,
                                         const nlohmann::ordered_json& after);

}  // namespace vitsim::sim
