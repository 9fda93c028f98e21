// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "vitsim/mapping/mapper.h"
#include "vitsim/mapping/program_text.h"
#include "vitsim/model/vit_graph.h"
#include "vitsim/reference/weights.h"

#include "property/machine_bench.h"
#include "support/in_child.h"
#include "support/program_checker.h"

/// A wrong schedule is a wrong number: programs are skewed in one place, and the run or, where the
/// skew happens to do no harm in time, the program checker must notice.
namespace vitsim::test {
namespace {

using mapping::Command;
using mapping::MatmulTile;
using mapping::Operand;
using mapping::Program;
using mapping::RowsTile;
using mapping::Transfer;

/// A scratchpad so small that tiles are cut in all three dimensions, slots are used again at once
/// and tensors go through DRAM.
Case cramped_case() {
  Case drawn;
  auto& machine = drawn.config.accelerator;
  machine.sequencer.watchdog_cycles = 3000;
  machine.pe_array.rows = 8;
  machine.pe_array.cols = 8;
  machine.accumulator_buffer.rows = 8;
  machine.post_processor.lanes = 4;
  machine.scratchpad.size_kib = 1;
  machine.scratchpad.banks = 8;
  machine.scratchpad.bank_width_bytes = 4;
  machine.dram.latency_cycles = 20;
  machine.dram.bytes_per_cycle = 6.5;
  machine.softmax_unit.emplace().lanes = 4;
  machine.gelu_unit.emplace().lanes = 4;
  machine.layer_norm_unit.emplace().lanes = 4;
  machine.vector_unit.emplace().lanes = 4;
  drawn.model.name = "cramped";
  drawn.model.image_size = 12;
  drawn.model.patch_size = 4;
  drawn.model.channels = 1;
  drawn.model.embed_dim = 20;
  drawn.model.depth = 1;
  drawn.model.heads = 2;
  drawn.model.mlp_ratio = 2;
  drawn.model.classes = 5;
  drawn.graph =
      model::build_vit_graph(drawn.config, drawn.model, reference::random_weights(3, drawn.model),
                             reference::fixed_ranges(drawn.model));
  return drawn;
}

/// A program with one thing wrong.
struct Skewed {
  std::string what;
  Program program;
};

struct Tally {
  int programs = 0;
  int rejected = 0;  ///< by the program checker
  int noticed = 0;   ///< by the run: a mismatch or a SimulationError
  std::vector<std::string> unnoticed_though_rejected;
  std::vector<std::string> noticed_though_accepted;
  std::vector<std::string> accepted;
};

class FaultInjection : public testing::Test {
 protected:
  FaultInjection() : valid_(mapping::map_program(case_.graph, case_.config.accelerator)) {}

