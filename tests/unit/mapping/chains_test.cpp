// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/chains.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "vitsim/mapping/sequence.h"

#include "support/random_case.h"

namespace vitsim::mapping {
namespace {

/// The first softmax ViT with several heads.
test::Case with_heads() {
  for (std::uint64_t seed = 1;; ++seed) {
    test::Case drawn = test::random_case(seed, config::Attention::kSoftmax);
    if (drawn.model.heads > 1) {
      return drawn;
    }
  }
}

TEST(DepthFirstOrder, FinishesAHeadBeforeTheNext) {
  const test::Case drawn = with_heads();
  const Sequence sequence(drawn.graph, depth_first_order(drawn.graph));
  for (int op = 0; op + 2 < sequence.size(); ++op) {
    if (sequence.op(op).layer == "blocks.0.attn.qk") {
      EXPECT_EQ(sequence.op(op + 1).layer, "blocks.0.attn.softmax");
      EXPECT_EQ(sequence.op(op + 2).layer, "blocks.0.attn.av");
    }
  }
}

TEST(DepthFirstOrder, HasEachOperatorOnceAndBehindWhatItReads) {
  const test::Case drawn = with_heads();
  const std::vector<int> order = depth_first_order(drawn.graph);
  std::vector<int> sorted = order;
  std::ranges::sort(sorted);
  const Sequence own(drawn.graph);
  for (int i = 0; i < own.size(); ++i) {
    EXPECT_EQ(sorted[static_cast<std::size_t>(i)], i);
  }
  const Sequence sequence(drawn.graph, order);
  std::vector<int> written(drawn.graph.tensors.size(), 0);
  for (int op = 0; op < sequence.size(); ++op) {
    for (const model::View& view : inputs_of(sequence.op(op))) {
      const bool made = sequence.tensor(view).role == model::Role::kActivation;
      EXPECT_TRUE(!made || written[static_cast<std::size_t>(view.tensor)] > 0);
    }
    ++written[static_cast<std::size_t>(sequence.op(op).out.tensor)];
  }
}

TEST(DepthFirstOrder, LeavesTaylorAttentionAlone) {
  const test::Case drawn = test::random_case(1, config::Attention::kTaylor);
  EXPECT_TRUE(depth_first_order(drawn.graph).empty());
}

TEST(Chains, AreHeadsAndTheMlp) {
  const test::Case drawn = with_heads();
  const Sequence sequence(drawn.graph, depth_first_order(drawn.graph));
  bool heads = false;
  bool mlp = false;
  for (const Chain& chain : chains_of(sequence)) {
    const std::string first = sequence.op(chain.first).layer;
    const std::string last = sequence.op(chain.first + chain.stages - 1).layer;
    heads |= first == "blocks.0.attn.qk" && last == "blocks.0.attn.av" &&
             chain.copies == drawn.model.heads;
    mlp |= first == "blocks.0.mlp.fc1" && last == "blocks.0.mlp.fc2" && chain.copies == 1;
  }
  EXPECT_TRUE(heads);
  EXPECT_TRUE(mlp);
}

TEST(Chains, DoNotHandOnWhatOthersRead) {
  // The sum behind attention is read by layer norm and, later, by the second linear layer.
  const test::Case drawn = with_heads();
  const Sequence sequence(drawn.graph, depth_first_order(drawn.graph));
  for (const Chain& chain : chains_of(sequence)) {
    if (sequence.op(chain.first).layer == "blocks.0.attn.proj") {
      const std::string last = sequence.op(chain.first + chain.stages - 1).layer;
      EXPECT_EQ(last, "blocks.0.mlp.fc2");
      EXPECT_EQ(last_reader(sequence, chain, 0), chain.stages - 1);
    }
  }
}

}  // namespace
}  // namespace vitsim::mapping
