// SPDX-License-Identifier: Apache-2.0
#include "support/program_checker.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace vitsim::test {

using mapping::Command;
using mapping::MatmulTile;
using mapping::Operand;
using mapping::Region;
using mapping::RowsTile;
using mapping::Token;
using mapping::Transfer;
using mapping::Unit;

// --- order

TokenOrder::TokenOrder(const mapping::Program& program)
    : places_(program.token_count), setters_(program.token_count, -1) {
  number_tokens(program);
  std::array<Known, mapping::kUnitCount> released{};
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const Command& command = program.commands[i];
    Known known = released[static_cast<std::size_t>(command.unit)];
    for (const Token token : command.waits) {
      const int setter = token < 0 || token >= static_cast<Token>(setters_.size())
                             ? -1
                             : setters_[static_cast<std::size_t>(token)];
      if (setter < 0 || setter >= static_cast<int>(i)) {
        problems_.push_back(
            fmt::format("command {} waits for t{}, which no earlier command sets", i, token));
        continue;
      }
      const Known& before = known_[static_cast<std::size_t>(setter)];
      std::transform(known.begin(), known.end(), before.begin(), known.begin(),
                     [](int a, int b) { return std::max(a, b); });
      const Place at = place(token);
      known[at.kind] = std::max(known[at.kind], at.number);
    }
    released[static_cast<std::size_t>(command.unit)] = known;
    known_.push_back(known);
  }
}

void TokenOrder::number_tokens(const mapping::Program& program) {
  std::array<int, kKinds> count{};
  const auto number = [&](Token token, std::size_t kind, std::size_t command) {
    if (token < 0 || token >= static_cast<Token>(places_.size()) ||
        setters_[static_cast<std::size_t>(token)] >= 0) {
      problems_.push_back(
          fmt::format("command {} sets t{} for a second time, or it is none", command, token));
      return;
    }
    setters_[static_cast<std::size_t>(token)] = static_cast<int>(command);
    places_[static_cast<std::size_t>(token)] = {kind, ++count[kind]};
  };
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const Command& command = program.commands[i];
    const auto* tile = std::get_if<MatmulTile>(&command.work);
    number(command.done,
           tile != nullptr && !tile->last ? mapping::kUnitCount
                                          : static_cast<std::size_t>(command.unit),
           i);
    if (tile != nullptr) {
      number(tile->lhs_read, mapping::kUnitCount + 1, i);
      number(tile->rhs_read, mapping::kUnitCount + 2, i);
    }
  }
}

namespace {

// --- memory

/// Which byte of which tensor: one number.
using Content = std::int64_t;
constexpr Content kNothing = -1;
constexpr Content content(model::TensorId tensor, Bytes offset) {
  return (static_cast<Content>(tensor) << 40) + offset;
}

/// What each byte holds, who wrote it, and who has read it since.
class Memory {
 public:
  /// Readers set tokens of the kinds [first_kind, first_kind + kinds).
  Memory(Bytes size, std::size_t first_kind, std::size_t kinds)
      : first_kind_(first_kind),
        kinds_(kinds),
        contents_(static_cast<std::size_t>(size), kNothing),
        writes_(contents_.size()),
        reads_(contents_.size() * kinds) {}

  [[nodiscard]] bool contains(Bytes begin, Bytes end) const {
    return begin >= 0 && begin <= end && end <= static_cast<Bytes>(contents_.size());
  }

  /// The first thing wrong with reading `what` from the bytes [begin, end), as one phrase.
  std::string read(Bytes begin, Bytes end, Content what, TokenOrder::Place reader,
                   const TokenOrder& order, std::size_t command) {
    std::string wrong;
    for (auto at = static_cast<std::size_t>(begin); at < static_cast<std::size_t>(end);
         ++at, ++what) {
      if (wrong.empty() && !order.knows(command, writes_[at])) {
        wrong = fmt::format("reads address {} without waiting for its write", at);
      }
      if (wrong.empty() && contents_[at] != what) {
        wrong = fmt::format("reads address {}, which holds {}", at, name(contents_[at]));
      }
      reads_[at * kinds_ + reader.kind - first_kind_] = reader.number;
    }
    return wrong;
  }

