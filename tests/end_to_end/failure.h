// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gmock/gmock.h>

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {

/// Runs that must fail: with this exit code, one message, and nothing changed in the directory of
/// `-o`.
class FailureTest : public testing::Test {
 protected:
  void expect_failure(const Arguments& arguments, int exit_code, const std::string& message) {
    const auto old = directory_.path() / "out" / "report.json";
    std::filesystem::create_directories(old.parent_path());
    std::ofstream(old) << "old";

    const ProgramResult result =
        run_vitsim(arguments + Arguments{"-o", old.parent_path().string()});
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.err, testing::StartsWith("vitsim: error: "));
    EXPECT_THAT(result.err, testing::HasSubstr(message));
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_EQ(result.out, "");

    std::set<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(old.parent_path())) {
      files.insert(entry.path().filename());
    }
    EXPECT_THAT(files, testing::ElementsAre("report.json"));
    std::ifstream content(old);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(content), {}), "old");
  }

  TemporaryDirectory directory_;
};

}  // namespace vitsim::test
