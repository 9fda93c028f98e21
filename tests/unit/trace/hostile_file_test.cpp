// SPDX-License-Identifier: Apache-2.0
// Files that are no traces are refused, with the reason.
#include <fstream>
#include <iterator>
#include <sstream>

#include <gmock/gmock.h>

#include "vitsim/core/error.h"
#include "vitsim/trace/file.h"

#include "fuzz/read_trace.h"
#include "support/random_trace.h"
#include "support/temporary_directory.h"

namespace vitsim::trace {
namespace {

using testing::HasSubstr;

std::string a_trace(int events) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "some.vtrc";
  Writer writer(path, R"({"model": "some"})");
  for (const Event& event : test::random_events(1, events)) {
    writer.add(event);
  }
  writer.finish();
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What reading all of it says is wrong; empty where nothing is.
std::string problem_with(const std::string& bytes) {
  try {
    Reader reader(std::make_unique<std::istringstream>(bytes), "some.vtrc");
    while (reader.next()) {
    }
    return "";
  } catch (const ModelError& error) {
    return error.what();
  }
}

TEST(HostileTrace, OneThatIsWholeIsRead) { EXPECT_EQ(problem_with(a_trace(100)), ""); }

TEST(HostileTrace, AFileOfAnotherKindIsRefused) {
  EXPECT_EQ(problem_with("PK\x03\x04 or so"),
            "some.vtrc: got a file that begins with 'PK\\x03\\x04 or ', expected a trace of vitsim "
            "(.vtrc)");
  EXPECT_THAT(problem_with(""), HasSubstr("got an empty file, expected a trace"));
}

TEST(HostileTrace, AFileOfALaterVersionIsRefused) {
  std::string bytes = a_trace(3);
  bytes[8] = 2;
  EXPECT_EQ(problem_with(bytes),
            "some.vtrc: got format 2, expected at most 1: a newer vitsim has recorded this trace");
}

TEST(HostileTrace, AFileThatEndsTooEarlyIsRefusedWhereverItEnds) {
  const std::string bytes = a_trace(50);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_NE(problem_with(bytes.substr(0, size)), "") << size;
  }
  EXPECT_THAT(problem_with(bytes.substr(0, 100)),
              HasSubstr("got its end after 100 bytes, expected more: the trace is truncated"));
}

TEST(HostileTrace, AFileThatGoesOnIsRefused) {
  EXPECT_THAT(problem_with(a_trace(3) + "x"), HasSubstr("further bytes behind its checksum"));
}

TEST(HostileTrace, ABitThatIsNotAsItWasIsFoundWhereverItIs) {
  const std::string bytes = a_trace(50);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_NE(problem_with(changed), "") << "bit " << bit;
  }
}

TEST(HostileTrace, ACorruptedBlockIsCalledSo) {
  std::string bytes = a_trace(50);
  bytes[bytes.size() / 2] ^= 1;
  EXPECT_THAT(problem_with(bytes), HasSubstr("the trace is corrupted"));
}

TEST(HostileTrace, AFileThatCannotBeOpenedIsRefused) {
  EXPECT_THROW(Reader("/nowhere/some.vtrc"), ModelError);
  EXPECT_THROW(Reader(test::TemporaryDirectory().path()), ModelError);
}

/// With a checksum that fits what somebody has made of the file.
TEST(HostileTrace, WhateverIsChangedIsReadOrRefused) {
  const std::string bytes = a_trace(200);
  const std::string content = bytes.substr(0, bytes.size() - 8);
  ASSERT_TRUE(test::read_trace(content));
  Random random(1);
  int refused = 0;
  constexpr int kChanged = 20'000;
  for (int i = 0; i < kChanged; ++i) {
    std::string changed = content;
    for (std::int64_t changes = random.integer(1, 4); changes > 0; --changes) {
      const auto at = static_cast<std::size_t>(
          random.integer(0, static_cast<std::int64_t>(changed.size()) - 1));
      changed[at] = static_cast<char>(random.integer(-128, 127));
    }
    refused += test::read_trace(changed) ? 0 : 1;
  }
  EXPECT_GT(refused, kChanged / 2);
}

TEST(HostileTrace, AWrongCountOfEventsIsRefused) {
  const std::string bytes = a_trace(5);
  std::string content = bytes.substr(0, bytes.size() - 8);
  content[content.size() - 8] = 6;
  EXPECT_FALSE(test::read_trace(content));
}

}  // namespace
}  // namespace vitsim::trace
