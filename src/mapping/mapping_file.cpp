// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/mapping_file.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "vitsim/core/text.h"

#include "fingerprint.h"
#include "mapping_draft.h"
#include "mapping_reader.h"

namespace vitsim::mapping {
namespace {

void check_network(const document::Document& document, const model::Graph& graph) {
  const config::Origin origin = document.origin_of("model");
  const auto count = static_cast<int>(graph.ops.size());
  if (document.model.operators != count) {
    origin.fail(
        fmt::format("model.operators: got '{}', expected '{}': the mapping is of another network",
                    document.model.operators, count));
  }
  const std::string wanted = fingerprint(graph);
  if (document.model.fingerprint != wanted) {
    origin.fail(fmt::format(
        "model.fingerprint: got '{}', expected '{}': the mapping is of another network of as many "
        "operators (names, shapes, widths or what is read differ)",
        printable(document.model.fingerprint), wanted));
  }
}

bool overlap(const model::View& a, const model::View& b) {
  return a.tensor == b.tensor && a.row < b.row + b.rows && b.row < a.row + a.rows &&
         a.col < b.col + b.cols && b.col < a.col + a.cols;
}

/// Each operator comes after those whose results it reads.
void check_order(const document::Document& document, const Sequence& sequence) {
  const model::Graph& graph = sequence.graph();
  const bool own_order = depth_first_order(graph).empty();
  std::vector<std::vector<int>> writers(graph.tensors.size());
  for (int op = 0; op < sequence.size(); ++op) {
    writers[static_cast<std::size_t>(sequence.op(op).out.tensor)].push_back(op);
  }
  for (int op = 0; op < sequence.size(); ++op) {
    const auto fail = [&](std::string_view expected) {
      document.operators[static_cast<std::size_t>(op)].origin.fail(fmt::format(
          "operators[{}].name: got '{}', expected {}", op, sequence.op(op).name, expected));
    };
    if (own_order && sequence.index(op) != op) {
      fail(
          fmt::format("'{}': heads of Taylor attention overlap by the order of the network, which "
                      "must be kept",
                      graph.ops[static_cast<std::size_t>(op)].name));
    }
    for (const model::View& view : inputs_of(sequence.op(op))) {
      for (const int writer : writers[static_cast<std::size_t>(view.tensor)]) {
        if (writer >= op && overlap(sequence.op(writer).out, view)) {
          fail(fmt::format("it after '{}', whose result it reads", sequence.op(writer).name));
        }
      }
    }
  }
}

}  // namespace

Mapping read_mapping(const std::string& path, const model::Graph& graph,
                     const config::Accelerator& machine) {
  const document::Document document = read_document(path);
  check_network(document, graph);
  const std::vector<int> order = read_order(document, graph);
  Draft draft{document, machine, Sequence(graph, order), {}};
  check_order(document, draft.sequence);
  draft.mapping.order = order;
  read_parts(document, draft.sequence, machine.scratchpad, draft.mapping);
  check_groups(draft);
  check_stays(draft);
  check_tiles(draft);
  check_addresses(draft);
  return std::move(draft.mapping);
}

}  // namespace vitsim::mapping
