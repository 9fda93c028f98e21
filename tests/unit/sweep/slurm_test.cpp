// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/slurm.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "vitsim/core/error.h"
#include "vitsim/core/external.h"
#include "vitsim/core/file.h"

#include "support/temporary_directory.h"

namespace vitsim::sweep {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// What no shell reads as it stands.
const std::string kAwkward = "a b'c\"d$HOME`id`;*\\\ne";

std::vector<int> numbers_below(int end) {
  std::vector<int> numbers(static_cast<std::size_t>(end));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

SlurmJob small_job() {
  return {"/opt/vitsim/bin/vitsim",
          "/home/ada/pe sram.yaml",
          "/home/ada/out.sqlite.shards",
          4,
          numbers_below(4),
          2,
          {"--check", "values"},
          {"partition=debug", "exclusive"}};
}

std::string problem_with(const std::string& option) {
  try {
    check_slurm_option(option);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(SlurmTest, TheScriptSaysWhatSlurmAndWhatVitsimIsToDo) {
  EXPECT_EQ(batch_script(small_job()), R"(#!/bin/bash
#SBATCH --job-name='vitsim'
#SBATCH --array='0-3'
#SBATCH --ntasks='1'
#SBATCH --cpus-per-task='2'
#SBATCH --output='/home/ada/out.sqlite.shards/slurm-%A_%a.out'
#SBATCH --open-mode='append'
#SBATCH --partition='debug'
#SBATCH --exclusive
task=${SLURM_ARRAY_TASK_ID:?this is a script for sbatch}
exec '/opt/vitsim/bin/vitsim' sweep '/home/ada/pe sram.yaml' --shard "$task/4" -j 2 '--check' 'values' -o '/home/ada/out.sqlite.shards'/shard-"$task"-of-4.sqlite
)");
}

TEST(SlurmTest, OnlyTheChunksThatAreMissingAreInTheArray) {
  SlurmJob job = small_job();
  job.chunks = 12;
  job.tasks = {0, 2, 3, 4, 7, 10, 11};
  EXPECT_THAT(batch_script(job), AllOf(HasSubstr("--array='0,2-4,7,10-11'\n"),
                                       HasSubstr("$task/12"), HasSubstr("-of-12.sqlite")));
}

TEST(SlurmTest, TheProgramGetsItsArgumentsWhateverIsInThem) {
  const test::TemporaryDirectory directory;
  const fs::path folder = directory.path() / "it's $HOME \"x\"";
  fs::create_directory(folder);
  SlurmJob job = small_job();
  job.program = folder / "vit sim";
  job.sweep_file = "/tmp/" + kAwkward + ".yaml";
  job.shards = folder;
  job.arguments = {"--set", kAwkward, "", "-x=%A"};
  write_file_atomically(job.program, "#!/bin/sh\nprintf '%s|' \"$@\"\n");
  fs::permissions(job.program, fs::perms::owner_all);
  write_file_atomically(folder / "script", batch_script(job));

  const auto outcome =
      run_external({"env", "SLURM_ARRAY_TASK_ID=3", "bash", (folder / "script").string()});
  EXPECT_EQ(outcome->err, "");
  EXPECT_EQ(outcome->out,
            fmt::format("sweep|{}|--shard|3/4|-j|2|--set|{}||-x=%A|-o|{}/shard-3-of-4.sqlite|",
                        job.sweep_file.string(), kAwkward, folder.string()));
  EXPECT_EQ(shard_path(job, 3), folder / "shard-3-of-4.sqlite");
}

TEST(SlurmTest, AScriptThatIsNotRunBySlurmDoesNothing) {
  const test::TemporaryDirectory directory;
  SlurmJob job = small_job();
  job.program = "/bin/echo";
  const fs::path script = directory.write("script", batch_script(job));
  const auto outcome = run_external({"env", "-u", "SLURM_ARRAY_TASK_ID", "bash", script.string()});
  EXPECT_NE(outcome->exit_code, 0);
  EXPECT_EQ(outcome->out, "");
  EXPECT_THAT(outcome->err, HasSubstr("this is a script for sbatch"));
}

TEST(SlurmTest, OptionsStayOnOneLineWithTheirBackslashesAndQuotes) {
  SlurmJob job = small_job();
  job.options = {"comment=it's a\\b #1"};
  EXPECT_THAT(batch_script(job), HasSubstr("\n#SBATCH --comment='it'\\''s a\\\\b #1'\n"));
}

TEST(SlurmTest, TheDirectoryOfLogsMayHavePercentSignsButNoBackslashesAndNewlines) {
  SlurmJob job = small_job();
  job.shards = "/home/100%A";
  EXPECT_THAT(batch_script(job), HasSubstr("--output='/home/100%%A/slurm-%A_%a.out'"));
  for (const char* path : {"/home/a\\b", "/home/a\n#SBATCH --exclusive"}) {
    job.shards = path;
    EXPECT_THROW(batch_script(job), ConfigError) << path;
  }
}

TEST(SlurmTest, AnyLongOptionOfSbatchPasses) {
  for (const char* option : {"partition=debug", "time=1-02:00:00", "exclusive", "gres=gpu:1",
                             "ntasks-per-node=1", "constraint=[a|b]&c", "comment="}) {
    EXPECT_EQ(problem_with(option), "") << option;
  }
}

TEST(SlurmTest, WhatIsNoOptionIsRefused) {
  for (const char* option : {"", "=x", "--partition=x", "-p", "Partition=x", "a b=c", "p;id=x"}) {
    EXPECT_THAT(problem_with(option), HasSubstr("expected a long option of sbatch")) << option;
  }
  EXPECT_THAT(problem_with("comment=a\n#SBATCH --wrap=id"),
              HasSubstr("got 'comment=a\\x0a#SBATCH --wrap=id', expected no control characters"));
}

TEST(SlurmTest, WhatVitsimSetsItselfIsRefusedAlsoInPart) {
  EXPECT_EQ(problem_with("array=0-9"),
            "--slurm array: got an option that vitsim sets itself: --chunk says how many points a "
            "task has");
  EXPECT_THAT(problem_with("parsable"), HasSubstr("vitsim reads the job's number"));
  // getopt takes an unambiguous beginning for the whole.
  EXPECT_THAT(problem_with("arr=0-9"), HasSubstr("--slurm array: "));
  EXPECT_THAT(problem_with("cpus=3"), AllOf(HasSubstr("--slurm cpus-per-task: "), HasSubstr("-j")));
}

TEST(SlurmTest, TheScriptChecksItsOptionsToo) {
  SlurmJob job = small_job();
  job.options = {"wrap=id"};
  EXPECT_THROW(batch_script(job), ConfigError);
}

TEST(SlurmTest, AChunkHasAsManyPointsAsAskedUnlessThereWouldBeTooManyTasks) {
  EXPECT_EQ(chunks_of(1, 50), 1);
  EXPECT_EQ(chunks_of(50, 50), 1);
  EXPECT_EQ(chunks_of(51, 50), 2);
  EXPECT_EQ(chunks_of(100, 50), 2);
  EXPECT_EQ(chunks_of(7, 1), 7);
  EXPECT_EQ(chunks_of(50'000, 50), 1000);
  EXPECT_EQ(chunks_of(50'001, 50), 1000);
  EXPECT_EQ(chunks_of(10'000'000, 1), 1000);
  EXPECT_EQ(chunks_of(0, 50), 1);
  EXPECT_EQ(chunks_of(10, INT64_MAX), 1);
}

TEST(SlurmTest, ShardsAreBesideTheStore) {
  EXPECT_EQ(shard_directory("/home/ada/x/../pe.sqlite"), "/home/ada/pe.sqlite.shards");
  EXPECT_EQ(shard_directory("pe.sqlite"), fs::current_path() / "pe.sqlite.shards");
}

/// With programs of ours in the place of Slurm's.
class FakeSlurmTest : public testing::Test {
 protected:
  void SetUp() override {
    job_.shards = directory_.path() / "shards";
    fs::create_directory(job_.shards);
    ::setenv("PATH", (directory_.path().string() + ":/usr/bin:/bin").c_str(), 1);
    ::setenv("HERE", directory_.path().c_str(), 1);
  }
  void install(const std::string& program, const std::string& script) const {
    fs::permissions(directory_.write(program, "#!/bin/sh\n" + script), fs::perms::owner_all);
  }
  [[nodiscard]] std::string content_of(const std::string& name) const {
    const auto bytes = read_file(directory_.path() / name);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  template <class Work>
  static std::string problem_of(ExitCode code, const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
    return "";
  }

  test::TemporaryDirectory directory_;
  SlurmJob job_ = small_job();
};

TEST_F(FakeSlurmTest, SbatchGetsTheScriptAndItsOptionsOnceMoreForTheEnvironmentNotToWin) {
  install("sbatch", "printf '%s\\n' \"$@\" > $HERE/got; echo 17");
  const SlurmId id = submit(job_);
  EXPECT_EQ(id.job, "17");
  EXPECT_EQ(id.cluster, "");
  EXPECT_EQ(content_of("got"),
            fmt::format("--parsable\n--job-name=vitsim\n--array=0-3\n--ntasks=1\n"
                        "--cpus-per-task=2\n--output={0}/slurm-%A_%a.out\n--open-mode=append\n"
                        "--partition=debug\n--exclusive\n{0}/submit.sh\n",
                        job_.shards.string()));
  EXPECT_EQ(content_of("shards/submit.sh"), batch_script(job_));
}

TEST_F(FakeSlurmTest, TheClusterIsReadWhereThereAreSeveral) {
  install("sbatch", "echo '17;east'");
  EXPECT_EQ(submit(job_).cluster, "east");
  install("sbatch", "echo 'Submitted batch job 17'");
  EXPECT_THAT(problem_of(ExitCode::kSimulationFailed, [&] { submit(job_); }),
              HasSubstr("got 'Submitted batch job 17', expected the number of a job"));
}

TEST_F(FakeSlurmTest, ARefusalPassesOnWhatSbatchSays) {
  install("sbatch", "echo 'sbatch: error: invalid partition' >&2; echo second >&2; exit 1");
  EXPECT_THAT(problem_of(ExitCode::kSimulationFailed, [&] { submit(job_); }),
              AllOf(HasSubstr("sbatch: error: invalid partition second"), HasSubstr("submit.sh")));
}

TEST_F(FakeSlurmTest, WhereSlurmIsMissingThePackageIsNamed) {
  ::setenv("PATH", directory_.path().c_str(), 1);
  EXPECT_THAT(problem_of(ExitCode::kBadConfig, [&] { submit(job_); }),
              AllOf(HasSubstr("no program sbatch"), HasSubstr("slurm-client"),
                    HasSubstr("--launcher local")));
}

TEST_F(FakeSlurmTest, WaitingEndsWhenNoTaskIsListed) {
  install("squeue", "echo \"$*\" >> $HERE/got; test $(wc -l < $HERE/got) -gt 2 || echo '17_[2-3]'");
  wait_for({"17", ""});
  EXPECT_EQ(content_of("got"),
            "--noheader --format=%i --jobs=17\n--noheader --format=%i --jobs=17\n"
            "--noheader --format=%i --jobs=17\n");
}

TEST_F(FakeSlurmTest, WaitingEndsWhenSlurmHasForgottenTheJob) {
  install("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");
  wait_for({"17", "east"});
}

TEST_F(FakeSlurmTest, WaitingGoesOnWhereSlurmDoesNotAnswerForAMoment) {
  install("squeue",
          "echo x >> $HERE/got; test $(wc -l < $HERE/got) -gt 1 && exit 0\n"
          "echo 'Unable to contact slurm controller' >&2; exit 1");
  wait_for({"17", ""});
  EXPECT_EQ(content_of("got"), "x\nx\n");
}

}  // namespace
}  // namespace vitsim::sweep
