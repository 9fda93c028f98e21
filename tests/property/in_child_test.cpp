// SPDX-License-Identifier: Apache-2.0
#include "support/in_child.h"

#include <csignal>
#include <stdexcept>

#include <gmock/gmock.h>
#include <unistd.h>

namespace vitsim::test {
namespace {

using testing::HasSubstr;

TEST(InChild, HandsBackWhatTheFunctionReturnsHoweverLong) {
  const ChildResult result = in_child([] { return std::string(1000000, 'x'); });
  EXPECT_TRUE(result.returned);
  EXPECT_EQ(result.text, std::string(1000000, 'x'));
  EXPECT_TRUE(in_child([] { return std::string(); }).returned);
}

TEST(InChild, ChangesNothingInTheParent) {
  int number = 1;
  in_child([&] {
    number = 2;
    return std::string();
  });
  EXPECT_EQ(number, 1);
}

TEST(InChild, SaysWhatWasThrown) {
  const ChildResult result =
      in_child([]() -> std::string { throw std::runtime_error("out of coffee"); });
  EXPECT_FALSE(result.returned);
  EXPECT_EQ(result.text, "it threw: out of coffee");
}

TEST(InChild, SaysWhichSignalKilledTheChild) {
  const ChildResult result = in_child([]() -> std::string {
    ::raise(SIGKILL);
    return "unreachable";
  });
  EXPECT_FALSE(result.returned);
  EXPECT_THAT(result.text, HasSubstr("died of signal 9"));
}

TEST(InChild, SaysThatTheChildLeftWithoutAWord) {
  const ChildResult result = in_child([]() -> std::string { ::_exit(3); });
  EXPECT_FALSE(result.returned);
  EXPECT_EQ(result.text, "the child ended with exit code 3 and no word");
}

TEST(InChild, KillsAChildThatTakesTooLong) {
  const ChildResult result = in_child(
      []() -> std::string {
        for (;;) {
          ::pause();
        }
      },
      std::chrono::milliseconds(50));
  EXPECT_FALSE(result.returned);
  EXPECT_EQ(result.text, "the child did not end within 50 ms");
}

}  // namespace
}  // namespace vitsim::test
