// SPDX-License-Identifier: Apache-2.0
#include "support/program_checker.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace vitsim::test {

using mapping::Command;
using mapping::DiagTile;
using mapping::MatmulTile;
using mapping::Operand;
using mapping::Region;
using mapping::RowsTile;
using mapping::SumSink;
using mapping::Token;
using mapping::Transfer;
using mapping::Unit;

// --- order

TokenOrder::TokenOrder(const mapping::Program& program)
    : places_(program.token_count), setters_(program.token_count, -1) {
  number_tokens(program);
  std::array<Known, kKinds> released{};
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const Command& command = program.commands[i];
    Known& of_queue = released[kind_of(command.unit, command.channel)];
    Known known = of_queue;
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
    of_queue = known;
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
    const bool ends_in_accumulator =
        tile != nullptr && (!tile->last || tile->sink != SumSink::kPostProcessor);
    number(command.done, ends_in_accumulator ? kSums : kind_of(command.unit, command.channel), i);
    if (tile != nullptr) {
      number(tile->lhs_read, kLhsRead, i);
      number(tile->rhs_read, kRhsRead, i);
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
        dram_(program.dram_bytes, 0, TokenOrder::kLoadKinds),
        problems_(order_.problems()) {}

  std::vector<std::string> run() && {
    if (!problems_.empty()) {
      return problems_;
    }
    note_ends();
    prepare();
    for (index_ = 0; index_ < program_.commands.size(); ++index_) {
      command_ = &program_.commands[index_];
      if (command_->op < 0 || static_cast<std::size_t>(command_->op) >= graph_.ops.size()) {
        problem("belongs to no operator");
        continue;
      }
      op_ = &graph_.ops[static_cast<std::size_t>(command_->op)];
      check_begin();
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
      if (placement.resident) {
        prepare_resident(static_cast<model::TensorId>(id));
        continue;
      }
      if (tensor.on_chip) {
        problems_.push_back(fmt::format("'{}' leaves the chip", tensor.name));
      }
      const Bytes begin = placement.dram_address;
      const Content what = content(static_cast<model::TensorId>(id), 0);
      if (!dram_.contains(begin, begin + tensor.size_bytes()) ||
          !owners.preset(begin, tensor.size_bytes(), what)) {
        problems_.push_back(fmt::format("'{}' shares its place in DRAM", tensor.name));
      } else if (tensor.role != model::Role::kActivation) {
        dram_.preset(begin, tensor.size_bytes(), what);
      }
    }
  }

  void prepare_resident(model::TensorId id) {
    const model::Tensor& tensor = graph_.tensors[static_cast<std::size_t>(id)];
    const Region& region = program_.placements[static_cast<std::size_t>(id)].scratchpad;
    const Bytes word = machine_.scratchpad.bank_width_bytes;
    if (tensor.skewed && region.pitch / word % 2 == 0) {
      problems_.push_back(fmt::format("'{}' is not skewed", tensor.name));
    }
    if (tensor.role == model::Role::kActivation) {
      return;
    }
    if (tensor.role != model::Role::kInput || !scratchpad_.contains(region.address, region.end())) {
      problems_.push_back(fmt::format("'{}' is not in the scratchpad", tensor.name));
      return;
    }
    for (std::int64_t row = 0; row < tensor.rows; ++row) {
      scratchpad_.preset(region.address + row * region.pitch, tensor.row_bytes(),
                         content(id, row * tensor.row_bytes()));
    }
  }

  void finish() {
    if (sums_) {
      problems_.push_back("sums are left in the accumulator buffer");
    }
    if (token_sum_) {
      problems_.push_back("sums are left in the accumulator array");
    }
    if (!to_adder_array_.empty() || !to_divider_array_.empty() || !to_sa_diag_.empty() ||
        !divisors_.empty()) {
      problems_.push_back("something is left between two units");
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
    const auto partitions = config::partition_layout(machine_.scratchpad);
    const auto& partition =
        partitions[partitions.size() > 1 ? static_cast<std::size_t>(tensor.kind()) : 0];
    if (region.address < partition.address || region.end() > partition.address + partition.bytes) {
      problem(fmt::format("a tile of '{}' leaves its partition", tensor.name));
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

  void output(const std::optional<Operand>& operand, const model::View& part) {
    if (!operand) {
      problem("a result is missing");
      return;
    }
    if (!is_sound(*operand)) {
      return;
    }
    expect(is_part(operand->tile, op_->out, part), "the result is not the operator's");
    write(scratchpad_, operand->region, *operand);
    count(computed_, operand->tile);
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

  /// A block of a product on its way between two units.
  struct Block {
    int op = -1;
    std::int64_t row = 0;
    std::int64_t rows = 0;
    std::int64_t col = 0;
    std::int64_t cols = 0;
  };

  /// The oldest on the way, which must be the current operator's and of these sides.
  Block take(std::deque<Block>& from, std::int64_t rows, std::int64_t cols, const char* what) {
    if (from.empty() || from.front().op != command_->op) {
      problem(fmt::format("no {} come to it", what));
      return {};
    }
    const Block block = from.front();
    from.pop_front();
    if (block.rows != rows || block.cols != cols) {
      problem(fmt::format("other {} come to it", what));
      return {};
    }
    return block;
  }

  /// The context's operator where its divisors are computed.
  [[nodiscard]] const model::TaylorContext* context_with_divisors() const {
    const auto* context = std::get_if<model::TaylorContext>(&op_->work);
    return context != nullptr && context->k_hat_sum ? context : nullptr;
  }
  [[nodiscard]] bool has_sa_diag() const {
    return machine_.pe_array.kind == config::ArrayKind::kSystolic &&
           machine_.pe_array.dataflow == config::Dataflow::kWeightStationary;
  }

  void check(const MatmulTile& tile) {
    const model::Matmul* work = model::product_of(*op_);
    if (work == nullptr || command_->unit != Unit::kPeArray) {
      problem("is no product");
      return;
    }
    expect(!tile.lhs.by_column && !tile.rhs.by_column, "an operand of a product has no columns");
    if (tile.sink == SumSink::kDividers) {
      check_divisors(tile);
      return;
    }
    const bool to_post_processor = std::holds_alternative<model::Matmul>(op_->work);
    expect(tile.sink == (to_post_processor ? SumSink::kPostProcessor : SumSink::kAdderArray),
           "sums go to the wrong unit");
    const auto [m, k, n] = tile.shape;
    const model::GemmShape whole = model::shape_of(*work);
    const std::int64_t lhs_row = tile.lhs.tile.row - work->lhs.row;
    const std::int64_t lhs_col = tile.lhs.tile.col - work->lhs.col;
    const std::int64_t row = tile.lhs_transposed ? lhs_col : lhs_row;
    const std::int64_t depth = tile.lhs_transposed ? lhs_row : lhs_col;
    const std::int64_t col =
        tile.rhs_transposed ? tile.rhs.tile.row - work->rhs.row : tile.rhs.tile.col - work->rhs.col;
    check_size(tile.shape, depth + k == whole.k);
    expect(tile.lhs_transposed == work->lhs_transposed, "lhs lies the other way round");
    expect(tile.rhs_transposed == work->rhs_transposed, "rhs lies the other way round");
    expect(tile.lhs_to_sa_diag == (context_with_divisors() != nullptr && has_sa_diag()),
           "lhs goes to SA-Diag for nothing, or does not");

    input(
        tile.lhs, work->lhs,
        tile.lhs_transposed ? model::View{-1, depth, row, k, m} : model::View{-1, row, depth, m, k},
        tile.lhs_read);
    input(
        tile.rhs, work->rhs,
        tile.rhs_transposed ? model::View{-1, col, depth, n, k} : model::View{-1, depth, col, k, n},
        tile.rhs_read);
    if (tile.lhs_to_sa_diag) {
      to_sa_diag_.push_back({command_->op, row, m, depth, k});
    }
    accumulate(tile, {command_->op, row, col, m, n, depth});
    if (!tile.last || !to_post_processor) {
      expect(!tile.params && !tile.residual && !tile.out,
             tile.last ? "the post-processor does not see these sums"
                       : "parameters or a result before the sums are complete");
    }
    if (!tile.last) {
      return;
    }
    expect(depth + k == whole.k, "the sums are not complete");
    if (!to_post_processor) {
      to_adder_array_.push_back({command_->op, row, m, col, n});
      return;
    }
    input(tile.params, work->params, {-1, 0, col, 1, n}, command_->done);
    input(tile.residual, work->residual, {-1, row, col, m, n}, command_->done);
    output(tile.out, {-1, row, col, m, n});
  }

  /// Q k_hat_sum^T on an array beside which there is no SA-Diag.
  void check_divisors(const MatmulTile& tile) {
    const model::TaylorContext* context = context_with_divisors();
    if (context == nullptr || has_sa_diag()) {
      problem("divisors that nobody asks for");
      return;
    }
    const auto [m, k, n] = tile.shape;
    const model::Matmul& work = context->product;
    const std::int64_t row = tile.lhs.tile.row - work.lhs.row;
    const std::int64_t depth = tile.lhs.tile.col - work.lhs.col;
    check_size(tile.shape, depth + k == work.lhs.cols);
    expect(n == 1 && tile.rhs_transposed && !tile.lhs_transposed && !tile.lhs_to_sa_diag,
           "divisors are one column");
    expect(!tile.params && !tile.residual && !tile.out,
           "the post-processor does not see these sums");
    input(tile.lhs, work.lhs, {-1, row, depth, m, k}, tile.lhs_read);
    input(tile.rhs, context->k_hat_sum, {-1, 0, depth, 1, k}, tile.rhs_read);
    accumulate(tile, {command_->op, row, -1, m, n, depth});
    if (tile.last) {
      expect(depth + k == work.lhs.cols, "the sums are not complete");
      divisors_.push_back({command_->op, row, m, 0, 1});
    }
  }

  void check(const DiagTile& tile) {
    const model::TaylorContext* context = context_with_divisors();
    if (context == nullptr || command_->unit != Unit::kSaDiag) {
      problem("divisors that nobody asks for");
      return;
    }
    const Block block = take(to_sa_diag_, tile.m, tile.k, "queries");
    expect(tile.first == (block.col == 0), "divisors start at the wrong tile");
    expect(tile.last == (block.col + block.cols == context->product.lhs.cols),
           "divisors end at the wrong tile");
    input(tile.k_hat_sum, context->k_hat_sum, {-1, 0, block.col, 1, block.cols}, command_->done);
    expect(!tile.k_hat_sum.by_column, "k_hat_sum is a row");
    if (tile.last) {
      divisors_.push_back({command_->op, block.row, block.rows, 0, 1});
    }
  }

  /// Tile against array and accumulator buffer. `last_k`: it lies at the end of that side of the
  /// product. How sums that stay in the array are cut is left to tilings: a group's row tiles may
  /// end within a fold of them.
  void check_size(const model::GemmShape& tile, bool last_k) {
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

  /// What an operator on whole rows reads and where; visits its kind.
  struct RowsWork {
    Unit unit = Unit::kVectorUnit;
    std::vector<model::View> rows;
    std::optional<model::View> table{};
    bool by_feature = false;  ///< of a sum its operand, else the result, is turned
  };
  struct RowsWorkOf {
    std::optional<RowsWork> operator()(const model::Matmul&) const { return {}; }
    std::optional<RowsWork> operator()(const model::CorrectedMatmul&) const { return {}; }
    std::optional<RowsWork> operator()(const model::TaylorContext&) const { return {}; }
    std::optional<RowsWork> operator()(const model::Softmax& op) const {
      return RowsWork{Unit::kSoftmaxUnit, {op.in}};
    }
    std::optional<RowsWork> operator()(const model::Gelu& op) const {
      return RowsWork{Unit::kGeluUnit, {op.in}};
    }
    std::optional<RowsWork> operator()(const model::LayerNorm& op) const {
      return RowsWork{Unit::kLayerNormUnit, {op.in}, op.params};
    }
    std::optional<RowsWork> operator()(const model::Add& op) const {
      return RowsWork{Unit::kVectorUnit, {op.a, op.b}};
    }
    std::optional<RowsWork> operator()(const model::TokenSum& op) const {
      return RowsWork{Unit::kAccumulatorArray, {op.in}, {}, op.by_feature};
    }
    std::optional<RowsWork> operator()(const model::TokenMean& op) const {
      return RowsWork{Unit::kDividerArray, {op.sums}};
    }
    std::optional<RowsWork> operator()(const model::Center& op) const {
      return RowsWork{Unit::kAdderArray, {op.in}, op.mean, op.by_feature};
    }
    std::optional<RowsWork> operator()(const model::CenterFeatures& op) const {
      return RowsWork{Unit::kAdderArray, {op.in}};
    }
    std::optional<RowsWork> operator()(const model::CenterResidue& op) const {
      return RowsWork{Unit::kAdderArray, {op.sums, op.k_mean}};
    }
    std::optional<RowsWork> operator()(const model::Requantize& op) const {
      return RowsWork{Unit::kAdderArray, {op.in}};
    }
  };

  void check(const RowsTile& tile) {
    const std::optional<RowsWork> work = std::visit(RowsWorkOf{}, op_->work);
    if (!work) {
      check_finish(tile);
      return;
    }
    if (command_->unit != work->unit) {
      problem("is on the wrong unit");
      return;
    }
    const bool sums_rows = std::holds_alternative<model::TokenSum>(op_->work);
    expect(tile.sums_rows == sums_rows, "rows are summed up, or are not");
    expect(tile.tables.size() == (work->table ? 1U : 0U), "a table is missing or too many");
    expect(!tile.second || !tile.second->by_column, "the second operand has no columns");
    if (sums_rows) {
      check_token_sum(tile, *work);
      return;
    }
    if (!tile.in || !tile.out) {
      problem("an operand is missing or too many");
      return;
    }
    const bool turned = work->by_feature;
    expect(!tile.in->by_column && tile.out->by_column == turned, "rows lie the other way round");
    const model::View& out = tile.out->tile;
    const std::int64_t row = turned ? out.col - op_->out.col : out.row - op_->out.row;
    const std::int64_t rows = turned ? out.cols : out.rows;
    const std::int64_t cols = turned ? op_->out.rows : op_->out.cols;
    expect(tile.rows == rows && tile.cols == cols, "other rows than its operands have");
    const auto part = [&](const model::View& view) {
      return model::View{-1, row, 0, rows, view.cols};
    };
    input(tile.in, work->rows[0], part(work->rows[0]), command_->done);
    const bool has_second = work->rows.size() > 1;
    input(tile.second, has_second ? std::optional(work->rows[1]) : std::nullopt,
          part(work->rows.back()), command_->done);
    if (work->table && !tile.tables.empty()) {
      read_table(tile.tables.front(), *work->table, 0, work->table->cols);
    }
    output(tile.out,
           turned ? model::View{-1, 0, row, cols, rows} : model::View{-1, row, 0, rows, cols});
  }

  /// The columns of a vector that a unit keeps while rows pass.
  void read_table(const Operand& table, const model::View& view, std::int64_t col,
                  std::int64_t cols) {
    expect(!table.by_column, "a table is a row");
    input(table, view, {-1, 0, col, 1, cols}, command_->done);
  }

  /// A part of the tokens that make a sum.
  void check_token_sum(const RowsTile& tile, const RowsWork& work) {
    const model::View& whole = work.rows.front();
    const bool turned = work.by_feature;
    if (!tile.in || tile.second) {
      problem("an operand is missing or too many");
      return;
    }
    expect(tile.in->by_column == turned, "rows lie the other way round");
    const model::View& in = tile.in->tile;
    const std::int64_t row = turned ? in.col - whole.col : in.row - whole.row;
    const std::int64_t rows = turned ? in.cols : in.rows;
    const std::int64_t cols = turned ? whole.rows : whole.cols;
    const std::int64_t all = turned ? whole.cols : whole.rows;
    expect(tile.rows == rows && tile.cols == cols, "other rows than its operands have");
    if (tile.first == token_sum_.has_value()) {
      problem(tile.first ? "starts sums, but others are not complete" : "adds to no sums");
    } else {
      const auto [op, next] = token_sum_.value_or(std::pair(command_->op, std::int64_t{0}));
      expect(op == command_->op && row == next, "adds to other sums");
    }
    input(tile.in, whole,
          turned ? model::View{-1, 0, row, cols, rows} : model::View{-1, row, 0, rows, cols},
          command_->done);
    if (!tile.out) {
      token_sum_ = {command_->op, row + rows};
      return;
    }
    token_sum_.reset();
    expect(row + rows == all, "the sums are not complete");
    expect(!tile.out->by_column, "sums are a row");
    output(tile.out, {-1, 0, 0, 1, op_->out.cols});
  }

  /// Rows that come from the unit before: the end of Taylor attention's products.
  void check_finish(const RowsTile& tile) {
    const auto* context = std::get_if<model::TaylorContext>(&op_->work);
    const auto* corrected = std::get_if<model::CorrectedMatmul>(&op_->work);
    const bool divides = context != nullptr && command_->unit == Unit::kDividerArray;
    if (!divides && (command_->unit != Unit::kAdderArray || (!context && !corrected))) {
      problem("is on the wrong unit");
      return;
    }
    expect(!tile.in && !tile.second && !tile.sums_rows && tile.first,
           "rows come from the unit before");
    const Block block = take(divides ? to_divider_array_ : to_adder_array_, tile.rows, tile.cols,
                             divides ? "numerators" : "sums");
    if (block.op < 0) {
      return;
    }
    const std::size_t tables = divides ? 0 : (context != nullptr ? 1 : 2);
    if (tile.tables.size() != tables) {
      problem("a table is missing or too many");
      return;
    }
    if (!divides) {
      const model::View& v_sum = context != nullptr ? context->v_sum : corrected->v_sum;
      read_table(tile.tables[0], v_sum, 2 * block.col, 2 * block.cols);
    }
    if (corrected != nullptr) {
      read_table(tile.tables[1], corrected->k_mean, block.row, block.rows);
    }
    if (divides && context->k_hat_sum) {
      const Block divisors = take(divisors_, block.rows, 1, "divisors");
      expect(divisors.row == block.row, "the divisors are those of other rows");
    }
    if (context != nullptr && !divides) {
      expect(!tile.out, "numerators go to the divider array");
      to_divider_array_.push_back(block);
      return;
    }
    expect(tile.out && !tile.out->by_column, "rows lie the other way round");
    output(tile.out, {-1, block.row, block.col, block.rows, block.cols});
  }

  // --- order of operators

  /// Numbers of tokens by their kind.
  using Numbers = std::array<int, TokenOrder::kKinds>;

  /// Before the first command: which tokens say that all operators before one are done.
  void note_ends() {
    done_before_.assign(graph_.ops.size() + 1, Numbers{});
    for (const Command& command : program_.commands) {
      if (is_transfer(command) || command.op < 0 ||
          static_cast<std::size_t>(command.op) >= graph_.ops.size()) {
        continue;
      }
      const TokenOrder::Place place = order_.place(command.done);
      int& last = done_before_[static_cast<std::size_t>(command.op) + 1][place.kind];
      last = std::max(last, place.number);
    }
    for (std::size_t op = 1; op < done_before_.size(); ++op) {
      const Numbers& before = done_before_[op - 1];
      Numbers& here = done_before_[op];
      std::transform(here.begin(), here.end(), before.begin(), here.begin(),
                     [](int a, int b) { return std::max(a, b); });
    }
  }

  static bool is_transfer(const Command& command) {
    return std::holds_alternative<Transfer>(command.work);
  }

  void check_begin() {
    if (is_transfer(*command_)) {
      return;
    }
    const Numbers& before = done_before_[op_->begins_after];
    for (std::size_t kind = 0; kind < before.size(); ++kind) {
      if (!order_.knows(index_, {kind, before[kind]})) {
        problem("begins before what it must come after is done");
        return;
      }
    }
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
  std::optional<std::pair<int, std::int64_t>> token_sum_;  ///< its operator, and the next token
  std::deque<Block> to_adder_array_;
  std::deque<Block> to_divider_array_;
  std::deque<Block> to_sa_diag_;  ///< columns: of Q
  std::deque<Block> divisors_;    ///< one column
  std::vector<Numbers> done_before_;
  std::vector<std::vector<int>> computed_;  ///< times, by tensor and element
  std::vector<std::vector<int>> stored_;
};

}  // namespace

std::vector<std::string> check_program(const mapping::Program& program, const model::Graph& graph,
                                       const config::Accelerator& machine) {
  return ProgramChecker(program, graph, machine).run();
}

}  // namespace vitsim::test
