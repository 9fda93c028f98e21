// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/npy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/file.h"
#include "vitsim/core/text.h"

#include "elements.h"

namespace vitsim {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kPrefix = 12;  // magic, version, the longer form of the length

constexpr std::array<std::pair<std::string_view, DType>, 8> kTypes = {{
    {"<f8", DType::kF64},
    {"<f4", DType::kF32},
    {"<f2", DType::kF16},
    {"<i8", DType::kI64},
    {"<i4", DType::kI32},
    {"<i2", DType::kI16},
    {"|i1", DType::kI8},
    {"|u1", DType::kU8},
}};

/// Reads the header, a Python dictionary such as
/// {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, std::string file) : rest_(text), file_(std::move(file)) {}

  void read() {
    expect("{");
    while (!accept("}")) {
      read_field();
      if (!accept(",")) {
        expect("}");
        break;
      }
    }
    skip_spaces();
    if (!rest_.empty() || !type_ || !fortran_order_ || !shape_) {
      fail("a dictionary of exactly descr, fortran_order and shape");
    }
  }

  [[nodiscard]] DType type() const { return *type_; }
  [[nodiscard]] const std::vector<std::int64_t>& shape() const { return *shape_; }

  [[noreturn]] void fail(std::string_view expected) const {
    throw ModelError(
        fmt::format("{}: header: got '{}', expected {}", file_, printable(rest_, 60), expected));
  }

 private:
  void skip_spaces() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size()));
  }
  bool accept(std::string_view token) {
    skip_spaces();
    if (!rest_.starts_with(token)) {
      return false;
    }
    rest_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) {
      fail(fmt::format("'{}'", token));
    }
  }

  void read_field() {
    if (!type_ && accept("'descr'")) {
      expect(":");
      read_type();
    } else if (!fortran_order_ && accept("'fortran_order'")) {
      expect(":");
      if (!accept("False")) {
        fail("fortran_order False (rows one after the other)");
      }
      fortran_order_ = false;
    } else if (!shape_ && accept("'shape'")) {
      expect(":");
      read_shape();
    } else {
      fail("descr, fortran_order and shape, each once");
    }
  }

  void read_type() {
    for (const auto& [name, type] : kTypes) {
      if (accept(fmt::format("'{}'", name))) {
        type_ = type;
        return;
      }
    }
    fail("a descr of '<f8', '<f4', '<f2', '<i8', '<i4', '<i2', '|i1' or '|u1'");
  }

  void read_shape() {
    shape_.emplace();
    expect("(");
    while (!accept(")")) {
      skip_spaces();
      std::int64_t dimension = 0;
      const auto parsed = std::from_chars(rest_.data(), rest_.data() + rest_.size(), dimension);
      if (parsed.ec != std::errc() || dimension < 0) {
        fail("a dimension from 0 to 2^63 - 1");
      }
      rest_.remove_prefix(static_cast<std::size_t>(parsed.ptr - rest_.data()));
      shape_->push_back(dimension);
      if (!accept(",")) {
        expect(")");
        break;
      }
    }
  }

  std::string_view rest_;
  std::string file_;
  std::optional<DType> type_;
  std::optional<bool> fortran_order_;
  std::optional<std::vector<std::int64_t>> shape_;
};

/// The header's text and, behind it, the data.
std::pair<std::string_view, std::span<const std::byte>> split(std::span<const std::byte> bytes,
                                                              const std::string& file) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(bytes[i]); };
  if (!text.starts_with(kMagic) || bytes.size() < kPrefix || byte(6) < 1 || byte(6) > 3 ||
      byte(7) != 0) {
    throw ModelError(fmt::format("{}: got '{}', expected a .npy file of format 1.0, 2.0 or 3.0",
                                 file, printable(text.substr(0, 8))));
  }
  const bool is_short = byte(6) == 1;
  const std::size_t begin = is_short ? 10 : kPrefix;
  const std::size_t length =
      is_short ? byte(8) | byte(9) << 8 : byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24;
  if (length > bytes.size() - begin) {
    throw ModelError(
        fmt::format("{}: got a header of {} bytes in a file of {}", file, length, bytes.size()));
  }
  return {text.substr(begin, length), bytes.subspan(begin + length)};
}

}  // namespace

NpyArray load_npy(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_file(path);
  const auto [text, data] = split(bytes, path.string());
  HeaderReader header(text, path.string());
  header.read();
  const auto count = checked_element_count(header.shape());
  std::int64_t size = 0;
  if (!count || __builtin_mul_overflow(*count, size_of(header.type()), &size) ||
      static_cast<std::uint64_t>(size) != data.size()) {
    throw ModelError(fmt::format(
        "{}: got {} bytes of data, expected as many as shape ({}) of {} has", path.string(),
        data.size(), printable(fmt::format("{}", fmt::join(header.shape(), ", "))),
        name_of(header.type())));
  }
  return {header.shape(), to_floats(header.type(), data)};
}

}  // namespace vitsim
