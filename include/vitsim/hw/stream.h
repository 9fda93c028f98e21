// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <string>
#include <systemc>
#include <utility>
#include <vector>

#include "vitsim/hw/clock.h"

namespace vitsim::hw {

/// What the reading end of a Stream offers.
template <class T>
class StreamReader : virtual public sc_core::sc_interface {
 public:
  /// Whether a beat written in an earlier cycle is there.
  [[nodiscard]] virtual bool can_read() const = 0;
  /// The oldest beat; only where can_read().
  virtual T& front() = 0;
  /// Takes it. Its slot is free for the writer in the next cycle.
  virtual void pop() = 0;
  /// Who is woken when a beat has come.
  virtual void set_reader(Ticked& reader) = 0;
};

/// What the writing end of a Stream offers.
template <class T>
class StreamWriter : virtual public sc_core::sc_interface {
 public:
  /// Whether a slot was free when the cycle began; one beat a cycle.
  [[nodiscard]] virtual bool can_write() const = 0;
  /// Puts a beat into the stream by exchanging it with a spent one, so that rows move without
  /// copies and allocations. The reader sees it in the next cycle.
  virtual void write(T& beat) = 0;
  /// Who is woken when a full stream has room again.
  virtual void set_writer(Ticked& writer) = 0;
};

/// A registered, bounded ready/valid channel between two modules of one clock. A beat written in
/// cycle t can be read from t + 1, and a slot freed in t can be written from t + 1; two slots give
/// full throughput. Both ends see the state of the cycle before, so the order in which they run
/// never shows.
template <class T>
class Stream : public sc_core::sc_object, public StreamReader<T>, public StreamWriter<T> {
 public:
  Stream(const char* name, Clock& clock, std::size_t slots = 2)
      : sc_object(name), clock_(clock), slots_(slots) {}

  [[nodiscard]] bool can_read() const override {
    return count_ > 0 && slots_[head_].written < clock_.now();
  }
  T& front() override {
    assert(can_read());
    return slots_[head_].beat;
  }
  void pop() override {
    assert(can_read());
    if (writer_ != nullptr && occupied_at_start() == slots_.size()) {
      writer_->wake();
    }
    head_ = wrapped(head_ + 1);
    --count_;
    if (last_pop_ != clock_.now()) {
      last_pop_ = clock_.now();
      pops_ = 0;
    }
    ++pops_;
    clock_.note_progress();
  }
  void set_reader(Ticked& reader) override { reader_ = &reader; }

  [[nodiscard]] bool can_write() const override {
    return last_write_ != clock_.now() && occupied_at_start() < slots_.size();
  }
  void write(T& beat) override {
    assert(can_write());
    Slot& slot = slots_[wrapped(head_ + count_)];
    std::swap(slot.beat, beat);
    slot.written = clock_.now();
    last_write_ = clock_.now();
    ++count_;
    clock_.note_progress();
    if (reader_ != nullptr) {
      reader_->wake();
    }
  }
  void set_writer(Ticked& writer) override { writer_ = &writer; }

  /// Beats, with one of this cycle.
  [[nodiscard]] std::size_t size() const { return count_; }
  /// Whether no beat is there, not even one of this cycle.
  [[nodiscard]] bool empty() const { return count_ == 0; }
  void add_signals(Signals& signals) const {
    signals.add(std::string(basename()) + ".beats", 8,
                [this] { return static_cast<std::int64_t>(size()); });
  }
  /// Empty, as after reset.
  void clear() {
    head_ = 0;
    count_ = 0;
    last_pop_ = kNever;
    last_write_ = kNever;
  }

 private:
  static constexpr Cycles kNever = -2;
  struct Slot {
    T beat{};
    Cycles written = kNever;
  };

  [[nodiscard]] std::size_t wrapped(std::size_t index) const {
    return index < slots_.size() ? index : index - slots_.size();
  }
  /// Slots that hold beats, without what this cycle wrote, with what it took.
  [[nodiscard]] std::size_t occupied_at_start() const {
    std::size_t occupied = count_;
    if (last_pop_ == clock_.now()) {
      occupied += pops_;
    }
    if (last_write_ == clock_.now()) {
      --occupied;
    }
    return occupied;
  }

  Clock& clock_;
  std::vector<Slot> slots_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  std::size_t pops_ = 0;
  Cycles last_pop_ = kNever;
  Cycles last_write_ = kNever;
  Ticked* reader_ = nullptr;
  Ticked* writer_ = nullptr;
};

/// A module's reading end; the module wakes when a beat comes.
template <class T>
class StreamIn : public sc_core::sc_port<StreamReader<T>> {
 public:
  StreamIn(const char* name, Ticked& owner)
      : sc_core::sc_port<StreamReader<T>>(name), owner_(owner) {}

 private:
  void end_of_elaboration() override { (*this)->set_reader(owner_); }
  Ticked& owner_;
};

/// A module's writing end; the module wakes when there is room again.
template <class T>
class StreamOut : public sc_core::sc_port<StreamWriter<T>> {
 public:
  StreamOut(const char* name, Ticked& owner)
      : sc_core::sc_port<StreamWriter<T>>(name), owner_(owner) {}

 private:
  void end_of_elaboration() override { (*this)->set_writer(owner_); }
  Ticked& owner_;
};

/// A writing end that gives each beat to any number of streams at once, none included.
template <class T>
class StreamFanOut : public sc_core::sc_port<StreamWriter<T>, 0, sc_core::SC_ZERO_OR_MORE_BOUND> {
 public:
  StreamFanOut(const char* name, Ticked& owner)
      : sc_core::sc_port<StreamWriter<T>, 0, sc_core::SC_ZERO_OR_MORE_BOUND>(name), owner_(owner) {}

  /// Whether every stream has room.
  [[nodiscard]] bool can_write() const {
    for (int i = 0; i < this->size(); ++i) {
      if (!(*this)[i]->can_write()) {
        return false;
      }
    }
    return true;
  }
  void write(const T& beat) {
    for (int i = 0; i < this->size(); ++i) {
      copy_ = beat;  // into the buffers of a spent one
      (*this)[i]->write(copy_);
    }
  }

 private:
  void end_of_elaboration() override {
    for (int i = 0; i < this->size(); ++i) {
      (*this)[i]->set_writer(owner_);
    }
  }
  Ticked& owner_;
  T copy_{};
};

}  // namespace vitsim::hw