  /// The same for a write.
  std::string write(Bytes begin, Bytes end, Content what, TokenOrder::Place writer,
                    const TokenOrder& order, std::size_t command) {
    std::string wrong;
    for (auto at = static_cast<std::size_t>(begin); at < static_cast<std::size_t>(end);
         ++at, ++what) {
      if (wrong.empty() && !order.knows(command, writes_[at])) {
        wrong = fmt::format("writes address {} without waiting for the write before", at);
      }
      for (std::size_t kind = 0; kind < kinds_; ++kind) {
        int& read = reads_[at * kinds_ + kind];
        if (wrong.empty() && !order.knows(command, {first_kind_ + kind, read})) {
          wrong = fmt::format("writes address {} without waiting for a read of it", at);
        }
        read = 0;
      }
      contents_[at] = what;
      writes_[at] = writer;
    }
    return wrong;
  }

  /// By the host, before the program.
  bool preset(Bytes begin, Bytes size, Content what) {
    for (Bytes i = 0; i < size; ++i) {
      Content& held = contents_[static_cast<std::size_t>(begin + i)];
      if (held != kNothing) {
        return false;
      }
      held = what + i;
    }
    return true;
  }

 private:
  static std::string name(Content what) {
    return what == kNothing
               ? std::string("nothing")
               : fmt::format("byte {} of tensor {}", what & ((Content{1} << 40) - 1), what >> 40);
  }

  std::size_t first_kind_;
  std::size_t kinds_;
  std::vector<Content> contents_;
  std::vector<TokenOrder::Place> writes_;
  std::vector<int> reads_;  ///< by byte and kind: the last reader's number
};

// --- the checker

class ProgramChecker {
 public:
  ProgramChecker(const mapping::Program& program, const model::Graph& graph,
                 const config::Accelerator& machine)
      : program_(program),
        graph_(graph),
        machine_(machine),
        order_(program),
        scratchpad_(machine.scratchpad.size_kib * Bytes{1024}, 0, TokenOrder::kKinds),
        dram_(program.dram_bytes, static_cast<std::size_t>(Unit::kDmaLoad), 1),
        problems_(order_.problems()) {}

  std::vector<std::string> run() && {
    if (!problems_.empty()) {
      return problems_;
    }
    prepare();
    for (index_ = 0; index_ < program_.commands.size(); ++index_) {
      command_ = &program_.commands[index_];
      if (command_->op < 0 || static_cast<std::size_t>(command_->op) >= graph_.ops.size()) {
        problem("belongs to no operator");
        continue;
      }
      op_ = &graph_.ops[static_cast<std::size_t>(command_->op)];
      std::visit([this](const auto& work) { check(work); }, command_->work);
    }
    finish();
    return std::move(problems_);
  }

 private:
  void problem(const std::string& what) {
    problems_.push_back(fmt::format("command {} ({} {} of '{}'): {}", index_,
                                    name_of(command_->unit), mapping::operation_of(command_->unit),
                                    graph_.ops[static_cast<std::size_t>(command_->op)].name, what));
  }

  void expect(bool condition, const char* what) {
    if (!condition) {
      problem(what);
    }
  }

  // --- before and after the program

  void prepare() {
    Memory owners(program_.dram_bytes, 0, 1);
    for (std::size_t id = 0; id < graph_.tensors.size(); ++id) {
      const model::Tensor& tensor = graph_.tensors[id];
      const mapping::Placement& placement = program_.placements[id];
      const auto elements = static_cast<std::size_t>(tensor.rows * tensor.cols);
      computed_.emplace_back(elements);
      stored_.emplace_back(elements);
      const Bytes begin = placement.dram_address;
      if (placement.resident) {
        continue;
      }
      const Content what = content(static_cast<model::TensorId>(id), 0);
      if (!dram_.contains(begin, begin + tensor.size_bytes()) ||
          !owners.preset(begin, tensor.size_bytes(), what)) {
        problems_.push_back(fmt::format("'{}' shares its place in DRAM", tensor.name));
      } else if (tensor.role != model::Role::kActivation) {
        dram_.preset(begin, tensor.size_bytes(), what);
      }
    }
  }

