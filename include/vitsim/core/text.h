// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace vitsim {

/// The candidate nearest to `word` by edit distance, or an empty string where none is near enough
/// to be what was meant (more than a third of the word differs, at least two letters).
std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// `text` from outside as it may stand in a message: control characters escaped, cut after
/// `max_length` bytes.
std::string printable(std::string_view text, std::size_t max_length = 120);

/// `text` as it may stand in HTML and XML, between tags or quotes. Control characters but the end
/// of a line, which XML has no way to write, become '?'.
std::string escaped_markup(std::string_view text);

}  // namespace vitsim
