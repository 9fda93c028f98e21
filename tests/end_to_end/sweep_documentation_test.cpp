// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <SQLiteCpp/SQLiteCpp.h>

#include "end_to_end/documentation_pages.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

namespace fs = std::filesystem;

const fs::path kPage = fs::path(VITSIM_SOURCE_DIR) / "docs" / "sweeps.md";

/// A command of a page, and what it prints where that is shown.
struct Step {
  std::size_t at = 0;
  std::string command;
  std::optional<OutputBlock> shown;
};

/// A command whose output is shown behind it is one step.
std::vector<Step> steps_in(const std::string& page) {
  std::vector<Step> steps;
  for (const OutputBlock& block : output_blocks(page)) {
    steps.push_back({block.begin, block.command, block});
  }
  std::size_t from = 0;
  for (const std::string& command : commands_in(kPage)) {
    from = page.find("\n" + command + "\n", from) + 1;
    if (std::ranges::find(steps, command, &Step::command) == steps.end()) {
      steps.push_back({from, command, std::nullopt});
    }
  }
  std::ranges::sort(steps, {}, &Step::at);
  return steps;
}

/// Removes what the page's commands write.
void begin_anew() {
  fs::create_directories(fs::path(VITSIM_SOURCE_DIR) / "build");
  for (const char* name : {"pe_sram.sqlite", "front.sqlite"}) {
    fs::remove(fs::path(VITSIM_SOURCE_DIR) / "build" / name);
  }
}

/// Two points of the example that differ in nothing but what `where` says of `a` and `b`.
std::string pairs_of(const std::string& what, const std::string& where) {
  return "SELECT " + what +
         " FROM (SELECT config, \"accelerator.pe_array.rows\" AS rows, "
         "\"accelerator.scratchpad.size_kib\" AS kib, \"accelerator.dram.bytes_per_cycle\" AS "
         "rate, "
         "\"totals.cycles\" AS cycles FROM points) AS a JOIN (SELECT config, "
         "\"accelerator.pe_array.rows\" AS rows, \"accelerator.scratchpad.size_kib\" AS kib, "
         "\"accelerator.dram.bytes_per_cycle\" AS rate, \"totals.cycles\" AS cycles FROM points) "
         "AS b "
         "WHERE " +
         where;
}

/// What the page says of the example is in its results.
void check_claims() {
  const fs::path results = fs::path(VITSIM_SOURCE_DIR) / "build" / "pe_sram.sqlite";
  SQLite::Database database(results.string(), SQLite::OPEN_READONLY);
  const std::string same_machine = "a.config = b.config AND a.rows = b.rows AND a.kib = b.kib";
  const std::pair<std::string, std::string> claims[] = {
      {pairs_of("count(*) || ' of 24'",
                "a.config = b.config AND a.kib = b.kib AND a.rate = b.rate AND a.rows = 128 AND "
                "b.rows = 64 AND a.kib <= 256 AND a.cycles > b.cycles"),
       "in 22 of 24 pairs"},
      {"SELECT printf('%.1f', max(\"totals.dram_traffic.ratio\")) || ' times' FROM points",
       "up to 17.9 times"},
      {pairs_of("printf('%.1f times', max(1.0 * a.cycles / b.cycles))",
                same_machine + " AND a.rate = 12.8 AND b.rate = 51.2 AND a.rows = 64 AND "
                               "a.kib = 64"),
       "gets 3.2 times faster"},
      {pairs_of("printf('(%.2f)', max(1.0 * a.cycles / b.cycles))",
                "a.config LIKE '%softmax%' AND b.config LIKE '%vitality%' AND a.rows = b.rows AND "
                "a.kib = b.kib AND a.rate = b.rate"),
       "It gains most (1.40)"},
      {pairs_of("printf('%d,%03d,000 with 51.2 bytes a cycle, %d,%03d,000', a.cycles / 1000000, "
                "a.cycles / 1000 % 1000, b.cycles / 1000000, b.cycles / 1000 % 1000)",
                same_machine + " AND a.config LIKE '%vitality%' AND a.rows = 16 AND a.kib = 64 AND "
                               "a.rate = 51.2 AND b.rate = 12.8"),
       "6,175,000 with 51.2 bytes a cycle, 5,676,000 with 12.8"}};
  const std::string page = content_of(kPage);
  for (const auto& [query, said] : claims) {
    EXPECT_THAT(page, testing::HasSubstr(said));
    EXPECT_THAT(said, testing::HasSubstr(database.execAndGet(query).getString()));
  }
}

