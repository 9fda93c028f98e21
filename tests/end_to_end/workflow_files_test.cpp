// SPDX-License-Identifier: Apache-2.0
// The workflow files of docs/ci: valid, and what they run works.
#include <fstream>

#include <yaml-cpp/yaml.h>

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

namespace fs = std::filesystem;

YAML::Node workflow(const std::string& name) {
  return YAML::LoadFile((fs::path(VITSIM_SOURCE_DIR) / "docs" / "ci" / name).string());
}

/// A team's repository, with vitsim in it as CI builds it.
class WorkflowFilesTest : public testing::Test {
 protected:
  WorkflowFilesTest() {
    const fs::path source = VITSIM_SOURCE_DIR;
    fs::create_directories(team_ / "vitsim" / "build" / "release");
    fs::create_symlink(VITSIM_PROGRAM, team_ / "vitsim" / "build" / "release" / "vitsim");
    fs::create_directory_symlink(source / "models", team_ / "models");
    for (const char* folder : {"goldens", "machines"}) {
      fs::create_directory(team_ / folder);
    }
    for (const std::string name : {"softmax_64x64", "vitality"}) {
      fs::copy_file(source / "tests" / "goldens" / (name + ".vtrc"),
                    team_ / "goldens" / (name + ".vtrc"));
      fs::copy_file(source / "configs" / (name + ".yaml"), team_ / "machines" / (name + ".yaml"));
    }
  }

  ProgramResult run(const std::string& script) {
    std::ofstream(team_ / "script.sh") << script;
    return run_program("/bin/sh", {"-c", "cd \"$1\" && sh -e script.sh", "sh", team_.string()});
  }

  /// Passes as it is; fails, with a report of each golden, when a machine has been changed.
  void expect_check(const std::string& script) {
    const ProgramResult passed = run(script);
    EXPECT_EQ(passed.exit_code, 0) << passed.out << passed.err;
    EXPECT_TRUE(fs::exists(team_ / "results" / "softmax_64x64.xml"));
    std::ofstream(team_ / "machines" / "softmax_64x64.yaml", std::ios::app)
        << "mapping:\n  strategy: search\n";
    fs::remove_all(team_ / "results");
    const ProgramResult failed = run(script);
    EXPECT_EQ(failed.exit_code, 1) << failed.out << failed.err;
    EXPECT_TRUE(fs::exists(team_ / "results" / "vitality.xml"));
    EXPECT_THAT(failed.out, testing::HasSubstr("softmax_64x64.vtrc: the run differs"));
    EXPECT_THAT(failed.out, testing::HasSubstr("vitality.vtrc: as recorded"));
  }

  void expect_shell(const std::string& script) {
    std::ofstream(team_ / "script.sh") << script;
    const ProgramResult result = run_program("/bin/sh", {"-n", (team_ / "script.sh").string()});
    EXPECT_EQ(result.exit_code, 0) << script << result.err;
  }

  TemporaryDirectory directory_;
  fs::path team_ = directory_.path();
};

TEST_F(WorkflowFilesTest, TheGithubWorkflowIsOneAndItsCheckWorks) {
  const YAML::Node file = workflow("github-actions.yml");
  EXPECT_TRUE(file["on"].IsSequence());
  const YAML::Node job = file["jobs"]["check"];
  EXPECT_EQ(job["container"].as<std::string>(), "debian:12");
  ASSERT_TRUE(job["steps"].IsSequence());
  std::string check;
  for (const YAML::Node& step : job["steps"]) {
    EXPECT_NE(step["uses"].IsDefined(), step["run"].IsDefined()) << step;
    if (step["run"]) {
      expect_shell(step["run"].as<std::string>());
      check = step["run"].as<std::string>();
    } else {
      EXPECT_THAT(step["uses"].as<std::string>(), testing::ContainsRegex("^actions/.*@v[0-9]+$"));
    }
  }
  expect_check(check);
}

TEST_F(WorkflowFilesTest, TheGitlabWorkflowIsOneAndItsCheckWorks) {
  const YAML::Node job = workflow("gitlab-ci.yml")["golden-traces"];
  EXPECT_EQ(job["image"].as<std::string>(), "debian:12");
  EXPECT_EQ(job["artifacts"]["reports"]["junit"].as<std::string>(), "results/*.xml");
  for (const char* key : {"before_script", "script"}) {
    ASSERT_TRUE(job[key].IsSequence());
    for (const YAML::Node& line : job[key]) {
      expect_shell(line.as<std::string>());
    }
  }
  expect_check(job["script"][0].as<std::string>());
}

}  // namespace
}  // namespace vitsim::test
