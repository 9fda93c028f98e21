// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/export.h"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "support/temporary_directory.h"

namespace vitsim::sweep {
namespace {

using nlohmann::json;

class ExportTest : public testing::Test {
 protected:
  using Export = void (*)(const Store&, ExportFormat, const Write&);

  /// A store with these points, as text.
  std::string exported(const std::vector<PointResult>& points, ExportFormat format,
                       Export what = export_points) {
    Store store(directory_.path() / "sweep.sqlite", Store::Mode::kWrite);
    store.add(points);
    std::string text;
    pieces_ = 0;
    what(store, format, [&](std::string_view piece) {
      text += piece;
      ++pieces_;
    });
    return text;
  }
  static PointResult point(const std::string& hash) {
    PointResult point;
    point.hash = hash;
    point.done = true;
    point.parameters = {{"rows", 64.0}, {"kind", std::string("ideal")}};
    point.figures = {{"cycles", 12345678.0}, {"share", 0.125}};
    point.layers = {{"patch_embed", 10, 9, 8, 0.5, 7, 6}, {"head", 5, 4, 3, 0.25, 2, 1}};
    point.wall_seconds = 1.5;
    point.peak_rss_bytes = 1000;
    return point;
  }
  static PointResult failed(const std::string& message) {
    PointResult point;
    point.hash = "failed";
    point.message = message;
    point.parameters = {{"rows", 8.0}};
    return point;
  }

  test::TemporaryDirectory directory_;
  int pieces_ = 0;
};

TEST_F(ExportTest, ARowOfCsvIsAPoint) {
  EXPECT_EQ(exported({point("a"), failed("deadlock")}, ExportFormat::kCsv),
            "id,status,message,wall_seconds,peak_rss_bytes,rows,kind,cycles,share\r\n"
            "1,done,,1.5,1000,64,ideal,12345678,0.125\r\n"
            "2,failed,deadlock,0,0,8,,,\r\n");
}

TEST_F(ExportTest, FieldsOfCsvAreQuotedWhereTheyMustBe) {
  PointResult hostile = failed("got \"x\"");
  hostile.parameters = {{"a,b", std::string("c\rd")},
                        {"e\nf", std::string("g,h")},
                        {"i\"j", std::string(" plain; 'text'")}};
  EXPECT_EQ(exported({hostile}, ExportFormat::kCsv),
            "id,status,message,wall_seconds,peak_rss_bytes,\"a,b\",\"e\nf\",\"i\"\"j\"\r\n"
            "1,failed,\"got \"\"x\"\"\",0,0,\"c\rd\",\"g,h\", plain; 'text'\r\n");
}

TEST_F(ExportTest, JsonHasNumbersAsNumbersAndNullForWhatIsAbsent) {
  const json points = json::parse(exported({point("a"), failed("deadlock")}, ExportFormat::kJson));
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0], json::parse(R"({"id": 1, "status": "done", "message": "",
      "wall_seconds": 1.5, "peak_rss_bytes": 1000, "rows": 64, "kind": "ideal",
      "cycles": 12345678, "share": 0.125})"));
  EXPECT_TRUE(points[0]["cycles"].is_number_integer());
  EXPECT_EQ(points[1]["message"], "deadlock");
  EXPECT_TRUE(points[1].contains("cycles"));
  EXPECT_TRUE(points[1]["cycles"].is_null());
}

TEST_F(ExportTest, JsonStaysJsonWhateverTheStoreHolds) {
  PointResult hostile = failed("\xff\xfe \"\\ \x01");
  hostile.parameters = {{"a\"b\\\n", std::numeric_limits<double>::infinity()},
                        {"\xc3", std::string("\xc3(")}};
  const json points = json::parse(exported({hostile}, ExportFormat::kJson));
  EXPECT_TRUE(points[0]["a\"b\\\n"].is_null());
  EXPECT_TRUE(points[0]["\xef\xbf\xbd"].is_string());
}

TEST_F(ExportTest, AStoreWithoutPointsHasAHeadOrAnEmptyArray) {
  EXPECT_EQ(exported({}, ExportFormat::kCsv), "id,status,message,wall_seconds,peak_rss_bytes\r\n");
  EXPECT_EQ(json::parse(exported({}, ExportFormat::kJson)), json::array());
}

TEST_F(ExportTest, LayersAreRowsUnderTheirPoint) {
  const std::vector<PointResult> points{failed("deadlock"), point("a")};
  EXPECT_EQ(exported(points, ExportFormat::kCsv, export_layers),
            "point,layer,cycles,exclusive_cycles,macs,pe_utilization,dram_read_bytes,"
            "dram_write_bytes\r\n"
            "2,patch_embed,10,9,8,0.5,7,6\r\n"
            "2,head,5,4,3,0.25,2,1\r\n");
}

TEST_F(ExportTest, ManyRowsComeInPiecesAndInTheirOrder) {
  std::vector<PointResult> points;
  for (int i = 0; i < 3000; ++i) {
    points.push_back(failed(std::string(100, 'x')));
    points.back().hash = std::to_string(i);
  }
  const std::string text = exported(points, ExportFormat::kJson);
  EXPECT_GT(pieces_, 3);
  const json rows = json::parse(text);
  ASSERT_EQ(rows.size(), 3000U);
  EXPECT_EQ(rows[2999]["id"], 3000);
}

}  // namespace
}  // namespace vitsim::sweep
