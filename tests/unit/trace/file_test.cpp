// SPDX-License-Identifier: Apache-2.0
// What a trace file holds comes back, and is the same bytes each time.
#include "vitsim/trace/file.h"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "vitsim/core/error.h"

#include "support/random_trace.h"
#include "support/temporary_directory.h"

namespace vitsim::trace {
namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, const std::vector<Event>& events) {
  Writer writer(path, R"({"model": "some"})");
  for (const Event& event : events) {
    writer.add(event);
  }
  writer.finish();
}

std::vector<Event> read(const std::filesystem::path& path) {
  Reader reader(path);
  std::vector<Event> events;
  while (auto event = reader.next()) {
    events.push_back(std::move(*event));
  }
  EXPECT_EQ(reader.event_count(), static_cast<std::int64_t>(events.size()));
  return events;
}

class TraceFile : public testing::Test {
 protected:
  test::TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "some.vtrc";
};

TEST_F(TraceFile, EventsComeBackAsTheyWere) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto events = test::random_events(seed, 500);
    write(path_, events);
    EXPECT_EQ(read(path_), events);
  }
}

TEST_F(TraceFile, EventsOfManyBlocksComeBackAsTheyWere) {
  const auto events = test::random_events(1, 200'000);
  write(path_, events);
  EXPECT_GT(std::filesystem::file_size(path_), 1U << 20U);
  EXPECT_EQ(read(path_), events);
}

TEST_F(TraceFile, TheLargestNumbersComeBackAsTheyWere) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 61;
  const std::vector<Event> events{
      Released{0, kLargest, 255, kLargest},
      Released{0, 0, 0, 0},
      Transaction{kLargest, Port::kDramWrite, 255, kLargest, 0, 0xFFFFFFFF},
      Transaction{kLargest, Port::kDramWrite, 0, 0, kLargest, 0},
      Done{kLargest, kLargest, {{stats::StallCause::kSums, kLargest}}},
      Tile{kLargest, 0, kLargest, kLargest, kLargest, kLargest, 0xFFFFFFFFFFFFFFFF,
           std::vector<std::uint8_t>(1'000'000, 7)}};
  write(path_, events);
  EXPECT_EQ(read(path_), events);
}

TEST_F(TraceFile, ATraceWithoutEventsIsOne) {
  write(path_, {});
  EXPECT_THAT(read(path_), testing::IsEmpty());
}

TEST_F(TraceFile, TheHeaderComesBackAsItWas) {
  write(path_, {});
  EXPECT_EQ(Reader(path_).header(), R"({"model": "some"})");
}

TEST_F(TraceFile, TheSameEventsAreTheSameBytes) {
  const auto events = test::random_events(3, 100'000);
  write(directory_.path() / "1", events);
  write(directory_.path() / "2", events);
  EXPECT_EQ(bytes_of(directory_.path() / "1"), bytes_of(directory_.path() / "2"));
}

TEST_F(TraceFile, EventsOfAKindThatFollowEachOtherTakeFewBytes) {
  std::vector<Event> events;
  for (int i = 0; i < 100'000; ++i) {
    events.emplace_back(Released{10 * i, i, 1, i / 100});
  }
  write(path_, events);
  EXPECT_LT(std::filesystem::file_size(path_), 2'000U);
}

TEST_F(TraceFile, AnUnfinishedTraceLeavesNothingBehind) {
  write(path_, test::random_events(1, 10));
  const std::string before = bytes_of(path_);
  {
    Writer writer(path_, "{}");
    writer.add(Released{});
  }
  EXPECT_EQ(bytes_of(path_), before);
}

TEST_F(TraceFile, AFolderThatIsNotThereIsAnOutputError) {
  EXPECT_THROW(Writer("/nowhere/trace.vtrc", "{}"), OutputError);
}

}  // namespace
}  // namespace vitsim::trace
