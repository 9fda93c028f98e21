// SPDX-License-Identifier: Apache-2.0
#include "vitsim/config/describe.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support.h"

namespace vitsim::config {
namespace {

using nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;

Config unusual_config() {
  return config_of(R"(
accelerator:
  clock_mhz: 333.3333333333333
  pe_array: {rows: 7, overlap_folds: false, dataflow: output_stationary, drain: exposed}
  scratchpad: {arbitration: fixed_priority}
  dram: {kind: ideal, bytes_per_cycle: 0.1}
  sequencer: {watchdog_cycles: 1000000000}
  softmax_unit: {output_bits: 9}
  vector_unit: {}
attention: taylor
)");
}

TEST(ToYamlTest, ReadsBackAsTheSameConfiguration) {
  for (const Config& config : {Config{}, unusual_config()}) {
    EXPECT_EQ(to_json(config_of(to_yaml(config))), to_json(config));
    EXPECT_EQ(to_yaml(config_of(to_yaml(config))), to_yaml(config));
  }
}

TEST(ToYamlTest, SpellsOutEveryValueWithItsMeaning) {
  const std::string yaml = to_yaml(unusual_config());
  EXPECT_THAT(yaml, HasSubstr("accelerator:  # the machine\n"
                              "  clock_mhz: 333.3333333333333  # core clock; turns cycles into "
                              "seconds\n"));
  EXPECT_THAT(yaml, HasSubstr("    rows: 7  # rows of processing elements; row_wise: tokens at a "
                              "time\n"
                              "    cols: 64  # columns of processing elements\n"));
  EXPECT_THAT(yaml, HasSubstr("  gelu_unit: null  # GELU over rows of the hidden layer\n"));
  EXPECT_THAT(yaml, HasSubstr("    output_bits: 9  # "));
  EXPECT_THAT(yaml, HasSubstr("    overlap_folds: false  # "));
  EXPECT_THAT(yaml, HasSubstr("\nattention: taylor  # which attention the machine computes\n"));
}

TEST(ToYamlTest, MarksKeysOfAnotherKindAsUnused) {
  EXPECT_THAT(to_yaml(unusual_config()),
              HasSubstr("    bytes_per_cycle: 0.1  # unused: bandwidth of kind simple, in steps of "
                        "0.001\n    latency_cycles: 60  # unused: latency of kind simple\n"));
}

TEST(ToYamlTest, MarksTheKeysOfTheArrayThatItsKindAndDataflowDoNotUse) {
  const std::vector<std::string> keys{"dataflow",
                                      "cols",
                                      "blocks",
                                      "macs_per_block",
                                      "row_buffer_elements",
                                      "rows",
                                      "overlap_folds",
                                      "weight_rows_per_cycle",
                                      "drain"};
  const auto unused = [&](const std::string& array) {
    const std::string yaml = to_yaml(config_of("accelerator: {pe_array: {" + array + "}}"));
    std::vector<std::string> found;
    for (const std::string& key : keys) {
      const auto begin = yaml.find("    " + key + ": ");
      EXPECT_NE(begin, yaml.npos) << key;
      if (yaml.substr(begin, yaml.find('\n', begin) - begin).find("# unused: ") != yaml.npos) {
        found.push_back(key);
      }
    }
    return found;
  };
  EXPECT_THAT(unused("dataflow: weight_stationary"),
              ElementsAre("blocks", "macs_per_block", "row_buffer_elements", "drain"));
  EXPECT_THAT(unused("dataflow: input_stationary"),
              ElementsAre("blocks", "macs_per_block", "row_buffer_elements", "drain"));
  EXPECT_THAT(
      unused("dataflow: output_stationary"),
      ElementsAre("blocks", "macs_per_block", "row_buffer_elements", "weight_rows_per_cycle"));
  EXPECT_THAT(unused("kind: row_wise"), ElementsAre("dataflow", "cols", "overlap_folds", "drain"));
  EXPECT_THAT(unused("kind: row_wise, dataflow: output_stationary"),
              ElementsAre("dataflow", "cols", "overlap_folds", "drain"));
}

TEST(ToJsonTest, HoldsTheResolvedValuesInTheOrderOfTheStructs) {
  const ordered_json json = to_json(unusual_config());
  EXPECT_EQ(json.items().begin().key(), "accelerator");
  EXPECT_EQ(json["accelerator"]["pe_array"]["rows"], 7);
  EXPECT_EQ(json["accelerator"]["pe_array"]["dataflow"], "output_stationary");
  EXPECT_EQ(json["accelerator"]["pe_array"]["drain"], "exposed");
  EXPECT_EQ(json["accelerator"]["pe_array"]["kind"], "systolic");
  EXPECT_EQ(json["accelerator"]["pe_array"]["overlap_folds"], false);
  EXPECT_EQ(json["accelerator"]["dram"]["bytes_per_cycle"], 0.1);
  EXPECT_EQ(json["accelerator"]["gelu_unit"], nullptr);
  EXPECT_EQ(json["accelerator"]["softmax_unit"]["output_bits"], 9);
  EXPECT_EQ(json["attention"], "taylor");
}

TEST(ToJsonTest, HoldsAModel) {
  const ordered_json json =
      to_json(model_of("{name: m, classes: 2, class_names: [a, b], weights: random:1}"));
  EXPECT_EQ(json["name"], "m");
  EXPECT_EQ(json["class_names"], ordered_json({"a", "b"}));
  EXPECT_EQ(json["pixel_mean"], ordered_json({0.485, 0.456, 0.406}));
  EXPECT_EQ(json["attention"], nullptr);
  EXPECT_EQ(json["weights"], "random:1");
  EXPECT_EQ(to_json(model_of("attention: taylor"))["attention"], "taylor");
}

TEST(JsonSchemaTest, StatesTypesRangesChoicesAndDefaults) {
  const ordered_json schema = json_schema();
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["additionalProperties"], false);
  const ordered_json& machine = schema["properties"]["accelerator"];
  EXPECT_EQ(machine["additionalProperties"], false);
  EXPECT_EQ(
      machine["properties"]["pe_array"]["properties"]["rows"],
      ordered_json({{"type", "integer"},
                    {"minimum", 1},
                    {"maximum", 512},
                    {"default", 64},
                    {"description", "rows of processing elements; row_wise: tokens at a time"}}));
  EXPECT_EQ(machine["properties"]["clock_mhz"],
            ordered_json({{"type", "number"},
                          {"minimum", 0.001},
                          {"maximum", 100000.0},
                          {"default", 500.0},
                          {"description", "core clock; turns cycles into seconds"}}));
  EXPECT_EQ(schema["properties"]["attention"]["enum"],
            ordered_json({"softmax", "taylor", "taylor_released"}));
  EXPECT_EQ(schema["properties"]["attention"]["default"], "softmax");
  EXPECT_EQ(machine["properties"]["pe_array"]["properties"]["overlap_folds"]["type"], "boolean");
  EXPECT_EQ(machine["properties"]["dram"]["type"], "object");
}

TEST(JsonSchemaTest, OptionalPartsMayBeNull) {
  const ordered_json schema = json_schema();
  const ordered_json& unit = schema["properties"]["accelerator"]["properties"]["softmax_unit"];
  EXPECT_EQ(unit["type"], ordered_json({"object", "null"}));
  EXPECT_EQ(unit["default"], nullptr);
  EXPECT_EQ(unit["properties"]["lanes"]["default"], 16);
}

/// Fails unless each value of `json` has a property in `schema`, and the other way round.
void expect_same_keys(const ordered_json& json, const ordered_json& schema,
                      const std::string& path) {
  EXPECT_EQ(json.size(), schema["properties"].size()) << path;
  for (const auto& [key, value] : json.items()) {
    ASSERT_TRUE(schema["properties"].contains(key)) << path << key;
    EXPECT_TRUE(schema["properties"][key].contains("description")) << path << key;
    if (value.is_object()) {
      expect_same_keys(value, schema["properties"][key], path + key + ".");
    }
  }
}

TEST(JsonSchemaTest, HasAPropertyForEveryKeyOfAFullConfiguration) {
  const Config full =
      load_config(std::string(VITSIM_SOURCE_DIR) + "/configs/softmax_64x64.yaml", {});
  expect_same_keys(to_json(full), json_schema(), "");
}

TEST(MarkdownTableTest, HasARowForEveryKindOfKey) {
  const std::string table = markdown_table();
  EXPECT_THAT(table, HasSubstr("| key | default | range | meaning |\n|---|---|---|---|\n"
                               "| `accelerator` |  | section | the machine |\n"));
  EXPECT_THAT(table, HasSubstr("| `accelerator.pe_array.rows` | `64` | integer, 1 to 512 | rows of "
                               "processing elements; row_wise: tokens at a time |\n"));
  EXPECT_THAT(table, HasSubstr("| `accelerator.pe_array.dataflow` | `weight_stationary` | "
                               "`weight_stationary`, `output_stationary`, `input_stationary` |"));
  EXPECT_THAT(table, HasSubstr("| `accelerator.clock_mhz` | `500` | 0.001 to 100000 | core clock"));
  EXPECT_THAT(table, HasSubstr("| `accelerator.softmax_unit` | absent | section or `null` |"));
  EXPECT_THAT(table,
              HasSubstr("| `accelerator.dram.kind` | `simple` | `ideal`, `simple`, `ddr4_2400`, "));
  EXPECT_THAT(table,
              HasSubstr("| `accelerator.dram.tcl_clocks` | open | integer, 1 to 10000 | read "));
  EXPECT_THAT(table, HasSubstr("| `accelerator.gelu_unit.fused` | `false` | `true`, `false` |"));
  EXPECT_THAT(table,
              HasSubstr("| `model.attention` | open | `softmax`, `taylor`, `taylor_released` |"));
  EXPECT_THAT(table, HasSubstr("| `model.weights` | empty | text |"));
  EXPECT_THAT(table, HasSubstr("| `model.pixel_mean` | `[0.485,0.456,0.406]` | list of numbers |"));
}

}  // namespace
}  // namespace vitsim::config
