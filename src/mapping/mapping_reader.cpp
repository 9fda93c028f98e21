// SPDX-License-Identifier: Apache-2.0
#include "mapping_reader.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "vitsim/config/parse_yaml.h"
#include "vitsim/core/text.h"

namespace vitsim::mapping {
namespace {

/// Enough for some hundred thousand operators.
constexpr std::size_t kMaxBytes = std::size_t{16} << 20;

/// Names, and what they stand for.
class Names {
 public:
  explicit Names(std::string_view what) : what_(what) {}
  void add(const std::string& name, int index) {
    if (index_.emplace(name, index).second) {
      all_.push_back(name);
    }
  }
  /// Fails, with the nearest name, where there is none of it.
  [[nodiscard]] int find(const std::string& name, const config::Origin& origin,
                         const std::string& path) const {
    if (const auto known = index_.find(name); known != index_.end()) {
      return known->second;
    }
    const std::string near = nearest(name, all_);
    origin.fail(fmt::format("{}: got '{}', expected {}{}", path, printable(name), what_,
                            near.empty() ? "" : fmt::format(", did you mean '{}'?", near)));
  }

 private:
  std::string_view what_;
  std::unordered_map<std::string, int> index_;
  std::vector<std::string> all_;
};

/// Turns names and what must be there into a mapping.
class Converter {
 public:
  Converter(const document::Document& document, const Sequence& sequence,
            const config::Scratchpad& scratchpad)
      : document_(document), sequence_(sequence), scratchpad_(scratchpad) {
    for (int op = 0; op < sequence.size(); ++op) {
      operators_.add(sequence.op(op).name, op);
    }
    const auto& tensors = sequence.graph().tensors;
    for (std::size_t id = 0; id < tensors.size(); ++id) {
      tensors_.add(tensors[id].name, static_cast<int>(id));
    }
  }

  void convert(Mapping& mapping) const {
    for (std::size_t i = 0; i < document_.operators.size(); ++i) {
      mapping.ops.push_back(plan(i));
    }
    for (std::size_t i = 0; i < document_.stays.size(); ++i) {
      mapping.stays.push_back(stay(i));
    }
    for (std::size_t i = 0; i < document_.groups.size(); ++i) {
      mapping.groups.push_back(group(i));
    }
  }

 private:
  static void require(int value, const config::Origin& origin, const std::string& path) {
    if (value <= 0) {
      origin.fail(fmt::format("{}: got nothing, expected a number", path));
    }
  }

  /// Those of the file; -1 where there are none.
  [[nodiscard]] Addresses addresses(const document::Operator& one, const std::string& path) const {
    Addresses addresses;
    addresses.fill(-1);
    const std::size_t partitions = partition_count(scratchpad_);
    if (!one.addresses.empty() && one.addresses.size() != partitions) {
      one.origin.fail(
          fmt::format("{}: got {} numbers, expected {}, one for each partition of the scratchpad",
                      path, one.addresses.size(), partitions));
    }
    std::ranges::copy(one.addresses, addresses.begin());
    return addresses;
  }

  [[nodiscard]] OpPlan plan(std::size_t index) const {
    const document::Operator& one = document_.operators[index];
    const std::string path = fmt::format("operators[{}].tile", index);
    if (one.tile == nullptr || one.tile->kind != config::Node::Kind::kMap) {
      one.origin.fail(fmt::format("{}: got {}, expected a map", path,
                                  one.tile == nullptr ? "nothing" : one.tile->found()));
    }
    config::Reader reader(*one.tile, path + ".");
    const bool product = product_of(sequence_.op(static_cast<int>(index))) != nullptr;
    OpPlan plan;
    plan.addresses = addresses(one, fmt::format("operators[{}].addresses", index));
    if (product) {
      document::MatmulTile tile;
      tile.fields(reader);
      reader.finish();
      require(tile.m, one.origin, path + ".m");
      require(tile.k, one.origin, path + ".k");
      require(tile.n, one.origin, path + ".n");
      plan.tiling = MatmulTiling{.m = tile.m,
                                 .k = tile.k,
                                 .n = tile.n,
                                 .n_outer = tile.n_outer,
                                 .lhs_slots = tile.slots.lhs,
                                 .rhs_slots = tile.slots.rhs,
                                 .params_slots = tile.slots.params,
                                 .residual_slots = tile.slots.residual,
                                 .out_slots = tile.slots.out};
    } else {
      document::RowsTile tile;
      tile.fields(reader);
      reader.finish();
      require(tile.rows, one.origin, path + ".rows");
      plan.tiling = RowsTiling{.rows = tile.rows, .slots = tile.slots};
    }
    return plan;
  }

