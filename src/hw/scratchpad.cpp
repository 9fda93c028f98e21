// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/scratchpad.h"

#include <algorithm>

#include <fmt/format.h>

namespace vitsim::hw {

/// One requester's way in and out, and what is left of its oldest request.
class Scratchpad::Port : public sc_core::sc_object, public MemoryPort {
 public:
  Port(Scratchpad& scratchpad, const std::string& requester_name, Writes what)
      : sc_object((requester_name + "_port").c_str()),
        unit(requester_name),
        writes(what),
        requests((requester_name + "_requests").c_str(), scratchpad.clock()),
        scratchpad_(scratchpad) {
    requests.set_reader(scratchpad);
  }

  [[nodiscard]] bool can_request() const override { return requests.can_write(); }
  void request(MemoryRequest& request) override { requests.write(request); }
  [[nodiscard]] bool can_read() const override {
    return !answers.empty() && answers.front().due <= scratchpad_.now();
  }
  MemoryResponse& front() override { return answers.front().response; }
  void pop() override {
    spare.push_back(std::move(answers.front().response));
    answers.pop_front();
    scratchpad_.clock().note_progress();
  }
  void set_requester(Ticked& owner) override {
    requester = &owner;
    requests.set_writer(owner);
  }

  struct Answer {
    Cycles due;
    MemoryResponse response;
  };

  std::string unit;
  Writes writes;
  Stream<MemoryRequest> requests;
  std::deque<Answer> answers;
  std::vector<MemoryResponse> spare;  ///< buffers to be used again
  Ticked* requester = nullptr;
  bool started = false;   ///< the oldest request has been split into words
  std::int64_t word = 0;  ///< first word of the round
  std::int64_t last_word = 0;
  std::uint64_t wanted = 0;           ///< banks still wanted in this round
  std::uint64_t granted = 0;          ///< banks granted in this cycle
  std::vector<std::int64_t> lost_to;  ///< by index of the winner

 private:
  Scratchpad& scratchpad_;
};

Scratchpad::Scratchpad(const sc_core::sc_module_name& name, const config::Scratchpad& config,
                       const std::vector<model::Tensor>& tensors, Clock& clock)
    : Ticked(name, clock),
      config_(config),
      tensors_(tensors),
      bytes_(config.size_kib * Bytes{1024}),
      grants_(static_cast<std::size_t>(config.banks)) {}

Scratchpad::~Scratchpad() = default;

MemoryPort& Scratchpad::add_port(const std::string& unit, Writes writes) {
  ports_.emplace_back(*this, unit, writes);
  for (Port& port : ports_) {
    port.lost_to.resize(ports_.size());
  }
  return ports_.back();
}

void Scratchpad::invalidate(const mapping::Region& region) {
  if (region.rows > 0 && !bytes_.contains(region.address, region.end() - region.address)) {
    fail(
        fmt::format("cycle {}: a command writes addresses {} to {}, outside the scratchpad of {} "
                    "bytes",
                    now(), region.address, region.end(), bytes_.size()));
  }
  for (std::int64_t row = 0; row < region.rows; ++row) {
    bytes_.forget(region.address + row * region.pitch, region.row_bytes);
  }
}

void Scratchpad::tick() {
  // 1. every requester's oldest request, in turn
  full_ = 0;
  std::fill(grants_.begin(), grants_.end(), 0);
  for (Port& port : ports_) {
    port.granted = 0;
  }
  bool pending = false;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    const std::size_t index = (first_ + i) % ports_.size();
    pending |= ports_[index].requests.can_read() && !arbitrate(index);
  }
  // 2. the turn moves on
  if (config_.arbitration == config::Arbitration::kRoundRobin) {
    first_ = (first_ + 1) % ports_.size();
  }
  // 3. sleep when nobody waits; a request wakes
  if (pending || std::any_of(ports_.begin(), ports_.end(),
                             [](const Port& port) { return port.requests.can_read(); })) {
    wake();
  }
}