  void finish() {
    if (sums_) {
      problems_.push_back("sums are left in the accumulator buffer");
    }
    for (std::size_t id = 0; id < graph_.tensors.size(); ++id) {
      const model::Tensor& tensor = graph_.tensors[id];
      if (tensor.role != model::Role::kActivation) {
        continue;
      }
      const auto not_once = [](int times) { return times != 1; };
      if (std::any_of(computed_[id].begin(), computed_[id].end(), not_once)) {
        problems_.push_back(fmt::format("'{}': some element is not computed once", tensor.name));
      }
      if (!program_.placements[id].resident &&
          std::any_of(stored_[id].begin(), stored_[id].end(), not_once)) {
        problems_.push_back(fmt::format("'{}': some element is not stored once", tensor.name));
      }
    }
  }

  // --- operands

  bool is_sound(const Operand& operand) {
    const model::View& tile = operand.tile;
    if (tile.tensor < 0 || static_cast<std::size_t>(tile.tensor) >= graph_.tensors.size()) {
      problem("an operand is no tensor");
      return false;
    }
    const model::Tensor& tensor = graph_.tensor(tile);
    const Region& region = operand.region;
    const bool inside = tile.rows > 0 && tile.cols > 0 && tile.row >= 0 && tile.col >= 0 &&
                        tile.row + tile.rows <= tensor.rows && tile.col + tile.cols <= tensor.cols;
    const bool fits = operand.element_bytes == tensor.element_bytes && region.rows == tile.rows &&
                      region.row_bytes == tile.cols * tensor.element_bytes &&
                      (region.rows == 1 || region.pitch >= region.row_bytes);
    if (!inside || !fits || !scratchpad_.contains(region.address, region.end())) {
      problem(fmt::format("a tile of '{}' leaves tensor or scratchpad, or is none", tensor.name));
      return false;
    }
    return true;
  }

  [[nodiscard]] Content content_of(const Operand& operand, std::int64_t row) const {
    const model::Tensor& tensor = graph_.tensor(operand.tile);
    return content(operand.tile.tensor, (operand.tile.row + row) * tensor.row_bytes() +
                                            operand.tile.col * tensor.element_bytes);
  }

  /// Calls memory.read or memory.write for each row of `region`, which holds `operand`'s tile.
  template <class Access>
  void each_row(const Region& region, const Operand& operand, Access access) {
    for (std::int64_t row = 0; row < region.rows; ++row) {
      const Bytes begin = region.address + row * region.pitch;
      const std::string wrong = access(begin, begin + region.row_bytes, content_of(operand, row));
      if (!wrong.empty()) {
        problem(fmt::format("{} (as row {} of '{}')", wrong, operand.tile.row + row,
                            graph_.tensor(operand.tile).name));
        return;
      }
    }
  }

  void read(Memory& memory, const Region& region, const Operand& operand, Token token) {
    each_row(region, operand, [&](Bytes begin, Bytes end, Content what) {
      return memory.read(begin, end, what, order_.place(token), order_, index_);
    });
  }
  void write(Memory& memory, const Region& region, const Operand& operand) {
    each_row(region, operand, [&](Bytes begin, Bytes end, Content what) {
      return memory.write(begin, end, what, order_.place(command_->done), order_, index_);
    });
  }

  /// An operand that a unit reads: `rows` x `cols` of `view` from (row, col) on.
  void input(const std::optional<Operand>& operand, const std::optional<model::View>& view,
             const model::View& part, Token token) {
    if (operand.has_value() != view.has_value()) {
      problem("an operand is missing or too many");
      return;
    }
    if (!operand || !is_sound(*operand)) {
      return;
    }
    expect(is_part(operand->tile, *view, part), "an operand is not the operator's");
    read(scratchpad_, operand->region, *operand, token);
  }

  void output(const Operand& operand, const model::View& part) {
    if (!is_sound(operand)) {
      return;
    }
    expect(is_part(operand.tile, op_->out, part), "the result is not the operator's");
    write(scratchpad_, operand.region, operand);
    count(computed_, operand.tile);
  }

