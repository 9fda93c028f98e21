// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/external_dram.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vitsim/core/error.h"
#include "vitsim/mapping/mapper.h"
#include "vitsim/model/integer_network.h"
#include "vitsim/sim/checker.h"
#include "vitsim/sim/machine.h"

#include "bound_stub.h"
#include "support/cramped_case.h"
#include "support/in_child.h"

namespace vitsim::test {
namespace {

using sc_core::SC_NS;
using sc_core::SC_PS;
using sc_core::sc_time;

/// A small network on a small machine at 300 MHz: a cycle is 3333.3 ps.
Case small_case() {
  Case drawn = cramped_case(small_arrays()[0].array, config::Attention::kSoftmax);
  drawn.config.accelerator.clock_mhz = 300;
  drawn.config.accelerator.scratchpad.size_kib = 2;
  return drawn;
}

/// Runs two images on the memory, compares every integer and returns the cycles of one.
Cycles run(const Case& drawn, sim::ExternalDram* memory) {
  const mapping::Program program = mapping::map_program(drawn.graph, drawn.config.accelerator);
  sim::Machine machine(drawn.config, drawn.graph, program, memory);
  sim::Checker checker(drawn.graph);
  machine.set_observer(&checker);
  Random random(5);
  Cycles cycles = 0;
  for (int image = 0; image < 2; ++image) {
    const IntMatrix input = random_input(random, drawn.graph);
    const auto expected = model::run_integer_network(drawn.graph, drawn.config.precision, input);
    checker.begin_image(expected);
    const sim::ImageTiming timing = machine.run(input);
    checker.end_image(machine, program, timing);
    EXPECT_TRUE(image == 0 || timing.cycles == cycles) << "images take the same cycles";
    cycles = timing.cycles;
  }
  EXPECT_EQ(checker.mismatches(), 0) << checker.first_mismatch();
  EXPECT_GT(checker.values_compared(), 1000);
  return cycles;
}

class ExternalDramTest : public testing::TestWithParam<StubDram::Manner> {};
INSTANTIATE_TEST_SUITE_P(Manners, ExternalDramTest,
                         testing::Values(StubDram::Manner::kFourPhases,
                                         StubDram::Manner::kAcceptsAtOnce,
                                         StubDram::Manner::kEarlyResponse,
                                         StubDram::Manner::kEarlyCompletion));

TEST_P(ExternalDramTest, ComputesEveryIntegerWhateverTheMannerOfTheTarget) {
  BoundStub memory(GetParam(), sc_time(1500, SC_PS), sc_time(40.123, SC_NS));
  EXPECT_GT(run(small_case(), &memory), 0);
  EXPECT_GT(memory.stub.accesses, 100U);
  EXPECT_EQ(memory.resets, 2);
}

/// The cycles of the same machine with kind simple and a bus that never limits.
Case with_latency(int latency_cycles) {
  Case drawn = small_case();
  drawn.config.accelerator.dram.kind = config::DramKind::kSimple;
  drawn.config.accelerator.dram.bytes_per_cycle = 65536;
  drawn.config.accelerator.dram.latency_cycles = latency_cycles;
  return drawn;
}

// A stub that answers after 40.123 ns answers an access of cycle t in t + 12.04, that is in cycle
// t + 12, and is seen in t + 13; one that answers after exactly 40 ns, at the edge of t + 12, too.
// Kind simple, its bus so wide that it takes a single cycle, answers in t + 2 + latency.
constexpr int kSameLatency = 10;

/// What `body` returns, run in a process of its own, as SystemC elaborates once in each.
template <class Body>
Cycles in_own_process(Body body) {
  const ChildResult result = in_child([&] { return std::to_string(body()); });
  EXPECT_TRUE(result.returned) << result.text;
  return result.returned ? std::stoll(result.text) : -1;
}

Cycles with_stub(StubDram::Manner manner, const sc_time& latency) {
  return in_own_process([&] {
    BoundStub memory(manner, sc_core::SC_ZERO_TIME, latency);
    return run(with_latency(kSameLatency), &memory);
  });
}

Cycles with_ours() {
  return in_own_process([] { return run(with_latency(kSameLatency), nullptr); });
}

TEST(ExternalDramCyclesTest, AnswersBetweenTwoEdgesAreSeenInTheNextCycle) {
  const Cycles ours = with_ours();
  EXPECT_EQ(with_stub(StubDram::Manner::kAcceptsAtOnce, sc_time(40.123, SC_NS)), ours);
  EXPECT_GT(with_stub(StubDram::Manner::kAcceptsAtOnce, sc_time(43.4, SC_NS)), ours);
}

TEST(ExternalDramCyclesTest, AnAnswerAtAnEdgeIsSeenInTheNextCycleToo) {
  const Cycles ours = with_ours();
  EXPECT_EQ(with_stub(StubDram::Manner::kAcceptsAtOnce, sc_time(40, SC_NS)), ours);
  EXPECT_LT(with_stub(StubDram::Manner::kAcceptsAtOnce, sc_time(39.9, SC_NS)), ours);
}

TEST(ExternalDramCyclesTest, AnAnnotatedEarlyAnswerHoldsTheNextRequestUntilItsTime) {
  EXPECT_GT(with_stub(StubDram::Manner::kEarlyCompletion, sc_time(40.123, SC_NS)), 2 * with_ours());
}

TEST(ExternalDramErrorTest, AMemoryThatIsTooSmallIsAnErrorThatNamesTheAddress) {
  BoundStub memory(StubDram::Manner::kAcceptsAtOnce, sc_core::SC_ZERO_TIME, sc_time(40, SC_NS),
                   100);
  try {
    run(small_case(), &memory);
    FAIL() << "accepted";
  } catch (const SimulationError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("transport_dbg: got 0 bytes at address"));
  }
}

}  // namespace
}  // namespace vitsim::test
