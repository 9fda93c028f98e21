// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/mapper.h"

#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include "vitsim/config/load.h"
#include "vitsim/core/error.h"
#include "vitsim/model/vit_graph.h"
#include "vitsim/reference/weights.h"

#include "support/program_checker.h"
#include "support/random_case.h"

namespace vitsim::mapping {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// The first few problems, a line each.
std::string problems(const Program& program, const test::Case& drawn) {
  auto found = test::check_program(program, drawn.graph, drawn.config.accelerator);
  if (found.size() > 5) {
    found.resize(5);
  }
  return fmt::format("{}", fmt::join(found, "\n"));
}

/// A shipped machine and a shipped architecture of `depth` blocks, with random weights.
test::Case shipped(const std::string& config, const std::string& model, int depth,
                   const std::vector<std::string>& overrides = {}) {
  const std::filesystem::path root = VITSIM_SOURCE_DIR;
  test::Case loaded;
  loaded.config = config::load_config(root / "configs" / config, overrides);
  loaded.model =
      config::load_model(root / "models" / model, {fmt::format("model.depth={}", depth)});
  loaded.model.attention = loaded.config.attention;
  loaded.graph = model::build_vit_graph(
      loaded.config, loaded.model, reference::random_weights(1, loaded.model),
      reference::fixed_ranges(loaded.model, loaded.config.attention));
  return loaded;
}

class ShippedPrograms : public testing::TestWithParam<std::tuple<const char*, const char*, int>> {};

TEST_P(ShippedPrograms, AreOrderedCompleteAndReadWhatWasWritten) {
  const auto& [config, model, depth] = GetParam();
  const test::Case loaded = shipped(config, model, depth);
  EXPECT_EQ(problems(map_program(loaded.graph, loaded.config.accelerator), loaded), "");
}

INSTANTIATE_TEST_SUITE_P(OfAllModels, ShippedPrograms,
                         testing::Values(std::tuple("softmax_64x64.yaml", "shapes10_vit.yaml", 1),
                                         std::tuple("softmax_64x64.yaml", "shapes10_vit.yaml", 2),
                                         std::tuple("softmax_64x64.yaml", "cifar10_vit.yaml", 2),
                                         std::tuple("softmax_64x64.yaml", "deit_tiny.yaml", 1),
                                         std::tuple("softmax_64x64.yaml", "deit_tiny.yaml", 2),
                                         std::tuple("softmax_64x64.yaml", "deit_small.yaml", 1),
                                         std::tuple("softmax_64x64.yaml", "deit_base.yaml", 1),
                                         std::tuple("edge_16x16.yaml", "shapes10_vit.yaml", 1),
                                         std::tuple("edge_16x16.yaml", "shapes10_vit.yaml", 2),
                                         std::tuple("edge_16x16.yaml", "cifar10_vit.yaml", 2),
                                         std::tuple("edge_16x16.yaml", "deit_tiny.yaml", 2),
                                         std::tuple("edge_16x16.yaml", "deit_small.yaml", 1),
                                         std::tuple("vitality.yaml", "shapes10_vit_taylor.yaml", 2),
                                         std::tuple("vitality.yaml", "deit_tiny_taylor.yaml", 2),
                                         std::tuple("vitality.yaml", "deit_base_taylor.yaml", 1)));

class TaylorPrograms : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(TaylorPrograms, AreOrderedCompleteAndReadWhatWasWritten) {
  const test::Case loaded = shipped("vitality.yaml", "shapes10_vit_taylor.yaml", 1, GetParam());
  EXPECT_EQ(problems(map_program(loaded.graph, loaded.config.accelerator), loaded), "");
}

INSTANTIATE_TEST_SUITE_P(
    OfAllVariants, TaylorPrograms,
    testing::Values(std::vector<std::string>{"accelerator.taylor_pipeline.overlap=none"},
                    std::vector<std::string>{"accelerator.taylor_pipeline.overlap=across_heads"},
                    std::vector<std::string>{"accelerator.taylor_pipeline.denominator=constant"},
                    std::vector<std::string>{"accelerator.taylor_pipeline.centering=deferred"},
                    std::vector<std::string>{"accelerator.taylor_pipeline.k_hat_layout=skewed"},
                    std::vector<std::string>{
                        "accelerator.taylor_pipeline.k_hat_layout=feature_major"},
                    std::vector<std::string>{"accelerator.pe_array.dataflow=input_stationary"},
                    std::vector<std::string>{"accelerator.pe_array.dataflow=output_stationary"},
                    std::vector<std::string>{"accelerator.pe_array.kind=row_wise"},
                    std::vector<std::string>{"attention=taylor_released",
                                             "accelerator.softmax_unit={kind: shiftmax}"}));

TEST(MapProgram, PassesTheCheckerOnRandomMachinesAndNetworks) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const test::Case drawn = test::random_case(seed);
    const Program program = map_program(drawn.graph, drawn.config.accelerator);
    ASSERT_EQ(problems(program, drawn), "") << describe(drawn);
  }
}

