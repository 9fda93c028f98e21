// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vitsim/core/random.h"
#include "vitsim/sweep/pareto.h"
#include "vitsim/sweep/store.h"

#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using sweep::Store;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// Twelve small machines, one of which is none.
constexpr const char* kSweep = R"yaml(
name: small
config: {0}/configs/softmax_64x64.yaml
model: {0}/models/shapes10_vit.yaml
weights: random:1
parameters:
  accelerator.pe_array.rows: [8, 16, 32, 1000]
  accelerator.pe_array.cols: "min({rows}, 64)"
  accelerator.dram.bytes_per_cycle: [6.4, 12.8, 25.6]
)yaml";

class SweepTest : public testing::Test {
 protected:
  /// A sweep file of this text, with the root of the repository where it says {0}.
  [[nodiscard]] std::string spec(std::string text, const std::string& name = "s.yaml") const {
    for (auto place = text.find("{0}"); place != std::string::npos; place = text.find("{0}")) {
      text.replace(place, 3, VITSIM_SOURCE_DIR);
    }
    return directory_.write(name, text);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return directory_.path() / name; }
  [[nodiscard]] std::string store() const { return file("s.sqlite"); }

  using Rows = std::map<std::string, std::map<std::string, std::string>>;

  /// Every row but what the host decides on, by hash.
  static Rows rows(const std::string& file) {
    const Store store(file, Store::Mode::kRead);
    std::vector<std::string> names;
    for (const sweep::Column& column : store.columns()) {
      names.push_back(column.name);
    }
    Rows rows;
    store.each(names, [&](const sweep::Row& row) {
      auto& values = rows[row.hash];
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (row.values[i]) {
          values[names[i]] = sweep::text_of(*row.values[i]);
        }
      }
      values["message"] = row.message;
      values["status"] = row.done ? "done" : "failed";
      values["layers"] = std::to_string(store.layers_of(row.id).size());
    });
    return rows;
  }

  /// Cycles, PEs and KiB of the points that no other dominates.
  static std::set<sweep::Costs> front_of(const std::string& file) {
    std::vector<sweep::Costs> costs;
    Store(file, Store::Mode::kRead)
        .each({"totals.cycles", "totals.pes", "accelerator.scratchpad.size_kib"},
              [&](const sweep::Row& row) {
                sweep::Costs one;
                for (const auto& value : row.values) {
                  one.push_back(std::get<double>(value.value()));
                }
                costs.push_back(one);
              });
    std::set<sweep::Costs> front;
    for (const std::size_t point : sweep::pareto_front(costs)) {
      front.insert(costs[point]);
    }
    return front;
  }

  TemporaryDirectory directory_;
};

TEST_F(SweepTest, EachPointIsWhatARunOfItReports) {
  const ProgramResult result = run_vitsim({"sweep", spec(kSweep), "-o", store(), "-j", "2"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("12 points: 9 simulated, 3 failed"),
                    HasSubstr("accelerator.pe_array.rows: got '1000', expected an integer in"),
                    HasSubstr("Front of least totals.cycles: 1 of 9 points")));
  const auto report =
      report_of(Arguments{"run"} + kMachine + kShapes +
                Arguments{"-w", "random:1", "--check", "none", "--set",
                          "accelerator.pe_array.rows=16", "--set", "accelerator.pe_array.cols=16",
                          "--set", "accelerator.dram.bytes_per_cycle=12.8"});
  SQLite::Database database(store(), SQLite::OPEN_READONLY);
  SQLite::Statement query(database,
                          "SELECT \"totals.cycles\", \"totals.dram_read_bytes\", "
                          "\"totals.pe_utilization\", (SELECT sum(exclusive_cycles) FROM layers "
                          "WHERE point = id) FROM points WHERE \"accelerator.pe_array.rows\" = 16 "
                          "AND \"accelerator.dram.bytes_per_cycle\" = 12.8");
  ASSERT_TRUE(query.executeStep());
  const auto& totals = report.at("totals");
  EXPECT_EQ(query.getColumn(0).getInt64(), totals.at("cycles").get<std::int64_t>());
  EXPECT_EQ(query.getColumn(1).getInt64(), totals.at("dram_read_bytes").get<std::int64_t>());
  EXPECT_EQ(query.getColumn(2).getDouble(), totals.at("pe_utilization").get<double>());
  EXPECT_EQ(query.getColumn(3).getInt64(), totals.at("cycles").get<std::int64_t>());
}

