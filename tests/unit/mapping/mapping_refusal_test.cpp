// SPDX-License-Identifier: Apache-2.0
// What is refused, and why. Each test edits a mapping that works.
#include <functional>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "vitsim/config/load.h"
#include "vitsim/mapping/chains.h"
#include "vitsim/mapping/choices.h"
#include "vitsim/mapping/layout.h"
#include "vitsim/mapping/needs.h"
#include "vitsim/mapping/residency.h"
#include "vitsim/model/vit_graph.h"
#include "vitsim/reference/weights.h"

#include "mapping_files.h"

namespace vitsim::mapping {
namespace {

using testing::AllOf;
using testing::HasSubstr;

test::Case shapes(const std::string& config, const std::vector<std::string>& overrides) {
  const std::filesystem::path root = VITSIM_SOURCE_DIR;
  test::Case loaded;
  loaded.config = config::load_config(root / "configs" / config, overrides);
  loaded.model = config::load_model(root / "models" / "shapes10_vit.yaml", {"model.depth=1"});
  loaded.model.attention = loaded.config.attention;
  loaded.graph = model::build_vit_graph(
      loaded.config, loaded.model, reference::random_weights(1, loaded.model),
      reference::fixed_ranges(loaded.model, loaded.config.attention));
  return loaded;
}

/// A mapping where everything goes through DRAM but what never leaves the chip. `grouped`: a head's
/// scores, softmax and weighted sum hand on row tiles of 13 rows.
Mapping plain(const test::Case& drawn, bool grouped, bool skewed) {
  const config::Accelerator& machine = drawn.config.accelerator;
  Mapping mapping;
  mapping.order = depth_first_order(drawn.graph);
  const Sequence sequence(drawn.graph, mapping.order);
  const auto lives = lifetimes(sequence);
  for (std::size_t id = 0; id < drawn.graph.tensors.size(); ++id) {
    const model::Tensor& tensor = drawn.graph.tensors[id];
    if (tensor.on_chip) {
      mapping.stays.push_back(
          {static_cast<model::TensorId>(id), 0, tensor.cols, lives[id].first, lives[id].last});
    }
  }
  constexpr std::int64_t kRows = 13;
  for (const Chain& chain : chains_of(sequence)) {
    if (grouped && chain.stages == 3 && sequence.op(chain.first).layer == "blocks.0.attn.qk") {
      mapping.groups.push_back({chain.first,
                                chain.last(),
                                3,
                                kRows,
                                skewed,
                                {{0, skewed ? 2 : 1}, {1, skewed ? 2 : 1}}});
    }
  }
  EXPECT_EQ(mapping.groups.size(), grouped ? 1U : 0U);
  Pricing pricing(machine, Pace::kAsOneStream, 8);
  for (int op = 0; op < sequence.size(); ++op) {
    const bool in_group = grouped && mapping.groups[0].first <= op && op <= mapping.groups[0].last;
    const auto in_ring = [&](const model::View& view) {
      const std::string& name = sequence.tensor(view).name;
      return in_group && (name.find("scores") != std::string::npos ||
                          name.find("weights") != std::string::npos);
    };
    const Needs needs = needs_of(sequence.op(op), drawn.graph, machine, [&](const auto& view) {
      return sequence.tensor(view).on_chip || in_ring(view);
    });
    const auto all =
        choices(sequence.op(op), needs, machine, in_group ? kRows : std::int64_t{1} << 30, pricing);
    mapping.ops.push_back({all.front().tiling});
  }
  place(sequence, machine, mapping, capacity_of(machine.scratchpad));
  return mapping;
}

class MappingRefusal : public testing::Test {
 protected:
  explicit MappingRefusal(const std::string& config = "softmax_64x64.yaml", bool grouped = false,
                          bool skewed = false)
      : drawn_(shapes(config, {"accelerator.scratchpad.size_kib=512"})),
        yaml_(to_yaml(plain(drawn_, grouped, skewed), drawn_.graph, drawn_.config.accelerator)) {}