TEST(SweepDocumentationTest, TheCommandsOfThePageDoWhatItShowsFromTopToBottom) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "hundreds of machines take minutes under a sanitizer";
#endif
  begin_anew();
  std::string page = content_of(kPage);
  const std::size_t count = steps_in(page).size();
  EXPECT_GE(count, 7U);
  for (std::size_t i = 0; i < count; ++i) {
    const Step step = steps_in(page)[i];
    const ProgramResult result = run_vitsim(words_of(step.command));
    ASSERT_EQ(result.exit_code, 0) << step.command << "\n" << result.err;
    if (!step.shown) {
      continue;
    }
    const std::size_t length = step.shown->end - step.shown->begin;
    if (std::getenv("VITSIM_UPDATE_DOCS") != nullptr) {
      page.replace(step.shown->begin, length, result.out);
      std::ofstream(kPage) << page;
    } else {
      EXPECT_EQ(page.substr(step.shown->begin, length), result.out) << step.command;
    }
  }
  check_claims();
}

TEST(SweepDocumentationTest, OtherPagesNameSweepsThatThePageHas) {
  const std::vector<std::string> known = commands_in(kPage);
  std::size_t named = 0;
  for (const fs::path& page : pages()) {
    for (const std::string& command : commands_in(page)) {
      if (is_of_a_sweep(command)) {
        EXPECT_THAT(known, testing::Contains(command)) << page;
        ++named;
      }
    }
  }
  EXPECT_GT(named, known.size());
}

/// The fenced block of this language that holds `mark`.
std::string block_with(const std::string& page, const std::string& language,
                       const std::string& mark) {
  const std::size_t at = page.find(mark);
  const std::string fence = "```" + language + "\n";
  const std::size_t begin = page.rfind(fence, at) + fence.size();
  return page.substr(begin, page.find("```", begin) - begin);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

class SweepQueriesTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string sweep = directory_.write(
        "s.yaml", replaced("config: {0}/configs/softmax_64x64.yaml\n"
                           "model: {0}/models/shapes10_vit.yaml\nweights: random:1\n"
                           "parameters: {accelerator.pe_array.rows: [16, 64], "
                           "accelerator.scratchpad.size_kib: [64, 128]}\n",
                           "{0}", VITSIM_SOURCE_DIR));
    ASSERT_EQ(run_vitsim({"sweep", sweep, "-o", store_}).exit_code, 0);
  }
  /// A block of the page with this store in the place of the page's.
  [[nodiscard]] std::string query(const std::string& language, const std::string& mark) const {
    return replaced(block_with(content_of(kPage), language, mark), "build/pe_sram.sqlite", store_);
  }
  static bool works(const std::string& test) {
    return run_program("/bin/sh", {"-c", test + " >/dev/null 2>&1"}).exit_code == 0;
  }

  TemporaryDirectory directory_;
  std::string store_ = directory_.path() / "s.sqlite";
};

TEST_F(SweepQueriesTest, TheQueryOfThePageWorksInSqlite3) {
  if (!works("sqlite3 --version")) {
    GTEST_SKIP() << "there is no sqlite3; `tools/setup.sh --tests` installs it";
  }
  const std::string command = query("console", "sqlite3 -box").substr(2);  // behind "$ "
  const ProgramResult result = run_program("/bin/sh", {"-c", command});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, testing::HasSubstr("softmax_64x64.yaml"));
}

TEST_F(SweepQueriesTest, TheScriptOfThePageWorksWithPandas) {
  if (!works("/usr/bin/python3 -c 'import pandas'")) {
    GTEST_SKIP() << "python3 has no pandas; `tools/setup.sh --tests` installs it";
  }
  const std::string script = directory_.write("query.py", query("python", "import pandas"));
  const ProgramResult result = run_program("/usr/bin/python3", {script});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, testing::HasSubstr("accelerator.scratchpad.size_kib"));
}

}  // namespace
}  // namespace vitsim::test