TEST(MapProgram, SaysHowManyKibibytesItNeedsAndWorksWithExactlySoMany) {
  int cases = 0;
  for (std::uint64_t seed = 1000; cases < 40; ++seed) {
    test::Case drawn = test::random_case(seed);
    drawn.config.accelerator.pe_array.rows = 40;
    drawn.config.accelerator.pe_array.cols = 40;
    const int least = test::least_kib(drawn.graph, drawn.config.accelerator);
    if (least == 1) {
      continue;
    }
    ++cases;
    drawn.config.accelerator.scratchpad.partitions.reset();
    auto& size_kib = drawn.config.accelerator.scratchpad.size_kib;
    size_kib = least - 1;
    try {
      map_program(drawn.graph, drawn.config.accelerator);
      FAIL() << "no error with " << size_kib << " KiB: " << describe(drawn);
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(),
                  HasSubstr(fmt::format(
                      "accelerator.scratchpad.size_kib: got '{}', expected at least {}: one tile "
                      "of each operand of '",
                      least - 1, least)));
    }
    size_kib = least;
    ASSERT_EQ(problems(map_program(drawn.graph, drawn.config.accelerator), drawn), "")
        << describe(drawn);
  }
}

TEST(MapProgram, PutsEachKindOfTensorIntoItsPartitionAndSaysWhichIsTooSmall) {
  test::Case loaded = shipped("softmax_64x64.yaml", "shapes10_vit.yaml", 1);
  auto& pad = loaded.config.accelerator.scratchpad;
  pad.partitions = config::Partitions{100, 60, 40, 0, 0, 0};
  EXPECT_EQ(problems(map_program(loaded.graph, loaded.config.accelerator), loaded), "");
  int refused = 0;
  for (int config::Partitions::*size :
       {&config::Partitions::weights_kib, &config::Partitions::activations_kib,
        &config::Partitions::scores_kib}) {
    // The smallest that is not refused is the one that errors ask for.
    config::Partitions& parts = *pad.partitions;
    const int before = parts.*size;
    std::string message;
    for (parts.*size = 1;; ++(parts.*size)) {
      pad.size_kib = parts.weights_kib + parts.activations_kib + parts.scores_kib;
      try {
        EXPECT_EQ(problems(map_program(loaded.graph, loaded.config.accelerator), loaded), "");
        break;
      } catch (const ConfigError& error) {
        message = error.what();
        ASSERT_LT(parts.*size, before);
      }
    }
    if (parts.*size > 1) {
      ++refused;
      EXPECT_THAT(message, HasSubstr("accelerator.scratchpad.partitions."));
      EXPECT_THAT(message, HasSubstr(fmt::format("_kib: got '{}', expected at least {}: one tile "
                                                 "of each operand of '",
                                                 parts.*size - 1, parts.*size)));
    }
    parts.*size = before;
  }
  EXPECT_GE(refused, 2);
}

TEST(MapProgram, FindsAProgramInEveryScratchpadFromTheSmallestOn) {
  test::Case loaded = shipped("edge_16x16.yaml", "shapes10_vit.yaml", 1);
  auto& machine = loaded.config.accelerator;
  for (int size = test::least_kib(loaded.graph, machine); size <= 160; size += size < 16 ? 1 : 9) {
    machine.scratchpad.size_kib = size;
    const Program program = map_program(loaded.graph, machine);
    EXPECT_EQ(problems(program, loaded), "") << size << " KiB";
    EXPECT_LE(program.scratchpad_bytes, size * Bytes{1024});
  }
}

TEST(MapProgram, KeepsEverythingButTheLogitsInAScratchpadThatIsLargeEnough) {
  const test::Case loaded = shipped("softmax_64x64.yaml", "shapes10_vit.yaml", 1,
                                    {"accelerator.scratchpad.size_kib=4096"});
  const Program program = map_program(loaded.graph, loaded.config.accelerator);
  for (std::size_t id = 0; id < loaded.graph.tensors.size(); ++id) {
    const bool activation = loaded.graph.tensors[id].role == model::Role::kActivation;
    const bool logits = static_cast<model::TensorId>(id) == loaded.graph.logits;
    EXPECT_EQ(program.placements[id].resident, activation && !logits)
        << loaded.graph.tensors[id].name;
  }
  // Nothing is loaded but input and constants, and they but once.
  Bytes loads = 0;
  for (const Command& command : program.commands) {
    if (command.unit == Unit::kDmaLoad) {
      const Region& dram = std::get<Transfer>(command.work).dram;
      loads += dram.rows * dram.row_bytes;
    }
  }
  Bytes distinct = 0;
  for (const model::Tensor& tensor : loaded.graph.tensors) {
    distinct += tensor.role == model::Role::kActivation ? 0 : tensor.size_bytes();
  }
  EXPECT_EQ(loads, distinct);
}

