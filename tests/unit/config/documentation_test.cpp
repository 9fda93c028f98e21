// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "vitsim/config/describe.h"

namespace vitsim::config {
namespace {

const std::string kDocument = std::string(VITSIM_SOURCE_DIR) + "/docs/configuration.md";
const std::string kBegin = "<!-- keys: generated -->\n";
const std::string kEnd = "<!-- end of keys -->\n";

std::string read_document() {
  std::ifstream in(kDocument, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(DocumentationTest, TheTableInTheDocsIsTheOneThatTheStructsDeclare) {
  std::string text = read_document();
  const auto begin = text.find(kBegin);
  const auto end = text.find(kEnd);
  ASSERT_NE(begin, text.npos) << kDocument << " lacks " << kBegin;
  ASSERT_NE(end, text.npos) << kDocument << " lacks " << kEnd;
  const auto start = begin + kBegin.size();
  if (std::getenv("VITSIM_UPDATE_DOCS") != nullptr) {
    text.replace(start, end - start, markdown_table());
    std::ofstream(kDocument, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(text.substr(start, end - start), markdown_table())
      << "run `VITSIM_UPDATE_DOCS=1 ctest -R DocumentationTest` to write the table anew";
}

}  // namespace
}  // namespace vitsim::config
