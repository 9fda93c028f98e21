// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "vitsim/config/field.h"

namespace vitsim::config {

/// One key of a struct, without the struct's type.
struct Field {
  enum class Type { kInteger, kNumber, kBool, kText, kChoice, kNumbers, kTexts, kSection };

  std::string name;
  std::string meaning;
  Type type = Type::kSection;
  Range range{};                     // of kInteger and kNumber
  std::vector<std::string> choices;  // of kChoice
  bool optional = false;             // may be null
  bool absent = false;               // is null
  bool used = true;
  std::string source;            // the preset that the value is of; empty where it is none's
  nlohmann::ordered_json value;  // null for a section and for what is absent
  std::vector<Field> fields;     // of kSection; the defaults where it is absent
};

/// The `fields()` visitor that makes the Fields of a struct.
class Describer {
 public:
  void operator()(std::string_view key, int value, Range range, std::string_view meaning,
                  OnlyIf used = {}) {
    add(key, meaning, Field::Type::kInteger, used, value).range = range;
  }
  void operator()(std::string_view key, double value, Range range, std::string_view meaning,
                  OnlyIf used = {}) {
    add(key, meaning, Field::Type::kNumber, used, value).range = range;
  }
  void operator()(std::string_view key, bool& value, std::string_view meaning, OnlyIf used = {}) {
    add(key, meaning, Field::Type::kBool, used, value);
  }
  void operator()(std::string_view key, std::string& value, std::string_view meaning,
                  OnlyIf used = {}) {
    add(key, meaning, Field::Type::kText, used, value);
  }
  void operator()(std::string_view key, std::vector<double>& values, std::string_view meaning,
                  OnlyIf used = {}) {
    add(key, meaning, Field::Type::kNumbers, used, values);
  }
  void operator()(std::string_view key, std::vector<std::string>& values, std::string_view meaning,
                  OnlyIf used = {}) {
    add(key, meaning, Field::Type::kTexts, used, values);
  }

  template <class Enum, std::size_t N>
  void operator()(std::string_view key, Enum& value, const std::array<EnumName<Enum>, N>& names,
                  std::string_view meaning, OnlyIf used = {}) {
    Field& field = add(key, meaning, Field::Type::kChoice, used, name_of(names, value));
    for (const auto& entry : names) {
      field.choices.emplace_back(entry.name);
    }
  }

  template <class Enum, std::size_t N>
  void operator()(std::string_view key, std::optional<Enum>& value,
                  const std::array<EnumName<Enum>, N>& names, std::string_view meaning,
                  OnlyIf used = {}) {
    Enum shown = value.value_or(names.front().value);
    (*this)(key, shown, names, meaning, used);
    make_optional(!value);
  }

  template <class Number>
  void operator()(std::string_view key, std::optional<Number>& value,
                  const FromPreset<Number>& otherwise, Range range, std::string_view meaning,
                  OnlyIf used = {}) {
    const std::optional<Number> shown = value ? value : otherwise.value;
    (*this)(key, shown.value_or(Number{}), range, meaning, used);
    make_optional(!shown);
    if (shown && shown == otherwise.value) {
      fields_.back().source = otherwise.source;
    }
  }

  template <class Section>
  void operator()(std::string_view key, Section& section, std::string_view meaning,
                  OnlyIf used = {}) {
    Describer inner;
    section.fields(inner);
    add(key, meaning, Field::Type::kSection, used, nullptr).fields = std::move(inner.fields_);
  }

  template <class Section>
  void operator()(std::string_view key, std::optional<Section>& section, std::string_view meaning,
                  OnlyIf used = {}) {
    Section shown = section.value_or(Section{});
    (*this)(key, shown, meaning, used);
    make_optional(!section);
  }

  [[nodiscard]] std::vector<Field> take() { return std::move(fields_); }

 private:
  Field& add(std::string_view key, std::string_view meaning, Field::Type type, OnlyIf used,
             nlohmann::ordered_json value) {
    Field field;
    field.name = key;
    field.meaning = meaning;
    field.type = type;
    field.used = used.holds;
    field.value = std::move(value);
    return fields_.emplace_back(std::move(field));
  }

  void make_optional(bool absent) {
    Field& field = fields_.back();
    field.optional = true;
    field.absent = absent;
    if (absent) {
      field.value = nullptr;
    }
  }

  std::vector<Field> fields_;
};

/// The Fields of a struct, with its values.
template <class T>
std::vector<Field> describe(T values) {
  Describer describer;
  values.fields(describer);
  return describer.take();
}

}  // namespace vitsim::config
