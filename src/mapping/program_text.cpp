// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/program_text.h"

#include <fmt/format.h>

namespace vitsim::mapping {
namespace {

/// `name[rows, cols] @address`
std::string text_of(const Operand& operand, const model::Graph& graph) {
  const model::View& tile = operand.tile;
  return fmt::format("{}[{}:{}, {}:{}] @{}", graph.tensor(tile).name, tile.row,
                     tile.row + tile.rows, tile.col, tile.col + tile.cols, operand.region.address);
}

class WorkText {
 public:
  WorkText(const Command& command, const model::Graph& graph) : command_(command), graph_(graph) {}

  std::string operator()(const Transfer& transfer) const {
    const bool load = command_.unit == Unit::kDmaLoad;
    return fmt::format("{} {} dram {}", text_of(transfer.scratchpad, graph_), load ? "<-" : "->",
                       transfer.dram.address);
  }
  std::string operator()(const MatmulTile& tile) const {
    std::string text = fmt::format("{}x{}x{} {}{} x {}{}", tile.shape.m, tile.shape.k, tile.shape.n,
                                   text_of(tile.lhs, graph_), tile.lhs_transposed ? "^T" : "",
                                   text_of(tile.rhs, graph_), tile.rhs_transposed ? "^T" : "");
    if (tile.params) {
      text += " params " + text_of(*tile.params, graph_);
    }
    if (tile.residual) {
      text += " + " + text_of(*tile.residual, graph_);
    }
    text += tile.first ? " (new sums)" : " (adds to sums)";
    if (tile.lhs_to_sa_diag) {
      text += " lhs -> sa_diag";
    }
    return text + " -> " + (tile.last ? target_of(tile) : "sums");
  }
  std::string operator()(const RowsTile& tile) const {
    std::string text =
        tile.in ? text_of(*tile.in, graph_) : fmt::format("{}x{} sums", tile.rows, tile.cols);
    if (tile.second) {
      text += " + " + text_of(*tile.second, graph_);
    }
    for (const Operand& table : tile.tables) {
      text += " params " + text_of(table, graph_);
    }
    if (tile.sums_rows) {
      text += tile.first ? " (new sums)" : " (adds to sums)";
    }
    return text + " -> " + (tile.out ? text_of(*tile.out, graph_) : "sums");
  }
  std::string operator()(const DiagTile& tile) const {
    return fmt::format("{}x{} lhs x {}^T{} -> {}", tile.m, tile.k, text_of(tile.k_hat_sum, graph_),
                       tile.first ? " (new divisors)" : " (adds to divisors)",
                       tile.last ? "divider_array" : "divisors");
  }

 private:
  [[nodiscard]] std::string target_of(const MatmulTile& tile) const {
    switch (tile.sink) {
      case SumSink::kAdderArray:
        return "adder_array";
      case SumSink::kDividers:
        return "divisors";
      case SumSink::kPostProcessor:
        break;
    }
    return text_of(*tile.out, graph_);
  }

  const Command& command_;
  const model::Graph& graph_;
};

std::string tokens_text(const std::vector<Token>& tokens) {
  std::string text;
  for (const Token token : tokens) {
    text += fmt::format("{}t{}", text.empty() ? "" : ",", token);
  }
  return text.empty() ? "-" : text;
}

}  // namespace

std::string work_text(const Command& command, const model::Graph& graph) {
  return std::visit(WorkText(command, graph), command.work);
}

std::string to_text(const Command& command, const model::Graph& graph) {
  std::string text =
      fmt::format("{:<17} {:<13} {} ; waits {} sets t{}", name_of(command.unit, command.channel),
                  operation_of(command.unit), work_text(command, graph), tokens_text(command.waits),
                  command.done);
  if (const auto* tile = std::get_if<MatmulTile>(&command.work)) {
    text += fmt::format(" lhs_read t{} rhs_read t{}", tile->lhs_read, tile->rhs_read);
  }
  return text;
}

std::string to_text(const Program& program, const model::Graph& graph) {
  std::string text = fmt::format(
      "# {} commands, {} tokens; scratchpad {} bytes used, DRAM {} bytes used\n# tensors: name "
      "[rows x cols] bytes of an element, where\n",
      program.commands.size(), program.token_count, program.scratchpad_bytes, program.dram_bytes);
  for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
    const model::Tensor& tensor = graph.tensors[id];
    const Placement& placement = program.placements[id];
    text += fmt::format("# {} [{} x {}] {} {}\n", tensor.name, tensor.rows, tensor.cols,
                        tensor.element_bytes,
                        placement.resident ? std::string("scratchpad")
                                           : fmt::format("dram {}", placement.dram_address));
  }
  int op = -1;
  for (const Command& command : program.commands) {
    if (command.op != op) {
      op = command.op;
      text += fmt::format("{}:\n", graph.ops[static_cast<std::size_t>(op)].name);
    }
    text += "  " + to_text(command, graph) + "\n";
  }
  return text;
}

}  // namespace vitsim::mapping
