// SPDX-License-Identifier: Apache-2.0
#include "codec.h"

#include <stdexcept>

namespace vitsim::trace {
namespace {

/// Kinds of events in a file; new ones go to the end.
enum class Kind : std::uint8_t { kReleased, kDone, kTile, kTransaction };
constexpr int kKindBits = 2;

constexpr std::uint64_t kMoreFollows = 0x80;
constexpr int kGroupBits = 7;
constexpr int kMostGroups = 10;  // of 64 bits
/// No cycle, address or command is larger; sums of two stay within 64 bits.
constexpr std::int64_t kLargest = std::int64_t{1} << 61;
constexpr int kHashBytes = 8;
constexpr int kTransactionHashBytes = 4;

[[noreturn]] void fail(const char* expected) { throw std::out_of_range(expected); }

}  // namespace

void Encoder::clear() {
  state_ = {};
  bytes_.clear();
}

void Encoder::number(std::uint64_t value) {
  while (value >= kMoreFollows) {
    bytes_.push_back(static_cast<std::byte>(value | kMoreFollows));
    value >>= kGroupBits;
  }
  bytes_.push_back(static_cast<std::byte>(value));
}

/// Small differences of either sign are small numbers.
void Encoder::difference(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  number(value < 0 ? ~(bits << 1U) : bits << 1U);
}

void Encoder::fixed(std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) {
    bytes_.push_back(static_cast<std::byte>(value));
    value >>= 8U;
  }
}

/// Kind and cycles since the last event, in one number.
void Encoder::head(std::uint8_t kind, Cycles cycle) {
  number(static_cast<std::uint64_t>(cycle - state_.cycle) << kKindBits | kind);
  state_.cycle = cycle;
}

void Encoder::add_difference(std::int64_t value, std::int64_t& last) {
  difference(value - last);
  last = value;
}

void Encoder::add_command(std::int64_t command) { add_difference(command, state_.command); }

void Encoder::add(const Event& event) {
  std::visit([this](const auto& one) { encode(one); }, event);
}

void Encoder::encode(const Released& event) {
  head(static_cast<std::uint8_t>(Kind::kReleased), event.cycle);
  add_command(event.command);
  bytes_.push_back(static_cast<std::byte>(event.unit));
  add_difference(event.layer, state_.layer);
}

void Encoder::encode(const Done& event) {
  head(static_cast<std::uint8_t>(Kind::kDone), event.cycle);
  add_command(event.command);
  number(event.stalls.size());
  for (const Stall& stall : event.stalls) {
    bytes_.push_back(static_cast<std::byte>(stall.cause));
    number(static_cast<std::uint64_t>(stall.cycles));
  }
}

void Encoder::encode(const Tile& event) {
  head(static_cast<std::uint8_t>(Kind::kTile), event.cycle);
  add_command(event.command);
  add_difference(event.tensor, state_.tensor);
  add_difference(event.row, state_.row);
  add_difference(event.col, state_.col);
  number(static_cast<std::uint64_t>(event.cols));
  fixed(event.hash, kHashBytes);
  number(event.rows.size());
  for (const std::uint8_t row : event.rows) {
    bytes_.push_back(static_cast<std::byte>(row));
  }
}

void Encoder::encode(const Transaction& event) {
  head(static_cast<std::uint8_t>(Kind::kTransaction), event.cycle);
  bytes_.push_back(static_cast<std::byte>(event.port));
  bytes_.push_back(static_cast<std::byte>(event.requester));
  Bytes& next = state_.next_address[static_cast<std::size_t>(event.port)];
  difference(event.address - next);
  next = event.address + event.bytes;
  number(static_cast<std::uint64_t>(event.bytes));
  fixed(event.hash, kTransactionHashBytes);
}

std::uint8_t Decoder::byte() {
  if (done()) {
    fail("a further byte of an event");
  }
  return static_cast<std::uint8_t>(bytes_[at_++]);
}

