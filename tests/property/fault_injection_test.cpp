// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <functional>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "vitsim/mapping/mapper.h"
#include "vitsim/mapping/program_text.h"

#include "property/machine_bench.h"
#include "support/cramped_case.h"
#include "support/in_child.h"
#include "support/program_checker.h"

/// A wrong schedule is a wrong number: programs are skewed in one place, and the run or, where the
/// skew happens to do no harm in time, the program checker must notice.
namespace vitsim::test {
namespace {

using mapping::Command;
using mapping::DiagTile;
using mapping::MatmulTile;
using mapping::Operand;
using mapping::Program;
using mapping::RowsTile;
using mapping::Transfer;

/// A way to make one thing in the program wrong. Programs are many and large: one is made at a
/// time.
struct Skewed {
  std::string what;
  std::function<void(Program&)> skew;
};

struct Tally {
  int programs = 0;
  int rejected = 0;  ///< by the program checker
  int noticed = 0;   ///< by the run: a mismatch or a SimulationError
  std::vector<std::string> unnoticed_though_rejected;
  std::vector<std::string> noticed_though_accepted;
  std::vector<std::string> accepted;
};

class FaultInjection : public testing::TestWithParam<std::tuple<NamedArray, config::Attention>> {
 protected:
  FaultInjection() : valid_(mapping::map_program(case_.graph, case_.config.accelerator)) {}

  /// Runs at most `limit` of the skewed programs, evenly taken.
  Tally tally(const std::vector<Skewed>& all, std::size_t limit) const {
    Tally tally;
    for (std::size_t i = 0; i < std::min(limit, all.size()); ++i) {
      const Skewed& skewed = all[i * all.size() / std::min(limit, all.size())];
      Program program = valid_;
      skewed.skew(program);
      const bool rejected = !check_program(program, case_.graph, case_.config.accelerator).empty();
      const ChildResult result = in_child([&] {
        MachineBench bench(case_, std::move(program));
        Random random(1);
        bench.run(random_input(random, case_.graph));
        return bench.failures();
      });
      EXPECT_TRUE(result.returned || result.text.starts_with("it threw: "))
          << skewed.what << ": " << result.text;
      const bool noticed = !result.returned || !result.text.empty();
      ++tally.programs;
      tally.rejected += static_cast<int>(rejected);
      tally.noticed += static_cast<int>(noticed);
      if (!rejected) {
        (noticed ? tally.noticed_though_accepted : tally.accepted).push_back(skewed.what);
      } else if (!noticed) {
        tally.unnoticed_though_rejected.push_back(skewed.what);
      }
    }
    EXPECT_TRUE(tally.noticed_though_accepted.empty())
        << "the program checker missed:\n"
        << fmt::format("{}", fmt::join(tally.noticed_though_accepted, "\n"));
    RecordProperty("programs", tally.programs);
    RecordProperty("rejected", tally.rejected);
    RecordProperty("noticed", tally.noticed);
    return tally;
  }

  [[nodiscard]] std::string at(std::size_t command) const {
    return mapping::to_text(valid_.commands[command], case_.graph);
  }

