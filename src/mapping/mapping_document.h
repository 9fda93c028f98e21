// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vitsim/config/node.h"
#include "vitsim/config/reader.h"
#include "vitsim/mapping/mapping.h"

/// A mapping file as it stands: names, and numbers that are in range by themselves. Its keys are
/// declared here, once; docs/mapping.md describes them.
namespace vitsim::mapping::document {

inline constexpr const char* kSchema = "vitsim.mapping/1";
inline constexpr int kMostRows = 2147483647;
inline constexpr config::Range kSides{1, kMostRows};
inline constexpr config::Range kSlots{0, 65536};
inline constexpr config::Range kSomeSlots{1, kSlots.max};
inline constexpr config::Range kAddresses{0, 1073741824};  // as large as a scratchpad may be

/// Of the tiles of a product.
struct MatmulSlots {
  int lhs = 0;
  int rhs = 0;
  int params = 0;
  int residual = 0;
  int out = 0;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("lhs", lhs, kSlots, "slots of the left operand");
    visit("rhs", rhs, kSlots, "slots of the right operand");
    visit("params", params, kSlots, "slots of the parameters of columns");
    visit("residual", residual, kSlots, "slots of what is added");
    visit("out", out, kSlots, "slots of the result");
  }
};

/// How a product is cut.
struct MatmulTile {
  int m = 0;
  int k = 0;
  int n = 0;
  bool n_outer = false;
  MatmulSlots slots;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("m", m, kSides, "rows of the result in a tile");
    visit("k", k, kSides, "length of the sums in a tile");
    visit("n", n, kSides, "columns of the result in a tile");
    visit("n_outer", n_outer, "tiles of a column before those of the next");
    visit("slots", slots, "slots of each operand that is not in the scratchpad");
  }
};

/// How an operator on whole rows is cut.
struct RowsTile {
  int rows = 0;
  int slots = 0;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("rows", rows, kSides, "rows in a tile");
    visit("slots", slots, kSlots, "slots of each operand that is not in the scratchpad");
  }
};

struct Operator {
  config::Origin origin;
  std::string name;
  const config::Node* tile = nullptr;  ///< MatmulTile or RowsTile, as the operator is
  std::vector<int> addresses;          ///< by partition of the scratchpad

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("name", name, "the operator");
    visit("tile", tile, "how it is cut");
    visit("addresses", addresses, kAddresses, "where its slots begin in each partition");
  }
};

struct Stay {
  config::Origin origin;
  std::string tensor;
  std::vector<int> cols;
  std::string from;
  std::string to;
  int address = -1;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("tensor", tensor, "the tensor");
    visit("cols", cols, config::Range{0, kSides.max}, "the first column, and how many");
    visit("from", from, "the operator with which it begins");
    visit("to", to, "the operator with which it ends");
    visit("address", address, kAddresses, "where it lies");
  }
};

struct Ring {
  config::Origin origin;
  int stage = -1;
  int slots = 0;
  int address = -1;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("stage", stage, config::Range{0, 64}, "the stage that writes it");
    visit("slots", slots, kSomeSlots, "row tiles that it holds");
    visit("address", address, kAddresses, "where it lies");
  }
};

struct Group {
  config::Origin origin;
  std::string from;
  std::string to;
  int stages = 0;
  int rows = 0;
  bool skewed = false;
  std::vector<Ring> rings;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("from", from, "the first operator");
    visit("to", to, "the last operator");
    visit("stages", stages, config::Range{2, 64}, "operators that a row tile passes");
    visit("rows", rows, kSides, "rows of a row tile");
    visit("skewed", skewed, "the stages work on tiles that follow each other");
    visit("rings", rings, "what stages hand on");
  }
};

struct Model {
  std::string fingerprint;
  int operators = 0;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("fingerprint", fingerprint, "hash of the network's names, shapes and widths");
    visit("operators", operators, kSides, "how many it has");
  }
};

struct Document {
  config::Node root;  ///< what `Operator::tile` points into
  std::string schema;
  Model model;
  std::vector<Operator> operators;
  std::vector<Stay> stays;
  std::vector<Group> groups;

  /// Where a section of the file stands; the file, where it has none.
  [[nodiscard]] const config::Origin& origin_of(std::string_view key) const {
    const config::Node::Entry* entry = root.find(key);
    return entry == nullptr ? root.origin : entry->origin;
  }

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("schema", schema, "what the file is");
    visit("model", model, "the network");
    visit("operators", operators, "all operators, in the order in which they are emitted");
    visit("stays", stays, "what stays in the scratchpad");
    visit("groups", groups, "operators that work tile by tile, one behind the other");
  }
};

}  // namespace vitsim::mapping::document