/// Grants what banks it can. Whether the request is complete.
bool Scratchpad::arbitrate(std::size_t index) {
  Port& port = ports_[index];
  const MemoryRequest& request = port.requests.front();
  const auto start_round = [&] {
    const std::int64_t words =
        std::min<std::int64_t>(port.last_word - port.word + 1, config_.banks);
    port.wanted = 0;
    for (std::int64_t i = 0; i < words; ++i) {
      port.wanted |= std::uint64_t{1} << ((port.word + i) % config_.banks);
    }
  };
  if (!port.started) {
    if (!bytes_.contains(request.address, request.size)) {
      fail(fmt::format("cycle {}: {}: address {} and {} bytes of '{}' lie outside the scratchpad",
                       now(), port.unit, request.address, request.size,
                       tensors_[static_cast<std::size_t>(request.tensor)].name));
    }
    port.started = true;
    port.word = request.address / config_.bank_width_bytes;
    port.last_word = (request.address + request.size - 1) / config_.bank_width_bytes;
    start_round();
  }

  const std::uint64_t refused = port.wanted & full_;
  port.granted = port.wanted & ~full_;
  port.wanted = refused;
  if (config_.ports == 1) {
    full_ |= port.granted;
  } else {
    for (int bank = 0; bank < config_.banks; ++bank) {
      if (((port.granted >> bank) & 1) != 0 &&
          ++grants_[static_cast<std::size_t>(bank)] == config_.ports) {
        full_ |= std::uint64_t{1} << bank;
      }
    }
  }
  if (refused != 0) {
    ++refused_;
    for (std::size_t other = 0; other < ports_.size(); ++other) {
      port.lost_to[other] +=
          static_cast<std::int64_t>(other != index && (ports_[other].granted & refused) != 0);
    }
    return false;
  }
  port.word += config_.banks;
  if (port.word <= port.last_word) {
    start_round();
    return false;
  }
  complete(port);
  return true;
}

void Scratchpad::complete(Port& port) {
  MemoryRequest& request = port.requests.front();
  Port::Answer answer{};
  if (!port.spare.empty()) {
    answer.response = std::move(port.spare.back());
    port.spare.pop_back();
  }
  if (request.write) {
    bytes_.write(request.address, request.data);
    write_bytes_ += request.size;
    if (observer_ != nullptr && port.writes == Writes::kResults) {
      observer_->on_write(now(), port.unit, request);
    }
    answer.due = now() + 1;
  } else {
    const Bytes hole = bytes_.first_unwritten(request.address, request.size);
    if (hole >= 0) {
      fail(
          fmt::format("cycle {}: {} reads address {} of the scratchpad, which nobody has written; "
                      "it belongs to '{}', row {}",
                      now(), port.unit, hole,
                      tensors_[static_cast<std::size_t>(request.tensor)].name, request.row));
    }
    const auto bytes = bytes_.read(request.address, request.size);
    answer.response.data.assign(bytes.begin(), bytes.end());
    read_bytes_ += request.size;
    answer.due = now() + config_.read_latency_cycles;
  }
  clock().wake_at(*port.requester, answer.due);
  port.answers.push_back(std::move(answer));
  port.started = false;
  port.requests.pop();
}

void Scratchpad::reset() {
  bytes_.forget(0, bytes_.size());
  first_ = 0;
  for (Port& port : ports_) {
    port.requests.clear();
    port.answers.clear();
    port.started = false;
    std::fill(port.lost_to.begin(), port.lost_to.end(), 0);
  }
  stats_.reset();
}

std::string Scratchpad::status() const {
  std::string waiting;
  for (const Port& port : ports_) {
    if (port.requests.can_read()) {
      waiting += (waiting.empty() ? "requests of " : ", ") + port.unit;
    }
  }
  return waiting.empty() ? "no requests" : waiting;
}

std::vector<Scratchpad::Conflict> Scratchpad::conflicts() const {
  std::vector<Conflict> found;
  for (const Port& loser : ports_) {
    for (std::size_t winner = 0; winner < ports_.size(); ++winner) {
      if (loser.lost_to[winner] > 0) {
        found.push_back({loser.unit, ports_[winner].unit, loser.lost_to[winner]});
      }
    }
  }
  return found;
}

}  // namespace vitsim::hw
