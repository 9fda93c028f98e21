// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <deque>
#include <string>

#include <gtest/gtest.h>

#include "vitsim/core/random.h"

#include "property/forms_bench.h"
#include "support/in_child.h"

namespace vitsim::test {
namespace {

template <class T, std::size_t kSize>
T one_of(Random& random, const std::array<T, kSize>& choices) {
  return choices[static_cast<std::size_t>(random.integer(0, kSize - 1))];
}

/// A side of an array: mostly up to 20, now and then 1, a power of two or up to 70.
int random_side(Random& random) {
  switch (random.integer(0, 19)) {
    case 0:
    case 1:
      return 1;
    case 2:
    case 3:
      return 1 << random.integer(1, 4);
    case 4:
      return static_cast<int>(random.integer(21, 70));
    default:
      return static_cast<int>(random.integer(1, 20));
  }
}

/// A side of a product that is cut every `step`: shorter, as long, in whole folds or in some.
std::int64_t random_length(Random& random, std::int64_t step) {
  switch (random.integer(0, 5)) {
    case 0:
      return 1;
    case 1:
      return step;
    case 2:
      return random.integer(1, step);
    case 3:
      return step * random.integer(1, 3);
    default:
      return random.integer(1, 3 * step + 2);
  }
}

Pace random_pace(Random& random) {
  if (random.integer(0, 2) == 0) {
    return {};
  }
  return {one_of<int>(random, std::array{95, 80, 50, 50, 25, 10}),
          one_of<Cycles>(random, std::array<Cycles, 5>{1, 1, 1, 4, 25})};
}

config::PeArray random_array(Random& random) {
  config::PeArray array;
  array.kind =
      random.integer(0, 4) == 0 ? config::ArrayKind::kRowWise : config::ArrayKind::kSystolic;
  array.dataflow = one_of(
      random, std::array{config::Dataflow::kWeightStationary, config::Dataflow::kInputStationary,
                         config::Dataflow::kOutputStationary, config::Dataflow::kOutputStationary});
  array.rows = random_side(random);
  array.cols = random_side(random);
  array.blocks = random_side(random);
  array.macs_per_block = static_cast<int>(random.integer(1, 5));
  array.overlap_folds = random.integer(0, 2) != 0;
  array.drain = one_of(random, std::array{config::Drain::kHidden, config::Drain::kExposed});
  if (random.integer(0, 1) == 0) {
    array.weight_rows_per_cycle = static_cast<int>(random.integer(2, array.rows + 2));
  }
  return array;
}

model::GemmShape random_shape(Random& random, const config::PeArray& array) {
  const bool row_wise = array.kind == config::ArrayKind::kRowWise;
  const std::int64_t depth =
      row_wise ? std::int64_t{array.blocks} * array.macs_per_block : array.rows;
  model::GemmShape shape{random_length(random, array.rows), random_length(random, depth),
                         random_length(random, array.cols)};
  if (array.kind == config::ArrayKind::kSystolic &&
      array.dataflow == config::Dataflow::kInputStationary) {
    shape.m = std::min<std::int64_t>(random_length(random, array.cols), array.cols);
  } else if (!row_wise) {
    shape.n = std::min<std::int64_t>(shape.n, array.cols);
  }
  if (random.integer(0, 40) == 0) {
    shape.k = random.integer(200, 600);  // more than the wavefront forms add up at a time
  }
  return shape;
}

FormsCase random_forms_case(std::uint64_t seed) {
  Random random(seed);
  FormsCase drawn;
  drawn.seed = seed;
  drawn.array = random_array(random);
  drawn.bits = {static_cast<int>(random.integer(2, 16)), static_cast<int>(random.integer(2, 16))};
  drawn.extreme = random.integer(0, 9) == 0;
  for (std::int64_t count = random.integer(1, 4); count > 0; --count) {
    drawn.commands.push_back({random_shape(random, drawn.array),
                              static_cast<int>(random.integer(0, PeArrayBench::kLayers - 1))});
  }
  drawn.commands_offered = random_pace(random);
  drawn.lhs_offered = random_pace(random);
  drawn.rhs_offered = random_pace(random);
  drawn.sums_taken = random_pace(random);
  return drawn;
}

/// What is wrong with the cases from `first` on, all in one elaboration.
std::string failures_of(std::uint64_t first, int count) {
  std::deque<FormsCase> cases;
  std::deque<FormsBench> benches;
  for (int i = 0; i < count; ++i) {
    cases.push_back(random_forms_case(first + static_cast<std::uint64_t>(i)));
    benches.emplace_back(cases.back());
  }
  for (FormsBench& bench : benches) {
    bench.reset();
  }
  benches.back().run_through(kRun);
  std::string found;
  for (FormsBench& bench : benches) {
    found += bench.failures(kRun);
  }
  return found;
}

constexpr int kCasesPerTest = 500;

class ArrayForms : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Seeds, ArrayForms, testing::Range(0, 8));

TEST_P(ArrayForms, CannotBeToldApart) {
  const auto first = static_cast<std::uint64_t>(GetParam() * kCasesPerTest);
  const ChildResult all = in_child([&] { return failures_of(first, kCasesPerTest); });
  EXPECT_EQ(all.text, "");
  // A case that ends the process is found by running each by itself.
  for (int i = 0; i < kCasesPerTest && !all.returned; ++i) {
    const std::uint64_t seed = first + static_cast<std::uint64_t>(i);
    const ChildResult one = in_child([&] { return failures_of(seed, 1); });
    ASSERT_TRUE(one.returned) << describe(random_forms_case(seed)) << "\n" << one.text;
  }
}

}  // namespace
}  // namespace vitsim::test
