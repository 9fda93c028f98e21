// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/mapping_file.h"

#include <array>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "vitsim/mapping/lowering.h"
#include "vitsim/mapping/program_text.h"
#include "vitsim/mapping/search.h"

#include "mapping_files.h"
#include "support/random_case.h"
#include "support/temporary_directory.h"

namespace vitsim::mapping {
namespace {

constexpr std::array kAttentions{config::Attention::kSoftmax, config::Attention::kTaylor,
                                 config::Attention::kTaylorReleased};

test::Case case_of(std::uint64_t seed) {
  return test::random_case(seed, kAttentions[seed % kAttentions.size()]);
}

Program program_of(const Mapping& mapping, const test::Case& drawn) {
  return lower(drawn.graph, drawn.config.accelerator, mapping);
}

/// Everything that a program is.
std::string text_of(const Program& program, const test::Case& drawn) {
  return fmt::format("{} tokens, {} bytes of DRAM, {} of scratchpad\n{}", program.token_count,
                     program.dram_bytes, program.scratchpad_bytes, to_text(program, drawn.graph));
}

TEST(MappingFile, GivesEveryOperatorAndTensorANameOfItsOwn) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const test::Case drawn = case_of(seed);
    std::set<std::string> names;
    for (const model::Op& op : drawn.graph.ops) {
      EXPECT_TRUE(names.insert(op.name).second) << op.name << ": " << describe(drawn);
    }
    names.clear();
    for (const model::Tensor& tensor : drawn.graph.tensors) {
      EXPECT_TRUE(names.insert(tensor.name).second) << tensor.name << ": " << describe(drawn);
    }
  }
}

class RoundTrips : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RoundTrips, LowerToTheSameProgramAndWithoutAddressesToASoundOne) {
  const test::TemporaryDirectory directory;
  for (std::uint64_t seed = GetParam(); seed < GetParam() + 10; ++seed) {
    const test::Case drawn = case_of(seed);
    const config::Accelerator& machine = drawn.config.accelerator;
    const auto all = find_mappings(drawn.graph, machine, config::MappingObjective::kCycles, 8);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Candidate& found = all[i];
      const auto what = [&] { return found.origin + ": " + describe(drawn); };
      const std::string yaml = to_yaml(found.mapping, drawn.graph, machine);
      const Mapping back = test::read_back(directory, yaml, drawn);
      EXPECT_EQ(to_yaml(back, drawn.graph, machine), yaml) << what();
      ASSERT_EQ(text_of(program_of(back, drawn), drawn),
                text_of(program_of(found.mapping, drawn), drawn))
          << what();
      try {
        const Mapping placed = test::read_back(directory, test::without_addresses(yaml), drawn);
        if (i % 4 == 0) {  // the proof takes longer than all the rest
          ASSERT_EQ(test::problems(placed, drawn), "") << what();
        }
      } catch (const ConfigError& error) {
        // What fits as greedy lays it out need not fit as place() does.
        EXPECT_THAT(error.what(), testing::HasSubstr("as vitsim lays it out")) << what();
        EXPECT_EQ(found.origin, "greedy") << what();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OfRandomCases, RoundTrips, testing::Values(1, 11, 21, 31));

}  // namespace
}  // namespace vitsim::mapping
