// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/hazards.h"

#include <algorithm>

namespace vitsim::mapping {
namespace {

bool overlap(const Rect& a, const Rect& b) {
  return a.row < b.row + b.rows && b.row < a.row + a.rows && a.col < b.col + b.cols &&
         b.col < a.col + a.cols;
}

/// What accesses of a line are sorted by.
constexpr auto kColOf = [](const auto& access) { return access.rect.col; };

bool covers(const Rect& outer, const Rect& inner) {
  return outer.row <= inner.row && outer.row + outer.rows >= inner.row + inner.rows &&
         outer.col <= inner.col && outer.col + outer.cols >= inner.col + inner.cols;
}

}  // namespace

template <class Visit>
void Hazards::Accesses::overlapping(const Rect& rect, Visit visit) {
  const std::int64_t first_row = rect.row - most_rows_ + 1;
  const Bytes first_col = rect.col - most_cols_ + 1;
  for (auto line = std::ranges::lower_bound(by_row_, first_row, {}, &Line::row);
       line != by_row_.end() && line->row < rect.row + rect.rows; ++line) {
    auto& accesses = line->by_col;
    const auto begin = std::ranges::lower_bound(accesses, first_col, {}, kColOf);
    const auto end =
        std::ranges::lower_bound(begin, accesses.end(), rect.col + rect.cols, {}, kColOf);
    accesses.erase(std::remove_if(begin, end,
                                  [&](const Access& access) {
                                    return overlap(access.rect, rect) && visit(access);
                                  }),
                   end);
  }
}

template <class Wanted>
Hazards::Access* Hazards::Accesses::find(const Rect& rect, Wanted wanted) {
  const auto line = std::ranges::lower_bound(by_row_, rect.row, {}, &Line::row);
  if (line == by_row_.end() || line->row != rect.row) {
    return nullptr;
  }
  const auto begin = std::ranges::lower_bound(line->by_col, rect.col, {}, kColOf);
  const auto end = std::ranges::upper_bound(line->by_col, rect.col, {}, kColOf);
  const auto found = std::find_if(
      begin, end, [&](const Access& access) { return access.rect == rect && wanted(access); });
  return found == end ? nullptr : &*found;
}

void Hazards::Accesses::insert(const Access& access) {
  const Rect& rect = access.rect;
  most_rows_ = std::max(most_rows_, rect.rows);
  most_cols_ = std::max(most_cols_, rect.cols);
  auto line = std::ranges::lower_bound(by_row_, rect.row, {}, &Line::row);
  if (line == by_row_.end() || line->row != rect.row) {
    line = by_row_.insert(line, {rect.row, {}});
  }
  auto& accesses = line->by_col;
  accesses.insert(std::ranges::upper_bound(accesses, rect.col, {}, kColOf), access);
}

template <class Visit>
void Hazards::Accesses::all(Visit visit) const {
  for (const Line& line : by_row_) {
    for (const Access& access : line.by_col) {
      visit(access);
    }
  }
}

Hazards::BufferId Hazards::add(Bytes address, Bytes size) {
  Buffer buffer;
  buffer.address = address;
  buffer.size = size;
  for (const BufferId id : retired_) {
    Buffer& old = buffers_[static_cast<std::size_t>(id)];
    if (old.address >= address + size || address >= old.address + old.size) {
      continue;
    }
    for (const auto* accesses : {&old.reads, &old.writes}) {
      accesses->all([&](const Access& access) { inherit(buffer, access.token); });
    }
    if (!old.written) {
      for (const Token token : old.inherited) {
        inherit(buffer, token);
      }
    }
    // The part of the old buffer that the new one leaves free may be taken later.
    old.forgotten = old.address >= address && old.address + old.size <= address + size;
  }
  std::erase_if(retired_,
                [this](BufferId id) { return buffers_[static_cast<std::size_t>(id)].forgotten; });
  buffers_.push_back(std::move(buffer));
  return static_cast<BufferId>(buffers_.size()) - 1;
}

void Hazards::inherit(Buffer& buffer, Token token) const {
  for (Token& known : buffer.inherited) {
    if (order_of(known) == order_of(token)) {
      known = std::max(known, token);
      return;
    }
  }
  buffer.inherited.push_back(token);
}

void Hazards::retire(BufferId id) {
  buffers_[static_cast<std::size_t>(id)].retired = true;
  retired_.push_back(id);
}

void Hazards::read(BufferId id, const Rect& rect, Token token, std::vector<Token>& waits) {
  Buffer& buffer = buffers_[static_cast<std::size_t>(id)];
  buffer.writes.overlapping(rect, [&](const Access& write) {
    waits.push_back(write.token);
    return false;
  });
  // The last read of its order speaks for those before it.
  Access* again = buffer.reads.find(
      rect, [&](const Access& read) { return order_of(read.token) == order_of(token); });
  if (again != nullptr) {
    again->token = token;
  } else {
    buffer.reads.insert({rect, token});
  }
}

void Hazards::write(BufferId id, const Rect& rect, Token token, std::vector<Token>& waits) {
  Buffer& buffer = buffers_[static_cast<std::size_t>(id)];
  waits.insert(waits.end(), buffer.inherited.begin(), buffer.inherited.end());
  buffer.written = true;
  for (auto* accesses : {&buffer.reads, &buffer.writes}) {
    accesses->overlapping(rect, [&](const Access& access) {
      waits.push_back(access.token);
      // Whoever waits for this write has waited for what it covers.
      return covers(rect, access.rect);
    });
  }
  buffer.writes.insert({rect, token});
}

}  // namespace vitsim::mapping
