// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/report_html.h"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "vitsim/core/error.h"
#include "vitsim/sweep/pareto.h"

#include "support/temporary_directory.h"

namespace vitsim::sweep {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const std::string kRows = "accelerator.pe_array.rows";
const std::string kSize = "accelerator.scratchpad.size_kib";

class SweepReportHtmlTest : public testing::Test {
 protected:
  PointResult point(double rows, double size, double cycles) {
    PointResult point;
    point.hash = std::to_string(next_hash_++);
    point.done = true;
    point.parameters = {{kRows, rows}, {kSize, size}};
    point.figures = {{"totals.cycles", cycles}, {"totals.pes", rows * 16}, {"other", 1.0}};
    return point;
  }
  static PointResult failed(PointResult point, const std::string& message) {
    point.done = false;
    point.message = message;
    point.figures.clear();
    return point;
  }
  ReportPage page(const std::vector<Objective>& asked = {}) {
    return report_page(store_, report_objectives(store_, asked, "x.sqlite"), "x.sqlite");
  }
  /// What the page's script reads.
  json data(const std::vector<Objective>& asked = {}) {
    const std::string html = page(asked).html;
    const std::string begin = R"(id="data">)";
    const std::size_t from = html.find(begin) + begin.size();
    return json::parse(html.substr(from, html.find("</script>", from) - from));
  }
  std::vector<std::string> objectives(const std::vector<Objective>& asked = {}) {
    std::vector<std::string> texts;
    for (const Objective& objective : report_objectives(store_, asked, "x.sqlite")) {
      texts.push_back(objective.key + (objective.maximize ? ":max" : ":min"));
    }
    return texts;
  }

  test::TemporaryDirectory directory_;
  Store store_{directory_.path() / "sweep.sqlite", Store::Mode::kWrite};

 private:
  int next_hash_ = 0;
};

TEST_F(SweepReportHtmlTest, ColumnsAreArraysAndWordsPlacesInALevel) {
  PointResult second = point(8, 64, 90.5);
  second.parameters.emplace_back("attention", std::string("taylor"));
  store_.add(std::vector{point(16, 64, 100), second});
  const json page = data();
  EXPECT_EQ(page["ids"], json({1, 2}));
  ASSERT_EQ(page["parameters"].size(), 3U);
  EXPECT_EQ(page["parameters"][0], json({{"key", kRows}, {"values", {8, 16}}, {"codes", {1, 0}}}));
  EXPECT_EQ(page["parameters"][2],
            json({{"key", "attention"}, {"values", {"taylor"}}, {"codes", {-1, 0}}}));
  EXPECT_EQ(page["figures"][0], json({{"key", "totals.cycles"}, {"numbers", {100, 90.5}}}));
  EXPECT_THAT(page.dump(), Not(HasSubstr("other"))) << "figures that are not shown are not in it";
}

TEST_F(SweepReportHtmlTest, TheFrontIsThatOfThePointsThatAreDone) {
  store_.add(std::vector{point(16, 64, 100), point(16, 128, 110), failed(point(8, 64, 0), "no"),
                         point(32, 64, 50)});
  EXPECT_EQ(data()["front"], json({0, 3}));
  EXPECT_EQ(data()["failed"], json({2}));
  EXPECT_EQ(data()["messages"], json::parse(R"([[2, "no"]])"));
  const ReportPage all = page();
  EXPECT_EQ(all.points, 4U);
  EXPECT_EQ(all.failed, 1U);
  EXPECT_EQ(all.front, 2U);
}

TEST_F(SweepReportHtmlTest, ObjectivesAreThoseAskedForElseOfTheSweepElseCyclesAndPes) {
  using testing::ElementsAre;
  store_.add(point(16, 64, 100));
  EXPECT_THAT(objectives(), ElementsAre("totals.cycles:min", "totals.pes:min"));
  store_.set("objectives", to_text({{"other", true}}));
  EXPECT_THAT(objectives(), ElementsAre("other:max"));
  EXPECT_THAT(objectives({{kSize, false}}), ElementsAre(kSize + ":min"));
  EXPECT_EQ(data({{kSize, true}})["front"], json({0}));
  store_.set("objectives", "");
  EXPECT_THAT(objectives(), ElementsAre("totals.cycles:min", "totals.pes:min"));
  store_.set("objectives", "{}");
  EXPECT_THROW(objectives(), ModelError);
}

TEST_F(SweepReportHtmlTest, AnObjectiveThatIsNoColumnIsRefusedWithTheNearest) {
  store_.add(point(16, 64, 100));
  try {
    objectives({{"totals.cycle", false}});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("got 'totals.cycle', expected a column of x.sqlite (did "
                                        "you mean 'totals.cycles'?)"));
  }
}

