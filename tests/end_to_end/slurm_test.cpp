// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/slurm.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/external.h"
#include "vitsim/sweep/collect.h"
#include "vitsim/sweep/store.h"

#include "end_to_end/jobs.h"
#include "support/slurm_cluster.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

namespace fs = std::filesystem;
using sweep::SlurmJob;
using testing::AllOf;
using testing::HasSubstr;

std::string content_of(const fs::path& file) {
  std::ifstream bytes(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(bytes), {}};
}

/// With a script in the place of vitsim, over a real slurmctld and slurmd.
class SlurmTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string obstacle = SlurmCluster::obstacle(); !obstacle.empty()) {
      GTEST_SKIP() << obstacle;
    }
    cluster_.emplace();
    fs::create_directory(folder_);
  }

  /// A job whose tasks run this script, to which `chunk` is the number of its chunk and `shard` the
  /// path of its shard.
  [[nodiscard]] SlurmJob job(int chunks, const std::string& script) const {
    SlurmJob job;
    job.program = folder_ / "program";
    std::ofstream(job.program) << "#!/bin/bash\nshard=${@: -1} chunk=${4%/*}\n" + script;
    fs::permissions(job.program, fs::perms::owner_all);
    job.sweep_file = folder_ / "sweep.yaml";
    job.shards = folder_;
    job.chunks = chunks;
    for (int chunk = 0; chunk < chunks; ++chunk) {
      job.tasks.push_back(chunk);
    }
    return job;
  }

  TemporaryDirectory directory_;
  /// All of it needs quotes, and Slurm looks for its numbers behind '%'.
  fs::path folder_ = directory_.path() / "it's 100%A $HOME";
  std::optional<SlurmCluster> cluster_;
};

TEST_F(SlurmTest, EachTaskGetsItsChunkItsShardAndALogOfItsOwn) {
  const SlurmJob four = job(4, R"(printf '%s|' "$@" > "$shard"; echo "chunk $chunk")");
  const sweep::SlurmId id = sweep::submit(four);
  sweep::wait_for(id);
  for (int chunk = 0; chunk < 4; ++chunk) {
    const std::string shard = shard_path(four, chunk);
    EXPECT_EQ(content_of(shard), fmt::format("sweep|{}/sweep.yaml|--shard|{}/4|-j|1|-o|{}|",
                                             folder_.string(), chunk, shard));
    EXPECT_EQ(content_of(folder_ / fmt::format("slurm-{}_{}.out", id.job, chunk)),
              fmt::format("chunk {}\n", chunk));
  }
  // By hand, too.
  fs::remove(shard_path(four, 0));
  const auto again = run_external({"sbatch", "--parsable", (folder_ / "submit.sh").string()});
  EXPECT_EQ(again->err, "");
  sweep::wait_for({again->out.substr(0, again->out.find('\n')), ""});
  EXPECT_THAT(content_of(shard_path(four, 0)), HasSubstr("|--shard|0/4|"));
}

TEST_F(SlurmTest, OptionsPassThroughAndTheEnvironmentDoesNotWin) {
  ::setenv("SBATCH_ARRAY_INX", "0-9", 1);
  ::setenv("SBATCH_TIMELIMIT", "7", 1);
  ::setenv("SBATCH_OUTPUT", "/dev/null", 1);
  SlurmJob one = job(1, R"(scontrol show job "$SLURM_JOB_ID" > "$shard"; echo out)");
  one.options = {"time=5", R"(comment=it's a\b "test" $x #1)", "job-name=points", "nodes=1"};
  one.cpus_per_task = 2;
  const sweep::SlurmId id = sweep::submit(one);
  sweep::wait_for(id);
  EXPECT_THAT(
      content_of(shard_path(one, 0)),
      AllOf(HasSubstr("TimeLimit=00:05:00"), HasSubstr(R"(Comment=it's a\b "test" $x #1)"),
            HasSubstr("JobName=points"), HasSubstr("CPUs/Task=2"), HasSubstr("ArrayTaskId=0")));
  EXPECT_EQ(content_of(folder_ / fmt::format("slurm-{}_0.out", id.job)), "out\n");
  EXPECT_FALSE(fs::exists(folder_ / fmt::format("slurm-{}_1.out", id.job)));
}

TEST_F(SlurmTest, ARefusalOfSlurmIsPassedOn) {
  SlurmJob one = job(1, "");
  one.options = {"partition=nowhere"};
  try {
    (void)sweep::submit(one);
    FAIL() << "expected a refusal";
  } catch (const SimulationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("invalid partition specified: nowhere"));
  }
}