  static bool is_part(const model::View& tile, const model::View& whole, const model::View& part) {
    return tile.tensor == whole.tensor && tile.row == whole.row + part.row &&
           tile.col == whole.col + part.col && tile.rows == part.rows && tile.cols == part.cols &&
           part.row + part.rows <= whole.rows && part.col + part.cols <= whole.cols;
  }

  void count(std::vector<std::vector<int>>& times, const model::View& tile) const {
    auto& of_tensor = times[static_cast<std::size_t>(tile.tensor)];
    for (std::int64_t row = tile.row; row < tile.row + tile.rows; ++row) {
      for (std::int64_t col = tile.col; col < tile.col + tile.cols; ++col) {
        ++of_tensor[static_cast<std::size_t>(row * graph_.tensor(tile).cols + col)];
      }
    }
  }

  // --- commands

  void check(const Transfer& transfer) {
    const Operand& operand = transfer.scratchpad;
    if (!is_sound(operand)) {
      return;
    }
    const Region& dram = transfer.dram;
    if (dram.rows != operand.region.rows || dram.row_bytes != operand.region.row_bytes ||
        !dram_.contains(dram.address, dram.end()) ||
        program_.placements[static_cast<std::size_t>(operand.tile.tensor)].resident) {
      problem("the two sides of a transfer differ, or one leaves its memory");
      return;
    }
    if (command_->unit == Unit::kDmaLoad) {
      read(dram_, dram, operand, command_->done);
      write(scratchpad_, operand.region, operand);
      return;
    }
    expect(command_->unit == Unit::kDmaStore, "a transfer is not the DMA's");
    read(scratchpad_, operand.region, operand, command_->done);
    const model::Tensor& tensor = graph_.tensor(operand.tile);
    const Bytes home =
        program_.placements[static_cast<std::size_t>(operand.tile.tensor)].dram_address;
    expect(dram.address == home + operand.tile.row * tensor.row_bytes() +
                               operand.tile.col * tensor.element_bytes &&
               dram.pitch == tensor.row_bytes(),
           "a store goes to another place than the tensor's");
    write(dram_, dram, operand);
    count(stored_, operand.tile);
  }

  /// The sums that the accumulator buffer holds.
  struct Sums {
    int op = -1;
    std::int64_t row = 0;
    std::int64_t col = 0;
    std::int64_t rows = 0;
    std::int64_t cols = 0;
    std::int64_t depth = 0;  ///< products added so far
  };

  void check(const MatmulTile& tile) {
    const auto* work = std::get_if<model::Matmul>(&op_->work);
    if (work == nullptr || command_->unit != Unit::kPeArray) {
      problem("is no product");
      return;
    }
    const auto [m, k, n] = tile.shape;
    const model::GemmShape whole = model::shape_of(*work);
    const std::int64_t row = tile.lhs.tile.row - work->lhs.row;
    const std::int64_t depth = tile.lhs.tile.col - work->lhs.col;
    const std::int64_t col =
        tile.rhs_transposed ? tile.rhs.tile.row - work->rhs.row : tile.rhs.tile.col - work->rhs.col;
    check_size(tile.shape, row + m == whole.m, depth + k == whole.k);
    expect(tile.rhs_transposed == work->rhs_transposed, "rhs lies the other way round");

    input(tile.lhs, work->lhs, {-1, row, depth, m, k}, tile.lhs_read);
    input(
        tile.rhs, work->rhs,
        tile.rhs_transposed ? model::View{-1, col, depth, n, k} : model::View{-1, depth, col, k, n},
        tile.rhs_read);
    accumulate(tile, {command_->op, row, col, m, n, depth});
    if (!tile.last) {
      expect(!tile.params && !tile.residual, "parameters before the sums are complete");
      return;
    }
    expect(depth + k == whole.k, "the sums are not complete");
    input(tile.params, work->params, {-1, 0, col, 1, n}, command_->done);
    input(tile.residual, work->residual, {-1, row, col, m, n}, command_->done);
    output(tile.out, {-1, row, col, m, n});
  }

