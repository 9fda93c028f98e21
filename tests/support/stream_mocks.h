// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "vitsim/hw/stream.h"

#include "support/bench.h"

namespace vitsim::test {

/// Offers its beats in order, each as soon as there is room in a cycle of `offers`.
template <class T>
class Source : public hw::Ticked {
 public:
  hw::StreamOut<T> out{"out", *this};
  std::vector<T> beats;
  When offers;
  std::vector<Cycles> written;  ///< when each beat was

  Source(const sc_core::sc_module_name& name, hw::Clock& clock) : Ticked(name, clock) {}
  void reset() override {
    written.clear();
    wake();
  }
  [[nodiscard]] std::string status() const override { return "source"; }

 private:
  void tick() override {
    if (written.size() == beats.size() || !out->can_write()) {
      return;
    }
    if (holds(offers, now())) {
      T beat = beats[written.size()];
      out->write(beat);
      written.push_back(now());
    }
    wake();
  }
};

/// Takes what comes in the cycles of `takes`.
template <class T>
class Sink : public hw::Ticked {
 public:
  hw::StreamIn<T> in{"in", *this};
  When takes;
  std::vector<T> beats;
  std::vector<Cycles> cycles;  ///< when each beat was taken

  Sink(const sc_core::sc_module_name& name, hw::Clock& clock) : Ticked(name, clock) {}
  void reset() override {
    beats.clear();
    cycles.clear();
  }
  [[nodiscard]] std::string status() const override { return "sink"; }

 private:
  void tick() override {
    if (!in->can_read()) {
      return;
    }
    if (holds(takes, now())) {
      beats.push_back(in->front());
      cycles.push_back(now());
      in->pop();
    }
    wake();
  }
};

}  // namespace vitsim::test