  /// The place of `old` in the text, which must be there.
  void replace(const std::string& old, const std::string& now) {
    const std::size_t at = yaml_.find(old);
    ASSERT_NE(at, std::string::npos) << old << "\n" << yaml_;
    yaml_.replace(at, old.size(), now);
  }
  /// The line that begins with these words.
  [[nodiscard]] std::string line(const std::string& begin) const {
    const std::size_t at = yaml_.find("\n" + begin);
    EXPECT_NE(at, std::string::npos) << begin << "\n" << yaml_;
    return at == std::string::npos ? "" : yaml_.substr(at + 1, yaml_.find('\n', at + 1) - at);
  }
  [[nodiscard]] std::string op(const std::string& name) const {
    return line("  - {name: " + name + ",");
  }
  void edit(const std::string& begin, const std::string& pattern, const std::string& now) {
    const std::string old = line(begin);
    const std::string edited = std::regex_replace(old, std::regex(pattern), now);
    ASSERT_NE(old, edited) << old;
    replace(old, edited);
  }
  void edit_op(const std::string& name, const std::string& pattern, const std::string& now) {
    edit("  - {name: " + name + ",", pattern, now);
  }
  void remove_addresses() { yaml_ = test::without_addresses(yaml_); }
  void set_stays(const std::string& stays) { set("stays:", stays, "groups:"); }
  void add_stay(const std::string& tensor, std::int64_t cols, const std::string& from,
                const std::string& to) {
    stay_lines_ = fmt::format("  - {{tensor: {}, cols: [0, {}], from: {}, to: {}}}\n", tensor, cols,
                              from, to);
    set_stays("\n" + stay_lines_);
  }
  /// Q, K and V of all heads stay; addresses are gone.
  void add_stay_of_qkv(const std::string& from, const std::string& to) {
    remove_addresses();
    add_stay("blocks.0.attn.qkv", 192, from, to);
    edit_op("blocks.0.attn.qkv", ", out: [0-9]+", "");
    for (const int head : {0, 1}) {
      edit_op(fmt::format("blocks.0.attn.qk.{}", head), "lhs: [0-9]+, rhs: [0-9]+, ", "");
      edit_op(fmt::format("blocks.0.attn.av.{}", head), "rhs: [0-9]+, ", "");
    }
  }

  void expect_refusal(const testing::Matcher<std::string>& message) {
    try {
      test::read_back(directory_, yaml_, drawn_);
      FAIL() << "was accepted:\n" << yaml_;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), AllOf(message, HasSubstr("mapping.yaml")));
    }
  }
  void expect_sound() {
    const Mapping mapping = test::read_back(directory_, yaml_, drawn_);
    EXPECT_EQ(test::problems(mapping, drawn_), "") << yaml_;
  }

  test::TemporaryDirectory directory_;
  test::Case drawn_;
  std::string yaml_;
  std::string stay_lines_;

 private:
  void set(const std::string& from, const std::string& value, const std::string& to) {
    const std::size_t begin = yaml_.find("\n" + from) + 1;
    const std::size_t end = to.empty() ? yaml_.size() : yaml_.find("\n" + to) + 1;
    yaml_.replace(begin, end - begin, from + value + "\n");
  }
};

TEST_F(MappingRefusal, TheMappingItselfIsNotRefused) { expect_sound(); }

TEST_F(MappingRefusal, OfAFileThatIsNotThere) {
  try {
    static_cast<void>(read_mapping("no/such/file", drawn_.graph, drawn_.config.accelerator));
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no/such/file"));
  }
}

TEST_F(MappingRefusal, OfAnotherSchema) {
  replace("vitsim.mapping/1", "vitsim.mapping/2");
  expect_refusal(AllOf(HasSubstr("schema: got 'vitsim.mapping/2', expected 'vitsim.mapping/1'"),
                       HasSubstr(" line ")));
}

TEST_F(MappingRefusal, OfAMappingWithAnotherNumberOfOperators) {
  edit("model:", "operators: [0-9]+", "operators: 7");
  expect_refusal(HasSubstr("model.operators: got '7', expected '"));
}

TEST_F(MappingRefusal, OfAMappingOfANetworkWithOtherShapes) {
  drawn_.graph.tensors.front().cols += 1;
  expect_refusal(HasSubstr("model.fingerprint: got '"));
}

TEST_F(MappingRefusal, OfAKeyThatIsUnknown) {
  edit_op("blocks.0.norm1", "tile:", "tiles:");
  expect_refusal(HasSubstr("tiles: unknown key, did you mean 'tile'?"));
}

