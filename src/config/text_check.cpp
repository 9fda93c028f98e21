// SPDX-License-Identifier: Apache-2.0
#include "text_check.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include <fmt/format.h>

namespace vitsim::config {
namespace {

/// Bytes of the UTF-8 character that `text` begins with, 0 where it begins with none (overlong
/// forms, surrogates and what lies beyond U+10FFFF included).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  if (first < 0xC2 || first > 0xF4) {
    return 0;
  }
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < length) {
    return 0;
  }
  std::uint32_t code = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) {
      return 0;
    }
    code = code << 6U | (byte(i) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return overlong || surrogate || code > 0x10FFFF ? 0 : length;
}

bool is_space(char c) { return c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

void check_text(std::string_view text, const std::shared_ptr<const Source>& source) {
  int line = 1;
  bool indentation = true;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0 || (is_control(text[i]) && !is_space(text[i]))) {
      Origin{source, line}.fail_here(fmt::format("got byte 0x{:02x}, expected UTF-8 text",
                                                 static_cast<unsigned char>(text[i])));
    }
    if (text[i] == '\t' && indentation) {
      Origin{source, line}.fail_here("got a tab in the indentation, expected spaces");
    }
    if (text[i] == '\n') {
      ++line;
      indentation = true;
    } else if (text[i] != ' ') {
      indentation = false;
    }
    i += length;
  }
}

}  // namespace vitsim::config