TEST_F(SweepTest, WhatAnotherSweepHasSimulatedIsNotSimulatedAgain) {
  const std::string sweep = spec(kSweep);
  ASSERT_EQ(run_vitsim({"sweep", sweep, "-o", store()}).exit_code, 0);
  const ProgramResult again = run_vitsim({"sweep", sweep, "-o", store()});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("exists already; --resume goes on with it"));
  EXPECT_THAT(run_vitsim({"sweep", sweep, "-o", store(), "--resume"}).out,
              StartsWith("12 points: 12 known before\n"));
  const std::string more = spec(std::string(kSweep) + "  accelerator.pe_array.overlap_folds: true");
  EXPECT_THAT(run_vitsim({"sweep", more, "-o", store(), "--resume"}).out,
              AllOf(StartsWith("12 points: 9 known before, 3 failed\n")));
}

TEST_F(SweepTest, APrunedSweepFindsTheFrontOfTheGrid) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "small arrays take minutes under a sanitizer";
#endif
  const std::string text = R"yaml(
config: [{0}/configs/softmax_64x64.yaml, {0}/configs/edge_16x16.yaml]
model: {0}/models/shapes10_vit.yaml
weights: random:1
parameters:
  accelerator.pe_array.rows: {powers_of_two: [4, 64]}
  accelerator.pe_array.cols: "{rows}"
  accelerator.scratchpad.size_kib: [64, 128, 200]
objectives: {totals.cycles: min, totals.pes: min, accelerator.scratchpad.size_kib: min}
)yaml";
  const ProgramResult grid = run_vitsim({"sweep", spec(text), "-o", store()});
  ASSERT_EQ(grid.exit_code, 0) << grid.err;
  const ProgramResult pareto = run_vitsim(
      {"sweep", spec("strategy: pareto" + text, "p.yaml"), "-o", file("p.sqlite"), "-j", "2"});
  ASSERT_EQ(pareto.exit_code, 0) << pareto.err;
  EXPECT_THAT(pareto.out, HasSubstr("that cannot reach the front"));
  const std::set<sweep::Costs> front = front_of(store());
  EXPECT_GE(front.size(), 8U);
  EXPECT_EQ(front_of(file("p.sqlite")), front);
  EXPECT_LT(rows(file("p.sqlite")).size(), rows(store()).size());
}

TEST_F(SweepTest, APointOutOfTimeFailsAndOthersDoNot) {
  const std::string slow = spec(R"yaml(
config: {0}/configs/softmax_64x64.yaml
model: [{0}/models/shapes10_vit.yaml, {0}/models/deit_base.yaml]
weights: random:1
limits: {seconds: 5}
parameters: {accelerator.pe_array.rows: [8]}
)yaml");
  const ProgramResult result = run_vitsim({"sweep", slow, "-o", store(), "-j", "1"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("2 points: 1 simulated, 1 failed"),
                                HasSubstr("the simulation took longer than 5 s")));
}

TEST_F(SweepTest, APointThatWantsMoreMemoryThanItMayFailsAndOthersDoNot) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "a sanitizer takes terabytes of addresses";
#endif
  const std::string large = spec(R"yaml(
config: {0}/configs/softmax_64x64.yaml
model: [{0}/models/shapes10_vit.yaml, {0}/models/deit_base.yaml]
weights: random:1
limits: {mebibytes: 400}
)yaml");
  const ProgramResult result = run_vitsim({"sweep", large, "-o", store()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("2 points: 1 simulated, 1 failed"),
                                HasSubstr("The first that failed: out of memory")));
}

TEST_F(SweepTest, ADeadlockIsAFailedRowThatSaysSo) {
  const ProgramResult result = run_vitsim({"sweep", spec(R"yaml(
config: {0}/configs/softmax_64x64.yaml
model: {0}/models/shapes10_vit.yaml
weights: random:1
parameters: {accelerator.sequencer.watchdog_cycles: [20, 100000]}
)yaml"),
                                           "-o", store()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("2 points: 1 simulated, 1 failed"), HasSubstr("deadlock")));
}

TEST_F(SweepTest, TrainedNetworksAreCheckedAndTheirTop1IsAnObjective) {
  const ProgramResult result = run_vitsim({"sweep", spec(R"yaml(
config: {0}/configs/softmax_64x64.yaml
model: {0}/models/shapes10_vit.yaml
input: "{0}/models/data/shapes10_test200.bin:0-3"
check: exact
parameters: {accelerator.softmax_unit.output_bits: [8, 16]}
objectives: {totals.top1: max, totals.cycles: min}
)yaml"),
                                           "-o", store()});
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_THAT(result.out, HasSubstr("Front of largest totals.top1, least totals.cycles"));
}

