// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/collect.h"

#include <csignal>
#include <fstream>
#include <iterator>
#include <map>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "vitsim/core/child_pool.h"
#include "vitsim/core/error.h"
#include "vitsim/core/interrupt.h"
#include "vitsim/sweep/store.h"

#include "support/temporary_directory.h"

namespace vitsim::sweep {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

PointResult result(int number, bool done = true) {
  return {fmt::format("hash {}", number),
          done,
          done ? "" : "deadlock",
          {{"accelerator.pe_array.rows", static_cast<double>(number)},
           {"accelerator.dram.kind", std::string("ideal")}},
          {{"totals.cycles", 100.0 * number}, {"totals.pe_utilization", 0.1 * number}},
          {{"patch_embed", number, 9, 8, 0.5, 7, 6}, {"head", 5, 4, 3, 0.25, 2, 1}},
          1.5,
          1000};
}

/// What a shard holds, and what it says about itself.
struct Content {
  int first = 0;
  int end = 0;
  std::string spec = "name: pe_sram\n";
  std::string version = "0.1.0";
  std::string program = "0123";
  bool complete = true;
  int missing = 0;  ///< points that it is to hold and does not
};

void write_shard(const fs::path& path, const Content& content) {
  Store store(path, Store::Mode::kWriteShard);
  store.set("name", "pe_sram");
  store.set("version", content.version);
  store.set("program", content.program);
  store.set("objectives", "totals.cycles");
  store.set("spec", content.spec);
  store.set("points", std::to_string(content.end - content.first + content.missing));
  std::vector<PointResult> results;
  for (int number = content.first; number < content.end; ++number) {
    results.push_back(result(number));
  }
  store.add(results);
  if (content.complete) {
    store.set("complete", "true");
  }
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// All files of a directory.
std::map<std::string, std::string> snapshot(const fs::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(directory)) {
    files[entry.path().filename().string()] = bytes_of(entry.path());
  }
  return files;
}

class CollectTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(shards_); }

  [[nodiscard]] fs::path shard(const std::string& name, const Content& content) const {
    write_shard(shards_ / name, content);
    return shards_ / name;
  }
  /// Those in the directory.
  [[nodiscard]] Collected collect_all(bool partial = false) const {
    return collect(store_, shards_in(shards_, store_), partial);
  }
  /// "hash 1: done", by hash.
  [[nodiscard]] std::map<std::string, bool> points() const {
    std::map<std::string, bool> points;
    Store(store_, Store::Mode::kRead).each({}, [&](const Row& row) {
      points[row.hash] = row.done;
    });
    return points;
  }
  /// The only shard that is not complete, which no call may have changed.
  [[nodiscard]] std::string problem_of_the_one_that_is_not_complete() const {
    const auto before = snapshot(shards_);
    const Collected collected = collect_all();
    EXPECT_EQ(snapshot(shards_), before);
    EXPECT_EQ(collected.complete, 1);
    EXPECT_EQ(collected.added, 2);
    EXPECT_EQ(collected.incomplete.size(), 1U);
    return collected.incomplete.empty() ? "" : collected.incomplete.front().problem;
  }
  template <class Work>
  static std::string refusal(const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  test::TemporaryDirectory directory_;
  fs::path shards_ = directory_.path() / "all.sqlite.shards";
  fs::path store_ = directory_.path() / "all.sqlite";
};

