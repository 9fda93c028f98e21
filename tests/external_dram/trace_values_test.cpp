// SPDX-License-Identifier: Apache-2.0
// A memory with one wrong bit: a check names the value that it made wrong.
#include <regex>

#include <gmock/gmock.h>

#include "vitsim/config/load.h"
#include "vitsim/sim/map_network.h"
#include "vitsim/sim/trace_check_text.h"
#include "vitsim/sim/trace_run.h"

#include "bound_stub.h"
#include "support/in_child.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

constexpr std::int64_t kColumn = 5;

sim::TraceJob job() {
  const std::string root = VITSIM_SOURCE_DIR;
  sim::TraceJob job;
  job.workload.config = config::load_config(root + "/configs/softmax_64x64.yaml", {});
  job.workload.model = config::load_model(root + "/models/shapes10_vit.yaml", {"model.depth=1"});
  job.workload.weights = "random:1";
  job.workload.input = "random:1";
  return job;
}

/// Where a weight of the first product, which goes to column kColumn of its results, lies in DRAM.
std::uint64_t address_of_a_weight() {
  const sim::LoadedWorkload loaded = sim::load(job().workload);
  const auto mapped = sim::map_network(job().workload.config, loaded.graph);
  const auto tensor =
      std::ranges::find(loaded.graph.tensors, "patch_embed.weight", &model::Tensor::name);
  const auto id = static_cast<std::size_t>(tensor - loaded.graph.tensors.begin());
  return static_cast<std::uint64_t>(mapped.program.placements[id].dram_address + kColumn);
}

ChildResult with_memory(std::uint64_t faulty_address,
                        const std::function<std::string(sim::TraceJob&)>& body) {
  return in_child([&] {
    BoundStub memory(StubDram::Manner::kAcceptsAtOnce, sc_core::SC_ZERO_TIME,
                     sc_core::sc_time(40, sc_core::SC_NS));
    memory.stub.faulty_address = faulty_address;
    sim::TraceJob traced = job();
    traced.external = &memory;
    return body(traced);
  });
}

TEST(TraceValuesTest, AWrongBitInDramIsNamedByRowColumnAndBothValues) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "golden.vtrc";
  const ChildResult recorded = with_memory(~std::uint64_t{0}, [&](sim::TraceJob& traced) {
    return sim::record_trace(traced, file).first_mismatch;
  });
  ASSERT_TRUE(recorded.returned && recorded.text.empty()) << recorded.text;
  const auto check = [&](sim::TraceJob& traced) {
    const auto golden = sim::parse_trace_header(trace::Reader(file).header(), file.string());
    return sim::check_text(sim::check_trace(traced, file, golden, {}), "golden");
  };
  EXPECT_THAT(with_memory(~std::uint64_t{0}, check).text, testing::HasSubstr("as recorded"));
  const std::string text = with_memory(address_of_a_weight(), check).text;
  std::smatch values;
  const std::regex line(
      R"(values   embedded\[(\d+), (\d+)\]: got (-?\d+), expected (-?\d+), as the integer)");
  ASSERT_TRUE(std::regex_search(text, values, line)) << text;
  EXPECT_EQ(std::stoll(values[2]), kColumn);
  EXPECT_NE(values[3], values[4]);
}

TEST(TraceValuesTest, ARecordingThatIsWrongIsNotWritten) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "golden.vtrc";
  const std::string mismatch = with_memory(address_of_a_weight(), [&](sim::TraceJob& traced) {
                                 return sim::record_trace(traced, file).first_mismatch;
                               }).text;
  EXPECT_THAT(mismatch, testing::HasSubstr("embedded["));
  EXPECT_FALSE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace vitsim::test