/// A shard of two points for each of four chunks.
void prepare_shards(const fs::path& folder) {
  for (int chunk = 0; chunk < 4; ++chunk) {
    sweep::Store store(folder / fmt::format("prepared-{}", chunk), sweep::Store::Mode::kWriteShard);
    store.set("spec", "name: fake\n");
    store.set("version", "0");
    store.set("points", "2");
    store.set("complete", "true");
    for (int i = 0; i < 2; ++i) {
      store.add({fmt::format("{} {}", chunk, i), true, "", {}, {}, {}, 0, 0});
    }
  }
}

TEST_F(SlurmTest, WaitingLastsUntilAllTasksEndedAndATaskThatFailedLeavesNoShard) {
  prepare_shards(folder_);
  SlurmJob four = job(4, R"(cd "${shard%/*}"; sleep 1
if [[ $chunk == 2 && ! -e may_go_on ]]; then echo broken; exit 3; fi
cp prepared-$chunk "$shard.part"
if [[ $chunk == 3 ]]; then sleep 2; fi
mv "$shard.part" "$shard")");
  const fs::path store = directory_.path() / "all.sqlite";
  const sweep::SlurmId id = sweep::submit(four);
  sweep::wait_for(id);
  auto collected = sweep::collect(store, sweep::shards_in(folder_, store), false);
  EXPECT_EQ(collected.complete, 3);
  EXPECT_EQ(collected.added, 6);
  EXPECT_TRUE(collected.incomplete.empty());
  EXPECT_FALSE(fs::exists(shard_path(four, 2)));
  EXPECT_EQ(content_of(folder_ / fmt::format("slurm-{}_2.out", id.job)), "broken\n");

  std::ofstream(folder_ / "may_go_on") << "";
  four.tasks = {2};
  sweep::wait_for(sweep::submit(four));
  collected = sweep::collect(store, sweep::shards_in(folder_, store), false);
  EXPECT_EQ(collected.complete, 4);
  EXPECT_EQ(collected.added, 2);
  EXPECT_EQ(collected.known, 6);
}

TEST_F(SlurmTest, AKilledTaskLeavesAShardThatIsNotComplete) {
  prepare_shards(folder_);
  const SlurmJob one = job(1, R"(cp "${shard%/*}/prepared-0" "$shard.part"; sleep 100)");
  const sweep::SlurmId id = sweep::submit(one);
  const fs::path part = shard_path(one, 0).string() + ".part";
  for (int i = 0; i < 200 && !fs::exists(part); ++i) {
    ::usleep(100'000);
  }
  EXPECT_EQ(run_external({"scancel", id.job})->exit_code, 0);
  sweep::wait_for(id);
  const fs::path store = directory_.path() / "all.sqlite";
  const auto collected = sweep::collect(store, sweep::shards_in(folder_, store), false);
  EXPECT_EQ(collected.complete, 0);
  ASSERT_EQ(collected.incomplete.size(), 1U);
  EXPECT_EQ(collected.incomplete[0].points, 2);
  EXPECT_FALSE(fs::exists(store));
}

/// All that is the same wherever a point is simulated, by its hash.
std::map<std::string, std::string> points_of(const fs::path& file) {
  const sweep::Store store(file, sweep::Store::Mode::kRead);
  std::vector<std::string> names;
  for (const sweep::Column& column : store.columns()) {
    names.push_back(column.name);
  }
  std::ranges::sort(names);
  std::map<std::string, std::string> points;
  store.each(names, [&](const sweep::Row& row) {
    std::string text = row.done ? "done" : "failed: " + row.message;
    for (std::size_t i = 0; i < names.size(); ++i) {
      text += fmt::format("\n{}: {}", names[i],
                          row.values[i] ? sweep::text_of(*row.values[i]) : "none");
    }
    for (const sweep::LayerResult& layer : store.layers_of(row.id)) {
      text += fmt::format("\n{}: {} {} {}", layer.name, layer.cycles, layer.exclusive_cycles,
                          layer.dram_read_bytes);
    }
    points[row.hash] = text;
  });
  return points;
}

/// With vitsim itself.
class SlurmSweepTest : public SlurmTest {
 protected:
  void SetUp() override {
    SlurmTest::SetUp();
    if (!IsSkipped()) {
      const std::string root = VITSIM_SOURCE_DIR;
      std::ofstream(folder_ / "rows.yaml") << fmt::format(R"(name: rows
config: {0}/configs/softmax_64x64.yaml
model: {0}/models/shapes10_vit.yaml
input: random:1
parameters:
  accelerator.pe_array.rows: [16, 32, 64]
  accelerator.pe_array.cols: [32, 64]
objectives: {{totals.cycles: min}}
)",
                                                          root);
    }
  }
  [[nodiscard]] ProgramResult run_on_slurm(const Arguments& more,
                                           const ProgramLimits& limits = {}) const {
    return run_vitsim(Arguments{"sweep", folder_ / "rows.yaml", "-o", store_, "--launcher", "slurm",
                                "--slurm", "time=5"} +
                          more,
                      limits);
  }
  [[nodiscard]] ProgramResult collect() const {
    return run_vitsim({"sweep", "collect", "-o", store_, shards_});
  }

  fs::path store_ = folder_ / "cluster.sqlite";
  fs::path shards_ = folder_ / "cluster.sqlite.shards";
  const Arguments three_tasks_{"--chunk", "2"};
};

TEST_F(SlurmSweepTest, ASweepOverRealSlurmHoldsWhatALocalOneHolds) {
  const fs::path local = folder_ / "local.sqlite";
  const ProgramResult one = run_vitsim({"sweep", folder_ / "rows.yaml", "-o", local, "-j", "2"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  const ProgramResult other =
      run_on_slurm(three_tasks_ + Arguments{"--wait", "--slurm", "comment=six points"});
  EXPECT_EQ(other.exit_code, 0) << other.err << other.out;
  EXPECT_THAT(other.out, AllOf(HasSubstr("submitted job "), HasSubstr("3 of 3 chunks"),
                               HasSubstr("collected 3 shards: 6 points new, 0 known\n")));
  EXPECT_EQ(points_of(store_), points_of(local));
  EXPECT_EQ(points_of(store_).size(), 6U);

  const ProgramResult again = collect();
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out, "collected 3 shards: 0 points new, 6 known\n");
  // A sweep on this machine goes on with them.
  const ProgramResult resumed =
      run_vitsim({"sweep", folder_ / "rows.yaml", "-o", store_, "--resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(points_of(store_).size(), 6U);
}

TEST_F(SlurmSweepTest, ATaskThatFailsMakesTheSweepFailAndTheSameCommandSubmitsItAgain) {
  // Where the second task wants to write.
  const fs::path obstacle = shards_ / "shard-1-of-3.sqlite.part";
  fs::create_directories(obstacle);
  const ProgramResult failed = run_on_slurm(three_tasks_ + Arguments{"--wait"});
  EXPECT_EQ(failed.exit_code, 1) << failed.err;
  EXPECT_THAT(failed.out, AllOf(HasSubstr("shard-1-of-3.sqlite.part: not complete"),
                                HasSubstr("collected 2 shards: 4 points new, 0 known, 1 shard not "
                                          "complete\n1 of 3 tasks left no complete shard")));
  fs::remove(obstacle);
  const ProgramResult again = run_on_slurm(three_tasks_ + Arguments{"--wait"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, AllOf(HasSubstr("1 of 3 chunks"),
                               HasSubstr("collected 3 shards: 2 points new, 4 known\n")));
  const ProgramResult nothing_left = run_on_slurm(three_tasks_ + Arguments{"--wait"});
  EXPECT_EQ(nothing_left.exit_code, 0) << nothing_left.err;
  EXPECT_EQ(nothing_left.out,
            "all 3 shards are complete\ncollected 3 shards: 0 points new, 6 known\n");

  const ProgramResult others = run_on_slurm({"--chunk", "3"});
  EXPECT_EQ(others.exit_code, 2);
  EXPECT_THAT(others.err, HasSubstr("got a shard of other chunks, expected those of 2 chunks"));
  std::ofstream(folder_ / "rows.yaml", std::ios::app) << "# changed\n";
  const ProgramResult changed = run_on_slurm(three_tasks_);
  EXPECT_EQ(changed.exit_code, 2);
  EXPECT_THAT(changed.err, HasSubstr("got a shard of another sweep or build of vitsim"));
}

TEST_F(SlurmSweepTest, WithoutWaitingItSaysHowToWatchAndToCollectAndCtrlCLeavesTheJob) {
  const ProgramResult submitted = run_on_slurm({"--slurm", "begin=now+1hour"});
  EXPECT_EQ(submitted.exit_code, 0) << submitted.err;
  EXPECT_THAT(submitted.out,
              AllOf(HasSubstr("  squeue -j "), HasSubstr("  vitsim sweep collect -o '"),
                    HasSubstr("cluster.sqlite.shards'\n")));
  const ProgramResult interrupted = run_on_slurm({"--slurm", "begin=now+1hour", "--wait"},
                                                 {.interrupt_after = std::chrono::seconds(3)});
  EXPECT_EQ(interrupted.exit_code, 130);
  EXPECT_EQ(interrupted.err, "vitsim: error: interrupted\n");
  EXPECT_THAT(interrupted.out, HasSubstr("submitted job "));
  const auto jobs = run_external({"squeue", "--noheader", "--format=%t"});
  EXPECT_EQ(jobs->out, "PD\nPD\n");
  const ProgramResult too_early = collect();
  EXPECT_EQ(too_early.exit_code, 3);
  EXPECT_THAT(too_early.err, HasSubstr("got a directory without shards"));
}

}  // namespace
}  // namespace vitsim::test
