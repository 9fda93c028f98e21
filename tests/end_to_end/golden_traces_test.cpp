// SPDX-License-Identifier: Apache-2.0
// The golden traces of this repository: tools/update_goldens.sh rewrites them.
#include <set>

#include "vitsim/trace/file.h"

#include "end_to_end/jobs.h"

namespace vitsim::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostBytes = 50'000;

fs::path source(const std::string& name) { return fs::path(VITSIM_SOURCE_DIR) / name; }

std::vector<std::string> files_in(const std::string& folder, const std::string& extension) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(source(folder))) {
    if (entry.path().extension() == extension) {
      names.push_back(folder + "/" + entry.path().filename().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

nlohmann::json header_of(const std::string& golden) {
  return nlohmann::json::parse(trace::Reader(source(golden)).header());
}

class GoldenTraceTest : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Goldens, GoldenTraceTest,
                         testing::ValuesIn(files_in("tests/goldens", ".vtrc")),
                         [](const auto& golden) { return fs::path(golden.param).stem().string(); });

TEST_P(GoldenTraceTest, TheShippedConfigurationStillRunsAsRecorded) {
  const std::string config = header_of(GetParam()).at("files").at("config");
  Arguments check{"trace", "check", GetParam(), "-c", config};
  const ProgramResult result = run_vitsim(check);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err
                                 << "where this is meant to be so: tools/update_goldens.sh";
  EXPECT_THAT(result.out, testing::Not(testing::HasSubstr("remark: accelerator")));
}

TEST_P(GoldenTraceTest, IsSmall) { EXPECT_LT(fs::file_size(source(GetParam())), kMostBytes); }

TEST(GoldenTracesTest, EveryShippedConfigurationHasOne) {
  std::set<std::string> recorded;
  for (const std::string& golden : files_in("tests/goldens", ".vtrc")) {
    recorded.insert(header_of(golden).at("files").at("config").get<std::string>());
  }
  for (const std::string& config : files_in("configs", ".yaml")) {
    EXPECT_TRUE(recorded.contains(config)) << config;
  }
}

}  // namespace
}  // namespace vitsim::test
