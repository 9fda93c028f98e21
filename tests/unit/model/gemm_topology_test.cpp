// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/gemm_topology.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include "vitsim/core/error.h"

#include "support/temporary_directory.h"

namespace vitsim::model {
namespace {

using test::TemporaryDirectory;
using testing::HasSubstr;

std::vector<GemmLayer> load(const std::string& text) {
  const TemporaryDirectory directory;
  return load_gemm_topology(directory.write("topology.csv", text));
}

std::string error_of(const std::string& text) {
  try {
    load(text);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "no error";
}

TEST(GemmTopologyTest, HasALayerALineWithTheSidesThatTheHeaderNames) {
  const auto layers = load("Layer,M,N,K,\nqkv,197,576,192,\nhead,1,1000,192,\n");
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0].name, "qkv");
  EXPECT_EQ(layers[0].shape.m, 197);
  EXPECT_EQ(layers[0].shape.n, 576);
  EXPECT_EQ(layers[0].shape.k, 192);
  EXPECT_EQ(layers[1].shape.m, 1);
  EXPECT_THAT(layers[1].where, testing::EndsWith("topology.csv, line 3"));
}

TEST(GemmTopologyTest, TheHeaderSaysTheOrderOfTheColumns) {
  const auto layers = load("name,k,m,n\na,1,2,3\n");
  EXPECT_EQ(layers[0].shape.k, 1);
  EXPECT_EQ(layers[0].shape.m, 2);
  EXPECT_EQ(layers[0].shape.n, 3);
}

TEST(GemmTopologyTest, BlanksCarriageReturnsEmptyLinesAndAByteOrderMarkDoNoHarm) {
  const auto layers =
      load("\xEF\xBB\xBFLayer name, M, N, K,\r\n\r\n a layer ,\t5, 6, 7,\r\n,,\r\n");
  ASSERT_EQ(layers.size(), 1U);
  EXPECT_EQ(layers[0].name, "a layer");
  EXPECT_EQ(layers[0].shape.n, 6);
  EXPECT_THAT(layers[0].where, HasSubstr("line 3"));
}

TEST(GemmTopologyTest, ABadSideIsNamedWithLineAndColumn) {
  EXPECT_THAT(error_of("Layer,M,N,K,\na,1,2,3,\nb,4,five,6,\n"),
              HasSubstr("topology.csv, line 3, column 5: got 'five', expected an integer in "
                        "[1, 2147483647] (N)"));
  EXPECT_THAT(error_of("Layer,M,N,K,\na, -1,2,3,\n"), HasSubstr("line 2, column 4: got '-1'"));
  EXPECT_THAT(error_of("Layer,M,N,K,\na,1,2,0,\n"), HasSubstr("got '0'"));
  EXPECT_THAT(error_of("Layer,M,N,K,\na,1,2,2147483648,\n"), HasSubstr("got '2147483648'"));
  EXPECT_THAT(error_of("Layer,M,N,K,\na,1,2,99999999999999999999,\n"), HasSubstr("got '9999"));
  EXPECT_THAT(error_of("Layer,M,N,K,\na,1,2.5,3,\n"), HasSubstr("got '2.5'"));
  EXPECT_THAT(error_of("Layer,M,N,K,\na,1,,3,\n"), HasSubstr("got ''"));
}

TEST(GemmTopologyTest, ALineWithTooFewOrTooManyFieldsIsNamed) {
  EXPECT_THAT(error_of("Layer,M,N,K,\na,1,2\n"), HasSubstr("line 2, column 1: got 3 fields"));
  EXPECT_THAT(error_of("Layer,M,N,K,\na,1,2,3,4,\n"), HasSubstr("got 5 fields"));
  EXPECT_THAT(error_of("Layer,M,N,K,\n,1,2,3,\n"), HasSubstr("no name"));
}

TEST(GemmTopologyTest, AMissingHeaderIsAskedFor) {
  EXPECT_THAT(error_of("a,1,2,3\n"), HasSubstr("expected a header with the columns"));
  EXPECT_THAT(error_of("Layer,M,N,Q\n"), HasSubstr("expected a header with the columns"));
  EXPECT_THAT(error_of("Layer,M,M,K\n"), HasSubstr("expected a header with the columns"));
  EXPECT_THAT(error_of(""), HasSubstr("got no layers"));
  EXPECT_THAT(error_of("Layer,M,N,K,\n"), HasSubstr("got no layers"));
}

TEST(GemmTopologyTest, AConvolutionTopologyIsNoGemmTopology) {
  EXPECT_THAT(error_of("Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width,\n"),
              HasSubstr("expected a header with the columns Layer, M, N and K"));
}

TEST(GemmTopologyTest, AMissingFileIsNamed) {
  EXPECT_THROW(load_gemm_topology("/nowhere/topology.csv"), ModelError);
}

TEST(GemmTopologyTest, AnyBytesGiveLayersInRangeOrAnError) {
  EXPECT_TRUE(rc::check([](const std::string& tail) {
    for (const std::string& text : {tail, "Layer,M,N,K,\na,1,2,3\n" + tail}) {
      try {
        for (const GemmLayer& layer : load(text)) {
          RC_ASSERT(layer.shape.m >= 1 && layer.shape.m <= kMaxGemmSide);
          RC_ASSERT(layer.shape.n >= 1 && layer.shape.n <= kMaxGemmSide);
          RC_ASSERT(layer.shape.k >= 1 && layer.shape.k <= kMaxGemmSide);
        }
      } catch (const ModelError&) {
      }
    }
  }));
}

}  // namespace
}  // namespace vitsim::model
