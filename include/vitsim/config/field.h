// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

/// What a `fields()` visitor is called with. A struct lists each of its keys once:
///
///     template <class Visitor>
///     void fields(Visitor& visit) {
///       visit("rows", rows, Range{1, 512}, "rows of processing elements");   // number
///       visit("dataflow", dataflow, kDataflowNames, "which operand stays");  // enumeration
///       visit("fused", fused, "GELU inside the post-processor");             // bool, string
///       visit("pe_array", pe_array, "the processing elements");              // struct
///       visit("gelu_unit", gelu_unit, "absent: the machine has none");       // std::optional
///       visit("latency", latency, Range{0, 9}, "of one kind", OnlyIf{kind == DramKind::kSimple});
///       visit("tcl", tcl, FromPreset<int>{16, "ddr4_2400"}, Range{1, 99}, "open: the preset's");
///     }
///
/// The default of a key is the value that its member is initialized with. From this one list come
/// the YAML reader, `vitsim config show`, the JSON Schema and the table in docs/configuration.md.
namespace vitsim::config {

/// Inclusive bounds of a number.
struct Range {
  double min;
  double max;
};

/// A last argument of `visit` for keys that only some kinds of a part read: a key whose condition
/// does not hold is accepted, and `vitsim config show` says that it is unused.
struct OnlyIf {
  bool holds = true;
};

/// What a number is that a file leaves open, and where that comes from; nothing where no preset is
/// chosen.
template <class Number>
struct FromPreset {
  std::optional<Number> value;
  std::string_view source;
};

/// One spelling of an enumerator in YAML.
template <class Enum>
struct EnumName {
  std::string_view name;
  Enum value;
};

// clang 14 does not deduce the argument of an aggregate by itself.
template <class Enum>
EnumName(std::string_view, Enum) -> EnumName<Enum>;

/// The spelling of `value` in a table of EnumName.
template <class Names, class Enum>
constexpr std::string_view name_of(const Names& names, Enum value) {
  for (const auto& entry : names) {
    if (entry.value == value) {
      return entry.name;
    }
  }
  return "?";
}

}  // namespace vitsim::config
