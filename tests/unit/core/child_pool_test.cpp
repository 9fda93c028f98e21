// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/child_pool.h"

#include <csignal>
#include <map>
#include <thread>

#include <gmock/gmock.h>
#include <unistd.h>

namespace vitsim {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

std::string sleep_for(milliseconds time) {
  std::this_thread::sleep_for(time);
  return "slept";
}

TEST(ChildPoolTest, GivesEachResultWithItsNumberAsChildrenEnd) {
  ChildPool pool(3);
  std::map<std::size_t, std::string> results;
  const auto take = [&] {
    const ChildOutcome outcome = pool.wait();
    EXPECT_EQ(outcome.code, ExitCode::kDone);
    EXPECT_GT(outcome.peak_rss_bytes, 0);
    results[outcome.number] = outcome.text;
  };
  for (std::size_t number = 0; number < 20; ++number) {
    if (pool.full()) {
      take();
    }
    pool.start(number, [number] { return std::to_string(number * number); });
  }
  while (!pool.empty()) {
    take();
  }
  EXPECT_EQ(results.size(), 20U);
  EXPECT_EQ(results[13], "169");
}

TEST(ChildPoolTest, ChildrenRunSideBySide) {
  ChildPool pool(4);
  for (std::size_t number = 0; number < 4; ++number) {
    pool.start(number, [] { return sleep_for(milliseconds(400)); });
  }
  const auto started = std::chrono::steady_clock::now();
  while (!pool.empty()) {
    EXPECT_EQ(pool.wait().text, "slept");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - started, milliseconds(1500));
}

TEST(ChildPoolTest, ASlowChildIsOutOfTimeAndTheOthersGoOn) {
  ChildPool pool(2, {milliseconds(300), {}});
  pool.start(0, [] { return sleep_for(std::chrono::seconds(60)); });
  pool.start(1, [] { return std::string("quick"); });
  const ChildOutcome quick = pool.wait();
  EXPECT_EQ(quick.number, 1U);
  EXPECT_EQ(quick.text, "quick");
  const ChildOutcome slow = pool.wait();
  EXPECT_EQ(slow.code, ExitCode::kSimulationFailed);
  EXPECT_EQ(slow.text, "the simulation took longer than 0.3 s");
}

TEST(ChildPoolTest, AChildThatWantsTooMuchMemoryIsSaidTo) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer reserves address space of its own";
#endif
  ChildPool pool(1, {{}, std::int64_t{256} << 20});
  pool.start(0, [] { return std::string(std::size_t{1} << 30, 'x'); });
  const ChildOutcome outcome = pool.wait();
  EXPECT_EQ(outcome.code, ExitCode::kSimulationFailed);
  EXPECT_EQ(outcome.text, "out of memory");
}

TEST(ChildPoolTest, AChildThatIsKilledIsOneFailure) {
  ChildPool pool(2);
  pool.start(0, []() -> std::string {
    ::raise(SIGKILL);
    return "";
  });
  pool.start(1, [] { return std::string("fine"); });
  std::map<std::size_t, ChildOutcome> outcomes;
  while (!pool.empty()) {
    const ChildOutcome outcome = pool.wait();
    outcomes[outcome.number] = outcome;
  }
  EXPECT_EQ(outcomes[0].code, ExitCode::kSimulationFailed);
  EXPECT_THAT(outcomes[0].text, HasSubstr("signal 9"));
  EXPECT_EQ(outcomes[1].text, "fine");
}

TEST(ChildPoolTest, ChildrenEndWithThePool) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  {
    ChildPool pool(1);
    pool.start(0, [] { return sleep_for(std::chrono::seconds(600)); });
  }
  ::close(ends[1]);
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0) << "the child would still hold the other end";
  ::close(ends[0]);
}

TEST(ChildPoolTest, LooksNowAndThenWhileItWaits) {
  ChildPool pool(1);
  pool.start(0, [] { return sleep_for(milliseconds(500)); });
  int looks = 0;
  EXPECT_EQ(pool.wait([&] { ++looks; }).text, "slept");
  EXPECT_GE(looks, 2);
}

}  // namespace
}  // namespace vitsim
