// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/hazards.h"

#include <algorithm>

namespace vitsim::mapping {
namespace {

bool overlap(const Rect& a, const Rect& b) {
  return a.row < b.row + b.rows && b.row < a.row + a.rows && a.col < b.col + b.cols &&
         b.col < a.col + a.cols;
}

bool covers(const Rect& outer, const Rect& inner) {
  return outer.row <= inner.row && outer.row + outer.rows >= inner.row + inner.rows &&
         outer.col <= inner.col && outer.col + outer.cols >= inner.col + inner.cols;
}

}  // namespace

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
      for (const Access& access : *accesses) {
        inherit(buffer, access.token);
      }
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
  for (const Access& write : buffer.writes) {
    if (overlap(write.rect, rect)) {
      waits.push_back(write.token);
    }
  }
  // Rectangles are read again in the same order, as a rule.
  const auto again = [&](const Access& read) {
    return read.rect == rect && order_of(read.token) == order_of(token);
  };
  const auto next = buffer.reads.begin() +
                    static_cast<std::ptrdiff_t>(std::min(buffer.next_read, buffer.reads.size()));
  auto read = std::find_if(next, buffer.reads.end(), again);
  if (read == buffer.reads.end()) {
    read = std::find_if(buffer.reads.begin(), next, again);
    if (read == next) {
      buffer.reads.push_back({rect, token});
      return;
    }
  }
  read->token = token;
  buffer.next_read = static_cast<std::size_t>(read - buffer.reads.begin()) + 1;
}

void Hazards::write(BufferId id, const Rect& rect, Token token, std::vector<Token>& waits) {
  Buffer& buffer = buffers_[static_cast<std::size_t>(id)];
  waits.insert(waits.end(), buffer.inherited.begin(), buffer.inherited.end());
  buffer.written = true;
  for (auto* accesses : {&buffer.reads, &buffer.writes}) {
    for (const Access& access : *accesses) {
      if (overlap(access.rect, rect)) {
        waits.push_back(access.token);
      }
    }
    // Whoever waits for this write has waited for what it covers.
    std::erase_if(*accesses, [&](const Access& access) { return covers(rect, access.rect); });
  }
  buffer.writes.push_back({rect, token});
}

}  // namespace vitsim::mapping
