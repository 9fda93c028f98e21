// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "end_to_end/documentation_pages.h"
#include "end_to_end/grouped.h"
#include "end_to_end/jobs.h"

namespace vitsim::test {
namespace {

namespace fs = std::filesystem;

/// What the host decides is no claim of the page.
std::string without_host_line(const std::string& text) {
  std::istringstream lines(text);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("simulation ")) {
      kept += line + "\n";
    }
  }
  return kept;
}

/// What `](path)` names in a page, without anchors; other sites and places in the page itself are
/// left out.
std::vector<std::string> links_in(const std::string& page) {
  constexpr std::string_view kMark = "](";
  std::vector<std::string> links;
  for (std::size_t at = page.find(kMark); at != std::string::npos; at = page.find(kMark, at + 1)) {
    const std::size_t begin = at + kMark.size();
    const std::string target = page.substr(begin, page.find(')', begin) - begin);
    if (const std::string path = target.substr(0, target.find('#'));
        !path.empty() && path.find("://") == std::string::npos) {
      links.push_back(path);
    }
  }
  return links;
}

TEST(DocumentationTest, EveryRelativeLinkNamesAFileThatExists) {
  const fs::path root = VITSIM_SOURCE_DIR;
  std::vector<fs::path> linking = pages();
  linking.push_back(root / "CONTRIBUTING.md");
  linking.push_back(root / "models" / "README.md");
  std::size_t followed = 0;
  for (const fs::path& page : linking) {
    ASSERT_TRUE(fs::exists(page)) << page;
    for (const std::string& link : links_in(content_of(page))) {
      EXPECT_TRUE(fs::exists(page.parent_path() / link)) << page << ": " << link;
      ++followed;
    }
  }
  EXPECT_GE(followed, 20U);
}

TEST(DocumentationTest, EveryCommandInTheDocumentationWorks) {
  std::size_t run = 0;
  for (const fs::path& page : pages()) {
    for (const std::string& command : commands_in(page)) {
      if (is_of_a_sweep(command)) {
        continue;
      }
      const ProgramResult result = run_vitsim(words_of(command));
      EXPECT_EQ(result.exit_code, 0) << page << ": " << command << "\n" << result.err;
      ++run;
    }
  }
  EXPECT_GE(run, 3U);
}

/// A row of a table of cycles: `<!-- cycles: COMMAND -->`, then a table whose first cell is what is
/// added to the command, or a word for nothing, and whose second one is the number.
struct CyclesRow {
  std::string command;
  std::size_t begin = 0;  ///< of the number
  std::size_t end = 0;
};

std::vector<CyclesRow> cycles_rows(const std::string& page) {
  constexpr std::string_view kMark = "<!-- cycles: ";
  constexpr std::string_view kRule = "|---";
  std::vector<CyclesRow> rows;
  for (std::size_t at = page.find(kMark); at != std::string::npos; at = page.find(kMark, at + 1)) {
    const std::size_t command = at + kMark.size();
    const std::string base = page.substr(command, page.find(" -->", command) - command);
    std::size_t line = page.find('\n', page.find(kRule, at)) + 1;
    for (; page[line] == '|'; line = page.find('\n', line) + 1) {
      CyclesRow row;
      const std::string first = page.substr(line + 2, page.find(" |", line) - line - 2);
      row.command = first.front() == '`' ? base + " " + first.substr(1, first.size() - 2) : base;
      row.begin = page.find("| ", line + 2) + 2;
      row.end = page.find(" |", row.begin);
      rows.push_back(row);
    }
  }
  return rows;
}

TEST(DocumentationTest, TheCyclesThatPagesNameAreThoseOfTheCommands) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "large networks take minutes under a sanitizer";
#endif
  std::size_t named = 0;
  for (const fs::path& path : pages()) {
    std::string page = content_of(path);
    for (std::size_t i = 0; i < cycles_rows(page).size(); ++i) {
      const CyclesRow row = cycles_rows(page)[i];
      const auto report = report_of(words_of(row.command));
      const std::string cycles = grouped(report["totals"]["cycles"].dump());
      if (std::getenv("VITSIM_UPDATE_DOCS") != nullptr) {
        page.replace(row.begin, row.end - row.begin, cycles);
        std::ofstream(path) << page;
        continue;
      }
      EXPECT_EQ(page.substr(row.begin, row.end - row.begin), cycles) << path << ": " << row.command;
      ++named;
    }
  }
  if (std::getenv("VITSIM_UPDATE_DOCS") == nullptr) {
    EXPECT_GE(named, 1U);
  }
}

TEST(DocumentationTest, TheOutputThatPagesShowIsWhatTheProgramPrints) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "hundreds of images take minutes under a sanitizer";
#endif
  std::size_t shown = 0;
  for (const fs::path& path : pages()) {
    std::string page = content_of(path);
    // Blocks move as those before them are written anew.
    for (std::size_t i = 0; i < output_blocks(page).size(); ++i) {
      const OutputBlock block = output_blocks(page)[i];
      if (is_of_a_sweep(block.command)) {
        continue;
      }
      const ProgramResult result = run_vitsim(words_of(block.command));
      ASSERT_EQ(result.exit_code, block.exit_code) << result.err;
      const std::string there = page.substr(block.begin, block.end - block.begin);
      if (std::getenv("VITSIM_UPDATE_DOCS") != nullptr) {
        page.replace(block.begin, block.end - block.begin, result.out);
        std::ofstream(path) << page;
        continue;
      }
      EXPECT_EQ(without_host_line(there), without_host_line(result.out))
          << path << ": run `VITSIM_UPDATE_DOCS=1 ctest -R DocumentationTest` to write it anew";
      ++shown;
    }
  }
  if (std::getenv("VITSIM_UPDATE_DOCS") == nullptr) {
    EXPECT_GE(shown, 1U);
  }
}

}  // namespace
}  // namespace vitsim::test