  [[nodiscard]] Stay stay(std::size_t index) const {
    const document::Stay& one = document_.stays[index];
    const std::string path = fmt::format("stays[{}].", index);
    Stay stay;
    stay.tensor = tensors_.find(one.tensor, one.origin, path + "tensor");
    if (one.cols.size() != 2) {
      one.origin.fail(
          fmt::format("{}cols: got {} numbers, expected [FIRST, COUNT]", path, one.cols.size()));
    }
    stay.col = one.cols[0];
    stay.cols = one.cols[1];
    stay.first = operators_.find(one.from, one.origin, path + "from");
    stay.last = operators_.find(one.to, one.origin, path + "to");
    stay.address = one.address;
    return stay;
  }

  [[nodiscard]] Group group(std::size_t index) const {
    const document::Group& one = document_.groups[index];
    const std::string path = fmt::format("groups[{}].", index);
    Group group;
    group.first = operators_.find(one.from, one.origin, path + "from");
    group.last = operators_.find(one.to, one.origin, path + "to");
    require(one.stages, one.origin, path + "stages");
    require(one.rows, one.origin, path + "rows");
    group.stages = one.stages;
    group.rows = one.rows;
    group.skewed = one.skewed;
    for (const document::Ring& ring : one.rings) {
      group.rings.push_back({ring.stage, ring.slots, ring.address});
    }
    return group;
  }

  const document::Document& document_;
  const Sequence& sequence_;
  const config::Scratchpad& scratchpad_;
  Names operators_{"an operator of the network"};
  Names tensors_{"a tensor of the network"};
};

}  // namespace

document::Document read_document(const std::string& path) {
  using Kind = config::Source::Kind;
  const auto source =
      std::make_shared<const config::Source>(config::Source{path, Kind::kConfigFile});
  document::Document document;
  document.root =
      config::parse_yaml_map(config::read_yaml_file(*source, kMaxBytes), source, "", kMaxBytes);
  const config::Node::Entry* schema = document.root.find("schema");
  if (schema == nullptr || schema->value.scalar != document::kSchema) {
    const config::Origin& origin = schema == nullptr ? document.root.origin : schema->origin;
    origin.fail(fmt::format("schema: got {}, expected '{}', as `vitsim map -o` writes it",
                            schema == nullptr ? "nothing" : schema->value.found(),
                            document::kSchema));
  }
  config::Reader reader(document.root, "");
  document.fields(reader);
  reader.finish();
  return document;
}

std::vector<int> read_order(const document::Document& document, const model::Graph& graph) {
  Names names("an operator of the network");
  for (std::size_t op = 0; op < graph.ops.size(); ++op) {
    names.add(graph.ops[op].name, static_cast<int>(op));
  }
  std::vector<int> order;
  std::vector<const document::Operator*> seen(graph.ops.size(), nullptr);
  for (const document::Operator& one : document.operators) {
    const std::string path = fmt::format("operators[{}].name", order.size());
    const int op = names.find(one.name, one.origin, path);
    if (const auto* before = std::exchange(seen[static_cast<std::size_t>(op)], &one)) {
      one.origin.fail(fmt::format("{}: got '{}' a second time, expected it once (line {})", path,
                                  one.name, before->origin.line));
    }
    order.push_back(op);
  }
  for (std::size_t op = 0; op < seen.size(); ++op) {
    if (seen[op] == nullptr) {
      document.origin_of("operators")
          .fail(fmt::format("operators: got {} operators without '{}', expected all {}",
                            order.size(), graph.ops[op].name, graph.ops.size()));
    }
  }
  return order;
}

void read_parts(const document::Document& document, const Sequence& sequence,
                const config::Scratchpad& scratchpad, Mapping& mapping) {
  Converter(document, sequence, scratchpad).convert(mapping);
}

}  // namespace vitsim::mapping
