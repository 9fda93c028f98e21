// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/residency.h"

#include <vector>

#include <gtest/gtest.h>

#include "vitsim/mapping/needs.h"

#include "support/random_case.h"

namespace vitsim::mapping {
namespace {

using model::TensorId;
using model::View;

TEST(Lifetimes, AreFromTheFirstToTheLastOperatorThatTouchesATensor) {
  model::Graph graph;
  graph.tensors.resize(4);
  const auto view = [](TensorId id) { return model::View{id, 0, 0, 1, 1}; };
  graph.ops.push_back({"a", "a", view(1), model::Add{view(0), view(0)}});
  graph.ops.push_back({"b", "b", view(2), model::Add{view(0), view(0)}});
  graph.ops.push_back({"c", "c", view(0), model::Add{view(1), view(1)}});
  const auto spans = lifetimes(Sequence(graph));
  EXPECT_EQ(spans[0].first, 0);
  EXPECT_EQ(spans[0].last, 2);
  EXPECT_EQ(spans[1].first, 0);
  EXPECT_EQ(spans[1].last, 2);
  EXPECT_EQ(spans[2].first, 1);
  EXPECT_EQ(spans[2].last, 1);
  EXPECT_EQ(spans[3].first, -1);
  EXPECT_EQ(spans[3].last, -1);
}

TEST(PlanResidency, LeavesToEachOperatorWhatItNeeds) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const test::Case drawn = test::random_case(seed);
    const auto& machine = drawn.config.accelerator;
    const Room capacity = capacity_of(machine.scratchpad);
    const auto resident = plan_residency(drawn.graph, machine, capacity);
    const auto spans = lifetimes(Sequence(drawn.graph));
    ASSERT_EQ(resident.size(), drawn.graph.tensors.size());
    for (std::size_t op = 0; op < drawn.graph.ops.size(); ++op) {
      Room used;
      for (std::size_t id = 0; id < resident.size(); ++id) {
        const bool alive =
            spans[id].first <= static_cast<int>(op) && static_cast<int>(op) <= spans[id].last;
        if (resident[id] && alive) {
          const model::Tensor& tensor = drawn.graph.tensors[id];
          used += resident_room(tensor, machine.scratchpad);
        }
      }
      const Needs needs = needs_of(
          drawn.graph.ops[op], drawn.graph, machine,
          [&](const View& view) { return bool{resident[static_cast<std::size_t>(view.tensor)]}; });
      ASSERT_TRUE((used + least_room(needs, machine)).fits(capacity)) << describe(drawn);
    }
  }
}

TEST(PlanResidency, KeepsActivationsOnlyAndNeverTheLogits) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const test::Case drawn = test::random_case(seed);
    constexpr Bytes kPlenty = Bytes{64} * 1024 * 1024;
    const auto resident = plan_residency(drawn.graph, drawn.config.accelerator,
                                         Room(kPlenty, 0) + Room(kPlenty, 1) + Room(kPlenty, 2));
    for (std::size_t id = 0; id < resident.size(); ++id) {
      const bool may_stay = drawn.graph.tensors[id].role == model::Role::kActivation &&
                            static_cast<TensorId>(id) != drawn.graph.logits;
      EXPECT_TRUE(may_stay || !resident[id]) << drawn.graph.tensors[id].name;
    }
  }
}

TEST(PlanResidency, KeepsInNoBytesOnlyWhatNeverLeavesTheChip) {
  int kept = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const test::Case drawn = test::random_case(seed);
    const auto resident = plan_residency(drawn.graph, drawn.config.accelerator, 0);
    for (std::size_t id = 0; id < resident.size(); ++id) {
      EXPECT_EQ(resident[id], drawn.graph.tensors[id].on_chip) << drawn.graph.tensors[id].name;
      kept += static_cast<int>(resident[id]);
    }
  }
  EXPECT_GT(kept, 0);
}

TEST(BytesOnChip, AreThoseOfEachTensorThatStaysFromItsFirstOperatorToItsLast) {
  model::Graph graph;
  config::Scratchpad pad;
  pad.bank_width_bytes = 16;
  const auto add = [&](std::int64_t cols, bool on_chip) {
    graph.tensors.push_back(
        {.name = "t", .rows = 1, .cols = cols, .element_bytes = 2, .on_chip = on_chip});
  };
  add(100, false);
  add(5, true);   // 10 bytes: a word of 16
  add(9, true);   // 18 bytes: two words
  add(50, true);  // nobody touches it
  const auto view = [](TensorId id) { return model::View{id, 0, 0, 1, 1}; };
  graph.ops.push_back({"a", "a", view(1), model::Add{view(0), view(0)}});
  graph.ops.push_back({"b", "b", view(2), model::Add{view(0), view(0)}});
  graph.ops.push_back({"c", "c", view(0), model::Add{view(1), view(0)}});
  graph.ops.push_back({"d", "d", view(0), model::Add{view(2), view(0)}});
  graph.ops.push_back({"e", "e", view(0), model::Add{view(0), view(0)}});
  EXPECT_EQ(room_on_chip(Sequence(graph), pad), (std::vector<Room>{16, 16 + 32, 16 + 32, 32, 0}));
}

}  // namespace
}  // namespace vitsim::mapping
