// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <iterator>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vitsim/mapping/mapping_file.h"
#include "vitsim/mapping/partitions.h"

#include "fingerprint.h"
#include "mapping_document.h"

namespace vitsim::mapping {
namespace {

constexpr std::string_view kHead =
    R"(# A mapping: how a network is laid out on a machine. docs/mapping.md describes every key.
#
# operators  in the order in which they are emitted; reorder the lines as you like, as long as each
#            operator comes after those whose results it reads. A tile has so many rows (m), so long
#            sums (k) and so many columns (n), or `rows` of an operator on whole rows. An operand
#            has slots where it is not in the scratchpad anyway: 2 let one tile be loaded while the
#            other is worked on.
# stays      columns of a tensor that lie in the scratchpad while operators from .. to run.
# groups     operators that hand on row tiles through rings, one stage behind the other.
# address    in bytes; `addresses` of an operator's slots are one for each partition of the
#            scratchpad. Remove all of them after an edit that changes sizes or lifetimes, and they
#            are given anew:  sed -i -E 's/, address(es)?: (\[[0-9, ]*\]|[0-9]+)//g' FILE
#
# vitsim run --set mapping.strategy=file --set mapping.file=FILE reads it, and refuses what cannot
# work with the line and the reason.
)";

/// A name as YAML, in quotes where it must be.
std::string name_text(const std::string& name) {
  const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_';
  });
  return plain ? name : fmt::format("'{}'", name);
}

std::string address_text(Bytes address) {
  return address < 0 ? "" : fmt::format(", address: {}", address);
}

/// One for each partition; with a shared scratchpad, the first alone.
std::string addresses_text(const Addresses& addresses, std::size_t partitions) {
  return addresses[0] < 0 ? ""
                          : fmt::format(", addresses: [{}]",
                                        fmt::join(std::span(addresses).first(partitions), ", "));
}

/// Writes a tile; visits its kind.
struct TileText {
  std::string operator()(const MatmulTiling& tiling) const {
    std::string slots;
    const auto add = [&](std::string_view operand, int count) {
      if (count > 0) {
        slots += fmt::format("{}{}: {}", slots.empty() ? "" : ", ", operand, count);
      }
    };
    add("lhs", tiling.lhs_slots);
    add("rhs", tiling.rhs_slots);
    add("params", tiling.params_slots);
    add("residual", tiling.residual_slots);
    add("out", tiling.out_slots);
    return fmt::format("{{m: {}, k: {}, n: {}, n_outer: {}, slots: {{{}}}}}", tiling.m, tiling.k,
                       tiling.n, tiling.n_outer, slots);
  }
  std::string operator()(const RowsTiling& tiling) const {
    return fmt::format("{{rows: {}, slots: {}}}", tiling.rows,
                       tiling.room == Room{} ? 0 : tiling.slots);
  }
};

class Writer {
 public:
  Writer(const Mapping& mapping, const model::Graph& graph, const config::Scratchpad& scratchpad)
      : mapping_(mapping), sequence_(graph, mapping.order), scratchpad_(scratchpad) {}

  std::string write() && {
    add("{}schema: {}\nmodel: {{fingerprint: '{}', operators: {}}}\n", kHead, document::kSchema,
        fingerprint(sequence_.graph()), sequence_.size());
    add_operators();
    add_stays();
    add_groups();
    return std::move(text_);
  }

 private:
  template <class... Values>
  void add(fmt::format_string<Values...> form, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), form, std::forward<Values>(values)...);
  }
  [[nodiscard]] std::string name_of(int op) const { return name_text(sequence_.op(op).name); }

  void add_operators() {
    add("operators:\n");
    for (int op = 0; op < sequence_.size(); ++op) {
      const OpPlan& plan = mapping_.ops[static_cast<std::size_t>(op)];
      add("  - {{name: {}, tile: {}{}}}\n", name_of(op), std::visit(TileText{}, plan.tiling),
          addresses_text(plan.addresses, partition_count(scratchpad_)));
    }
  }

  void add_stays() {
    add("stays:{}\n", mapping_.stays.empty() ? " []" : "");
    for (const Stay& stay : mapping_.stays) {
      const auto& tensor = sequence_.graph().tensors[static_cast<std::size_t>(stay.tensor)];
      add("  - {{tensor: {}, cols: [{}, {}], from: {}, to: {}{}}}\n", name_text(tensor.name),
          stay.col, stay.cols, name_of(stay.first), name_of(stay.last), address_text(stay.address));
    }
  }

  void add_groups() {
    add("groups:{}\n", mapping_.groups.empty() ? " []" : "");
    for (const Group& group : mapping_.groups) {
      std::string rings;
      for (const Ring& ring : group.rings) {
        rings += fmt::format("{}{{stage: {}, slots: {}{}}}", rings.empty() ? "" : ", ", ring.stage,
                             ring.slots, address_text(ring.address));
      }
      add("  - {{from: {}, to: {}, stages: {}, rows: {}, skewed: {}, rings: [{}]}}\n",
          name_of(group.first), name_of(group.last), group.stages, group.rows, group.skewed, rings);
    }
  }

  const Mapping& mapping_;
  const Sequence sequence_;
  const config::Scratchpad& scratchpad_;
  std::string text_;
};

}  // namespace

std::string to_yaml(const Mapping& mapping, const model::Graph& graph,
                    const config::Accelerator& machine) {
  return Writer(mapping, graph, machine.scratchpad).write();
}

}  // namespace vitsim::mapping
