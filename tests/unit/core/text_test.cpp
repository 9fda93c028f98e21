// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/text.h"

#include <vector>

#include <gmock/gmock.h>

namespace vitsim {
namespace {

TEST(Nearest, FindsAMissingADoubledAndAWrongLetter) {
  const std::vector<std::string> names = {"dataflow", "rows", "overlap_folds"};
  EXPECT_EQ(nearest("datflow", names), "dataflow");
  EXPECT_EQ(nearest("rowws", names), "rows");
  EXPECT_EQ(nearest("overlap_volds", names), "overlap_folds");
}

TEST(Nearest, PrefersTheNearestAndOfEquallyNearOnesTheFirst) {
  const std::vector<std::string> names = {"norm3.bias", "norm2.bias", "norm1.bias"};
  EXPECT_EQ(nearest("norm1.bia", names), "norm1.bias");
  EXPECT_EQ(nearest("norm4.bias", names), "norm3.bias");
}

TEST(Nearest, AllowsAThirdOfTheWordToDifferAndNotMore) {
  const std::vector<std::string> names = {"abcdefghi"};
  EXPECT_EQ(nearest("xxxdefghi", names), "abcdefghi");
  EXPECT_EQ(nearest("xxxxefghi", names), "");
}

TEST(Nearest, AllowsTwoLettersOfAShortWordButSomethingMustBeCommon) {
  EXPECT_EQ(nearest("rwos", std::vector<std::string>{"rows"}), "rows");
  EXPECT_EQ(nearest("xy", std::vector<std::string>{"ab", "c"}), "");
}

TEST(Nearest, FindsNothingAmongNothing) { EXPECT_EQ(nearest("rows", {}), ""); }

TEST(Printable, EscapesControlCharactersAndLeavesLettersAlone) {
  EXPECT_EQ(printable("a\n\x1b[1m\x7f\xc3\xa9"), "a\\x0a\\x1b[1m\\x7f\xc3\xa9");
}

TEST(Printable, CutsALongText) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef...");
}

}  // namespace
}  // namespace vitsim
