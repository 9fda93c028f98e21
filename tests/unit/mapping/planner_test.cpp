// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "vitsim/mapping/lowering.h"
#include "vitsim/mapping/search.h"
#include "vitsim/mapping/program_text.h"

#include "support/program_checker.h"
#include "support/random_case.h"

namespace vitsim::mapping {
namespace {

std::string problems(const Program& program, const test::Case& drawn) {
  std::string all;
  for (const std::string& problem :
       test::check_program(program, drawn.graph, drawn.config.accelerator)) {
    all += problem + "\n";
    if (all.size() > 2000) break;
  }
  return all;
}

TEST(Planner, MakesSoundPrograms) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const test::Case drawn = test::random_case(seed);
    int i = 0;
    for (const Mapping& mapping : candidates(drawn.graph, drawn.config.accelerator)) {
      const Program p = lower(drawn.graph, drawn.config.accelerator, mapping);
      if (problems(p, drawn) != "") {
        for (auto& st : mapping.stays) printf("stay %s cols %ld+%ld ops %d..%d @%ld\n", drawn.graph.tensors[st.tensor].name.c_str(), long(st.col), long(st.cols), st.first, st.last, long(st.address));
        for (auto& g : mapping.groups) printf("group %d..%d stages %d rows %ld skew %d ring0 @%ld x%d\n", g.first, g.last, g.stages, long(g.rows), g.skewed, long(g.rings[0].address), g.rings[0].slots);
        for (size_t o = 0; o < mapping.ops.size(); ++o) printf("op %zu %s @%ld +%ld\n", o, drawn.graph.ops[o].name.c_str(), long(mapping.ops[o].address), long(std::visit([](auto& t) { return t.bytes; }, mapping.ops[o].tiling)));
        FILE* f = fopen("/tmp/prog.txt", "w"); fputs(to_text(p, drawn.graph).c_str(), f); fclose(f);
      }
      ASSERT_EQ(problems(lower(drawn.graph, drawn.config.accelerator, mapping), drawn), "")
          << seed << " " << i << describe(drawn);
      ++i;
    }
  }
}

}  // namespace
}  // namespace vitsim::mapping
