// SPDX-License-Identifier: Apache-2.0
#include "safetensors_header.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

#include "elements.h"

namespace vitsim {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<DType, std::string_view>, 9> kTypes = {{
    {DType::kF64, "F64"},
    {DType::kF32, "F32"},
    {DType::kF16, "F16"},
    {DType::kBF16, "BF16"},
    {DType::kI64, "I64"},
    {DType::kI32, "I32"},
    {DType::kI16, "I16"},
    {DType::kI8, "I8"},
    {DType::kU8, "U8"},
}};

constexpr int kMaxDepth = 3;  // the header, a tensor, its shape

std::optional<DType> type_named(std::string_view name) {
  const auto* entry =
      std::ranges::find(kTypes, name, [](const auto& known) { return known.second; });
  return entry == kTypes.end() ? std::nullopt : std::optional(entry->first);
}

/// The document; the parser itself would keep the last of two equal keys and any depth.
Json parse_json(std::string_view text, const std::string& file) {
  std::vector<std::set<std::string>> keys;
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start) {
      if (depth >= kMaxDepth) {
        throw ModelError(
            fmt::format("{}: header: got values nested deeper than {}", file, kMaxDepth));
      }
      keys.resize(static_cast<std::size_t>(depth));
      keys.emplace_back();
    } else if (event == Json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys.at(static_cast<std::size_t>(depth) - 1).insert(key).second) {
        throw ModelError(fmt::format("{}: header: got '{}' twice", file, printable(key)));
      }
    }
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::exception& error) {
    throw ModelError(
        fmt::format("{}: header: expected JSON: {}", file, printable(error.what(), 300)));
  }
}

/// Reads the fields of one tensor; `where` begins each message.
class EntryReader {
 public:
  EntryReader(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json_.is_object()) {
      fail("", json_, "an object with dtype, shape and data_offsets");
    }
  }

  [[nodiscard]] DType type() const {
    const Json& value = field("dtype");
    const auto type =
        value.is_string() ? type_named(value.get_ref<const std::string&>()) : std::nullopt;
    if (!type) {
      fail(".dtype", value, "one of F64, F32, F16, BF16, I64, I32, I16, I8, U8");
    }
    return *type;
  }

  [[nodiscard]] std::vector<std::int64_t> numbers(const char* key) const {
    const Json& value = field(key);
    std::vector<std::int64_t> result;
    if (!value.is_array()) {
      fail(fmt::format(".{}", key), value, "an array of integers");
    }
    for (const Json& number : value) {
      if (!number.is_number_unsigned() || number.get<std::uint64_t>() > INT64_MAX) {
        fail(fmt::format(".{}", key), number, "integers from 0 to 2^63 - 1");
      }
      result.push_back(number.get<std::int64_t>());
    }
    return result;
  }

  [[noreturn]] void fail(std::string_view field_name, const Json& got,
                         std::string_view expected) const {
    const std::string text = got.dump(-1, ' ', false, Json::error_handler_t::replace);
    throw ModelError(
        fmt::format("{}{}: got {}, expected {}", where_, field_name, printable(text), expected));
  }

 private:
  [[nodiscard]] const Json& field(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end()) {
      fail("", json_, fmt::format("a field '{}'", key));
    }
    return *found;
  }

  const Json& json_;
  std::string where_;
};

TensorEntry read_entry(const std::string& name, const Json& json, std::size_t data_size,
                       const std::string& file) {
  const EntryReader reader(json, fmt::format("{}: tensor '{}'", file, printable(name)));
  TensorEntry entry{name, reader.type(), reader.numbers("shape"), 0, 0};
  const auto count = checked_element_count(entry.shape);
  std::int64_t size = 0;
  if (!count || __builtin_mul_overflow(*count, size_of(entry.type), &size)) {
    reader.fail(".shape", json.at("shape"), "a size below 2^63 bytes");
  }
  const std::vector<std::int64_t> offsets = reader.numbers("data_offsets");
  if (offsets.size() != 2 || offsets[0] > offsets[1] ||
      static_cast<std::uint64_t>(offsets[1]) > data_size) {
    reader.fail(".data_offsets", json.at("data_offsets"),
                fmt::format("[begin, end] within the {} bytes of data in the file", data_size));
  }
  if (offsets[1] - offsets[0] != size) {
    reader.fail(".data_offsets", json.at("data_offsets"),
                fmt::format("{} bytes for shape {} of {}", size, printable(json.at("shape").dump()),
                            name_of(entry.type)));
  }
  entry.begin = static_cast<std::size_t>(offsets[0]);
  entry.end = static_cast<std::size_t>(offsets[1]);
  return entry;
}

void check_overlaps(const std::vector<TensorEntry>& tensors, const std::string& file) {
  std::vector<const TensorEntry*> by_begin;
  for (const TensorEntry& entry : tensors) {
    if (entry.begin != entry.end) {
      by_begin.push_back(&entry);
    }
  }
  std::ranges::sort(by_begin, {}, [](const TensorEntry* entry) { return entry->begin; });
  for (std::size_t i = 1; i < by_begin.size(); ++i) {
    const TensorEntry& before = *by_begin[i - 1];
    const TensorEntry& entry = *by_begin[i];
    if (entry.begin < before.end) {
      throw ModelError(fmt::format(
          "{}: tensor '{}'.data_offsets: got [{}, {}], expected a range that does not overlap "
          "[{}, {}] of tensor '{}'",
          file, printable(entry.name), entry.begin, entry.end, before.begin, before.end,
          printable(before.name)));
    }
  }
}

}  // namespace

std::string_view name_of(DType type) {
  return std::ranges::find(kTypes, type, [](const auto& known) { return known.first; })->second;
}

SafetensorsHeader parse_safetensors_header(std::string_view text, std::size_t data_size,
                                           const std::string& file) {
  const Json json = parse_json(text, file);
  if (!json.is_object()) {
    throw ModelError(
        fmt::format("{}: header: got JSON of type {}, expected an object", file, json.type_name()));
  }
  SafetensorsHeader header;
  for (const auto& [name, value] : json.items()) {
    if (name != "__metadata__") {
      header.tensors.push_back(read_entry(name, value, data_size, file));
      continue;
    }
    const EntryReader reader(value, fmt::format("{}: __metadata__", file));
    for (const auto& [key, text_value] : value.items()) {
      if (!text_value.is_string()) {
        reader.fail(fmt::format(".{}", printable(key)), text_value, "a string");
      }
      header.metadata.emplace(key, text_value.get<std::string>());
    }
  }
  check_overlaps(header.tensors, file);
  return header;
}

}  // namespace vitsim
