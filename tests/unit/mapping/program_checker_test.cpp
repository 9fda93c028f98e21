// SPDX-License-Identifier: Apache-2.0
#include "support/program_checker.h"

#include <algorithm>
#include <functional>

#include <gmock/gmock.h>

#include "vitsim/mapping/mapper.h"

#include "support/cramped_case.h"

/// The checker itself: each kind of fault is found, and called what it is.
namespace vitsim::test {
namespace {

using mapping::Command;
using mapping::MatmulTile;
using mapping::Program;
using mapping::RowsTile;
using mapping::Transfer;
using mapping::Unit;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class ProgramCheckerTest : public testing::TestWithParam<NamedArray> {
 protected:
  [[nodiscard]] std::vector<std::string> check() const {
    return check_program(program_, case_.graph, case_.config.accelerator);
  }

  /// The first command whose work is of type `T` and satisfies `wanted`.
  template <class T>
  Command& find(const std::function<bool(const Command&, const T&)>& wanted) {
    for (Command& command : program_.commands) {
      if (const auto* work = std::get_if<T>(&command.work); work && wanted(command, *work)) {
        return command;
      }
    }
    throw std::runtime_error("no such command in the program");
  }
  Command& find_load() {
    return find<Transfer>([](const Command& c, const Transfer&) {
      return c.unit == Unit::kDmaLoad && !c.waits.empty();
    });
  }
  MatmulTile& find_tile(bool first, bool last) {
    Command& command = find<MatmulTile>([&](const Command&, const MatmulTile& tile) {
      return tile.first == first && tile.last == last;
    });
    return std::get<MatmulTile>(command.work);
  }

  [[nodiscard]] config::PeArray& array() { return case_.config.accelerator.pe_array; }

  Case case_ = cramped_case(GetParam().array);
  Program program_ = mapping::map_program(case_.graph, case_.config.accelerator);
};

TEST_P(ProgramCheckerTest, AcceptsTheMappersProgram) { EXPECT_THAT(check(), IsEmpty()); }

TEST_P(ProgramCheckerTest, FindsAReadThatWaitsForNoWrite) {
  Command& softmax = find<RowsTile>([](const Command&, const RowsTile&) { return true; });
  softmax.waits.clear();
  EXPECT_THAT(check(), Contains(HasSubstr("without waiting for its write")));
}

TEST_P(ProgramCheckerTest, FindsAWriteThatWaitsForNoRead) {
  const TokenOrder order(program_);
  const auto of_a_read = [&](mapping::Token token) {
    return order.place(token).kind == TokenOrder::kLhsRead ||
           order.place(token).kind == TokenOrder::kRhsRead;
  };
  for (Command& command : program_.commands) {
    std::erase_if(command.waits, of_a_read);
  }
  EXPECT_THAT(check(), Contains(HasSubstr("without waiting for a read of it")));
}

TEST_P(ProgramCheckerTest, FindsAWaitForALaterCommand) {
  program_.commands.front().waits = {program_.commands.back().done};
  EXPECT_THAT(check(), Contains(HasSubstr("which no earlier command sets")));
}

TEST_P(ProgramCheckerTest, FindsATokenThatIsSetTwice) {
  program_.commands.back().done = program_.commands.front().done;
  EXPECT_THAT(check(), Contains(HasSubstr("for a second time")));
}

TEST_P(ProgramCheckerTest, FindsTheWrongContent) {
  std::get<Transfer>(find_load().work).dram.address += 1;
  EXPECT_THAT(check(), Contains(HasSubstr("which holds byte")));
}

TEST_P(ProgramCheckerTest, FindsATileThatLeavesTheScratchpad) {
  std::get<Transfer>(find_load().work).scratchpad.region.address =
      case_.config.accelerator.scratchpad.size_kib * Bytes{1024} - 1;
  EXPECT_THAT(check(), Contains(HasSubstr("leaves tensor or scratchpad")));
}

TEST_P(ProgramCheckerTest, FindsATileThatLeavesItsPartition) {
  // Two KiB for weights and scores, behind which none of a program that shares all bytes lies.
  auto& pad = case_.config.accelerator.scratchpad;
  pad.size_kib += 2;
  pad.partitions = config::Partitions{1, pad.size_kib - 2, 1, 0, 0, 0};
  EXPECT_THAT(check(), Contains(HasSubstr("leaves its partition")));
}

TEST_P(ProgramCheckerTest, FindsMoreRowsOfSumsThanTheAccumulatorBufferHas) {
  case_.config.accelerator.accumulator_buffer.rows = 1;
  EXPECT_THAT(check(), Contains(HasSubstr("more rows of sums than the accumulator buffer has")));
}

TEST_P(ProgramCheckerTest, FindsTilesWiderThanTheArray) {
  const bool row_wise = array().kind == config::ArrayKind::kRowWise;
  (row_wise ? array().rows : array().cols) = 1;
  EXPECT_THAT(check(), Contains(HasSubstr("wider than the array")));
}

TEST_P(ProgramCheckerTest, FindsFoldsThatAreCutInTwo) {
  const bool row_wise = array().kind == config::ArrayKind::kRowWise;
  (row_wise ? array().blocks : array().rows) = 31;
  EXPECT_THAT(check(), Contains(HasSubstr("a fold is cut in two")));
}

TEST_P(ProgramCheckerTest, FindsRowsThatAreLongerThanARowWiseArraysBuffer) {
  array().row_buffer_elements = 1;
  array().macs_per_block = 1;  // no beat is longer either
  EXPECT_EQ(testing::Matches(Contains(HasSubstr("longer than the row buffer")))(check()),
            array().kind == config::ArrayKind::kRowWise);
}

TEST_P(ProgramCheckerTest, FindsSumsThatStartOrEndAtTheWrongTile) {
  const Program valid = program_;
  find_tile(true, false).first = false;
  EXPECT_THAT(check(), Contains(HasSubstr("adds to no sums")));
  program_ = valid;
  find_tile(false, true).first = true;
  EXPECT_THAT(check(), Contains(HasSubstr("starts sums, but others are not complete")));
  program_ = valid;
  find_tile(false, true).last = false;
  EXPECT_THAT(check(), Contains(HasSubstr("is not computed once")));
}

TEST_P(ProgramCheckerTest, FindsACommandThatIsMissingOrTwice) {
  const auto last_store = [&] {
    auto at = program_.commands.end();
    while ((--at)->unit != Unit::kDmaStore) {
    }
    return at;
  };
  const Program valid = program_;
  program_.commands.erase(last_store());
  EXPECT_THAT(check(), Contains(HasSubstr("is not stored once")));
  program_ = valid;
  Command again = *last_store();
  again.waits.push_back(again.done);
  again.done = static_cast<mapping::Token>(program_.token_count++);
  program_.commands.push_back(again);
  EXPECT_THAT(check(), Contains(HasSubstr("is not stored once")));
}

TEST_P(ProgramCheckerTest, FindsAResultOfOtherRowsThanItsOperands) {
  Command& rows =
      find<RowsTile>([](const Command&, const RowsTile& tile) { return tile.out->tile.row > 0; });
  --std::get<RowsTile>(rows.work).out->tile.row;
  EXPECT_THAT(check(), Contains(HasSubstr("an operand is not the operator's")));
}

TEST_P(ProgramCheckerTest, FindsAMissingOperand) {
  Command& tile = find<MatmulTile>(
      [](const Command&, const MatmulTile& work) { return work.params.has_value(); });
  std::get<MatmulTile>(tile.work).params.reset();
  EXPECT_THAT(check(), Contains(HasSubstr("an operand is missing or too many")));
}

TEST_P(ProgramCheckerTest, FindsTensorsThatShareTheirPlaceInDram) {
  std::vector<mapping::Placement*> in_dram;
  for (mapping::Placement& placement : program_.placements) {
    if (!placement.resident) {
      in_dram.push_back(&placement);
    }
  }
  in_dram[1]->dram_address = in_dram[0]->dram_address;
  EXPECT_THAT(check(), Contains(HasSubstr("shares its place in DRAM")));
}

INSTANTIATE_TEST_SUITE_P(Arrays, ProgramCheckerTest, testing::ValuesIn(small_arrays()),
                         [](const auto& test) { return std::string(test.param.name); });

class TaylorProgramCheckerTest : public testing::TestWithParam<NamedArray> {
 protected:
  [[nodiscard]] std::vector<std::string> check() const {
    return check_program(program_, case_.graph, case_.config.accelerator);
  }
  [[nodiscard]] bool has_sa_diag() const {
    return GetParam().array.kind == config::ArrayKind::kSystolic &&
           GetParam().array.dataflow == config::Dataflow::kWeightStationary;
  }
  template <class T>
  T& find(const std::function<bool(const Command&, const T&)>& wanted) {
    for (Command& command : program_.commands) {
      if (auto* work = std::get_if<T>(&command.work); work && wanted(command, *work)) {
        return *work;
      }
    }
    throw std::runtime_error("no such command in the program");
  }
  RowsTile& find_rows(Unit unit, bool from_sums) {
    return find<RowsTile>([&](const Command& command, const RowsTile& tile) {
      return command.unit == unit && tile.in.has_value() != from_sums;
    });
  }
  MatmulTile& find_product(mapping::SumSink sink) {
    return find<MatmulTile>(
        [&](const Command&, const MatmulTile& tile) { return tile.sink == sink && tile.last; });
  }
  /// Takes the first such command out of the program; nobody waits for it.
  void erase_first(const std::function<bool(const Command&)>& wanted) {
    const auto found = std::ranges::find_if(program_.commands, wanted);
    ASSERT_NE(found, program_.commands.end());
    const Command erased = *found;
    program_.commands.erase(found);
    for (Command& command : program_.commands) {
      std::erase(command.waits, erased.done);
    }
  }

