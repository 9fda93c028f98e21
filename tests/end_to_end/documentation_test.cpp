// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "end_to_end/jobs.h"

namespace vitsim::test {
namespace {

namespace fs = std::filesystem;
using testing::StartsWith;

constexpr std::string_view kProgram = "build/release/vitsim ";

std::string content_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

Arguments words_of(std::string_view command) {
  EXPECT_THAT(std::string(command), StartsWith(std::string(kProgram)));
  std::istringstream text(std::string(command.substr(kProgram.size())));
  Arguments words;
  for (std::string word; text >> word;) {
    words.push_back(word);
  }
  return words;
}

/// The lines of all blocks of a page that begin with ```sh.
std::vector<std::string> commands_in(const fs::path& page) {
  std::istringstream text(content_of(page));
  std::vector<std::string> commands;
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("```")) {
      inside = !inside && line == "```sh";
    } else if (inside) {
      commands.push_back(line);
    }
  }
  return commands;
}

std::vector<fs::path> pages() {
  std::vector<fs::path> found{fs::path(VITSIM_SOURCE_DIR) / "README.md"};
  for (const auto& entry : fs::directory_iterator(fs::path(VITSIM_SOURCE_DIR) / "docs")) {
    if (entry.path().extension() == ".md") {
      found.push_back(entry.path());
    }
  }
  return found;
}

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

/// A block of output in a page: `<!-- output: COMMAND -->`, then a fenced block.
struct OutputBlock {
  std::string command;
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::vector<OutputBlock> output_blocks(const std::string& page) {
  constexpr std::string_view kMark = "<!-- output: ";
  std::vector<OutputBlock> blocks;
  for (std::size_t at = page.find(kMark); at != std::string::npos; at = page.find(kMark, at + 1)) {
    OutputBlock block;
    const std::size_t command = at + kMark.size();
    block.command = page.substr(command, page.find(" -->", command) - command);
    block.begin = page.find("```\n", at) + 4;
    block.end = page.find("```", block.begin);
    blocks.push_back(block);
  }
  return blocks;
}

TEST(DocumentationTest, EveryCommandInTheDocumentationWorks) {
  std::size_t run = 0;
  for (const fs::path& page : pages()) {
    for (const std::string& command : commands_in(page)) {
      const ProgramResult result = run_vitsim(words_of(command));
      EXPECT_EQ(result.exit_code, 0) << page << ": " << command << "\n" << result.err;
      ++run;
    }
  }
  EXPECT_GE(run, 3U);
}

TEST(DocumentationTest, TheOutputThatPagesShowIsWhatTheProgramPrints) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "hundreds of images take minutes under a sanitizer";
#endif
  std::size_t shown = 0;
  for (const fs::path& path : pages()) {
    std::string page = content_of(path);
    for (const OutputBlock& block : output_blocks(page)) {
      const ProgramResult result = run_vitsim(words_of(block.command));
      ASSERT_EQ(result.exit_code, 0) << result.err;
      const std::string there = page.substr(block.begin, block.end - block.begin);
      if (std::getenv("VITSIM_UPDATE_DOCS") != nullptr) {
        page.replace(block.begin, block.end - block.begin, result.out);
        std::ofstream(path) << page;
        break;  // the places of later blocks have moved: run it again for them
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