TEST_F(CollectTest, PointsArriveAsTheyWereWithTheirParametersFiguresAndLayers) {
  PointResult failed = result(7, false);
  failed.layers.clear();
  failed.figures.clear();
  {
    Store store(
        shard("shard-0-of-1.sqlite", {.first = 1, .end = 3, .complete = false, .missing = 1}),
        Store::Mode::kWriteShard);
    store.add(failed);
    store.set("complete", "true");
  }
  const Collected collected = collect_all();
  EXPECT_EQ(collected.complete, 1);
  EXPECT_EQ(collected.added, 3);
  EXPECT_EQ(collected.failed, 1);
  EXPECT_THAT(collected.incomplete, IsEmpty());

  const Store store(store_, Store::Mode::kRead);
  EXPECT_EQ(store.get("name"), "pe_sram");
  EXPECT_EQ(store.get("version"), "0.1.0");
  EXPECT_EQ(store.get("program"), "0123");
  EXPECT_EQ(store.get("objectives"), "totals.cycles");
  EXPECT_EQ(store.get("spec"), "name: pe_sram\n");
  EXPECT_EQ(store.get("complete"), std::nullopt);
  EXPECT_EQ(store.get("points"), std::nullopt);
  const auto columns = store.columns();
  ASSERT_EQ(columns.size(), 4U);
  EXPECT_EQ(columns[1].kind, Column::Kind::kParameter);
  EXPECT_EQ(columns[2].kind, Column::Kind::kFigure);
  std::vector<Row> rows;
  store.each({"accelerator.pe_array.rows", "accelerator.dram.kind", "totals.cycles",
              "totals.pe_utilization"},
             [&](const Row& row) { rows.push_back(row); });
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].hash, "hash 2");
  EXPECT_THAT(rows[1].values,
              ElementsAre(Value(2.0), Value(std::string("ideal")), Value(200.0), Value(0.1 * 2)));
  EXPECT_EQ(rows[1].wall_seconds, 1.5);
  EXPECT_EQ(rows[1].peak_rss_bytes, 1000);
  EXPECT_EQ(store.layers_of(rows[1].id), result(2).layers);
  EXPECT_FALSE(rows[2].done);
  EXPECT_EQ(rows[2].message, "deadlock");
  EXPECT_EQ(rows[2].values[2], std::nullopt);
}

TEST_F(CollectTest, TheSameAgainAddsNothing) {
  (void)shard("shard-0-of-2.sqlite", {0, 3});
  (void)shard("shard-1-of-2.sqlite", {3, 5});
  EXPECT_EQ(collect_all().added, 5);
  const Collected again = collect_all();
  EXPECT_EQ(again.complete, 2);
  EXPECT_EQ(again.added, 0);
  EXPECT_EQ(again.known, 5);
  EXPECT_EQ(points().size(), 5U);
}

TEST_F(CollectTest, ShardsMayComeOneByOneAndInAnyOrder) {
  const fs::path first = shard("shard-0-of-2.sqlite", {0, 3});
  const fs::path second = shard("shard-1-of-2.sqlite", {3, 5});
  EXPECT_EQ(collect(store_, {second}, false).added, 2);
  EXPECT_EQ(collect(store_, {second, first, second}, false).added, 3);
  EXPECT_EQ(points().size(), 5U);
}

TEST_F(CollectTest, ManyPointsAreAddedInSeveralTransactions) {
  std::vector<PointResult> many;
  for (int number = 0; number < 2001; ++number) {
    many.push_back(result(number));
  }
  {
    Store store(shard("shard-0-of-1.sqlite", {.first = 0, .end = 0, .missing = 2001}),
                Store::Mode::kWriteShard);
    store.add(many);
  }
  EXPECT_EQ(collect_all().added, 2001);
  EXPECT_EQ(points().size(), 2001U);
}

TEST_F(CollectTest, AFailedPointGivesWayToOneThatIsDoneAndNeverTheOtherWayRound) {
  {
    Store store(shard("shard-0-of-2.sqlite", {.first = 0, .end = 0, .missing = 2}),
                Store::Mode::kWriteShard);
    store.add(std::vector{result(1, false), result(2, false)});
  }
  (void)shard("shard-1-of-2.sqlite", {1, 2});
  for (int i = 0; i < 2; ++i) {
    (void)collect_all();
    EXPECT_THAT(points(), ElementsAre(std::pair("hash 1", true), std::pair("hash 2", false)));
  }
  EXPECT_EQ(collect(store_, {shards_ / "shard-0-of-2.sqlite"}, false).known, 2);
}

TEST_F(CollectTest, AShardWhoseTaskDidNotEndIsNamedWithItsPointsAndLeftAsItIs) {
  (void)shard("shard-0-of-2.sqlite", {0, 2});
  (void)shard("shard-1-of-2.sqlite.part", {.first = 2, .end = 5, .complete = false, .missing = 2});
  EXPECT_EQ(problem_of_the_one_that_is_not_complete(), "its task did not end");
  const Collected collected = collect_all();
  EXPECT_EQ(collected.incomplete.front().points, 3);
  EXPECT_EQ(collected.incomplete.front().path, shards_ / "shard-1-of-2.sqlite.part");
}

TEST_F(CollectTest, AShardThatIsNotMarkedAsCompleteIsNotTaken) {
  (void)shard("shard-0-of-2.sqlite", {0, 2});
  (void)shard("shard-1-of-2.sqlite", {.first = 2, .end = 5, .complete = false});
  EXPECT_EQ(problem_of_the_one_that_is_not_complete(), "it is not marked as complete");
}

