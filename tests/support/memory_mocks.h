// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "vitsim/hw/byte_store.h"
#include "vitsim/hw/scratchpad.h"
#include "vitsim/model/encoding.h"

#include "support/bench.h"

namespace vitsim::test {

/// A scratchpad without banks: ports never hinder each other, and requests are granted as in an
/// idle Scratchpad, a cycle after they were made, in the cycles of `grants`; strided ones at once.
class FakeMemory : public hw::Ticked {
 public:
  struct Access {
    Cycles cycle;  ///< of the grant
    std::size_t port;
    bool write;
    Bytes address;
    Bytes size;
    Bytes stride;
  };

  FakeMemory(const sc_core::sc_module_name& name, Bytes size, int read_latency_cycles,
             hw::Clock& clock)
      : Ticked(name, clock), bytes_(size), read_latency_cycles_(read_latency_cycles) {}

  hw::MemoryPort& add_port() { return ports_.emplace_back(*this, ports_.size()); }

  /// Writes integers before the run.
  void put(Bytes address, const std::vector<std::int16_t>& values, int element_bytes) {
    std::vector<std::byte> bytes(values.size() * static_cast<std::size_t>(element_bytes));
    model::encode(values, element_bytes, bytes);
    bytes_.write(address, bytes);
  }
  void put(Bytes address, std::span<const std::byte> bytes) { bytes_.write(address, bytes); }
  [[nodiscard]] std::vector<std::int16_t> values(Bytes address, std::size_t count,
                                                 int element_bytes) const {
    std::vector<std::int16_t> found(count);
    model::decode(bytes_.read(address, static_cast<Bytes>(count) * element_bytes), element_bytes,
                  found);
    return found;
  }
  [[nodiscard]] std::vector<std::byte> bytes(Bytes address, Bytes count) const {
    const auto found = bytes_.read(address, count);
    return {found.begin(), found.end()};
  }
  [[nodiscard]] bool all_written(Bytes address, Bytes count) const {
    return bytes_.first_unwritten(address, count) < 0;
  }

  /// Of one port, in order.
  [[nodiscard]] std::vector<Access> accesses_of(std::size_t port) const {
    std::vector<Access> found;
    for (const Access& access : accesses) {
      if (access.port == port) {
        found.push_back(access);
      }
    }
    return found;
  }

  When grants;
  std::vector<Access> accesses;

  void reset() override {
    for (Port& port : ports_) {
      port.requests.clear();
      port.answers.clear();
    }
    accesses.clear();
  }
  [[nodiscard]] std::string status() const override { return "memory"; }

 private:
  class Port : public sc_core::sc_object, public hw::MemoryPort {
   public:
    Port(FakeMemory& memory, std::size_t number)
        : sc_object(("port" + std::to_string(number)).c_str()),
          requests(("requests" + std::to_string(number)).c_str(), memory.clock()),
          memory_(memory) {
      requests.set_reader(memory);
    }
    [[nodiscard]] bool can_request() const override { return requests.can_write(); }
    void request(hw::MemoryRequest& request) override { requests.write(request); }
    [[nodiscard]] bool can_read() const override {
      return !answers.empty() && answers.front().first <= memory_.now();
    }
    hw::MemoryResponse& front() override { return answers.front().second; }
    void pop() override {
      answers.pop_front();
      memory_.clock().note_progress();
    }
    void set_requester(hw::Ticked& owner) override {
      requester = &owner;
      requests.set_writer(owner);
    }

    hw::Stream<hw::MemoryRequest> requests;
    std::deque<std::pair<Cycles, hw::MemoryResponse>> answers;
    hw::Ticked* requester = nullptr;

   private:
    FakeMemory& memory_;
  };

  void tick() override {
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      // Ports are refused independently of each other.
      if (ports_[i].requests.can_read() &&
          holds(grants, now() + 1000003 * static_cast<Cycles>(i))) {
        serve(ports_[i], i);
      }
      if (ports_[i].requests.can_read()) {
        wake();
      }
    }
  }

  void serve(Port& port, std::size_t number) {
    const hw::MemoryRequest& request = port.requests.front();
    ASSERT_TRUE(bytes_.contains(request.address, request.end() - request.address));
    accesses.push_back(
        {now(), number, request.write, request.address, request.size, request.stride});
    hw::MemoryResponse response;
    if (request.write) {
      EXPECT_EQ(static_cast<Bytes>(request.data.size()), request.size);
    }
    const Bytes piece = request.piece_bytes();
    for (std::int64_t i = 0; i < request.pieces(); ++i) {
      const Bytes address = request.address + i * request.stride;
      if (request.write) {
        bytes_.write(address, std::span(request.data)
                                  .subspan(static_cast<std::size_t>(i * piece),
                                           static_cast<std::size_t>(piece)));
        continue;
      }
      EXPECT_EQ(bytes_.first_unwritten(address, piece), -1);
      const auto found = bytes_.read(address, piece);
      response.data.insert(response.data.end(), found.begin(), found.end());
    }
    const Cycles due = now() + (request.write ? 1 : read_latency_cycles_);
    port.answers.emplace_back(due, std::move(response));
    clock().wake_at(*port.requester, due);
    port.requests.pop();
  }

  hw::ByteStore bytes_;
  int read_latency_cycles_;
  std::deque<Port> ports_;
};

/// A requester of the scratchpad: makes its requests in order, each no sooner than its cycle.
class MemoryClient : public hw::Ticked {
 public:
  struct Planned {
    Cycles at;
    hw::MemoryRequest request;
  };
  hw::MemoryPortOut port{"port", *this};
  std::vector<Planned> plan;
  std::vector<Cycles> requested;  ///< when each request was made
  std::vector<Cycles> answered;   ///< when each was answered
  std::vector<std::vector<std::byte>> data;

  MemoryClient(const sc_core::sc_module_name& name, hw::Clock& clock) : Ticked(name, clock) {}

  void read(Cycles at, Bytes address, Bytes size) {
    plan.push_back({at, of(false, address, size)});
  }
  /// Elements `stride` bytes apart.
  void read_strided(Cycles at, Bytes address, std::int64_t elements, Bytes element, Bytes stride) {
    read(at, address, elements * element);
    plan.back().request.element = element;
    plan.back().request.stride = stride;
  }
  void write_strided(Cycles at, Bytes address, std::vector<std::byte> bytes, Bytes element,
                     Bytes stride) {
    write(at, address, std::move(bytes));
    plan.back().request.element = element;
    plan.back().request.stride = stride;
  }
  void write(Cycles at, Bytes address, std::vector<std::byte> bytes) {
    hw::MemoryRequest request = of(true, address, static_cast<Bytes>(bytes.size()));
    request.data = std::move(bytes);
    plan.push_back({at, std::move(request)});
  }

  void reset() override {
    requested.clear();
    answered.clear();
    data.clear();
    wake();
  }
  [[nodiscard]] std::string status() const override { return "client"; }

 private:
  static hw::MemoryRequest of(bool write, Bytes address, Bytes size) {
    hw::MemoryRequest request;
    request.write = write;
    request.address = address;
    request.size = size;
    request.tensor = 0;
    return request;
  }
  void tick() override {
    if (port->can_read()) {
      answered.push_back(now());
      data.push_back(port->front().data);
      port->pop();
      wake();
    }
    if (requested.size() == plan.size()) {
      return;
    }
    const Planned& next = plan[requested.size()];
    if (next.at <= now() && port->can_request()) {
      hw::MemoryRequest request = next.request;
      port->request(request);
      requested.push_back(now());
    }
    wake();
  }
};

}  // namespace vitsim::test