  Case case_ = cramped_case(std::get<0>(GetParam()).array, std::get<1>(GetParam()));
  Program valid_;
};

TEST_P(FaultInjection, StartsFromAProgramInWhichNothingIsWrong) {
  const Tally result = tally({{"nothing", [](Program&) {}}}, 1);
  EXPECT_EQ(result.rejected, 0);
  EXPECT_EQ(result.noticed, 0);
  // What is skewed below must be there: partial sums, slots used again, tensors in DRAM.
  int partial = 0;
  int stores = 0;
  for (const Command& command : valid_.commands) {
    const auto* tile = std::get_if<MatmulTile>(&command.work);
    partial += static_cast<int>(tile != nullptr && !tile->last);
    stores += static_cast<int>(command.unit == mapping::Unit::kDmaStore);
  }
  EXPECT_GT(partial, 10);
  EXPECT_GT(stores, 10);
}

TEST_P(FaultInjection, ADroppedWaitIsAWrongNumberAnUnwrittenReadOrAnUnorderedProgram) {
  std::vector<Skewed> all;
  for (std::size_t i = 0; i < valid_.commands.size(); ++i) {
    for (std::size_t wait = 0; wait < valid_.commands[i].waits.size(); ++wait) {
      all.push_back({fmt::format("wait {} of: {}", wait, at(i)), [=](Program& program) {
                       auto& waits = program.commands[i].waits;
                       waits.erase(waits.begin() + static_cast<std::ptrdiff_t>(wait));
                     }});
    }
  }
  const Tally result = tally(all, 120);
  EXPECT_GT(result.noticed, 0);
  EXPECT_GE(result.rejected, result.noticed);
  // The checker lets a program pass only where other waits imply the one that was dropped, or where
  // it was on bytes that a buffer inherited and the command does not touch.
  EXPECT_LT(result.accepted.size(), all.size() / 2);
}

/// The scratchpad's operands of a command.
std::vector<Operand*> operands_of(Command& command) {
  if (auto* transfer = std::get_if<Transfer>(&command.work)) {
    return {&transfer->scratchpad};
  }
  std::vector<Operand*> operands;
  if (auto* tile = std::get_if<MatmulTile>(&command.work)) {
    operands = {&tile->lhs, &tile->rhs};
    for (auto* optional : {&tile->params, &tile->residual}) {
      if (optional->has_value()) {
        operands.push_back(&**optional);
      }
    }
    if (tile->out) {
      operands.push_back(&*tile->out);
    }
  } else if (auto* rows = std::get_if<RowsTile>(&command.work)) {
    for (auto* optional : {&rows->in, &rows->out, &rows->second}) {
      if (optional->has_value()) {
        operands.push_back(&**optional);
      }
    }
    for (Operand& table : rows->tables) {
      operands.push_back(&table);
    }
  } else if (auto* diag = std::get_if<DiagTile>(&command.work)) {
    operands.push_back(&diag->k_hat_sum);
  }
  return operands;
}

TEST_P(FaultInjection, AnOperandOneRowOrOneElementAsideIsNoticed) {
  std::vector<Skewed> all;
  const Bytes capacity = case_.config.accelerator.scratchpad.size_kib * Bytes{1024};
  for (std::size_t i = 0; i < valid_.commands.size(); ++i) {
    Command original = valid_.commands[i];
    for (std::size_t operand = 0; operand < operands_of(original).size(); ++operand) {
      const Operand& before = *operands_of(original)[operand];
      for (const Bytes step : {before.region.pitch, Bytes{before.element_bytes}}) {
        // Machines check their reads; where a unit's results end, the mapper alone is trusted.
        if (before.region.end() + step > capacity) {
          continue;
        }
        all.push_back({fmt::format("operand {} moved by {} of: {}", operand, step, at(i)),
                       [=](Program& program) {
                         operands_of(program.commands[i])[operand]->region.address += step;
                       }});
      }
    }
  }
  const Tally result = tally(all, 150);
  EXPECT_EQ(result.rejected, result.programs)
      << fmt::format("{}", fmt::join(result.accepted, "\n"));
  // Some shifts give equal numbers: a row of zeros for another, a score that saturates anyway.
  EXPECT_GT(result.noticed, result.programs * 8 / 10)
      << fmt::format("{}", fmt::join(result.unnoticed_though_rejected, "\n"));
}

TEST_P(FaultInjection, ATransferOneRowOrOneElementAsideInDramIsNoticed) {
  std::vector<Skewed> all;
  for (std::size_t i = 0; i < valid_.commands.size(); ++i) {
    const auto* transfer = std::get_if<Transfer>(&valid_.commands[i].work);
    if (transfer == nullptr) {
      continue;
    }
    for (const Bytes step : {transfer->dram.pitch, Bytes{transfer->scratchpad.element_bytes}}) {
      all.push_back({fmt::format("moved by {} in DRAM: {}", step, at(i)), [=](Program& program) {
                       std::get<Transfer>(program.commands[i].work).dram.address += step;
                     }});
    }
  }
  const Tally result = tally(all, 100);
  EXPECT_EQ(result.rejected, result.programs)
      << fmt::format("{}", fmt::join(result.accepted, "\n"));
  EXPECT_GT(result.noticed, result.programs * 8 / 10)
      << fmt::format("{}", fmt::join(result.unnoticed_though_rejected, "\n"));
}

TEST_P(FaultInjection, TwoNeighboursOfAQueueSwappedAreNoticedOrIndependent) {
  std::vector<Skewed> all;
  std::array<std::size_t, mapping::kUnitCount> last{};
  last.fill(valid_.commands.size());
  for (std::size_t i = 0; i < valid_.commands.size(); ++i) {
    std::size_t& before = last[static_cast<std::size_t>(valid_.commands[i].unit)];
    if (before < i) {
      all.push_back({fmt::format("swapped: {}\nand: {}", at(before), at(i)), [=](Program& program) {
                       std::swap(program.commands[before], program.commands[i]);
                     }});
    }
    before = i;
  }
  const Tally result = tally(all, 100);
  EXPECT_GT(result.noticed, 10);
  EXPECT_GE(result.rejected, result.noticed);
}

TEST_P(FaultInjection, SumsThatStartOrEndAtTheWrongTileAreNoticed) {
  std::vector<Skewed> all;
  for (std::size_t i = 0; i < valid_.commands.size(); ++i) {
    const auto* tile = std::get_if<MatmulTile>(&valid_.commands[i].work);
    if (tile == nullptr) {
      continue;
    }
    // A single tile that adds to nothing of its own adds to what the one before left behind.
    const auto tile_of = [i](Program& program) -> MatmulTile& {
      return std::get<MatmulTile>(program.commands[i].work);
    };
    all.push_back({"first of: " + at(i), [=](Program& program) {
                     MatmulTile& skewed = tile_of(program);
                     skewed.first = !skewed.first;
                   }});
    if (tile->last) {
      all.push_back(
          {"last of: " + at(i), [=](Program& program) { tile_of(program).last = false; }});
      continue;
    }
    // Complete too early: with the operands of the tile that does complete the sums.
    std::size_t end = i + 1;
    const MatmulTile* completes = nullptr;
    while (completes == nullptr || !completes->last) {
      completes = std::get_if<MatmulTile>(&valid_.commands[end++].work);
    }
    all.push_back({"completed early: " + at(i), [=](Program& program) {
                     MatmulTile& skewed = tile_of(program);
                     skewed.last = true;
                     skewed.params = completes->params;
                     skewed.residual = completes->residual;
                     skewed.out = completes->out;
                   }});
  }
  const Tally result = tally(all, 120);
  EXPECT_EQ(result.rejected, result.programs)
      << fmt::format("{}", fmt::join(result.accepted, "\n"));
  EXPECT_GT(result.noticed, result.programs * 9 / 10)
      << fmt::format("{}", fmt::join(result.unnoticed_though_rejected, "\n"));
}

TEST_P(FaultInjection, VectorsThatStartOrEndAtTheWrongTileAreNoticed) {
  std::vector<Skewed> all;
  for (std::size_t i = 0; i < valid_.commands.size(); ++i) {
    const auto* rows = std::get_if<RowsTile>(&valid_.commands[i].work);
    if (rows != nullptr && rows->sums_rows) {
      all.push_back({"first of: " + at(i), [i](Program& program) {
                       auto& tile = std::get<RowsTile>(program.commands[i].work);
                       tile.first = !tile.first;
                     }});
    }
    if (std::holds_alternative<DiagTile>(valid_.commands[i].work)) {
      all.push_back({"first of: " + at(i), [i](Program& program) {
                       auto& tile = std::get<DiagTile>(program.commands[i].work);
                       tile.first = !tile.first;
                     }});
      all.push_back({"last of: " + at(i), [i](Program& program) {
                       auto& tile = std::get<DiagTile>(program.commands[i].work);
                       tile.last = !tile.last;
                     }});
    }
  }
  const Tally result = tally(all, 80);
  EXPECT_EQ(result.programs > 0, std::get<1>(GetParam()) == config::Attention::kTaylor);
  EXPECT_EQ(result.rejected, result.programs)
      << fmt::format("{}", fmt::join(result.accepted, "\n"));
  // What adds to nothing of its own adds to what the one before left behind: often next to nothing,
  // as the sum of K_hat is.
  EXPECT_GE(result.noticed, result.programs / 2)
      << fmt::format("{}", fmt::join(result.unnoticed_though_rejected, "\n"));
}

INSTANTIATE_TEST_SUITE_P(
    Arrays, FaultInjection,
    testing::Combine(testing::ValuesIn(small_arrays()),
                     testing::Values(config::Attention::kSoftmax, config::Attention::kTaylor)),
    [](const auto& test) {
      return std::string(std::get<0>(test.param).name) + "_" +
             std::string(config::name_of(config::kAttentionNames, std::get<1>(test.param)));
    });

}  // namespace
}  // namespace vitsim::test