TEST_F(CollectTest, AShardWithFewerPointsThanItSaysIsNotTaken) {
  (void)shard("shard-0-of-2.sqlite", {0, 2});
  (void)shard("shard-1-of-2.sqlite", {.first = 2, .end = 5, .missing = 1});
  EXPECT_EQ(problem_of_the_one_that_is_not_complete(), "it is to hold 4");
}

TEST_F(CollectTest, AShardThatIsNoSqliteFileIsNotTaken) {
  (void)shard("shard-0-of-2.sqlite", {0, 2});
  std::ofstream(shards_ / "shard-1-of-2.sqlite") << std::string(5000, 'x');
  EXPECT_THAT(problem_of_the_one_that_is_not_complete(), HasSubstr("it cannot be read"));
}

TEST_F(CollectTest, AnEmptyFileOfATaskThatWasKilledAtOnceIsNotTaken) {
  (void)shard("shard-0-of-2.sqlite", {0, 2});
  { const std::ofstream empty(shards_ / "shard-1-of-2.sqlite.part"); }
  EXPECT_THAT(problem_of_the_one_that_is_not_complete(), HasSubstr("it cannot be read"));
}

TEST_F(CollectTest, AShardWithDamagedPagesIsNotTaken) {
  (void)shard("shard-0-of-2.sqlite", {0, 2});
  const fs::path damaged = shard("shard-1-of-2.sqlite", {2, 200});
  const auto size = static_cast<std::streamoff>(fs::file_size(damaged));
  {
    std::fstream file(damaged, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(size / 2);
    file << std::string(9000, '\x5a');
  }
  EXPECT_THAT(problem_of_the_one_that_is_not_complete(), HasSubstr("it cannot be read"));
}

TEST_F(CollectTest, AShardThatIsCutOffIsNotTaken) {
  (void)shard("shard-0-of-2.sqlite", {0, 2});
  const fs::path cut = shard("shard-1-of-2.sqlite", {2, 200});
  fs::resize_file(cut, fs::file_size(cut) / 2);
  EXPECT_THAT(problem_of_the_one_that_is_not_complete(), HasSubstr("it cannot be read"));
}

TEST_F(CollectTest, PartialTakesThePointsOfShardsThatAreNotComplete) {
  (void)shard("shard-0-of-3.sqlite", {0, 2});
  (void)shard("shard-1-of-3.sqlite.part", {.first = 2, .end = 5, .complete = false, .missing = 2});
  std::ofstream(shards_ / "shard-2-of-3.sqlite") << std::string(5000, 'x');
  const auto before = snapshot(shards_);
  const Collected collected = collect_all(true);
  EXPECT_EQ(collected.added, 5);
  EXPECT_EQ(collected.incomplete.size(), 2U);
  EXPECT_EQ(snapshot(shards_), before);
}

/// Leaves what a writer leaves that is killed in the middle of a transaction when some of it is in
/// the file already.
void kill_within_a_transaction(const fs::path& path) {
  ChildPool pool(1);
  pool.start(0, [&]() -> std::string {
    SQLite::Database database(path.string(), SQLite::OPEN_READWRITE);
    database.exec("PRAGMA cache_size = 1");
    database.exec("BEGIN");
    database.exec("DELETE FROM points");
    database.exec(
        "INSERT INTO points (hash, status, message, wall_seconds, peak_rss_bytes) "
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
        "SELECT 'new ' || i, 'done', '', 0, 0 FROM n");
    ::raise(SIGKILL);
    return "";
  });
  EXPECT_EQ(pool.wait().code, ExitCode::kSimulationFailed);
}

TEST_F(CollectTest, WhatAKilledWriterHadNotCommittedIsNotSeen) {
  (void)shard("shard-0-of-2.sqlite", {0, 2});
  const fs::path killed =
      shard("shard-1-of-2.sqlite.part", {.first = 2, .end = 60, .complete = false, .missing = 2});
  kill_within_a_transaction(killed);
  ASSERT_GT(fs::file_size(killed.string() + "-journal"), 0U);
  EXPECT_EQ(problem_of_the_one_that_is_not_complete(), "its task did not end");
  EXPECT_EQ(look_at(killed).points, 58);
  const auto before = snapshot(shards_);
  EXPECT_EQ(collect_all(true).added, 58);
  EXPECT_EQ(snapshot(shards_), before);
  EXPECT_EQ(points().size(), 60U);
  EXPECT_EQ(points().count("new 1"), 0U);
}

TEST_F(CollectTest, AShardMayBeReadWhileItsTaskIsWritingIt) {
  (void)shard("shard-0-of-2.sqlite", {0, 2});
  const fs::path path =
      shard("shard-1-of-2.sqlite.part", {.first = 2, .end = 60, .complete = false, .missing = 2});
  SQLite::Database writer(path.string(), SQLite::OPEN_READWRITE);
  writer.exec("BEGIN IMMEDIATE");
  writer.exec("DELETE FROM points");
  // SQLite's locks are of processes, so it is another one that collects.
  ChildPool pool(1);
  pool.start(0, [&] { return std::to_string(collect_all(true).added); });
  EXPECT_EQ(pool.wait().text, "60");
}

TEST_F(CollectTest, AShardOfAnotherSweepIsRefusedBeforeAnythingIsAdded) {
  const fs::path first = shard("shard-0-of-2.sqlite", {0, 3});
  const fs::path other =
      shard("shard-1-of-2.sqlite", {.first = 3, .end = 5, .spec = "name: other\n"});
  EXPECT_THAT(refusal([&] {
                (void)collect(store_, {first, other}, false);
              }),
              AllOf(HasSubstr("shard-1-of-2.sqlite: got results of another sweep"),
                    HasSubstr("shard-0-of-2.sqlite")));
  EXPECT_FALSE(fs::exists(store_));
  (void)collect(store_, {first}, false);
  EXPECT_THAT(refusal([&] { (void)collect(store_, {other}, false); }),
              AllOf(HasSubstr("got results of another sweep"), HasSubstr("all.sqlite ")));
  EXPECT_EQ(points().size(), 3U);
}

TEST_F(CollectTest, AShardOfAnotherBuildIsRefused) {
  const fs::path first = shard("shard-0-of-3.sqlite", {0, 3});
  const fs::path later = shard("shard-1-of-3.sqlite", {.first = 3, .end = 5, .version = "0.2.0"});
  const fs::path changed = shard("shard-2-of-3.sqlite", {.first = 3, .end = 5, .program = "4567"});
  EXPECT_THAT(refusal([&] {
                (void)collect(store_, {first, later}, false);
              }),
              AllOf(HasSubstr("got results of another build of vitsim (version '0.2.0')"),
                    HasSubstr("(version '0.1.0')")));
  EXPECT_THAT(refusal([&] {
                (void)collect(store_, {changed, first}, false);
              }),
              HasSubstr("got results of another build of vitsim"));
}

TEST_F(CollectTest, ADirectoryHasItsShardsWithoutTheStoreLogsAndWhatIsOver) {
  for (const char* name : {"shard-1-of-2.sqlite", "shard-0-of-2.sqlite.part", "store.sqlite",
                           "shard-1-of-2.sqlite.part", "shard-0-of-2.sqlite.part-journal",
                           "shard-0-of-2.sqlite.part.lock", "slurm-17_0.out", "submit.sh"}) {
    std::ofstream(shards_ / name) << "x";
  }
  EXPECT_THAT(shards_in(shards_, shards_ / "store.sqlite"),
              ElementsAre(shards_ / "shard-0-of-2.sqlite.part", shards_ / "shard-1-of-2.sqlite"));
  EXPECT_THROW((void)shards_in(shards_ / "nowhere", store_), ModelError);
}

TEST_F(CollectTest, AShardThatIsNotThereAndTheStoreItselfAreErrors) {
  EXPECT_THROW((void)collect(store_, {shards_ / "nothing.sqlite"}, false), ModelError);
  const fs::path only = shard("shard-0-of-1.sqlite", {0, 1});
  EXPECT_THAT(refusal([&] { (void)collect(only, {only}, false); }),
              HasSubstr("got the store as one of its shards"));
}

TEST_F(CollectTest, CtrlCLosesNothingThatWasAdded) {
  const fs::path first = shard("shard-0-of-2.sqlite", {0, 3});
  (void)collect(store_, {first}, false);
  (void)shard("shard-1-of-2.sqlite", {3, 5});
  ChildPool pool(1);
  pool.start(0, [&] {
    catch_interrupts();
    ::raise(SIGINT);
    return std::to_string(collect_all().added);
  });
  EXPECT_EQ(pool.wait().code, ExitCode::kInterrupted);
  EXPECT_EQ(points().size(), 3U);
  EXPECT_EQ(collect_all().added, 2);
}

}  // namespace
}  // namespace vitsim::sweep