TEST_F(MappingRefusal, OfAnOperatorThatIsUnknownWithTheNearest) {
  edit_op("blocks.0.norm1", "blocks.0.norm1", "blocks.0.norm3");
  expect_refusal(
      HasSubstr("got 'blocks.0.norm3', expected an operator of the network, did you "
                "mean 'blocks.0.norm1'?"));
}

TEST_F(MappingRefusal, OfAnOperatorThatIsMissing) {
  replace(op("blocks.0.norm1"), "");
  expect_refusal(HasSubstr("operators without 'blocks.0.norm1', expected all"));
}

TEST_F(MappingRefusal, OfAnOperatorThatComesTwice) {
  const std::string norm = op("blocks.0.norm1");
  replace(norm, norm + norm);
  expect_refusal(HasSubstr("got 'blocks.0.norm1' a second time"));
}

TEST_F(MappingRefusal, OfAnOrderInWhichSomethingIsReadTooEarly) {
  const std::string norm = op("blocks.0.norm1");
  const std::string qkv = op("blocks.0.attn.qkv");
  replace(norm, "");
  replace(qkv, qkv + norm);
  expect_refusal(HasSubstr("got 'blocks.0.attn.qkv', expected it after 'blocks.0.norm1'"));
}

TEST_F(MappingRefusal, OfASideThatIsMissing) {
  edit_op("blocks.0.attn.qkv", "m: [0-9]+, ", "");
  expect_refusal(HasSubstr(".tile.m: got nothing"));
}

TEST_F(MappingRefusal, OfSidesThatAreNoPositiveIntegers) {
  for (const char* side : {"0", "-4", "99999999999999999999", "1.5", "many", "[1]"}) {
    const std::string before = yaml_;
    edit_op("blocks.0.attn.qkv", "m: [0-9]+", std::string("m: ") + side);
    expect_refusal(HasSubstr(".tile.m: got "));
    yaml_ = before;
  }
}

TEST_F(MappingRefusal, OfATileThatIsWiderThanTheArray) {
  edit_op("blocks.0.attn.qkv", "n: [0-9]+", "n: 65");
  expect_refusal(HasSubstr(".tile.n: got '65', expected at most 64: sums that leave the array"));
}

TEST_F(MappingRefusal, OfATileOfMoreRowsThanTheProductHas) {
  edit_op("blocks.0.attn.qkv", "m: [0-9]+", "m: 4000");
  expect_refusal(HasSubstr(".tile.m: got '4000', expected at most "));
}

TEST_F(MappingRefusal, OfAFoldThatIsCut) {
  edit_op("blocks.0.attn.qkv", "k: [0-9]+", "k: 33");
  expect_refusal(HasSubstr(".tile.k: got '33', expected a multiple of 64"));
}

TEST_F(MappingRefusal, OfMoreRowsThanAnOperatorHas) {
  edit_op("blocks.0.norm1", "rows: [0-9]+", "rows: 4000");
  expect_refusal(HasSubstr(".tile.rows: got '4000', expected at most "));
}

TEST_F(MappingRefusal, OfNoSlotsWhereAnOperandIsInDram) {
  edit_op("blocks.0.attn.qkv", "rhs: [0-9]+, ", "");
  expect_refusal(HasSubstr(".tile.slots.rhs: got none, expected at least 1"));
}

TEST_F(MappingRefusal, OfSlotsForAnOperandThatThereIsNot) {
  edit_op("blocks.0.attn.qkv", "rhs:", "residual: 2, rhs:");
  expect_refusal(HasSubstr(".tile.slots.residual: got '2', expected none: the operator has no"));
}

TEST_F(MappingRefusal, OfSlotsWhereAnOperandIsInTheScratchpad) {
  remove_addresses();
  add_stay("blocks.0.norm1", 64, "blocks.0.norm1", "blocks.0.attn.qkv");
  expect_refusal(AllOf(HasSubstr(".tile.slots.lhs: got '"),
                       HasSubstr("expected none: 'blocks.0.norm1' is in the scratchpad then")));
}

TEST_F(MappingRefusal, OfNothingWhereAStayTakesTheSlotsPlace) {
  add_stay_of_qkv("blocks.0.attn.qkv", "blocks.0.attn.av.1");
  expect_sound();
}