  Case case_ = cramped_case(GetParam().array, config::Attention::kTaylor);
  Program program_ = mapping::map_program(case_.graph, case_.config.accelerator);
};

TEST_P(TaylorProgramCheckerTest, AcceptsTheMappersProgram) { EXPECT_THAT(check(), IsEmpty()); }

TEST_P(TaylorProgramCheckerTest, FindsSumsThatGoToTheWrongUnit) {
  find_product(mapping::SumSink::kAdderArray).sink = mapping::SumSink::kPostProcessor;
  EXPECT_THAT(check(), Contains(HasSubstr("sums go to the wrong unit")));
}

TEST_P(TaylorProgramCheckerTest, FindsSumsThatNobodyTakes) {
  erase_first([](const Command& command) {
    const auto* rows = std::get_if<RowsTile>(&command.work);
    return rows != nullptr && command.unit == Unit::kDividerArray && !rows->in;
  });
  const auto found = check();
  EXPECT_THAT(found, Contains(HasSubstr("is not computed once")));
  EXPECT_THAT(found, testing::AnyOf(Contains(HasSubstr("come to it")),
                                    Contains("something is left between two units")));
}

TEST_P(TaylorProgramCheckerTest, FindsRowsThatAreTakenForMoreThanTheyAre) {
  ++find_rows(Unit::kAdderArray, true).rows;
  EXPECT_THAT(check(), Contains(HasSubstr("other sums come to it")));
}

TEST_P(TaylorProgramCheckerTest, FindsTheSumOfOtherColumnsOfV) {
  auto& table = find_rows(Unit::kAdderArray, true).tables.front();
  table.region.row_bytes -= table.element_bytes;
  --table.tile.cols;
  EXPECT_THAT(check(), Contains(HasSubstr("an operand is not the operator's")));
}

TEST_P(TaylorProgramCheckerTest, FindsATableThatIsMissing) {
  find_rows(Unit::kAdderArray, false).tables.clear();
  EXPECT_THAT(check(), Contains(HasSubstr("a table is missing or too many")));
}

TEST_P(TaylorProgramCheckerTest, FindsSumsOverTokensThatStartInTheMiddleOrNeverEnd) {
  const Program valid = program_;
  find_rows(Unit::kAccumulatorArray, false).first = false;
  EXPECT_THAT(check(), Contains(HasSubstr("adds to no sums")));
  program_ = valid;
  RowsTile& tile = find<RowsTile>(
      [](const Command&, const RowsTile& rows) { return rows.sums_rows && rows.out.has_value(); });
  tile.out.reset();
  const auto found = check();
  EXPECT_THAT(found, Contains(HasSubstr("is not computed once")));
}

TEST_P(TaylorProgramCheckerTest, FindsRowsThatLieTheOtherWayRound) {
  find_rows(Unit::kAdderArray, false).in->by_column = true;
  EXPECT_THAT(check(), Contains(HasSubstr("rows lie the other way round")));
}

TEST_P(TaylorProgramCheckerTest, FindsALeftOperandThatLiesTheOtherWayRound) {
  MatmulTile& tile = find<MatmulTile>(
      [](const Command&, const MatmulTile& product) { return product.lhs_transposed; });
  tile.lhs_transposed = false;
  EXPECT_THAT(check(), Contains(HasSubstr("lhs lies the other way round")));
}

TEST_P(TaylorProgramCheckerTest, FindsDivisorsThatDoNotCome) {
  if (has_sa_diag()) {
    const Program valid = program_;
    find_product(mapping::SumSink::kAdderArray).lhs_to_sa_diag = false;
    EXPECT_THAT(check(), Contains(HasSubstr("lhs goes to SA-Diag for nothing, or does not")));
    program_ = valid;
    auto& diag = find<mapping::DiagTile>(
        [](const Command&, const mapping::DiagTile& tile) { return tile.last; });
    diag.last = false;
    EXPECT_THAT(check(), Contains(HasSubstr("divisors end at the wrong tile")));
    EXPECT_THAT(check(), Contains(HasSubstr("divisors come to it")));
    return;
  }
  erase_first([](const Command& command) {
    const auto* tile = std::get_if<MatmulTile>(&command.work);
    return tile != nullptr && tile->sink == mapping::SumSink::kDividers && tile->last;
  });
  EXPECT_THAT(check(), testing::Not(IsEmpty()));
}

TEST_P(TaylorProgramCheckerTest, FindsAnOperatorThatDoesNotWaitForWhatItMustComeAfter) {
  // The first operator of the second head reads nothing that the first head's make.
  for (Command& command : program_.commands) {
    const auto& op = case_.graph.ops[static_cast<std::size_t>(command.op)];
    if (op.name == "blocks.0.attn.k_sum.1" && command.unit == Unit::kAccumulatorArray) {
      const TokenOrder order(program_);
      std::erase_if(command.waits, [&](mapping::Token token) {
        return order.place(token).kind == TokenOrder::kind_of(Unit::kDividerArray);
      });
      break;
    }
  }
  EXPECT_THAT(check(), Contains(HasSubstr("begins before what it must come after is done")));
}

TEST_P(TaylorProgramCheckerTest, FindsAVectorThatLeavesTheChip) {
  for (std::size_t id = 0; id < case_.graph.tensors.size(); ++id) {
    if (case_.graph.tensors[id].on_chip) {
      program_.placements[id].resident = false;
    }
  }
  EXPECT_THAT(check(), Contains(HasSubstr("leaves the chip")));
}

TEST_P(TaylorProgramCheckerTest, FindsATensorThatIsNotSkewed) {
  for (std::size_t id = 0; id < case_.graph.tensors.size(); ++id) {
    model::Tensor& tensor = case_.graph.tensors[id];
    if (program_.placements[id].resident && tensor.on_chip) {
      tensor.skewed = true;
      program_.placements[id].scratchpad.pitch =
          2 * case_.config.accelerator.scratchpad.bank_width_bytes;
    }
  }
  EXPECT_THAT(check(), Contains(HasSubstr("is not skewed")));
}

INSTANTIATE_TEST_SUITE_P(Arrays, TaylorProgramCheckerTest, testing::ValuesIn(small_arrays()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(TokenOrderTest, KnowsWhatTokensImplyAndNoMore) {
  // a: load t0; b: load t1; c: matmul waits t1, sets t2 (read lhs t3, rhs t4); d: load
  // waits t3; e: softmax waits t2.
  Program program;
  const auto add = [&](Unit unit, mapping::Token done, std::vector<mapping::Token> waits) {
    Command command;
    command.unit = unit;
    command.done = done;
    command.waits = std::move(waits);
    program.commands.push_back(std::move(command));
  };
  add(Unit::kDmaLoad, 0, {});
  add(Unit::kDmaLoad, 1, {});
  add(Unit::kPeArray, 2, {1});
  MatmulTile tile;
  tile.lhs_read = 3;
  tile.rhs_read = 4;
  program.commands.back().work = tile;
  add(Unit::kDmaLoad, 5, {3});
  add(Unit::kSoftmaxUnit, 6, {2});
  program.token_count = 7;
  const TokenOrder order(program);
  ASSERT_THAT(order.problems(), IsEmpty());
  const auto knows = [&](std::size_t command, mapping::Token token) {
    return order.knows(command, order.place(token));
  };
  EXPECT_FALSE(knows(1, 0));  // released in order is not done in order
  EXPECT_TRUE(knows(2, 1));
  EXPECT_TRUE(knows(2, 0));  // tokens of one kind are set in order
  EXPECT_TRUE(knows(3, 3));
  EXPECT_TRUE(knows(3, 1));   // through the product
  EXPECT_FALSE(knows(3, 4));  // the other operand may still be read
  EXPECT_FALSE(knows(3, 2));
  EXPECT_TRUE(knows(4, 2));
  EXPECT_FALSE(knows(4, 5));
}

}  // namespace
}  // namespace vitsim::test
