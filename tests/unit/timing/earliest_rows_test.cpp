// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/earliest_rows.h"

#include <gtest/gtest.h>

#include "vitsim/core/random.h"

namespace vitsim::timing {
namespace {

RowUnit random_form(Random& random) {
  RowUnit form;
  form.lanes = static_cast<int>(random.integer(1, 40));
  form.initiation_interval = static_cast<int>(random.integer(1, 4));
  form.passes = static_cast<int>(random.integer(1, 3));
  form.latency_cycles = static_cast<int>(random.integer(1, 30));
  return form;
}

/// Requests take a cycle each.
RowsCommand command(std::int64_t rows, std::int64_t cols, const RowUnit& form) {
  RowsCommand work;
  work.rows = work.results = rows;
  work.cols = cols;
  work.row_read_cycles = row_groups(cols, form) * form.reads;
  work.row_write_cycles = row_groups(cols, form);
  return work;
}

TEST(EarliestRowsTest, ACommandAloneTakesTheClosedFormFromFirstReadToLastWrite) {
  Random random(1);
  for (int i = 0; i < 1000; ++i) {
    const RowUnit form = random_form(random);
    const std::int64_t rows = random.integer(1, 50);
    const std::int64_t cols = random.integer(1, 90);
    const Cycles latency = random.integer(1, 9);
    EarliestRows unit(latency);
    // The unit sees it a cycle after its release; the token follows the last write by two.
    ASSERT_EQ(unit.command(100, command(rows, cols, form), form),
              100 + rows_cycles(rows, cols, form) + latency + 2);
    ASSERT_EQ(unit.taken(), 101);
  }
}

TEST(EarliestRowsTest, RowsOfTheNextCommandFollowThoseOfTheOneBefore) {
  const RowUnit form{.lanes = 8, .initiation_interval = 2, .passes = 2, .latency_cycles = 5};
  EarliestRows two(1);
  two.command(0, command(10, 8, form), form);
  EarliestRows one(1);
  EXPECT_EQ(two.command(1, command(7, 8, form), form), one.command(0, command(17, 8, form), form));
}

TEST(EarliestRowsTest, ANarrowScratchpadSetsThePace) {
  const RowUnit form{.lanes = 64};
  RowsCommand work = command(100, 64, form);
  EarliestRows wide(1);
  const Cycles before = wide.command(0, work, form);
  work.row_read_cycles = 4;
  EarliestRows narrow(1);
  EXPECT_EQ(narrow.command(0, work, form), before + 3 * 100);
}

TEST(EarliestRowsTest, RowsFromTheUnitBeforeAreTakenTheCycleAfterTheyCame) {
  const RowUnit form{.lanes = 64, .latency_cycles = 3};
  RowsCommand work = command(5, 64, form);
  work.from_memory = false;
  work.to_memory = false;
  EarliestRows unit(1);
  EXPECT_EQ(unit.command(0, work, form, {50, 60}, {-1, -1}), 60 + 1 + 3);
  EXPECT_EQ(unit.left().first, 50 + 1 + 3);
  EXPECT_EQ(unit.left().last, 60 + 1 + 3);
}

TEST(EarliestRowsTest, RowsWaitForTablesAndForWhatComesBeside) {
  const RowUnit form{.lanes = 64, .latency_cycles = 3};
  RowsCommand work = command(5, 64, form);
  work.from_memory = false;
  work.to_memory = false;
  work.tables = 2;
  work.table_cycles = 2;
  EarliestRows unit(4);
  EXPECT_EQ(unit.command(0, work, form, {0, 1}, {-1, -1}), (1 + 2 + 4) + 4 + 3);
  EarliestRows late(4);
  EXPECT_EQ(late.command(0, work, form, {0, 1}, {30, 90}), 90 + 1 + 3);
}

TEST(EarliestRowsTest, ASumOfRowsLeavesWithTheLastOfThem) {
  const RowUnit form{.lanes = 64, .latency_cycles = 1};
  RowsCommand work = command(197, 64, form);
  work.results = 1;
  EarliestRows unit(1);
  EXPECT_EQ(unit.command(0, work, form), 197 + 1 + 1 + 1 + 2);
}

}  // namespace
}  // namespace vitsim::timing