TEST_F(SweepReportHtmlTest, ASweepOfWhichAllFailedOrNothingEndedHasAPageToo) {
  EXPECT_EQ(data()["ids"], json::array());
  store_.add(failed(point(16, 64, 0), "deadlock"));
  EXPECT_EQ(data()["objectives"], json::array());
  EXPECT_EQ(data()["front"], json::array());
  EXPECT_EQ(data()["marginal"], json::array());
}

TEST_F(SweepReportHtmlTest, LayersAreSummedByOperatorOverTheBlocks) {
  PointResult one = point(16, 64, 100);
  for (const char* name : {"patch_embed", "blocks.0.mlp.fc1", "blocks.11.mlp.fc1", "block2.mlp.fc1",
                           "blocks.x.mlp.fc1", "blocks.3", "block"}) {
    one.layers.push_back({name, 0, 10, 0, 0, 0, 0});
  }
  store_.add(one);
  const json page = data();
  EXPECT_EQ(page["operators"],
            json({"patch_embed", "mlp.fc1", "blocks.x.mlp.fc1", "blocks.3", "block"}));
  EXPECT_EQ(page["breakdowns"],
            json::parse("[[0, [[0, 10], [1, 30], [2, 10], [3, 10], [4, 10]]]]"));
}

TEST_F(SweepReportHtmlTest, BreakdownsAreThoseOfTheFrontAndOfAThousandOthers) {
  std::vector<PointResult> points;
  for (int i = 0; i < 3001; ++i) {
    points.push_back(point(16, 64, i == 1500 ? 1 : 100));
    points.back().layers = {{"head", 1, 1, 1, 0, 0, 0}};
  }
  store_.add(points);
  const json page = data();
  ASSERT_EQ(page["breakdowns"].size(), 1001U);
  EXPECT_EQ(page["breakdowns"][0][0], 1500);
  EXPECT_EQ(page["breakdowns"][1000][0], 3000);
}

TEST_F(SweepReportHtmlTest, SizesCostWhatPointsThatDifferInNothingElseSay) {
  store_.add(std::vector{point(16, 64, 1000), point(16, 128, 680), point(32, 64, 744)});
  EXPECT_EQ(data()["marginal"], json::parse(R"([
      {"of": "accelerator.scratchpad.size_kib", "unit": "KiB", "steps": [[64,128,1,-5,-5,-5]]},
      {"of": "accelerator.pe_array.rows", "unit": "PE", "steps": [[256,512,1,-1,-1,-1]]}])"));
}

TEST_F(SweepReportHtmlTest, NoNameOrMessageEndsTheScriptOrTheTitle) {
  const std::string hostile = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)>";
  PointResult one = point(16, 64, 100);
  one.parameters.emplace_back(hostile, hostile);
  one.layers = {{hostile, 1, 1, 1, 0, 0, 0}};
  store_.add(std::vector{one, failed(point(8, 64, 0), hostile)});
  for (const char* key : {"name", "version", "spec"}) {
    store_.set(key, hostile);
  }
  store_.set("objectives", to_text({{"totals.cycles", false}, {hostile, false}}));
  const std::string html = page().html;
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
  EXPECT_EQ(data()["name"], hostile);
  EXPECT_EQ(data()["operators"][0], hostile);
  EXPECT_EQ(data()["messages"][0][1], hostile);
}

TEST_F(SweepReportHtmlTest, OddTypesAreNoNumbers) {
  PointResult words = point(16, 64, 0);
  words.figures = {{"totals.cycles", std::string("many")}, {"totals.pes", true}};
  PointResult odd = point(16, 128, std::numeric_limits<double>::infinity());
  odd.parameters[0].second = std::string("\xff\xfe");
  PointResult missing = point(8, 256, std::numeric_limits<double>::quiet_NaN());
  missing.parameters = {{kRows, std::numeric_limits<double>::infinity()}};
  store_.add(std::vector{words, odd, missing, point(16, 512, 1e300)});
  const json page = data();
  EXPECT_EQ(page["figures"][0]["numbers"], json({nullptr, nullptr, nullptr, 1e300}));
  EXPECT_EQ(page["front"], json({3}));
  EXPECT_EQ(page["parameters"][0]["codes"], json({0, 1, -1, 0}));
}

TEST_F(SweepReportHtmlTest, LongTextIsCut) {
  PointResult one = failed(point(16, 64, 0), std::string(1'000'000, 'm'));
  one.parameters.emplace_back("word", std::string(1'000'000, 'w'));
  store_.add(one);
  store_.set("name", std::string(1'000'000, 'n'));
  store_.set("spec", std::string(1'000'000, 's'));
  EXPECT_LT(page().html.size(), 500'000U);
}

TEST_F(SweepReportHtmlTest, ThePageLoadsNothing) {
  store_.add(point(16, 64, 100));
  const std::string html = page().html;
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("Chart.js v3"));
  for (const char* load : {" src=\"", "<link", "@import", "url("}) {
    EXPECT_THAT(html, Not(HasSubstr(load))) << load;
  }
}

}  // namespace
}  // namespace vitsim::sweep