  /// Runs at most `limit` of the skewed programs, evenly taken.
  Tally tally(const std::vector<Skewed>& all, std::size_t limit) const {
    Tally tally;
    for (std::size_t i = 0; i < std::min(limit, all.size()); ++i) {
      const Skewed& skewed = all[i * all.size() / std::min(limit, all.size())];
      const bool rejected =
          !check_program(skewed.program, case_.graph, case_.config.accelerator).empty();
      const ChildResult result = in_child([&] {
        MachineBench bench(case_, skewed.program);
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

  Case case_ = cramped_case();
  Program valid_;
};

TEST_F(FaultInjection, StartsFromAProgramInWhichNothingIsWrong) {
  const Tally result = tally({{"nothing", valid_}}, 1);
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

TEST_F(FaultInjection, ADroppedWaitIsAWrongNumberAnUnwrittenReadOrAnUnorderedProgram) {
  std::vector<Skewed> all;
  for (std::size_t i = 0; i < valid_.commands.size(); ++i) {
    for (std::size_t wait = 0; wait < valid_.commands[i].waits.size(); ++wait) {
      Skewed skewed{fmt::format("wait {} of: {}", wait, at(i)), valid_};
      auto& waits = skewed.program.commands[i].waits;
      waits.erase(waits.begin() + static_cast<std::ptrdiff_t>(wait));
      all.push_back(std::move(skewed));
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
    if (tile->last) {
      operands.push_back(&tile->out);
    }
  } else if (auto* rows = std::get_if<RowsTile>(&command.work)) {
    operands = {&rows->in, &rows->out};
    for (auto* optional : {&rows->second, &rows->params}) {
      if (optional->has_value()) {
        operands.push_back(&**optional);
      }
    }
  }
  return operands;
}

TEST_F(FaultInjection, AnOperandOneRowOrOneElementAsideIsNoticed) {
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
        Skewed skewed{fmt::format("operand {} moved by {} of: {}", operand, step, at(i)), valid_};
        operands_of(skewed.program.commands[i])[operand]->region.address += step;
        all.push_back(std::move(skewed));
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

TEST_F(FaultInjection, ATransferOneRowOrOneElementAsideInDramIsNoticed) {
  std::vector<Skewed> all;
  for (std::size_t i = 0; i < valid_.commands.size(); ++i) {
    const auto* transfer = std::get_if<Transfer>(&valid_.commands[i].work);
    if (transfer == nullptr) {
      continue;
    }
    for (const Bytes step : {transfer->dram.pitch, Bytes{transfer->scratchpad.element_bytes}}) {
      Skewed skewed{fmt::format("moved by {} in DRAM: {}", step, at(i)), valid_};
      std::get<Transfer>(skewed.program.commands[i].work).dram.address += step;
      all.push_back(std::move(skewed));
    }
  }
  const Tally result = tally(all, 100);
  EXPECT_EQ(result.rejected, result.programs)
      << fmt::format("{}", fmt::join(result.accepted, "\n"));
  EXPECT_GT(result.noticed, result.programs * 8 / 10)
      << fmt::format("{}", fmt::join(result.unnoticed_though_rejected, "\n"));
}

TEST_F(FaultInjection, TwoNeighboursOfAQueueSwappedAreNoticedOrIndependent) {
  std::vector<Skewed> all;
  std::array<std::size_t, mapping::kUnitCount> last{};
  last.fill(valid_.commands.size());
  for (std::size_t i = 0; i < valid_.commands.size(); ++i) {
    std::size_t& before = last[static_cast<std::size_t>(valid_.commands[i].unit)];
    if (before < i) {
      Skewed skewed{fmt::format("swapped: {}\nand: {}", at(before), at(i)), valid_};
      std::swap(skewed.program.commands[before], skewed.program.commands[i]);
      all.push_back(std::move(skewed));
    }
    before = i;
  }
  const Tally result = tally(all, 100);
  EXPECT_GT(result.noticed, 10);
  EXPECT_GE(result.rejected, result.noticed);
}

TEST_F(FaultInjection, SumsThatStartOrEndAtTheWrongTileAreNoticed) {
  std::vector<Skewed> all;
  for (std::size_t i = 0; i < valid_.commands.size(); ++i) {
    const auto* tile = std::get_if<MatmulTile>(&valid_.commands[i].work);
    if (tile == nullptr) {
      continue;
    }
    // A single tile that adds to nothing of its own adds to what the one before left behind.
    Skewed other_first{"first of: " + at(i), valid_};
    auto& first = std::get<MatmulTile>(other_first.program.commands[i].work).first;
    first = !first;
    all.push_back(std::move(other_first));
    if (tile->last) {
      Skewed never_last{"last of: " + at(i), valid_};
      std::get<MatmulTile>(never_last.program.commands[i].work).last = false;
      all.push_back(std::move(never_last));
      continue;
    }
    // Complete too early: with the operands of the tile that does complete the sums.
    std::size_t end = i + 1;
    const MatmulTile* completes = nullptr;
    while (completes == nullptr || !completes->last) {
      completes = std::get_if<MatmulTile>(&valid_.commands[end++].work);
    }
    Skewed early{"completed early: " + at(i), valid_};
    auto& skewed = std::get<MatmulTile>(early.program.commands[i].work);
    skewed.last = true;
    skewed.params = completes->params;
    skewed.residual = completes->residual;
    skewed.out = completes->out;
    all.push_back(std::move(early));
  }
  const Tally result = tally(all, 120);
  EXPECT_EQ(result.rejected, result.programs)
      << fmt::format("{}", fmt::join(result.accepted, "\n"));
  EXPECT_GT(result.noticed, result.programs * 9 / 10)
      << fmt::format("{}", fmt::join(result.unnoticed_though_rejected, "\n"));
}

}  // namespace
}  // namespace vitsim::test
