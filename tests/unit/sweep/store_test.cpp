// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/store.h"

#include <csignal>
#include <fstream>
#include <sstream>

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include "vitsim/core/child_pool.h"
#include "vitsim/core/error.h"
#include "vitsim/core/random.h"

#include "support/temporary_directory.h"

namespace vitsim::sweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class StoreTest : public testing::Test {
 protected:
  static PointResult result(const std::string& hash, double cycles) {
    return {hash,
            true,
            "",
            {{"accelerator.pe_array.rows", 64.0},
             {"accelerator.dram.kind", std::string("ideal")},
             {"accelerator.dram.refresh", true}},
            {{"totals.cycles", cycles}, {"totals.pe_utilization", 0.125}},
            {{"patch_embed", 10, 9, 8, 0.5, 7, 6}, {"head", 5, 4, 3, 0.25, 2, 1}},
            1.5,
            1000};
  }
  /// The values of all columns of all points.
  static std::vector<Row> rows(const Store& store) {
    std::vector<std::string> names;
    for (const Column& column : store.columns()) {
      names.push_back(column.name);
    }
    std::vector<Row> rows;
    store.each(names, [&](const Row& row) { rows.push_back(row); });
    return rows;
  }
  [[nodiscard]] std::string problem_with(Store::Mode mode) const {
    try {
      const Store store(path_, mode);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  test::TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "sweep.sqlite";
};

TEST_F(StoreTest, ResultsComeBackAsTheyWere) {
  {
    Store store(path_, Store::Mode::kWrite);
    store.set("name", "pe_sram");
    store.add(result("a", 100));
    PointResult failed = result("b", 0);
    failed.done = false;
    failed.message = "deadlock";
    failed.layers.clear();
    store.add(failed);
  }
  const Store store(path_, Store::Mode::kRead);
  EXPECT_EQ(store.get("name"), "pe_sram");
  EXPECT_EQ(store.get("nothing"), std::nullopt);
  EXPECT_EQ(store.count(), 2);
  EXPECT_TRUE(store.is_done("a"));
  EXPECT_FALSE(store.is_done("b"));
  EXPECT_TRUE(store.has("b"));
  EXPECT_FALSE(store.has("c"));
  const auto read = rows(store);
  ASSERT_EQ(read.size(), 2U);
  // Words and truth values are kept as a configuration has them.
  EXPECT_THAT(read[0].values, ElementsAre(Value(64.0), Value(std::string("ideal")),
                                          Value(std::string("true")), Value(100.0), Value(0.125)));
  EXPECT_EQ(read[0].wall_seconds, 1.5);
  EXPECT_EQ(read[0].peak_rss_bytes, 1000);
  EXPECT_EQ(read[1].message, "deadlock");
  EXPECT_EQ(store.layers_of(read[0].id), result("a", 100).layers);
  EXPECT_TRUE(store.layers_of(read[1].id).empty());
}

TEST_F(StoreTest, PointsMayHaveDifferentColumns) {
  Store store(path_, Store::Mode::kWrite);
  PointResult other = result("b", 7);
  other.parameters = {{"accelerator.\"quoted\"", 1.0}};
  store.add(std::vector{result("a", 100), other});
  const auto columns = store.columns();
  ASSERT_EQ(columns.size(), 6U);
  EXPECT_EQ(columns[0].name, "accelerator.pe_array.rows");
  EXPECT_EQ(columns[5].name, "accelerator.\"quoted\"");
  EXPECT_EQ(columns[5].kind, Column::Kind::kParameter);
  EXPECT_EQ(columns[4].kind, Column::Kind::kFigure);
  const auto read = rows(store);
  EXPECT_EQ(read[0].values[5], std::nullopt);
  EXPECT_EQ(read[1].values[0], std::nullopt);
  EXPECT_EQ(read[1].values[5], Value(1.0));
}

TEST_F(StoreTest, AResultTakesThePlaceOfTheOneBefore) {
  Store store(path_, Store::Mode::kWrite);
  store.add(result("a", 100));
  PointResult again = result("a", 200);
  again.layers.pop_back();
  store.add(again);
  EXPECT_EQ(store.count(), 1);
  const auto read = rows(store);
  EXPECT_EQ(read[0].values[3], Value(200.0));
  EXPECT_EQ(store.layers_of(read[0].id).size(), 1U);
}

TEST_F(StoreTest, WhatWasAddedStaysWhereTheProcessIsKilled) {
  ChildPool pool(1);
  pool.start(0, [&]() -> std::string {
    Store store(path_, Store::Mode::kWrite);
    for (int i = 0; i < 20; ++i) {
      store.add(result(std::to_string(i), i));
    }
    ::raise(SIGKILL);
    return "";
  });
  EXPECT_EQ(pool.wait().code, ExitCode::kSimulationFailed);
  Store store(path_, Store::Mode::kWrite);
  EXPECT_EQ(store.count(), 20);
}

TEST_F(StoreTest, OneWriterAtATime) {
  {
    const Store store(path_, Store::Mode::kWrite);
    ChildPool pool(1);
    pool.start(0, [&] { return problem_with(Store::Mode::kWrite); });
    EXPECT_THAT(pool.wait().text, HasSubstr("another sweep writes to it"));
    EXPECT_EQ(problem_with(Store::Mode::kRead), "");
  }
  EXPECT_EQ(problem_with(Store::Mode::kWrite), "");
  EXPECT_FALSE(std::filesystem::exists(path_.string() + ".lock"));
}

TEST_F(StoreTest, AShardHasARollbackJournalAndNoLogBesideIt) {
  Store store(path_, Store::Mode::kWriteShard);
  store.add(result("a", 1));
  EXPECT_FALSE(std::filesystem::exists(path_.string() + "-wal"));
  EXPECT_TRUE(Store(path_, Store::Mode::kRead).is_done("a"));
}

TEST_F(StoreTest, AnEmptyFileThatAKillLeftIsMadeAStore) {
  { const std::ofstream empty(path_); }
  EXPECT_THAT(problem_with(Store::Mode::kRead), HasSubstr("expected the results of a sweep"));
  EXPECT_EQ(problem_with(Store::Mode::kWrite), "");
  EXPECT_EQ(problem_with(Store::Mode::kRead), "");
}

TEST_F(StoreTest, AnotherVersionOfTheTablesIsRefused) {
  { const Store store(path_, Store::Mode::kWrite); }
  SQLite::Database(path_.string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 7");
  EXPECT_THAT(problem_with(Store::Mode::kRead), HasSubstr("got tables of version 7, expected 1"));
}

TEST_F(StoreTest, WhatIsNoStoreIsRefusedAndLeftAsItIs) {
  EXPECT_THAT(problem_with(Store::Mode::kRead), HasSubstr("there is no such file"));
  std::ofstream(path_) << std::string(5000, 'x');
  for (const auto mode : {Store::Mode::kRead, Store::Mode::kWrite}) {
    EXPECT_THAT(problem_with(mode), HasSubstr("expected the results of a sweep"));
  }
  EXPECT_EQ(std::filesystem::file_size(path_), 5000U);
}

TEST_F(StoreTest, TablesThatAreNotOursAreRefused) {
  { Store(path_, Store::Mode::kWrite).add(result("a", 1)); }
  SQLite::Database(path_.string(), SQLite::OPEN_READWRITE).exec("DROP TABLE columns");
  const Store store(path_, Store::Mode::kRead);
  EXPECT_THROW(store.columns(), ModelError);
}

TEST_F(StoreTest, WhateverBytesAreChangedItIsReadOrRefused) {
  {
    Store store(path_, Store::Mode::kWriteShard);
    for (int i = 0; i < 20; ++i) {
      store.add(result(std::to_string(i), i));
    }
  }
  std::stringstream content;
  content << std::ifstream(path_, std::ios::binary).rdbuf();
  const std::string whole = content.str();
  Random random(3);
  int refused = 0;
  std::size_t layers = 0;
  for (int round = 0; round < 300; ++round) {
    std::string bytes = whole;
    for (std::int64_t change = random.integer(1, 8); change > 0; --change) {
      const auto place = random.integer(100, static_cast<std::int64_t>(bytes.size()) - 1);
      bytes[static_cast<std::size_t>(place)] = static_cast<char>(random.integer(0, 255));
    }
    if (random.integer(0, 9) == 0) {
      bytes.resize(static_cast<std::size_t>(random.integer(0, 8000)));
    }
    std::ofstream(path_, std::ios::binary) << bytes;
    try {
      const Store store(path_, Store::Mode::kRead);
      for (const Row& row : rows(store)) {
        layers += store.layers_of(row.id).size();
      }
    } catch (const ModelError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 20);
  EXPECT_GT(layers, 1000U);
}

TEST_F(StoreTest, AFolderThatIsNotThereIsAnOutputError) {
  EXPECT_THROW(Store("/nowhere/sweep.sqlite", Store::Mode::kWrite), OutputError);
}

}  // namespace
}  // namespace vitsim::sweep
