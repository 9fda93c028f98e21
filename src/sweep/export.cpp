// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/export.h"

#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

namespace vitsim::sweep {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 16;

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    return text;
  }
  std::string field = "\"";
  for (const char letter : text) {
    field += letter;
    if (letter == '"') {
      field += '"';
    }
  }
  return field + '"';
}

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_value(const std::optional<Value>& value) {
  const auto* number = value ? std::get_if<double>(&*value) : nullptr;
  if (!value || (number != nullptr && !std::isfinite(*number))) {
    return "null";
  }
  return std::holds_alternative<std::string>(*value) ? json_text(std::get<std::string>(*value))
                                                     : text_of(*value);
}

/// Writes rows of values under names, in pieces of a useful size.
class Table {
 public:
  Table(std::vector<std::string> names, ExportFormat format, const Write& write)
      : names_(std::move(names)), format_(format), write_(write) {
    if (format_ == ExportFormat::kJson) {
      for (std::string& name : names_) {
        name = json_text(name);
      }
      text_ = "[";
      return;
    }
    for (const std::string& name : names_) {
      text_ += (column_++ > 0 ? "," : "") + csv_field(name);
    }
    text_ += "\r\n";
  }

  void begin_row() {
    column_ = 0;
    if (format_ == ExportFormat::kJson) {
      text_ += rows_++ > 0 ? ",\n{" : "\n{";
    }
  }
  void add(const std::optional<Value>& value) {
    text_ += column_ > 0 ? "," : "";
    if (format_ == ExportFormat::kJson) {
      text_ += names_[column_] + ":" + json_value(value);
    } else if (value) {
      text_ += csv_field(text_of(*value));
    }
    ++column_;
  }
  void add_whole(std::int64_t number) { add(static_cast<double>(number)); }
  void end_row() {
    text_ += format_ == ExportFormat::kJson ? "}" : "\r\n";
    if (text_.size() >= kPieceBytes) {
      flush();
    }
  }
  void end() {
    text_ += format_ == ExportFormat::kJson ? "\n]\n" : "";
    flush();
  }

 private:
  void flush() {
    write_(text_);
    text_.clear();
  }

  std::vector<std::string> names_;  ///< as the format has them
  ExportFormat format_;
  const Write& write_;
  std::string text_;
  std::size_t column_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace

void export_points(const Store& store, ExportFormat format, const Write& write) {
  const std::vector<std::string> columns = names_of(store.columns());
  std::vector<std::string> names{"id", "status", "message", "wall_seconds", "peak_rss_bytes"};
  names.insert(names.end(), columns.begin(), columns.end());
  Table table(std::move(names), format, write);
  store.each(columns, [&](const Row& row) {
    table.begin_row();
    table.add_whole(row.id);
    table.add(row.done ? "done" : "failed");
    table.add(row.message);
    table.add(row.wall_seconds);
    table.add_whole(row.peak_rss_bytes);
    for (const std::optional<Value>& value : row.values) {
      table.add(value);
    }
    table.end_row();
  });
  table.end();
}

void export_layers(const Store& store, ExportFormat format, const Write& write) {
  Table table({"point", "layer", "cycles", "exclusive_cycles", "macs", "pe_utilization",
               "dram_read_bytes", "dram_write_bytes"},
              format, write);
  store.each({}, [&](const Row& row) {
    for (const LayerResult& layer : store.layers_of(row.id)) {
      table.begin_row();
      table.add_whole(row.id);
      table.add(layer.name);
      table.add_whole(layer.cycles);
      table.add_whole(layer.exclusive_cycles);
      table.add_whole(layer.macs);
      table.add(layer.pe_utilization);
      table.add_whole(layer.dram_read_bytes);
      table.add_whole(layer.dram_write_bytes);
      table.end_row();
    }
  });
  table.end();
}

}  // namespace vitsim::sweep
