// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include <fmt/format.h>
#include <zlib.h>

#include "vitsim/core/units.h"

#include "end_to_end/failure.h"
#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using Json = nlohmann::json;

std::string unzipped(const std::filesystem::path& path) {
  std::string text;
  gzFile file = gzopen(path.c_str(), "rb");
  char piece[65536];
  for (int count = gzread(file, piece, sizeof piece); count > 0;
       count = gzread(file, piece, sizeof piece)) {
    text.append(piece, static_cast<std::size_t>(count));
  }
  EXPECT_EQ(gzclose(file), Z_OK);
  return text;
}

class TimelineTest : public testing::TestWithParam<const char*> {
 protected:
  std::string file() const { return (directory_.path() / "timeline.json.gz").string(); }

  Json timeline() {
    report_ = report_of({"run", "--check", "none", "-w", "random:1", "-c",
                         fmt::format("configs/{}.yaml", GetParam()), "-m", model(), "--timeline",
                         file()});
    return Json::parse(unzipped(file())).at("traceEvents");
  }
  static std::string model() {
    return std::string(GetParam()).starts_with("vitality") ? "models/shapes10_vit_taylor.yaml"
                                                           : "models/shapes10_vit.yaml";
  }
  std::vector<Json> of_phase(const Json& events, const std::string& phase) {
    std::vector<Json> found;
    std::ranges::copy_if(events, std::back_inserter(found),
                         [&](const Json& event) { return event.at("ph") == phase; });
    return found;
  }

  TemporaryDirectory directory_;
  Json report_;
};
INSTANTIATE_TEST_SUITE_P(Machines, TimelineTest,
                         testing::Values("softmax_64x64", "edge_16x16", "row_wise_7x12x4",
                                         "vitality"),
                         [](const auto& machine) { return std::string(machine.param); });

TEST_P(TimelineTest, HasASliceForEachCommandAndNoneThatOverlapsAnotherOfItsTrack) {
  const Json events = timeline();
  std::map<int, Cycles> free_from;
  std::set<std::pair<int, int>> commands;
  std::set<std::pair<int, int>> fetched;  // once by each fetcher
  std::set<int> fetchers;
  for (const Json& name : of_phase(events, "M")) {
    if (name.at("args").value("name", "").ends_with("_fetcher")) {
      fetchers.insert(name.at("tid").get<int>());
    }
  }
  ASSERT_EQ(fetchers.size(), 2U);
  Cycles last = 0;
  for (const Json& slice : of_phase(events, "X")) {
    const int track = slice.at("tid");
    const Cycles begin = slice.at("ts");
    EXPECT_GE(begin, free_from[track]) << slice;
    EXPECT_GE(begin, slice.at("args").at("released").get<Cycles>());
    free_from[track] = begin + slice.at("dur").get<Cycles>();
    last = std::max(last, free_from[track]);
    const int command = slice.at("args").at("command");
    const bool fetches = fetchers.contains(track);
    EXPECT_TRUE((fetches ? fetched : commands).emplace(fetches ? track : 0, command).second);
    EXPECT_NE(slice.at("name"), "");
    EXPECT_NE(slice.at("args").at("operands"), "");
  }
  const std::string program =
      run_vitsim({"program", "-w", "random:1", "-c", fmt::format("configs/{}.yaml", GetParam()),
                  "-m", model()})
          .out;
  EXPECT_THAT(program, testing::StartsWith(fmt::format("# {} commands", commands.size())));
  EXPECT_GT(fetched.size(), 50U);
  EXPECT_EQ(last, report_.at("totals").at("cycles"));
}

TEST_P(TimelineTest, NamesEveryTrack) {
  const Json events = timeline();
  std::map<int, std::string> names;
  for (const Json& name : of_phase(events, "M")) {
    if (name.at("name") == "thread_name") {
      names[name.at("tid")] = name.at("args").at("name");
    }
  }
  for (const Json& slice : of_phase(events, "X")) {
    ASSERT_TRUE(names.contains(slice.at("tid"))) << slice;
  }
  std::set<std::string> distinct;
  for (const auto& [track, name] : names) {
    distinct.insert(name);
  }
  EXPECT_TRUE(distinct.contains("pe_array") && distinct.contains("dma_load"));
  EXPECT_EQ(distinct.size(), names.size());
}

TEST_P(TimelineTest, ArrowsLeadFromWithinASliceToTheBeginOfOneThatIsNotEarlier) {
  const Json events = timeline();
  std::map<int, std::set<std::pair<Cycles, Cycles>>> slices;
  for (const Json& slice : of_phase(events, "X")) {
    const Cycles begin = slice.at("ts");
    slices[slice.at("tid")].emplace(begin, begin + slice.at("dur").get<Cycles>());
  }
  const auto starts = of_phase(events, "s");
  const auto ends = of_phase(events, "f");
  ASSERT_EQ(starts.size(), ends.size());
  EXPECT_GT(starts.size(), 100U);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    EXPECT_EQ(starts[i].at("id"), ends[i].at("id"));
    const Cycles from = starts[i].at("ts");
    const Cycles to = ends[i].at("ts");
    EXPECT_LT(from, to) << starts[i];
    const auto& of_start = slices[starts[i].at("tid")];
    EXPECT_TRUE(std::ranges::any_of(of_start, [&](const auto& slice) {
      return slice.first <= from && from < slice.second;
    })) << starts[i];
    const auto& of_end = slices[ends[i].at("tid")];
    EXPECT_TRUE(std::ranges::any_of(of_end, [&](const auto& slice) { return slice.first == to; }))
        << ends[i];
  }
}

TEST_P(TimelineTest, CountersAddUpToTheReport) {
  const Json events = timeline();
  const Cycles cycles = report_.at("totals").at("cycles");
  std::map<std::string, std::vector<std::pair<Cycles, double>>> series;
  for (const Json& counter : of_phase(events, "C")) {
    series[counter.at("name")].emplace_back(counter.at("ts").get<Cycles>(),
                                            counter.at("args").begin()->get<double>());
  }
  const auto total = [&](const std::string& name) {
    double sum = 0;
    const auto& windows = series.at(name);
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const Cycles until = i + 1 < windows.size() ? windows[i + 1].first : cycles;
      sum += windows[i].second * static_cast<double>(until - windows[i].first);
    }
    return sum;
  };
  const Json& totals = report_.at("totals");
  EXPECT_NEAR(total("dram_read_bandwidth"), totals.at("dram_read_bytes"), 1);
  EXPECT_NEAR(total("dram_write_bandwidth"), totals.at("dram_write_bytes"), 1);
  EXPECT_NEAR(total("scratchpad_read_bandwidth"), totals.at("scratchpad_read_bytes"), 1);
  EXPECT_NEAR(total("pe_utilization") / static_cast<double>(cycles), totals.at("pe_utilization"),
              1e-6);
  EXPECT_GT(total("scratchpad_occupied"), 0);
}

TEST_P(TimelineTest, IsTheSameBytesEveryTime) {
  timeline();
  const std::string before = unzipped(file());
  const auto bytes = std::filesystem::file_size(file());
  timeline();
  EXPECT_EQ(unzipped(file()), before);
  EXPECT_EQ(std::filesystem::file_size(file()), bytes);
}

TEST(TimelineErrorTest, AFileThatCannotBeWrittenIsSaidFirst) {
  const ProgramResult result =
      run_vitsim(kRunShapes + Arguments{"-w", "random:1", "--timeline", "/nowhere/t.json.gz"});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.err, testing::HasSubstr("/nowhere/t.json.gz"));
}

}  // namespace
}  // namespace vitsim::test
