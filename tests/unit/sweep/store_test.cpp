// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/store.h"

#include <csignal>
#include <fstream>

#include <gmock/gmock.h>

#include "vitsim/core/child_pool.h"
#include "vitsim/core/error.h"

#include "support/temporary_directory.h"

namespace vitsim::sweep {
namespace {

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
            {{"cycles", cycles}, {"pe_utilization", 0.125}},
            {{"patch_embed", 10, 9, 8, 0.5, 7, 6}, {"head", 5, 4, 3, 0.25, 2, 1}},
            1.5,
            1000};
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
  const auto results = store.results();
  EXPECT_EQ(results[0].parameters, result("a", 100).parameters);
  EXPECT_EQ(results[0].totals, result("a", 100).totals);
  EXPECT_EQ(results[1].message, "deadlock");
  const auto layers = store.layers_of("a");
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[1].name, "head");
  EXPECT_EQ(layers[1].dram_write_bytes, 1);
}

TEST_F(StoreTest, AResultTakesThePlaceOfTheOneBefore) {
  Store store(path_, Store::Mode::kWrite);
  store.add(result("a", 100));
  PointResult again = result("a", 200);
  again.layers.pop_back();
  store.add(again);
  EXPECT_EQ(store.count(), 1);
  EXPECT_EQ(store.results()[0].totals[0].second, Value(200.0));
  EXPECT_EQ(store.layers_of("a").size(), 1U);
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
  const Store store(path_, Store::Mode::kWrite);
  EXPECT_THAT(problem_with(Store::Mode::kWrite), HasSubstr("another sweep writes to it"));
  EXPECT_EQ(problem_with(Store::Mode::kRead), "");
}

TEST_F(StoreTest, WhatIsNoStoreIsRefusedAndLeftAsItIs) {
  EXPECT_THAT(problem_with(Store::Mode::kRead), HasSubstr("there is no such file"));
  std::ofstream(path_) << std::string(5000, 'x');
  for (const auto mode : {Store::Mode::kRead, Store::Mode::kWrite}) {
    EXPECT_THAT(problem_with(mode), HasSubstr("expected the results of a sweep"));
  }
  EXPECT_EQ(std::filesystem::file_size(path_), 5000U);
}

TEST_F(StoreTest, AFolderThatIsNotThereIsAnOutputError) {
  EXPECT_THROW(Store("/nowhere/sweep.sqlite", Store::Mode::kWrite), OutputError);
}

}  // namespace
}  // namespace vitsim::sweep
