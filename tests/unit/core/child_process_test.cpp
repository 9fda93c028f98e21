// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/child_process.h"

#include <csignal>
#include <stdexcept>

#include <gmock/gmock.h>
#include <unistd.h>

#include "vitsim/core/error.h"

namespace vitsim {
namespace {

using testing::HasSubstr;

TEST(ChildProcessTest, ReturnsWhatTheChildReturnsHoweverLong) {
  EXPECT_EQ(run_in_child([] { return std::string(); }), "");
  const std::string text(1'000'000, 'x');
  EXPECT_EQ(run_in_child([&] { return text; }), text);
}

TEST(ChildProcessTest, WhatTheChildChangesStaysInTheChild) {
  int value = 1;
  run_in_child([&] {
    value = 2;
    return std::string();
  });
  EXPECT_EQ(value, 1);
}

TEST(ChildProcessTest, AnErrorOfTheChildComesOutWithItsMessageAndExitCode) {
  try {
    run_in_child([]() -> std::string { throw ModelError("no such layer"); });
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kBadInput);
    EXPECT_STREQ(error.what(), "no such layer");
  }
}

TEST(ChildProcessTest, AnotherExceptionIsAnInternalError) {
  try {
    run_in_child([]() -> std::string { throw std::logic_error("odd"); });
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kSimulationFailed);
    EXPECT_THAT(error.what(), HasSubstr("odd"));
  }
}

TEST(ChildProcessTest, AChildThatIsKilledIsAFailedSimulation) {
  try {
    run_in_child([]() -> std::string {
      ::raise(SIGKILL);
      return "";
    });
    FAIL() << "no error";
  } catch (const SimulationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("signal 9"));
  }
}

TEST(ChildProcessTest, AnInterruptedChildInterrupts) {
  EXPECT_THROW(run_in_child([]() -> std::string { throw Interrupted(); }), Interrupted);
}

}  // namespace
}  // namespace vitsim
