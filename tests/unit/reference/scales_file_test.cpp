// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "vitsim/reference/calibration.h"

#include "reference/tiny_model.h"

namespace vitsim::reference {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr auto kSoftmax = config::Attention::kSoftmax;
constexpr auto kTaylor = config::Attention::kTaylor;
constexpr auto kTaylorReleased = config::Attention::kTaylorReleased;

class ScalesFileTest : public testing::Test {
 protected:
  ScalesFileTest() {
    file_ = {
        {"schema", "vitsim.scales/1"}, {"model", "tiny"}, {"ranges", nlohmann::json::object()}};
    for (const std::string& name : range_names(model_, kSoftmax)) {
      file_["ranges"][name] = 2.5;
    }
  }
  Ranges load(const std::string& text) const {
    std::ofstream(path_) << text;
    return load_ranges(path_, model_, kSoftmax);
  }
  std::string error(const std::string& text) const {
    return test::model_error([&] { load(text); });
  }
  std::string error() const { return error(file_.dump()); }

  test::ScratchFolder folder_;
  std::filesystem::path path_ = folder_ / "tiny.scales.json";
  config::Model model_ = test::tiny_model();
  nlohmann::json file_;
};

TEST_F(ScalesFileTest, IsReadBackExactlyAsItWasWritten) {
  Ranges ranges = fixed_ranges(model_, kSoftmax);
  ranges.values["logits"] = 0.1F;
  ranges.values["norm"] = 1.0 / 3;
  save_ranges(path_, ranges, model_, kSoftmax);
  EXPECT_EQ(load_ranges(path_, model_, kSoftmax).values, ranges.values);
}

TEST_F(ScalesFileTest, IsReadBackForEveryAttention) {
  for (const auto attention : {kSoftmax, kTaylor, kTaylorReleased}) {
    const Ranges ranges = fixed_ranges(model_, attention);
    save_ranges(path_, ranges, model_, attention);
    EXPECT_EQ(load_ranges(path_, model_, attention).values, ranges.values);
  }
}

TEST_F(ScalesFileTest, OfAnotherAttentionIsRefusedWithTheCommandThatMakesTheRightOne) {
  save_ranges(path_, fixed_ranges(model_, kTaylor), model_, kTaylor);
  EXPECT_THAT(test::model_error([&] { load_ranges(path_, model_, kTaylorReleased); }),
              AllOf(HasSubstr("tiny.scales.json: attention: got scales for \"taylor\", expected "
                              "scales for \"taylor_released\""),
                    HasSubstr("vitsim calibrate -m MODEL -i IMAGES --attention taylor_released")));
  file_["attention"] = 7;
  EXPECT_THAT(error(), HasSubstr("got scales for 7, expected scales for \"softmax\""));
}

TEST_F(ScalesFileTest, IsOfSoftmaxAttentionWhereItDoesNotSay) {
  EXPECT_EQ(error(), "");
  EXPECT_THAT(test::model_error([&] { load_ranges(path_, model_, kTaylor); }),
              HasSubstr("got scales for \"softmax\", expected scales for \"taylor\""));
}

TEST_F(ScalesFileTest, IsReadWhereItHasAllRanges) {
  EXPECT_EQ(load(file_.dump()).at("blocks.1.attn.scores"), 2.5);
}

TEST_F(ScalesFileTest, IsNotWrittenWhereARangeIsMissing) {
  Ranges ranges = fixed_ranges(model_, kSoftmax);
  ranges.values.erase("blocks.1.norm2");
  EXPECT_THAT(test::model_error([&] { save_ranges(path_, ranges, model_, kSoftmax); }),
              HasSubstr("'blocks.1.norm2'"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ScalesFileTest, OfAnotherModelIsRefused) {
  file_["model"] = "deit_tiny";
  EXPECT_THAT(error(), AllOf(HasSubstr("tiny.scales.json: model: got \"deit_tiny\""),
                             HasSubstr("expected \"tiny\"")));
}

TEST_F(ScalesFileTest, OfAnotherSchemaIsRefused) {
  file_["schema"] = "vitsim.scales/2";
  EXPECT_THAT(error(), HasSubstr("schema: got \"vitsim.scales/2\", expected \"vitsim.scales/1\""));
  file_["schema"] = 1;
  EXPECT_THAT(error(), HasSubstr("schema: got 1"));
  file_.erase("schema");
  EXPECT_THAT(error(), HasSubstr("schema: got nothing"));
}

TEST_F(ScalesFileTest, WithoutARangeIsRefused) {
  file_["ranges"].erase("blocks.1.attn.q");
  EXPECT_THAT(error(), HasSubstr("ranges.blocks.1.attn.q: got nothing"));
  file_.erase("ranges");
  EXPECT_THAT(error(), HasSubstr("ranges: got nothing, expected an object"));
  file_["ranges"] = {1, 2};
  EXPECT_THAT(error(), HasSubstr("ranges: got array, expected an object"));
}

TEST_F(ScalesFileTest, WithAnUnknownRangeIsRefusedWithTheNearestName) {
  file_["ranges"]["blocks.1.atn.q"] = 1;
  EXPECT_THAT(error(), AllOf(HasSubstr("ranges.blocks.1.atn.q"), HasSubstr("'blocks.1.attn.q'")));
}

TEST_F(ScalesFileTest, WithARangeThatIsNoPositiveNumberIsRefused) {
  for (const nlohmann::json& value :
       {nlohmann::json(0), nlohmann::json(-1.5), nlohmann::json("1"), nlohmann::json(nullptr),
        nlohmann::json(true), nlohmann::json::array({1})}) {
    file_["ranges"]["logits"] = value;
    EXPECT_THAT(error(), HasSubstr("ranges.logits: got " + value.dump() + ", expected a positive"));
  }
}

TEST_F(ScalesFileTest, WithANumberBeyondDoublesIsRefused) {
  EXPECT_THAT(error(R"({"schema": "vitsim.scales/1", "model": "tiny", "ranges": {"norm": 1e999}})"),
              HasSubstr("tiny.scales.json"));
}

TEST_F(ScalesFileTest, ThatIsNoJsonIsRefused) {
  for (const char* text :
       {"", "{", "[1]", "\"x\"", "{\"schema\": \"vitsim.scales/1\"", "\xff\xfe"}) {
    EXPECT_THAT(error(text), HasSubstr("tiny.scales.json: ")) << text;
  }
}

TEST_F(ScalesFileTest, ThatDoesNotExistIsRefused) {
  EXPECT_THAT(test::model_error([&] { load_ranges(path_, model_, kSoftmax); }),
              HasSubstr("tiny.scales.json"));
}

}  // namespace
}  // namespace vitsim::reference
