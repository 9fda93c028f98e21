// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

namespace vitsim::hw {

/// A queue for the steady state of a cycle: it never gives memory back, and a slot is used again
/// with what its last element left in it, so that rows in it keep their buffers.
template <class T>
class Fifo {
 public:
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t size() const { return count_; }
  /// The element `index` places behind the oldest.
  T& operator[](std::size_t index) {
    assert(index < count_);
    return slots_[(head_ + index) & (slots_.size() - 1)];
  }
  const T& operator[](std::size_t index) const {
    assert(index < count_);
    return slots_[(head_ + index) & (slots_.size() - 1)];
  }
  /// The oldest.
  [[nodiscard]] T& front() { return (*this)[0]; }
  [[nodiscard]] const T& front() const { return (*this)[0]; }
  /// The newest.
  [[nodiscard]] T& back() { return (*this)[count_ - 1]; }
  [[nodiscard]] const T& back() const { return (*this)[count_ - 1]; }

  /// Appends an element as the last one in its slot left it; set all of it.
  T& push_used() {
    if (count_ == slots_.size()) {
      grow();
    }
    ++count_;
    return back();
  }
  void push(T element) { push_used() = std::move(element); }
  void pop() {
    assert(count_ > 0);
    head_ = (head_ + 1) & (slots_.size() - 1);
    --count_;
  }
  void clear() { count_ = 0; }

 private:
  static constexpr std::size_t kFirstSlots = 8;

  void grow() {
    std::vector<T> larger(slots_.empty() ? kFirstSlots : 2 * slots_.size());
    for (std::size_t i = 0; i < count_; ++i) {
      larger[i] = std::move((*this)[i]);
    }
    slots_ = std::move(larger);
    head_ = 0;
  }

  std::vector<T> slots_;  ///< a power of two of them
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

}  // namespace vitsim::hw
