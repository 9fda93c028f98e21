// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/gemm_topology.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/file.h"
#include "vitsim/core/text.h"

namespace vitsim::model {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
constexpr std::size_t kMaxLayers = 100000;
constexpr std::size_t kMaxNameLength = 120;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::array<char, 3> kColumns{'M', 'N', 'K'};

/// A field of a line, and where it begins, counted from 1.
struct Field {
  std::string_view text;
  std::size_t column;
};

class Reader {
 public:
  Reader(std::string path, std::string_view text) : path_(std::move(path)), rest_(text) {}

  std::vector<GemmLayer> read() {
    if (rest_.starts_with(kByteOrderMark)) {
      rest_.remove_prefix(kByteOrderMark.size());
    }
    std::vector<GemmLayer> layers;
    bool has_header = false;
    while (!rest_.empty()) {
      const std::vector<Field> fields = next_line();
      if (fields.empty()) {
        continue;
      }
      if (!has_header) {
        read_header(fields);
        has_header = true;
        continue;
      }
      if (layers.size() == kMaxLayers) {
        fail(fields.front(), fmt::format("expected at most {} layers", kMaxLayers));
      }
      layers.push_back(read_layer(fields));
    }
    if (layers.empty()) {
      throw ModelError(fmt::format(
          "{}: got no layers, expected a header 'Layer,M,N,K,' and a line a layer", path_));
    }
    return layers;
  }

 private:
  [[noreturn]] void fail(const Field& field, const std::string& what) const {
    throw ModelError(fmt::format("{}, line {}, column {}: {}", path_, line_, field.column, what));
  }

  /// The fields of the next line, trimmed, without an empty one behind a last comma.
  std::vector<Field> next_line() {
    ++line_;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    std::vector<Field> fields;
    for (std::size_t begin = 0; begin <= line.size();) {
      const std::size_t comma = std::min(line.find(',', begin), line.size());
      std::size_t first = begin;
      std::size_t last = comma;
      while (first < last && is_blank(line[first])) {
        ++first;
      }
      while (last > first && is_blank(line[last - 1])) {
        --last;
      }
      fields.push_back({line.substr(first, last - first), first + 1});
      begin = comma + 1;
    }
    while (!fields.empty() && fields.back().text.empty()) {
      fields.pop_back();
    }
    return fields;
  }

  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

  void read_header(const std::vector<Field>& fields) {
    for (std::size_t column = 0; column < kColumns.size(); ++column) {
      const auto field = std::find_if(fields.begin() + 1, fields.end(), [&](const Field& f) {
        return f.text.size() == 1 &&
               std::toupper(static_cast<unsigned char>(f.text.front())) == kColumns[column];
      });
      if (fields.size() != kColumns.size() + 1 || field == fields.end()) {
        fail(fields.front(),
             fmt::format("got '{}', expected a header with the columns Layer, M, N and K",
                         printable(line_text(fields))));
      }
      index_[column] = static_cast<std::size_t>(field - fields.begin());
    }
  }

  static std::string line_text(const std::vector<Field>& fields) {
    std::string text;
    for (const Field& field : fields) {
      text += (text.empty() ? "" : ",") + std::string(field.text);
    }
    return text;
  }

  [[nodiscard]] GemmLayer read_layer(const std::vector<Field>& fields) const {
    if (fields.size() != kColumns.size() + 1) {
      fail(fields.front(), fmt::format("got {} fields, expected {}: a layer's name, M, N and K",
                                       fields.size(), kColumns.size() + 1));
    }
    const Field& name = fields.front();
    if (name.text.empty()) {
      fail(name, "got no name of a layer, expected one");
    }
    GemmLayer layer;
    layer.name = printable(name.text, kMaxNameLength);
    layer.shape = {size(fields, 0), size(fields, 2), size(fields, 1)};
    layer.where = fmt::format("{}, line {}", path_, line_);
    layer.from_file = true;
    return layer;
  }

  [[nodiscard]] std::int64_t size(const std::vector<Field>& fields, std::size_t column) const {
    const Field& field = fields[index_[column]];
    std::int64_t value = 0;
    const char* const end = field.text.data() + field.text.size();
    const auto [stop, error] = std::from_chars(field.text.data(), end, value);
    if (error != std::errc() || stop != end || value < 1 || value > kMaxGemmSide) {
      fail(field, fmt::format("got '{}', expected an integer in [1, {}] ({})",
                              printable(field.text), kMaxGemmSide, kColumns[column]));
    }
    return value;
  }

  std::string path_;
  std::string_view rest_;
  std::size_t line_ = 0;
  std::array<std::size_t, kColumns.size()> index_{};  ///< of each of kColumns in a line
};

}  // namespace

std::vector<GemmLayer> load_gemm_topology(const std::filesystem::path& path) {
  const auto bytes = read_file(path, kMaxBytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return Reader(path.string(), text).read();
}

}  // namespace vitsim::model
