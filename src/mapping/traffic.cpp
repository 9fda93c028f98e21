// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/traffic.h"

#include <algorithm>
#include <utility>

namespace vitsim::mapping {
namespace {

/// The windows on each tensor through which operators read and write it.
struct Uses {
  std::vector<std::vector<model::View>> read;
  std::vector<std::vector<model::View>> touched;  ///< read or written
};

Uses uses_of(const model::Graph& graph) {
  Uses uses{std::vector<std::vector<model::View>>(graph.tensors.size()),
            std::vector<std::vector<model::View>>(graph.tensors.size())};
  for (const model::Op& op : graph.ops) {
    for (const model::View& view : model::inputs_of(op)) {
      uses.read[static_cast<std::size_t>(view.tensor)].push_back(view);
      uses.touched[static_cast<std::size_t>(view.tensor)].push_back(view);
    }
    uses.touched[static_cast<std::size_t>(op.out.tensor)].push_back(op.out);
  }
  return uses;
}

}  // namespace

TensorTraffic& TensorTraffic::operator+=(const TensorTraffic& other) {
  compulsory_bytes += other.compulsory_bytes;
  distinct_bytes += other.distinct_bytes;
  read_bytes += other.read_bytes;
  write_bytes += other.write_bytes;
  loads += other.loads;
  stores += other.stores;
  return *this;
}

std::int64_t elements_covered(const std::vector<model::View>& windows) {
  // Between two neighbouring cuts all rows are covered alike.
  std::vector<std::int64_t> cuts;
  for (const model::View& view : windows) {
    cuts.push_back(view.row);
    cuts.push_back(view.row + view.rows);
  }
  std::ranges::sort(cuts);
  std::int64_t covered = 0;
  for (std::size_t i = 1; i < cuts.size(); ++i) {
    if (cuts[i - 1] == cuts[i]) {
      continue;
    }
    std::vector<std::pair<std::int64_t, std::int64_t>> columns;
    for (const model::View& view : windows) {
      if (view.row <= cuts[i - 1] && cuts[i] <= view.row + view.rows) {
        columns.emplace_back(view.col, view.col + view.cols);
      }
    }
    std::ranges::sort(columns);
    std::int64_t width = 0;
    std::int64_t end = 0;
    for (const auto& [first, last] : columns) {
      width += std::max<std::int64_t>(0, last - std::max(first, end));
      end = std::max(end, last);
    }
    covered += width * (cuts[i] - cuts[i - 1]);
  }
  return covered;
}

std::string_view kind_of_tensor(const model::Graph& graph, model::TensorId id) {
  switch (graph.tensors[static_cast<std::size_t>(id)].role) {
    case model::Role::kInput:
      return "input";
    case model::Role::kConstant:
      return "constant";
    case model::Role::kActivation:
      break;
  }
  return id == graph.logits ? "logits" : "activation";
}

std::vector<TensorTraffic> traffic_of(const model::Graph& graph, const Program& program) {
  std::vector<TensorTraffic> traffic(graph.tensors.size());
  const Uses uses = uses_of(graph);
  for (std::size_t id = 0; id < traffic.size(); ++id) {
    const model::Tensor& tensor = graph.tensors[id];
    traffic[id].distinct_bytes = elements_covered(uses.touched[id]) * tensor.element_bytes;
    if (tensor.role != model::Role::kActivation) {
      traffic[id].compulsory_bytes = elements_covered(uses.read[id]) * tensor.element_bytes;
    } else if (static_cast<model::TensorId>(id) == graph.logits) {
      traffic[id].compulsory_bytes = tensor.size_bytes();
    }
  }
  for (const Command& command : program.commands) {
    const auto* transfer = std::get_if<Transfer>(&command.work);
    if (transfer == nullptr) {
      continue;
    }
    TensorTraffic& tensor = traffic[static_cast<std::size_t>(transfer->scratchpad.tile.tensor)];
    const Bytes bytes = transfer->dram.rows * transfer->dram.row_bytes;
    const bool load = command.unit == Unit::kDmaLoad;
    (load ? tensor.read_bytes : tensor.write_bytes) += bytes;
    ++(load ? tensor.loads : tensor.stores);
  }
  return traffic;
}

}  // namespace vitsim::mapping
