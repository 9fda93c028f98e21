// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace vitsim::config {
namespace {

using testing::HasSubstr;

const std::string kYaml = "accelerator:\n  pe_array: {rows: 8}\n  softmax_unit: {lanes: 2}\n";

TEST(OverrideTest, WinsOverTheFileAndTheLastOneOverTheFirst) {
  const Config config =
      config_of(kYaml, {"accelerator.pe_array.rows=16", "accelerator.pe_array.rows=32"});
  EXPECT_EQ(config.accelerator.pe_array.rows, 32);
  EXPECT_EQ(config.accelerator.softmax_unit->lanes, 2);
}

TEST(OverrideTest, GivesKeysThatTheFileDoesNotMention) {
  const Config config = config_of(kYaml, {"precision.weight_bits=4", "attention=taylor"});
  EXPECT_EQ(config.precision.weight_bits, 4);
  EXPECT_EQ(config.attention, Attention::kTaylor);
}

TEST(OverrideTest, OfAKeyInAnAbsentPartCreatesThePart) {
  const Config config = config_of(kYaml, {"accelerator.gelu_unit.lanes=4"});
  ASSERT_TRUE(config.accelerator.gelu_unit);
  EXPECT_EQ(config.accelerator.gelu_unit->lanes, 4);
  EXPECT_EQ(config.accelerator.gelu_unit->latency_cycles, GeluUnit{}.latency_cycles);
}

TEST(OverrideTest, NullRemovesAPartAndAnEmptyMapCreatesIt) {
  for (const std::string null : {"null", "~", ""}) {
    EXPECT_FALSE(config_of(kYaml, {"accelerator.softmax_unit=" + null}).accelerator.softmax_unit);
  }
  EXPECT_TRUE(config_of(kYaml, {"accelerator.gelu_unit={}"}).accelerator.gelu_unit);
  const Config again =
      config_of(kYaml, {"accelerator.softmax_unit=null", "accelerator.softmax_unit.lanes=5"});
  EXPECT_EQ(again.accelerator.softmax_unit->lanes, 5);
}

TEST(OverrideTest, AMapReplacesTheWholeSection) {
  const Config config = config_of(kYaml, {"accelerator.softmax_unit={output_bits: 12}"});
  EXPECT_EQ(config.accelerator.softmax_unit->output_bits, 12);
  EXPECT_EQ(config.accelerator.softmax_unit->lanes, SoftmaxUnit{}.lanes);
}

TEST(OverrideTest, ErrorsNameTheOverrideInPlaceOfALine) {
  EXPECT_EQ(config_error(kYaml, {"accelerator.pe_array.rows=0"}),
            "accelerator.pe_array.rows: got '0', expected an integer in [1, 512] (rows of "
            "processing elements; row_wise: tokens at a time), --set accelerator.pe_array.rows=0");
  EXPECT_EQ(config_error(kYaml, {"accelerator.pe_array.row=4"}),
            "accelerator.pe_array.row: unknown key, did you mean 'rows'?, --set "
            "accelerator.pe_array.row=4");
  EXPECT_EQ(config_error(kYaml, {"accelerator.pe_aray.rows=4"}),
            "accelerator.pe_aray: unknown key, did you mean 'pe_array'?, --set "
            "accelerator.pe_aray.rows=4");
  EXPECT_EQ(
      config_error(kYaml, {"accelerator.pe_array.rows.x=4"}),
      "accelerator.pe_array.rows: got a map, expected an integer in [1, 512] (rows of "
      "processing elements; row_wise: tokens at a time), --set accelerator.pe_array.rows.x=4");
  EXPECT_EQ(config_error(kYaml, {"accelerator.softmax_unit={lanes: 1, lanes: 2}"}),
            "accelerator.softmax_unit.lanes: got the key a second time, expected it once (line 1), "
            "--set accelerator.softmax_unit={lanes: 1, lanes: 2}");
}

TEST(OverrideTest, OneThatIsNoKeyAndValueIsAnError) {
  EXPECT_EQ(config_error(kYaml, {"foo"}), "--set foo: got no '=', expected KEY=VALUE");
  for (const std::string text : {"=1", ".=1", "a..b=1", "a.=1", ".a=1"}) {
    EXPECT_EQ(
        config_error(kYaml, {text}),
        "--set " + text + ": got a malformed key, expected names joined by dots before the '='");
  }
}

TEST(OverrideTest, ItsValueIsGuardedAsAFileIs) {
  EXPECT_EQ(config_error(kYaml, {"attention=[a"}),
            "--set attention=[a: got a list as a key, expected a name (is a bracket left open?)");
  EXPECT_THAT(
      config_error(kYaml, {"attention=" + std::string(40000, '[') + std::string(40000, ']')}),
      HasSubstr("got deeper nesting, expected at most 32 levels"));
  EXPECT_THAT(config_error(kYaml, {"attention=&a [*a]"}), HasSubstr("anchor"));
  EXPECT_THAT(config_error(kYaml, {"attention=\xff"}), HasSubstr("got byte 0xff"));
  std::string deep = "a";
  for (int i = 0; i < 100000; ++i) {
    deep += ".a";
  }
  EXPECT_THAT(config_error(kYaml, {deep + "=1"}), HasSubstr("got a malformed key"));
}

TEST(OverrideTest, OfAModelIsLeftToTheModel) {
  EXPECT_NO_THROW(config_of(kYaml, {"model.depth=2", "model.nonsense", "model.depth=x"}));
  EXPECT_EQ(model_of("depth: 4", {"model.depth=2", "accelerator.nonsense=1"}).depth, 2);
}

TEST(OverrideTest, OfAModelIsAConfigErrorWhereItIsWrong) {
  const auto error = [](const std::string& yaml, const std::string& text) {
    return error_of<ConfigError>([&] { model_of(yaml, {text}); });
  };
  EXPECT_EQ(error("depth: 4", "model.depth=0"),
            "model.depth: got '0', expected an integer in [1, 256] (encoder blocks), --set "
            "model.depth=0");
  EXPECT_EQ(error("depth: 4", "model.detph=1"),
            "model.detph: unknown key, did you mean 'depth'?, --set model.detph=1");
  EXPECT_EQ(error("depth: 4", "model.depth"), "--set model.depth: got no '=', expected KEY=VALUE");
  EXPECT_EQ(error("depth: 4", "model.=1"),
            "--set model.=1: got a malformed key, expected names joined by dots before the '='");
  EXPECT_EQ(error("embed_dim: 192\nheads: 3\n", "model.embed_dim=64"),
            "model.heads: got '3', expected a divisor of model.embed_dim '64', --set "
            "model.embed_dim=64");
}

}  // namespace
}  // namespace vitsim::config