TEST(MapProgram, SumsUpTheHeadsOfAProductInOneLayer) {
  const test::Case loaded = shipped("edge_16x16.yaml", "shapes10_vit.yaml", 1);
  const Program program = map_program(loaded.graph, loaded.config.accelerator);
  std::vector<std::string> names;
  for (const Layer& layer : program.layers) {
    names.push_back(layer.name);
    if (layer.name == "blocks.0.attn.qk" || layer.name == "blocks.0.attn.av") {
      EXPECT_EQ(layer.macs, 65 * 64 * 65);
      EXPECT_EQ(layer.unit, Unit::kPeArray);
    }
    if (layer.name == "blocks.0.attn.softmax") {
      EXPECT_EQ(layer.macs, 0);
      EXPECT_EQ(layer.unit, Unit::kSoftmaxUnit);
    }
  }
  EXPECT_THAT(names, testing::ElementsAre(
                         "class_token", "patch_embed", "blocks.0.norm1", "blocks.0.attn.qkv",
                         "blocks.0.attn.qk", "blocks.0.attn.softmax", "blocks.0.attn.av",
                         "blocks.0.attn.proj", "blocks.0.norm2", "blocks.0.mlp.fc1",
                         "blocks.0.mlp.gelu", "blocks.0.mlp.fc2", "norm", "head"));
  ASSERT_EQ(program.layer_of_op.size(), loaded.graph.ops.size());
  for (std::size_t op = 0; op < loaded.graph.ops.size(); ++op) {
    EXPECT_EQ(program.layers[static_cast<std::size_t>(program.layer_of_op[op])].name,
              loaded.graph.ops[op].layer);
  }
}

TEST(MapProgram, CountsTheProductsOfDivisorsWhereTheArrayComputesThem) {
  for (const auto& [dataflow, on_array] :
       {std::pair("weight_stationary", false), {"input_stationary", true}}) {
    const test::Case loaded = shipped("vitality.yaml", "shapes10_vit_taylor.yaml", 1,
                                      {std::string("accelerator.pe_array.dataflow=") + dataflow});
    const Program program = map_program(loaded.graph, loaded.config.accelerator);
    std::vector<std::string> names;
    for (const Layer& layer : program.layers) {
      if (layer.name.starts_with("blocks.0.attn.")) {
        names.push_back(layer.name.substr(14));
      }
      if (layer.name == "blocks.0.attn.g") {
        EXPECT_EQ(layer.macs, 65 * 32 * 64);
      }
      if (layer.name == "blocks.0.attn.taylor") {
        EXPECT_EQ(layer.macs, 65 * 32 * 64 + (on_array ? 65 * 64 : 0));
        EXPECT_EQ(layer.unit, Unit::kPeArray);
        EXPECT_EQ(layer.operations.divide, 65 * 64);
      }
      if (layer.name == "blocks.0.attn.k_mean") {
        EXPECT_EQ(layer.unit, Unit::kDividerArray);
        EXPECT_EQ(layer.operations.divide, 64);
      }
    }
    EXPECT_THAT(names, testing::ElementsAre("qkv", "k_sum", "k_mean", "k_hat", "g", "v_sum",
                                            "k_hat_sum", "taylor", "proj"));
  }
}

/// A shipped machine with a scratchpad for everything.
test::Case shipped_on_chip(const std::string& config, const std::string& model) {
  return shipped(config, model, 1, {"accelerator.scratchpad.size_kib=4096"});
}

TEST(MapOnChip, KeepsEverythingButConstantsInTheScratchpad) {
  for (const test::Case& loaded : {shipped_on_chip("softmax_64x64.yaml", "shapes10_vit.yaml"),
                                   shipped_on_chip("vitality.yaml", "shapes10_vit_taylor.yaml")}) {
    const Program program = map_on_chip(loaded.graph, loaded.config.accelerator);
    EXPECT_EQ(problems(program, loaded), "");
    for (std::size_t id = 0; id < loaded.graph.tensors.size(); ++id) {
      EXPECT_EQ(program.placements[id].resident,
                loaded.graph.tensors[id].role != model::Role::kConstant)
          << loaded.graph.tensors[id].name;
    }
    for (const Command& command : program.commands) {
      EXPECT_NE(command.unit, Unit::kDmaStore);
    }
    EXPECT_EQ(program.layer_of_op.size(), loaded.graph.ops.size());
  }
}

TEST(MapOnChip, SaysWhereThereIsNoRoom) {
  const test::Case loaded = shipped("vitality.yaml", "shapes10_vit_taylor.yaml", 1,
                                    {"accelerator.scratchpad.size_kib=8"});
  try {
    map_on_chip(loaded.graph, loaded.config.accelerator);
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "accelerator.scratchpad.size_kib: got '8', expected room for all tensors at once");
  }
}

TEST(MapOnChip, LeavesTheInputAloneUntilItIsRead) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    test::Case drawn = test::random_case(seed, config::Attention::kTaylor);
    auto& pad = drawn.config.accelerator.scratchpad;
    pad.partitions.reset();
    // The smallest in which everything has room.
    for (pad.size_kib = 1;; ++pad.size_kib) {
      try {
        const Program program = map_on_chip(drawn.graph, drawn.config.accelerator);
        ASSERT_EQ(problems(program, drawn), "") << describe(drawn);
        break;
      } catch (const ConfigError&) {
        ASSERT_LT(pad.size_kib, 512);
      }
    }
  }
}

}  // namespace
}  // namespace vitsim::mapping
