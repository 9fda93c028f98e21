// SPDX-License-Identifier: Apache-2.0
// Files that somebody spoilt: refused, or sound.
#include <algorithm>
#include <array>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include "vitsim/core/random.h"
#include "vitsim/mapping/search.h"

#include "mapping_files.h"

namespace vitsim::mapping {
namespace {

/// Edits a text as careless people do.
class Editor {
 public:
  explicit Editor(std::uint64_t seed) : random_(seed) {}

  std::string edit(const std::string& yaml) {
    std::vector<std::string> lines;
    std::istringstream text(yaml);
    for (std::string line; std::getline(text, line);) {
      if (!line.starts_with('#')) {
        lines.push_back(line);
      }
    }
    for (std::int64_t edits = random_.integer(1, 2); edits > 0; --edits) {
      edit(lines);
    }
    return fmt::format("{}\n", fmt::join(lines, "\n"));
  }

 private:
  std::size_t below(std::size_t count) {
    return static_cast<std::size_t>(random_.integer(0, static_cast<std::int64_t>(count) - 1));
  }

  void edit(std::vector<std::string>& lines) {
    std::string& line = lines[below(lines.size())];
    switch (random_.integer(0, 7)) {
      case 0:
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size())));
        break;
      case 1:
        std::swap(lines[below(lines.size())], lines[below(lines.size())]);
        break;
      case 2:
        line = lines[below(lines.size())];
        break;
      case 3:
        swap_names(line, lines[below(lines.size())]);
        break;
      case 4:
        if (!line.empty()) {
          line.erase(below(line.size()), 1);
        }
        break;
      default:
        change_number(line);
    }
  }

  /// Another name of an operator or a tensor in the place of one.
  void swap_names(std::string& line, const std::string& other) {
    const std::regex name("(name|tensor|from|to): ([a-z0-9_.]+)");
    std::smatch mine;
    std::smatch its;
    if (std::regex_search(line, mine, name) && std::regex_search(other, its, name)) {
      line = mine.prefix().str() + mine[1].str() + ": " + its[2].str() + mine.suffix().str();
    }
  }

  void change_number(std::string& line) {
    std::vector<std::pair<std::size_t, std::size_t>> numbers;
    const std::regex number("(: |\\[|, )([0-9]+)(?=[,}\\]])");
    for (auto at = std::sregex_iterator(line.begin(), line.end(), number);
         at != std::sregex_iterator(); ++at) {
      numbers.emplace_back(at->position(2), at->length(2));
    }
    if (numbers.empty()) {
      return;
    }
    const auto [begin, length] = numbers[below(numbers.size())];
    const std::int64_t old = std::stoll(line.substr(begin, length));
    const std::vector<std::int64_t> now{
        old + 1, old - 1, old * 2, old / 2, 0, old + 16, 1, 2147483647, random_.integer(0, 5000)};
    line.replace(begin, length, std::to_string(now[below(now.size())]));
  }

  Random random_;
};

TEST(MappingEdits, AreRefusedOrGiveSoundPrograms) {
  const test::TemporaryDirectory directory;
  constexpr std::array kAttentions{config::Attention::kSoftmax, config::Attention::kTaylor,
                                   config::Attention::kTaylorReleased};
  constexpr int kEdits = 100;
  int refused = 0;
  int sound = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const test::Case drawn = test::random_case(seed, kAttentions[seed % kAttentions.size()]);
    const auto found =
        find_mappings(drawn.graph, drawn.config.accelerator, config::MappingObjective::kCycles, 1);
    const std::string yaml =
        to_yaml(found[seed % found.size()].mapping, drawn.graph, drawn.config.accelerator);
    Editor editor(seed);
    for (int edit = 0; edit < kEdits; ++edit) {
      std::string edited = editor.edit(yaml);
      edited = edit % 2 == 0 ? edited : test::without_addresses(edited);
      try {
        const Mapping mapping = test::read_back(directory, edited, drawn);
        ASSERT_EQ(test::problems(mapping, drawn), "") << describe(drawn) << "\n" << edited;
        ++sound;
      } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("mapping.yaml"));
        ++refused;
      }
    }
  }
  // Some of both, or the edits do not try what they should.
  EXPECT_GT(refused, 300);
  EXPECT_GT(sound, 100);
}

}  // namespace
}  // namespace vitsim::mapping
