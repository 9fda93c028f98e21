// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "end_to_end/jobs.h"

/// README.md and docs/, and the commands in them.
namespace vitsim::test {

inline constexpr std::string_view kProgram = "build/release/vitsim ";

inline std::string content_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

inline Arguments words_of(std::string_view command) {
  EXPECT_THAT(std::string(command), testing::StartsWith(std::string(kProgram)));
  std::istringstream text(std::string(command.substr(kProgram.size())));
  Arguments words;
  for (std::string word; text >> word;) {
    words.push_back(word);
  }
  return words;
}

/// `vitsim sweep`, whose commands follow from each other: SweepDocumentationTest runs them.
inline bool is_of_a_sweep(const std::string& command) {
  return command.starts_with(std::string(kProgram) + "sweep ");
}

/// The lines of all blocks of a page that begin with ```sh.
inline std::vector<std::string> commands_in(const std::filesystem::path& page) {
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

inline std::vector<std::filesystem::path> pages() {
  std::vector<std::filesystem::path> found{std::filesystem::path(VITSIM_SOURCE_DIR) / "README.md"};
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(VITSIM_SOURCE_DIR) / "docs")) {
    if (entry.path().extension() == ".md") {
      found.push_back(entry.path());
    }
  }
  return found;
}

/// A block of output in a page: `<!-- output: COMMAND -->`, or `<!-- output, exit code 1: COMMAND
/// -->`, then a fenced block.
struct OutputBlock {
  std::string command;
  int exit_code = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

inline std::vector<OutputBlock> output_blocks(const std::string& page) {
  constexpr std::string_view kMark = "<!-- output";
  constexpr std::string_view kFails = ", exit code 1";
  std::vector<OutputBlock> blocks;
  for (std::size_t at = page.find(kMark); at != std::string::npos; at = page.find(kMark, at + 1)) {
    OutputBlock block;
    std::size_t command = at + kMark.size();
    if (page.substr(command).starts_with(kFails)) {
      block.exit_code = 1;
      command += kFails.size();
    }
    command += 2;  // ": "
    block.command = page.substr(command, page.find(" -->", command) - command);
    block.begin = page.find("```\n", at) + 4;
    block.end = page.find("```", block.begin);
    blocks.push_back(block);
  }
  return blocks;
}

}  // namespace vitsim::test
