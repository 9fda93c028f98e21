// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "vitsim/trace/event.h"

/// Events as bytes: numbers as differences from what came before, in groups of seven bits, the
/// lowest first. docs/traces.md has the format.
namespace vitsim::trace {

/// What differences are taken from; a block begins anew.
struct CodecState {
  Cycles cycle = 0;
  std::int64_t command = 0;
  std::int64_t layer = 0;
  std::int64_t tensor = 0;
  std::int64_t row = 0;
  std::int64_t col = 0;
  std::array<Bytes, kPorts> next_address{};  ///< behind the last access to each port
};

class Encoder {
 public:
  void add(const Event& event);
  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }
  void clear();

 private:
  void number(std::uint64_t value);
  void difference(std::int64_t value);
  void fixed(std::uint64_t value, int count);
  void head(std::uint8_t kind, Cycles cycle);
  void add_difference(std::int64_t value, std::int64_t& last);
  void add_command(std::int64_t command);
  void encode(const Released& event);
  void encode(const Done& event);
  void encode(const Tile& event);
  void encode(const Transaction& event);

  CodecState state_;
  std::vector<std::byte> bytes_;
};

/// Reads events back. Throws std::out_of_range, with what was expected, where bytes are none that
/// an encoder has written.
class Decoder {
 public:
  /// `bytes` must outlive the decoder.
  explicit Decoder(std::span<const std::byte> bytes) : bytes_(bytes) {}
  [[nodiscard]] bool done() const { return at_ == bytes_.size(); }
  Event next();

 private:
  std::uint8_t byte();
  std::uint64_t number();
  std::int64_t difference();
  std::uint64_t fixed(int count);
  std::size_t count(std::size_t bytes_each);
  void add_to(std::int64_t& number);
  Released released();
  Done done_event();
  Tile tile();
  Transaction transaction();

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  CodecState state_;
};

}  // namespace vitsim::trace