std::uint64_t Decoder::number() {
  std::uint64_t value = 0;
  for (int group = 0; group < kMostGroups; ++group) {
    const std::uint64_t bits = byte();
    const std::uint64_t own = bits & ~kMoreFollows;
    const int shift = group * kGroupBits;
    if (own << shift >> shift != own) {
      break;
    }
    value |= own << shift;
    if (bits == own) {
      return value;
    }
  }
  fail("a number of 64 bits at the most");
}

std::int64_t Decoder::difference() {
  const std::uint64_t value = number();
  const auto half = static_cast<std::int64_t>(value >> 1U);
  return (value & 1U) != 0 ? ~half : half;
}

std::uint64_t Decoder::fixed(int count) {
  std::uint64_t value = 0;
  for (int i = 0; i < count; ++i) {
    value |= std::uint64_t{byte()} << (8 * i);
  }
  return value;
}

/// A number of things of so many bytes that follow.
std::size_t Decoder::count(std::size_t bytes_each) {
  const std::uint64_t count = number();
  if (count > (bytes_.size() - at_) / bytes_each) {
    fail("as many rows or stalls as the event says");
  }
  return static_cast<std::size_t>(count);
}

void Decoder::add_to(std::int64_t& number) {
  const std::int64_t by = difference();
  if (by > kLargest - number || by < -number) {
    fail("numbers from 0 to 2^61");
  }
  number += by;
}

Event Decoder::next() {
  const std::uint64_t head = number();
  const std::uint64_t cycles = head >> kKindBits;
  if (cycles > static_cast<std::uint64_t>(kLargest - state_.cycle)) {
    fail("cycles up to 2^61");
  }
  state_.cycle += static_cast<Cycles>(cycles);
  const auto kind = static_cast<Kind>(head & ((1U << kKindBits) - 1));
  if (kind == Kind::kTransaction) {
    return transaction();
  }
  add_to(state_.command);
  switch (kind) {
    case Kind::kReleased:
      return released();
    case Kind::kDone:
      return done_event();
    default:
      return tile();
  }
}

Released Decoder::released() {
  Released event{state_.cycle, state_.command, byte(), 0};
  add_to(state_.layer);
  event.layer = state_.layer;
  return event;
}

Done Decoder::done_event() {
  Done event{state_.cycle, state_.command, {}};
  event.stalls.resize(count(2));
  for (Stall& stall : event.stalls) {
    const std::uint8_t cause = byte();
    const std::uint64_t cycles = number();
    if (cause >= stats::kStallCauseCount || cycles > static_cast<std::uint64_t>(kLargest)) {
      fail("a cause of stalls and its cycles");
    }
    stall = {static_cast<stats::StallCause>(cause), static_cast<Cycles>(cycles)};
  }
  return event;
}

Tile Decoder::tile() {
  Tile event{state_.cycle, state_.command, 0, 0, 0, 0, 0, {}};
  add_to(state_.tensor);
  add_to(state_.row);
  add_to(state_.col);
  event.tensor = state_.tensor;
  event.row = state_.row;
  event.col = state_.col;
  const std::uint64_t cols = number();
  if (cols > static_cast<std::uint64_t>(kLargest)) {
    fail("columns up to 2^61");
  }
  event.cols = static_cast<std::int64_t>(cols);
  event.hash = fixed(kHashBytes);
  event.rows.resize(count(1));
  for (std::uint8_t& row : event.rows) {
    row = byte();
  }
  return event;
}

Transaction Decoder::transaction() {
  const std::uint8_t port = byte();
  if (port >= kPorts) {
    fail("one of four ports");
  }
  Transaction event;
  event.cycle = state_.cycle;
  event.port = static_cast<Port>(port);
  event.requester = byte();
  Bytes& address = state_.next_address[port];
  add_to(address);
  event.address = address;
  const std::uint64_t bytes = number();
  if (bytes > static_cast<std::uint64_t>(kLargest - address)) {
    fail("addresses up to 2^61");
  }
  event.bytes = static_cast<Bytes>(bytes);
  address += event.bytes;
  event.hash = static_cast<std::uint32_t>(fixed(kTransactionHashBytes));
  return event;
}

}  // namespace vitsim::trace