TEST_F(SweepTest, WhatIsWrongIsSaidBeforeAnythingRuns) {
  const std::string head =
      "config: {0}/configs/softmax_64x64.yaml\nmodel: {0}/models/shapes10_vit.yaml\n";
  const std::pair<std::string, const char*> cases[] = {
      {head + "parameters: {accelerator.pe_arry.rows: [1]}",
       "did you mean 'accelerator.pe_array.rows'?"},
      {head + "parameters: {accelerator.pe_array.rows: []}",
       "got a list, expected a list, {linear"},
      {head + "parameters: {accelerator.pe_array.rows: \"8 / ({cols} - 8)\", "
              "accelerator.pe_array.cols: [8]}",
       "a divisor that is not 0"},
      {head + "parameters: {accelerator.pe_array.rows: \"{cols}\"}", "the name of a parameter"},
      {head + "parameters: {accelerator.pe_array.rows: \"{rows} + 1\"}", "refers to itself"},
      {head + "parameters: {accelerator.pe_array.rows: [8]}\nconstraints: [rows > 9]",
       "got no point that all constraints allow"},
      {head + "strategy: pareto", "pareto without objectives"},
      {"model: a.yaml", "'config' is missing"},
      {"[", "s.yaml"}};
  for (const auto& [text, message] : cases) {
    const ProgramResult result = run_vitsim({"sweep", spec(text), "-o", store()});
    EXPECT_EQ(result.exit_code, 2) << text;
    EXPECT_THAT(result.err, AllOf(StartsWith("vitsim: error: "), HasSubstr(message))) << text;
    EXPECT_FALSE(std::filesystem::exists(store())) << text;
  }
}