TEST_F(MappingRefusal, OfSlotsOfRowsWhereAllIsInTheScratchpad) {
  remove_addresses();
  add_stay("blocks.0.attn.scores.0", 65, "blocks.0.attn.qk.0", "blocks.0.attn.softmax.0");
  stay_lines_ +=
      "  - {tensor: blocks.0.attn.weights.0, cols: [0, 65], from: "
      "blocks.0.attn.softmax.0, to: blocks.0.attn.av.0}\n";
  set_stays("\n" + stay_lines_);
  edit_op("blocks.0.attn.qk.0", ", out: [0-9]+", "");
  edit_op("blocks.0.attn.av.0", "lhs: [0-9]+, ", "");
  const std::string before = yaml_;
  expect_refusal(HasSubstr(".tile.slots: got"));
  edit_op("blocks.0.attn.softmax.0", "slots: [0-9]+", "slots: 0");
  expect_sound();
}

TEST_F(MappingRefusal, OfNoSlotsOfRowsWhereSomethingIsInDram) {
  edit_op("blocks.0.norm1", "slots: [0-9]+", "slots: 0");
  expect_refusal(HasSubstr(".tile.slots: got '0', expected at least 1"));
}

TEST_F(MappingRefusal, OfAStayOfATensorThatIsUnknown) {
  add_stay("blocks.0.nrom1", 64, "blocks.0.norm1", "blocks.0.attn.qkv");
  expect_refusal(
      HasSubstr("stays[0].tensor: got 'blocks.0.nrom1', expected a tensor of the "
                "network, did you mean 'blocks.0.norm1'?"));
}

TEST_F(MappingRefusal, OfAStayBetweenOperatorsThatAreUnknown) {
  add_stay("blocks.0.norm1", 64, "blocks.0.norm9", "blocks.0.attn.qkv");
  expect_refusal(HasSubstr("stays[0].from: got 'blocks.0.norm9', expected an operator"));
}

TEST_F(MappingRefusal, OfAStayOutsideItsTensor) {
  add_stay("blocks.0.norm1", 65, "blocks.0.norm1", "blocks.0.attn.qkv");
  expect_refusal(HasSubstr("stays[0].cols: got '[0, 65]', expected some of the 64 columns"));
}

TEST_F(MappingRefusal, OfAStayWhoseColumnsAreNoPair) {
  set_stays("\n  - {tensor: blocks.0.norm1, cols: [1], from: blocks.0.norm1, to: head}");
  expect_refusal(HasSubstr("stays[0].cols: got 1 numbers, expected [FIRST, COUNT]"));
}

TEST_F(MappingRefusal, OfAStayThatEndsBeforeItBegins) {
  add_stay("blocks.0.norm1", 64, "blocks.0.attn.qkv", "blocks.0.norm1");
  expect_refusal(HasSubstr("stays[0].to: got 'blocks.0.norm1', expected 'blocks.0.attn.qkv' or"));
}

TEST_F(MappingRefusal, OfAStayThatBeginsBetweenTheFirstWriteAndTheLast) {
  add_stay("blocks.0.attn.context", 64, "blocks.0.attn.av.1", "blocks.0.attn.proj");
  expect_refusal(
      HasSubstr("stays[0].from: got 'blocks.0.attn.av.1', expected 'blocks.0.attn.av.0'"));
}

TEST_F(MappingRefusal, OfAStayThatEndsBeforeTheTensorIsComplete) {
  add_stay("blocks.0.attn.context", 64, "blocks.0.attn.av.0", "blocks.0.attn.av.0");
  expect_refusal(HasSubstr("stays[0].to: got 'blocks.0.attn.av.0', expected 'blocks.0.attn.av.1'"));
}

TEST_F(MappingRefusal, OfAStayOfSomeColumnsThatIsWritten) {
  add_stay("blocks.0.norm1", 32, "blocks.0.norm1", "blocks.0.attn.qkv");
  expect_refusal(HasSubstr("stays[0].cols: got '[0, 32]', expected '[0, 64]'"));
}

TEST_F(MappingRefusal, OfTwoStaysThatAreWritten) {
  add_stay("blocks.0.norm1", 64, "blocks.0.norm1", "blocks.0.attn.qkv");
  set_stays("\n" + stay_lines_ + stay_lines_);
  expect_refusal(HasSubstr("stays[1].from: got 'blocks.0.norm1' a second time"));
}

