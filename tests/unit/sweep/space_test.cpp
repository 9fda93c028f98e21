// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/space.h"

#include <filesystem>
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "vitsim/core/error.h"

namespace vitsim::sweep {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kFiles = "config: a.yaml\nmodel: models/m.yaml\n";

std::vector<std::string> points_of(const std::string& yaml) {
  const Spec spec = parse_spec(kFiles + yaml, "sweeps/s.yaml");
  std::vector<std::string> texts;
  for (const Point& point : Space(spec).points()) {
    std::string text;
    for (std::size_t i = 2; i < point.values.size(); ++i) {  // behind config and model
      text += (i > 2 ? " " : "") + text_of(point.values[i]);
    }
    texts.push_back(text);
  }
  return texts;
}

std::string problem_with(const std::string& yaml) {
  try {
    points_of(yaml);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(SweepSpace, AGridHasAllCombinationsTheLastParameterVaryingFirst) {
  EXPECT_THAT(points_of("parameters: {x.a: [1, 2], x.b: [ideal, simple]}"),
              ElementsAre("1 ideal", "1 simple", "2 ideal", "2 simple"));
}

TEST(SweepSpace, RangesAreLinearOrPowersOfTwo) {
  EXPECT_THAT(points_of("parameters: {a: {powers_of_two: [16, 128]}}"),
              ElementsAre("16", "32", "64", "128"));
  EXPECT_THAT(points_of("parameters: {a: {linear: [4, 16, 4]}}"),
              ElementsAre("4", "8", "12", "16"));
  EXPECT_THAT(points_of("parameters: {a: {linear: [0, 0.3, 0.1]}}"),
              ElementsAre("0", "0.1", "0.2", "0.30000000000000004"));
  EXPECT_THAT(points_of("parameters: {a: 7}"), ElementsAre("7"));
}

TEST(SweepSpace, AParameterMayFollowFromOthersWhateverTheirOrder) {
  EXPECT_THAT(points_of("parameters: {p.cols: \"{rows} * 2\", p.rows: [1, 2]}"),
              ElementsAre("1 2", "2 4"));
}

TEST(SweepSpace, ConstraintsLeavePointsOut) {
  EXPECT_THAT(
      points_of("parameters: {a: [1, 2, 3], b: [1, 2, 3]}\nconstraints: [a * b <= 3, a != b]"),
      ElementsAre("1 2", "1 3", "2 1", "3 1"));
}

TEST(SweepSpace, SeveralMachinesModelsAndInputsAreParametersToo) {
  const Spec spec =
      parse_spec("config: [a.yaml, ../b.yaml]\nmodel: [m.yaml]\ninput: ['random:1', images.bin]",
                 "sweeps/s.yaml");
  const std::vector<Point> points = Space(spec).points();
  ASSERT_EQ(points.size(), 4U);
  EXPECT_EQ(text_of(points[3].values[0]), "b.yaml");
  EXPECT_EQ(text_of(points[0].values[1]), "sweeps/m.yaml");
  EXPECT_EQ(text_of(points[2].values[2]), "random:1");
}

TEST(SweepSpace, ALatinHypercubeTakesEachValueEquallyOften) {
  const auto points = points_of(
      "strategy: latin_hypercube\nsamples: 60\nparameters: {a: {linear: [1, 6, 1]}, b: {linear: "
      "[1, "
      "10, 1]}, c: {linear: [1, 1000, 1]}}");
  ASSERT_EQ(points.size(), 60U);
  std::map<std::string, int> of_a;
  for (const std::string& point : points) {
    ++of_a[point.substr(0, point.find(' '))];
  }
  for (const auto& [value, times] : of_a) {
    EXPECT_EQ(times, 10) << value;
  }
}

TEST(SweepSpace, DrawnPointsAreDistinctAndTheSameForTheSameSeed) {
  const std::string yaml =
      "strategy: random\nsamples: 50\nparameters: {a: {linear: [1, 100, 1]}, b: [1, "
      "2]}\nconstraints: [a > 10]\n";
  const auto points = points_of(yaml);
  EXPECT_EQ(points.size(), 50U);
  EXPECT_EQ(std::set<std::string>(points.begin(), points.end()).size(), 50U);
  EXPECT_EQ(points, points_of(yaml));
  EXPECT_NE(points, points_of(yaml + "seed: 2"));
}

TEST(SweepSpace, ASmallSpaceIsDrawnWholeWhereMoreSamplesAreAskedFor) {
  EXPECT_EQ(points_of("strategy: random\nsamples: 50\nparameters: {a: [1, 2, 3]}").size(), 3U);
}

TEST(SweepSpace, EveryShippedSweepHasPointsOfKeysThatThereAre) {
  int files = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(VITSIM_SOURCE_DIR "/configs/sweeps")) {
    SCOPED_TRACE(file.path());
    const Spec spec = read_spec(file.path());
    EXPECT_NO_THROW(check_keys(spec));
    EXPECT_GT(Space(spec).points().size(), 10U);
    ++files;
  }
  EXPECT_GE(files, 2);
}

TEST(SweepSpace, AKeyThatThereIsNotIsNamedWithItsLine) {
  const Spec spec = parse_spec(kFiles + "parameters: {accelerator.pe_array.row: [1]}", "s.yaml");
  try {
    check_keys(spec);
    FAIL() << "it was accepted";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("did you mean 'accelerator.pe_array.rows'?"),
                                    HasSubstr("s.yaml line 3")));
  }
}

TEST(SweepSpace, WhatIsWrongIsNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {"parametres: {}", "did you mean 'parameters'?"},
      {"parameters: {a: []}", "a: got a list, expected a list, {linear"},
      {"parameters: {a: {log: [1, 2]}}", "expected linear: [FIRST, LAST, STEP] or powers_of_two"},
      {"parameters: {a: {linear: [1, 2]}}", "got 2 numbers, expected three"},
      {"parameters: {a: {linear: [1, 2, 0]}}", "a step above 0"},
      {"parameters: {a: {linear: [0, 1, 1e-9]}}", "expected at most 100000"},
      {"parameters: {a: {powers_of_two: [0, 2]}}", "a first above 0"},
      {"parameters: {a: \"{b}\", b: \"{a}\"}", "refers to itself"},
      {"parameters: {a: \"{a} + 1\"}", "a refers to itself"},
      {"parameters: {a: \"1 / ({b} - 1)\", b: [1]}", "a divisor that is not 0"},
      {"parameters: {rows: [1]}\nconstraints: [row < 3]", "such as 'rows'"},
      {"parameters: {x.a: [1], y.a: [1]}\nconstraints: [a < 3]", "which may be x.a or y.a"},
      {"parameters: {a: [1]}\nconstraints: [a + 1]", "a number, expected true or false"},
      {"parameters: {a: [1]}\nconstraints: [a > 1]", "got no point that all constraints allow"},
      {"strategy: all", "one of grid, random, latin_hypercube, pareto"},
      {"samples: 0", "an integer in [1, 10000000]"},
      {"check: some", "none or exact"},
      {"objectives: {totals.cycles: least}", "expected min or max"},
      {"parameters: {a: {linear: [1, 10000, 1]}, b: {linear: [1, 10000, 1]}}",
       "got 100000000 combinations, expected at most 10000000"}};
  for (const auto& [yaml, message] : cases) {
    EXPECT_THAT(problem_with(yaml), HasSubstr(message)) << yaml;
  }
  EXPECT_THAT(problem_with("parameters: {a: {log: [1, 2]}}"), HasSubstr("sweeps/s.yaml line 3"));
}

}  // namespace
}  // namespace vitsim::sweep