TEST_F(SweepTest, ResultsOfAnotherKindAreLeftAsTheyAre) {
  const std::string sweep = spec(kSweep);
  SQLite::Database(store(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE mine (a)");
  const ProgramResult other = run_vitsim({"sweep", sweep, "-o", store(), "--resume"});
  EXPECT_EQ(other.exit_code, 3);
  EXPECT_THAT(other.err, HasSubstr("got another SQLite file"));

  const std::string ours = file("o.sqlite");
  Store(ours, Store::Mode::kWrite).set("program", "0123");
  const ProgramResult older = run_vitsim({"sweep", sweep, "-o", ours, "--resume"});
  EXPECT_EQ(older.exit_code, 3);
  EXPECT_THAT(older.err, HasSubstr("another build of vitsim"));

  const Store held(file("held.sqlite"), Store::Mode::kWrite);
  const ProgramResult locked = run_vitsim({"sweep", sweep, "-o", file("held.sqlite"), "--resume"});
  EXPECT_EQ(locked.exit_code, 2);
  EXPECT_THAT(locked.err, HasSubstr("another sweep writes to it"));
}

TEST_F(SweepTest, AFullDiskEndsItWithWhatWasDoneInTheFile) {
  // The largest file that the shell allows stands for the disk.
  const std::string sweep = spec(kSweep);
  const ProgramResult result = run_program(
      "/bin/bash", {"-c", "trap '' XFSZ; ulimit -f 128; exec \"$0\" sweep \"$1\" -o \"$2\" -j 1",
                    VITSIM_PROGRAM, sweep, store()});
  EXPECT_EQ(result.exit_code, 5) << result.out;
  EXPECT_THAT(result.err, HasSubstr("s.sqlite: cannot be written: "));
  const std::size_t kept = rows(store()).size();
  EXPECT_GT(kept, 0U);
  EXPECT_LT(kept, 12U);
  EXPECT_EQ(run_vitsim({"sweep", sweep, "-o", store(), "--resume"}).exit_code, 0);
  EXPECT_EQ(rows(store()).size(), 12U);
}

TEST_F(SweepTest, CtrlCKeepsWhatIsDoneAndSaysHowToGoOn) {
  const std::string slow = spec(R"yaml(
config: {0}/configs/softmax_64x64.yaml
model: [{0}/models/shapes10_vit.yaml, {0}/models/deit_base.yaml]
weights: random:1
parameters: {accelerator.pe_array.rows: [8]}
)yaml");
  const ProgramResult result =
      run_vitsim({"sweep", slow, "-o", store(), "-j", "1"},
                 {.limit = std::chrono::minutes(2), .interrupt_after = std::chrono::seconds(5)});
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("1 of 2 points are in"));
  EXPECT_THAT(result.err, HasSubstr("--resume goes on"));
  EXPECT_EQ(rows(store()).size(), 1U);
}

TEST_F(SweepTest, AShardIsPartOfThePointsAndHasItsNameWhenItIsComplete) {
  const std::string sweep = spec(kSweep);
  ASSERT_EQ(run_vitsim({"sweep", sweep, "-o", store()}).exit_code, 0);
  Rows all;
  for (int i = 0; i < 5; ++i) {
    const std::string shard = file("shard" + std::to_string(i));
    const ProgramResult result =
        run_vitsim({"sweep", sweep, "-o", shard, "--shard", std::to_string(i) + "/5", "--quiet"});
    EXPECT_LE(result.exit_code % 4, 0) << result.err;  // all of one shard may have failed
    EXPECT_FALSE(std::filesystem::exists(shard + ".part"));
    const auto part = rows(shard);
    EXPECT_GE(part.size(), 2U);
    all.insert(part.begin(), part.end());
  }
  EXPECT_EQ(all.size(), 12U);
  EXPECT_EQ(run_vitsim({"sweep", sweep, "--shard", "5/5"}).exit_code, 2);
}

/// Starts the sweep in a group of processes of its own.
pid_t start_sweep(const std::string& spec, const std::string& store) {
  const pid_t process = ::fork();
  if (process == 0) {
    ::setpgid(0, 0);
    ::execl(VITSIM_PROGRAM, VITSIM_PROGRAM, "sweep", spec.c_str(), "-o", store.c_str(), "-j", "2",
            "--resume", "--quiet", nullptr);
    ::_exit(127);
  }
  ::setpgid(process, process);
  return process;
}

TEST_F(SweepTest, FiftyKillsLoseNothingAndRepeatOnlyWhatWasNotCommitted) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "fifty sweeps take minutes under a sanitizer";
#endif
  // Orphaned workers become ours, so that all can be waited for.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const std::string sweep = spec(R"yaml(
config: {0}/configs/softmax_64x64.yaml
model: {0}/models/shapes10_vit.yaml
weights: random:1
parameters:
  accelerator.pe_array.rows: {linear: [8, 40, 2]}
  accelerator.pe_array.cols: "{rows}"
  accelerator.dram.bytes_per_cycle: [6.4, 12.8]
)yaml");
  ASSERT_EQ(run_vitsim({"sweep", sweep, "-o", file("whole"), "--quiet"}).exit_code, 0);
  const auto whole = rows(file("whole"));
  Random random(50);
  std::size_t finished = 0;
  std::size_t before = 0;
  std::int64_t most_milliseconds = 300;
  for (int kill = 0; kill < 50; ++kill) {
    const pid_t process = start_sweep(sweep, store());
    std::this_thread::sleep_for(std::chrono::milliseconds(random.integer(1, most_milliseconds)));
    // The sweep and its workers, or the sweep alone, whose end its workers do not outlive.
    ::kill(random.integer(0, 1) == 0 ? process : -process, SIGKILL);
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
    std::size_t now = 0;
    if (std::filesystem::exists(store())) {
      // What is there is as it would be without the kill, and nothing of it was lost.
      { const Store opened(store(), Store::Mode::kWrite); }  // the log is put in its place
      const auto kept = rows(store());
      now = kept.size();
      for (const auto& [hash, row] : kept) {
        ASSERT_TRUE(whole.contains(hash));
        ASSERT_EQ(row, whole.at(hash));
      }
    }
    ASSERT_GE(now, before) << "kill " << kill;
    if (now == before) {  // slow machines are to get further, too
      most_milliseconds = std::min<std::int64_t>(most_milliseconds * 5 / 4, 5000);
    }
    before = now;
    if (now == whole.size()) {
      ++finished;
      before = 0;
      std::filesystem::remove(store());
    }
  }
  EXPECT_GT(finished + before, 0U);
  // What the last kill left behind: the rest is simulated, and nothing else.
  const ProgramResult rest = run_vitsim({"sweep", sweep, "-o", store(), "--resume"});
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_THAT(rest.out,
              StartsWith(before == 0 ? "34 points: 34 simulated\n"
                                     : std::to_string(whole.size()) + " points: " +
                                           std::to_string(whole.size() - before) + " simulated, " +
                                           std::to_string(before) + " known before\n"));
  EXPECT_EQ(rows(store()), whole);
}

}  // namespace
}  // namespace vitsim::test