TEST_F(MappingRefusal, OfAStayOfTheInputAndOfTheLogits) {
  const model::Graph& graph = drawn_.graph;
  for (const model::TensorId id : {graph.input, graph.logits}) {
    const model::Tensor& tensor = graph.tensors[static_cast<std::size_t>(id)];
    add_stay(tensor.name, tensor.cols, graph.ops.back().name, graph.ops.back().name);
    expect_refusal(HasSubstr("expected neither the network's input nor its logits"));
  }
}

TEST_F(MappingRefusal, OfMoreBytesThanTheScratchpadHas) {
  edit_op("blocks.0.mlp.fc1", "lhs: [0-9]+", "lhs: 65536");
  for (int i = 0; i < 2; ++i) {
    expect_refusal(AllOf(HasSubstr("bytes in use during 'blocks.0.mlp.fc1'"),
                         HasSubstr("expected at most 524288")));
    remove_addresses();
  }
}

TEST_F(MappingRefusal, OfAnAddressBehindTheEnd) {
  edit_op("blocks.0.mlp.fc1", R"(addresses: \[[0-9]+)", "addresses: [524272");
  expect_refusal(AllOf(HasSubstr(".addresses[0]: got '524272', expected 0 to "),
                       HasSubstr("of 524288 bytes (accelerator.scratchpad.size_kib '512')")));
}

TEST_F(MappingRefusal, OfAnAddressThatIsNoMultipleOfABanksWidth) {
  edit_op("blocks.0.mlp.fc1", R"(addresses: \[[0-9]+)", "addresses: [8");
  expect_refusal(HasSubstr(".addresses[0]: got '8', expected a multiple of 16"));
}

TEST_F(MappingRefusal, OfAddressesForSomeOnly) {
  edit_op("blocks.0.mlp.fc1", R"(, addresses: \[[0-9]+\])", "");
  expect_refusal(HasSubstr(".addresses[0]: got none, expected one, as others have theirs"));
}

TEST_F(MappingRefusal, OfBytesThatTwoWantAtOnce) {
  add_stay_of_qkv("blocks.0.attn.qkv", "blocks.0.attn.av.1");
  const Mapping placed = test::read_back(directory_, yaml_, drawn_);
  yaml_ = to_yaml(placed, drawn_.graph, drawn_.config.accelerator);
  edit_op("blocks.0.attn.qk.0", R"(addresses: \[[0-9]+)",
          fmt::format("addresses: [{}", placed.stays.front().address));
  expect_refusal(AllOf(HasSubstr("for the slots of 'blocks.0.attn.qk.0'"),
                       HasSubstr("apart from the stay of 'blocks.0.attn.qkv'"),
                       HasSubstr("both are in use during 'blocks.0.attn.qk.0'")));
}

TEST_F(MappingRefusal, OfYamlThatIsNone) {
  yaml_ += "]]]";
  expect_refusal(HasSubstr("malformed YAML"));
}

TEST_F(MappingRefusal, OfAnEmptyFile) {
  yaml_ = "";
  expect_refusal(HasSubstr("expected a map of keys"));
}

/// With heads that hand on row tiles, stage after stage.
class GroupRefusal : public MappingRefusal {
 protected:
  explicit GroupRefusal(bool skewed = false) : MappingRefusal("softmax_64x64.yaml", true, skewed) {}
  void edit_group(const std::string& pattern, const std::string& now) {
    edit("  - {from:", pattern, now);
  }
};

TEST_F(GroupRefusal, TheMappingItselfIsNotRefused) { expect_sound(); }

TEST_F(GroupRefusal, OfPartOfTheHeadsIsNone) {
  edit_group("to: blocks.0.attn.av.1", "to: blocks.0.attn.av.0");
  remove_addresses();
  expect_refusal(HasSubstr("slots"));  // the other head is in no group then
}

TEST_F(GroupRefusal, OfAGroupThatIsNoChain) {
  edit_group("from: [a-z0-9.]+,", "from: blocks.0.attn.softmax.0,");
  expect_refusal(HasSubstr("groups[0].stages: got '3' from 'blocks.0.attn.softmax.0'"));
}

TEST_F(GroupRefusal, OfAGroupThatEndsBeforeItBegins) {
  edit_group("to: [a-z0-9.]+,", "to: blocks.0.norm1,");
  expect_refusal(HasSubstr("groups[0].to: got 'blocks.0.norm1', expected an operator behind"));
}

