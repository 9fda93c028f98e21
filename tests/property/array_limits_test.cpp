// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <deque>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "vitsim/timing/gemm.h"

#include "property/forms_bench.h"
#include "support/in_child.h"

/// Arrays as large, as flat and as narrow as the configuration takes them, with products around
/// and above their sides.
namespace vitsim::test {
namespace {

/// Products that are simulated on one array, each from reset.
struct Limit {
  const char* name;
  config::PeArray array;
  std::vector<model::GemmShape> products;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name.
void PrintTo(const Limit& limit, std::ostream* out) { *out << describe(limit.array); }

FormsCase case_of(const config::PeArray& array, const model::GemmShape& product,
                  std::uint64_t seed) {
  FormsCase drawn;
  drawn.seed = seed;
  drawn.array = array;
  drawn.bits = {16, 16};
  for (const ProductPart& part : parts_of(product, array)) {
    drawn.commands.push_back({part.shape, 0});
  }
  return drawn;
}

/// What is wrong with the products, each on an array of its own.
std::string failures_of(const Limit& limit) {
  std::deque<FormsCase> cases;
  std::deque<FormsBench> benches;
  for (const model::GemmShape& product : limit.products) {
    cases.push_back(case_of(limit.array, product, cases.size()));
    benches.emplace_back(cases.back());
  }
  for (FormsBench& bench : benches) {
    bench.reset();
  }
  benches.back().run_through(kRun);
  std::string found;
  for (std::size_t i = 0; i < benches.size(); ++i) {
    found += benches[i].failures(kRun);
    const Cycles closed_form = timing::gemm_cycles(limit.products[i], limit.array);
    if (benches[i].span() != closed_form) {
      found += fmt::format("{}: {} cycles, the closed form takes {}\n", describe(cases[i]),
                           benches[i].span(), closed_form);
    }
  }
  return found;
}

std::vector<Limit> limits() {
  return {
      {"WeightStationary512x512", weight_stationary(512, 512), {{3, 513, 513}}},
      {"InputStationary512x512", input_stationary(512, 512), {{513, 513, 3}}},
      {"OutputStationary512x512", output_stationary(512, 512), {{513, 3, 513}}},
      {"Exposed512x512", exposed(output_stationary(512, 512)), {{513, 2, 512}}},
      {"Loading64Of512x512WithoutOverlap",
       without_overlap(loading(64, weight_stationary(512, 512))),
       {{2, 513, 511}}},
      {"WeightStationary1x512", weight_stationary(1, 512), {{5, 3, 511}, {1, 2, 512}, {513, 2, 3}}},
      {"InputStationary1x512", input_stationary(1, 512), {{511, 3, 5}, {513, 2, 1}, {3, 2, 513}}},
      {"OutputStationary1x512", output_stationary(1, 512), {{3, 513, 513}, {2, 1, 512}}},
      {"Exposed1x512", exposed(output_stationary(1, 512)), {{3, 513, 513}, {2, 1, 512}}},
      {"WeightStationary512x1", weight_stationary(512, 1), {{5, 511, 2}, {1, 1, 1}, {513, 513, 2}}},
      {"InputStationary512x1", input_stationary(512, 1), {{2, 511, 5}, {1, 1, 1}, {2, 513, 513}}},
      {"OutputStationary512x1", output_stationary(512, 1), {{513, 3, 2}, {511, 513, 1}}},
      {"Exposed512x1", exposed(output_stationary(512, 1)), {{513, 3, 2}, {1025, 513, 1}}},
      {"Loading32Of64",
       loading(32, weight_stationary(64, 64)),
       {{1, 63, 64}, {3, 64, 65}, {65, 65, 63}, {64, 200, 129}}},
      {"Loading32Of64WithoutOverlap",
       without_overlap(loading(32, weight_stationary(64, 64))),
       {{1, 63, 64}, {3, 64, 65}, {65, 65, 63}, {64, 200, 129}}},
      {"InputsLoading32Of64",
       loading(32, input_stationary(64, 64)),
       {{64, 63, 1}, {65, 64, 3}, {63, 65, 65}, {129, 200, 64}}},
      {"InputsLoading32Of64WithoutOverlap",
       without_overlap(loading(32, input_stationary(64, 64))),
       {{64, 63, 1}, {65, 64, 3}, {63, 65, 65}, {129, 200, 64}}},
      {"RowWiseOf512Blocks", row_wise(3, 512, 1), {{4, 511, 3}, {3, 512, 2}, {7, 513, 2}}},
      {"RowWiseOf64Macs", row_wise(3, 2, 64), {{4, 127, 3}, {3, 128, 2}, {7, 129, 2}}},
      {"RowWiseOf512BlocksOf64Macs", row_wise(2, 512, 64), {{3, 32767, 2}, {2, 32769, 1}}},
      {"RowWiseOf512Rows", row_wise(512, 2, 2), {{511, 3, 2}, {512, 4, 2}, {513, 5, 2}}},
  };
}

class ArrayLimits : public testing::TestWithParam<Limit> {};
INSTANTIATE_TEST_SUITE_P(Arrays, ArrayLimits, testing::ValuesIn(limits()),
                         [](const auto& limit) { return std::string(limit.param.name); });

TEST_P(ArrayLimits, BothFormsTakeTheCyclesOfTheClosedFormAndCannotBeToldApart) {
  const ChildResult result =
      in_child([] { return failures_of(GetParam()); }, std::chrono::minutes(5));
  EXPECT_TRUE(result.returned);
  EXPECT_EQ(result.text, "");
}

}  // namespace
}  // namespace vitsim::test