  /// Tile against array and accumulator buffer. `last_row`, `last_k`: it lies at the end of these
  /// sides of the product.
  void check_size(const model::GemmShape& tile, bool last_row, bool last_k) {
    const config::PeArray& array = machine_.pe_array;
    const bool row_wise = array.kind == config::ArrayKind::kRowWise;
    const bool columns_leave = row_wise || array.dataflow == config::Dataflow::kInputStationary;
    const std::int64_t rows_of_sums = columns_leave ? tile.n : tile.m;
    const std::int64_t width = columns_leave ? tile.m : tile.n;
    const std::int64_t depth =
        row_wise ? std::int64_t{array.blocks} * array.macs_per_block : array.rows;
    expect(rows_of_sums <= machine_.accumulator_buffer.rows,
           "more rows of sums than the accumulator buffer has");
    expect(width <= (row_wise ? array.rows : array.cols), "wider than the array");
    expect(tile.k % depth == 0 || last_k, "a fold is cut in two");
    expect(!row_wise || tile.k <= std::max<std::int64_t>(array.row_buffer_elements, depth),
           "rows of lhs are longer than the row buffer");
    expect(row_wise || array.dataflow != config::Dataflow::kOutputStationary ||
               tile.m <= array.rows || tile.m % array.rows == 0 || last_row,
           "a fold of sums is cut in two");
  }

  /// `now`: the sums that the tile adds to, `depth` being where it begins.
  void accumulate(const MatmulTile& tile, Sums now) {
    if (tile.first == sums_.has_value()) {
      problem(tile.first ? "starts sums, but others are not complete" : "adds to no sums");
    } else if (tile.first) {
      expect(now.depth == 0, "the first products are missing");
    } else {
      expect(sums_->op == now.op && sums_->row == now.row && sums_->col == now.col &&
                 sums_->rows == now.rows && sums_->cols == now.cols && sums_->depth == now.depth,
             "adds to other sums");
    }
    now.depth += tile.shape.k;
    sums_ = tile.last ? std::nullopt : std::optional(now);
  }

  struct UnitOf {
    Unit operator()(const model::Matmul&) const { return Unit::kPeArray; }
    Unit operator()(const model::Softmax&) const { return Unit::kSoftmaxUnit; }
    Unit operator()(const model::Gelu&) const { return Unit::kGeluUnit; }
    Unit operator()(const model::LayerNorm&) const { return Unit::kLayerNormUnit; }
    Unit operator()(const model::Add&) const { return Unit::kVectorUnit; }
  };

  void check(const RowsTile& tile) {
    if (std::holds_alternative<model::Matmul>(op_->work) ||
        command_->unit != std::visit(UnitOf{}, op_->work)) {
      problem("is on the wrong unit");
      return;
    }
    const auto views = model::inputs_of(*op_);
    const bool has_params = std::holds_alternative<model::LayerNorm>(op_->work);
    const bool has_second = std::holds_alternative<model::Add>(op_->work);
    const std::int64_t row = tile.out.tile.row - op_->out.row;
    const model::View part{-1, row, 0, tile.out.tile.rows, op_->out.cols};
    input(tile.in, views[0], part, command_->done);
    input(tile.second, has_second ? std::optional(views[1]) : std::nullopt, part, command_->done);
    input(tile.params, has_params ? std::optional(views[1]) : std::nullopt,
          {-1, 0, 0, 1, op_->out.cols}, command_->done);
    output(tile.out, part);
  }

  const mapping::Program& program_;
  const model::Graph& graph_;
  const config::Accelerator& machine_;
  TokenOrder order_;
  Memory scratchpad_;
  Memory dram_;
  std::vector<std::string> problems_;
  std::size_t index_ = 0;
  const Command* command_ = nullptr;
  const model::Op* op_ = nullptr;
  std::optional<Sums> sums_;
  std::vector<std::vector<int>> computed_;  ///< times, by tensor and element
  std::vector<std::vector<int>> stored_;
};

}  // namespace

std::vector<std::string> check_program(const mapping::Program& program, const model::Graph& graph,
                                       const config::Accelerator& machine) {
  return ProgramChecker(program, graph, machine).run();
}

}  // namespace vitsim::test
