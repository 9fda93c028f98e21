// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>

#include "vitsim/core/units.h"
#include "vitsim/hw/written_map.h"

namespace vitsim::hw {

/// The bytes of a memory, zero at first, and which of them were ever written. Pages that nobody
/// writes take no memory of the host.
class ByteStore {
 public:
  explicit ByteStore(Bytes size) : size_(size), bytes_(zeros(size)), written_(size) {}

  [[nodiscard]] Bytes size() const { return size_; }
  [[nodiscard]] bool contains(Bytes address, Bytes size_of_access) const {
    return address >= 0 && size_of_access >= 0 && address <= size_ - size_of_access;
  }

  void write(Bytes address, std::span<const std::byte> data) {
    std::memcpy(bytes_.get() + address, data.data(), data.size());
    written_.set(address, static_cast<Bytes>(data.size()));
  }
  /// The bytes at `address`, whether written or not.
  [[nodiscard]] std::span<const std::byte> read(Bytes address, Bytes count) const {
    return {bytes_.get() + address, static_cast<std::size_t>(count)};
  }
  /// The first unwritten address in [address, address + count), or -1.
  [[nodiscard]] Bytes first_unwritten(Bytes address, Bytes count) const {
    return written_.first_unwritten(address, count);
  }
  /// Counts the bytes as written, as they are.
  void mark_written(Bytes address, Bytes count) { written_.set(address, count); }
  /// Counts the bytes as unwritten again.
  void forget(Bytes address, Bytes count) { written_.clear(address, count); }

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  using Storage = std::unique_ptr<std::byte[], Free>;

  /// By calloc, which leaves the zeroing of large blocks to the operating system, page by page.
  static Storage zeros(Bytes size) {
    auto* bytes = static_cast<std::byte*>(std::calloc(static_cast<std::size_t>(size) + 1, 1));
    if (bytes == nullptr) {
      throw std::bad_alloc();
    }
    return Storage(bytes);
  }

  Bytes size_;
  Storage bytes_;
  WrittenMap written_;
};

}  // namespace vitsim::hw