TEST_F(GroupRefusal, OfMoreRowsThanThereAre) {
  edit_group("rows: 13", "rows: 66");
  expect_refusal(HasSubstr("groups[0].rows: got '66', expected at most 65"));
}

TEST_F(GroupRefusal, OfTilesThatAreHigherThanTheGroups) {
  edit_group("rows: 13", "rows: 5");
  expect_refusal(HasSubstr("expected at most 5: rows of the group's tiles"));
}

TEST_F(GroupRefusal, OfGroupsThatShareOperators) {
  const std::string group = line("  - {from:");
  replace(group, group + group);
  expect_refusal(
      HasSubstr("groups[1].from: got 'blocks.0.attn.qk.0', expected an operator behind"));
}

TEST_F(GroupRefusal, OfAStageWithoutARing) {
  edit_group("\\{stage: 0[^}]*\\}, ", "");
  expect_refusal(HasSubstr("groups[0].rings: got none of stage 0"));
}

TEST_F(GroupRefusal, OfTwoRingsOfAStage) {
  edit_group("stage: 1", "stage: 0");
  expect_refusal(HasSubstr("groups[0].rings[1].stage: got '0' a second time"));
}

TEST_F(GroupRefusal, OfARingOfTheLastStage) {
  edit_group("stage: 1", "stage: 2");
  expect_refusal(HasSubstr("groups[0].rings[1].stage: got '2', expected one of 0 to 1"));
}

TEST_F(GroupRefusal, OfCopiesThatAreCutOtherwise) {
  edit_op("blocks.0.attn.softmax.1", "rows: [0-9]+", "rows: 1");
  expect_refusal(HasSubstr("expected the same for all copies of a chain in groups[0]"));
}

TEST_F(GroupRefusal, OfAStayOfWhatPassesThroughARing) {
  add_stay("blocks.0.attn.scores.0", 65, "blocks.0.attn.qk.0", "blocks.0.attn.softmax.0");
  expect_refusal(HasSubstr("does not pass through a ring"));
}

TEST_F(GroupRefusal, OfAStayThatHoldsDuringPartOfTheGroup) {
  remove_addresses();
  add_stay("blocks.0.attn.qkv", 192, "blocks.0.attn.qkv", "blocks.0.attn.qk.0");
  expect_refusal(HasSubstr("stays[0].to: got 'blocks.0.attn.qk.0', expected the stay to hold"));
}

class SkewedGroupRefusal : public GroupRefusal {
 protected:
  SkewedGroupRefusal() : GroupRefusal(true) {}
};

TEST_F(SkewedGroupRefusal, TheMappingItselfIsNotRefused) { expect_sound(); }

TEST_F(SkewedGroupRefusal, OfRingsThatHoldTooFewTiles) {
  edit_group("slots: 2", "slots: 1");
  expect_refusal(HasSubstr("groups[0].rings[0].slots: got '1', expected at least 2"));
}

/// With vectors that never leave the chip.
class TaylorRefusal : public MappingRefusal {
 protected:
  TaylorRefusal() : MappingRefusal("vitality.yaml") {}
};

TEST_F(TaylorRefusal, TheMappingItselfIsNotRefused) { expect_sound(); }

TEST_F(TaylorRefusal, OfATensorThatShouldNeverLeaveTheChipWithoutAStay) {
  replace(line("  - {tensor:"), "");
  expect_refusal(HasSubstr("never leaves the chip"));
}

TEST_F(TaylorRefusal, OfAStayThatEndsBeforeSuchATensorIsReadForTheLastTime) {
  const std::string stay = line("  - {tensor:");
  const std::regex ends("from: ([a-z0-9._]+), to: [a-z0-9._]+");
  replace(stay, std::regex_replace(stay, ends, "from: $1, to: $1"));
  expect_refusal(HasSubstr("never leaves the chip"));
}

TEST_F(TaylorRefusal, OfAnotherOrderThanTheNetworks) {
  const std::string norm = op("blocks.0.norm1");
  const std::size_t at = yaml_.find(norm);
  const std::string next =
      yaml_.substr(at + norm.size(), yaml_.find('\n', at + norm.size()) + 1 - at - norm.size());
  replace(norm + next, next + norm);
  expect_refusal(HasSubstr("by the order of the network, which must be kept"));
}

}  // namespace
}  // namespace vitsim::mapping
