// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "support/vitsim_program.h"

namespace vitsim::test {

using Arguments = std::vector<std::string>;

inline Arguments operator+(Arguments first, const Arguments& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

inline const Arguments kMachine{"-c", "configs/softmax_64x64.yaml"};
inline const Arguments kShapes{"-m", "models/shapes10_vit.yaml"};
inline const std::string kImages = "models/data/shapes10_test200.bin";
/// The main job: a trained network on the softmax machine. It lacks the images.
inline const Arguments kRunShapes = Arguments{"run"} + kMachine + kShapes;
/// The same on the first image.
inline const Arguments kRunOne = kRunShapes + Arguments{"-i", kImages + ":0"};

/// The JSON report of a run that is to succeed.
inline nlohmann::json report_of(const Arguments& arguments) {
  const ProgramResult result = run_vitsim(arguments + Arguments{"--json", "-"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  return nlohmann::json::parse(result.out, nullptr, false);
}

}  // namespace vitsim::test
