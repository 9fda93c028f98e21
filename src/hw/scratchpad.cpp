// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/scratchpad.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "vitsim/hw/fifo.h"

namespace vitsim::hw {
namespace {

/// Sets of ports are words of as many bits.
constexpr std::size_t kMostPorts = 64;

constexpr std::uint64_t bit(std::size_t index) { return std::uint64_t{1} << index; }

}  // namespace

/// One requester's way in and out, and what is left of its oldest request.
class Scratchpad::Port : public sc_core::sc_object, public MemoryPort {
 public:
  Port(Scratchpad& scratchpad, std::size_t number, const std::string& requester_name, Writes what)
      : sc_object((requester_name + "_port").c_str()),
        index(number),
        unit(requester_name),
        writes(what),
        requests((requester_name + "_requests").c_str(), scratchpad.clock()),
        scratchpad_(scratchpad) {
    requests.set_reader(scratchpad);
  }

  [[nodiscard]] bool can_request() const override { return requests.can_write(); }
  void request(MemoryRequest& request) override {
    requests.write(request);
    scratchpad_.waiting_ |= bit(index);
  }
  [[nodiscard]] bool can_read() const override {
    return !answers.empty() && answers.front().due <= scratchpad_.now();
  }
  MemoryResponse& front() override { return answers.front().response; }
  void pop() override {
    answers.pop();
    scratchpad_.clock().note_progress();
  }
  void set_requester(Ticked& owner) override {
    requester = &owner;
    requests.set_writer(owner);
  }

  struct Answer {
    Cycles due = 0;
    MemoryResponse response;
  };

  std::size_t index;
  std::string unit;
  Writes writes;
  Stream<MemoryRequest> requests;
  Fifo<Answer> answers;
  Ticked* requester = nullptr;
  bool started = false;        ///< the oldest request has been split into words
  std::size_t pool = 0;        ///< whose ports it takes
  std::int64_t next_word = 0;  ///< behind the round
  std::int64_t last_word = 0;
  std::vector<int> words_left;        ///< of each bank, where the request is strided
  std::uint64_t wanted = 0;           ///< banks still wanted in this round
  std::uint64_t granted = 0;          ///< banks granted in this cycle
  std::vector<std::int64_t> lost_to;  ///< by index of the winner
  Bytes read_bytes = 0;
  Bytes write_bytes = 0;

 private:
  Scratchpad& scratchpad_;
};

Scratchpad::Scratchpad(const sc_core::sc_module_name& name, const config::Scratchpad& config,
                       const std::vector<model::Tensor>& tensors, Clock& clock)
    : Ticked(name, clock),
      config_(config),
      tensors_(tensors),
      bank_width_(config.bank_width_bytes),
      bank_map_(config),
      bytes_(config.size_kib * Bytes{1024}),
      write_pool_(config.port_kind == config::PortKind::kSeparate ? 1 : 0) {
  for (Pool& pool : pools_) {
    pool.taken.resize(static_cast<std::size_t>(config.ports));
  }
}

Scratchpad::~Scratchpad() = default;

MemoryPort& Scratchpad::add_port(const std::string& unit, Writes writes) {
  if (ports_.size() == kMostPorts) {
    fail(fmt::format("the scratchpad has at most {} ports", kMostPorts));
  }
  ports_.push_back(std::make_unique<Port>(*this, ports_.size(), unit, writes));
  for (const auto& port : ports_) {
    port->lost_to.resize(ports_.size());
  }
  return *ports_.back();
}

void Scratchpad::host_write(const mapping::Region& region, std::span<const std::byte> rows) {
  for (std::int64_t row = 0; row < region.rows; ++row) {
    bytes_.write(region.address + row * region.pitch,
                 rows.subspan(static_cast<std::size_t>(row * region.row_bytes),
                              static_cast<std::size_t>(region.row_bytes)));
  }
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
  for (std::size_t i = 0; i <= write_pool_; ++i) {
    std::fill(pools_[i].taken.begin(), pools_[i].taken.end(), 0);
    pools_[i].winners = 0;
  }
  const std::uint64_t before_first = bit(first_) - 1;
  const std::uint64_t waiting = waiting_;
  serve(waiting & ~before_first);
  serve(waiting & before_first);
  // 2. the turn moves on
  if (config_.arbitration == config::Arbitration::kRoundRobin) {
    first_ = (first_ + 1) % ports_.size();
  }
  // 3. sleep when nobody waits; a request wakes
  if (waiting_ != 0) {
    wake();
  }
}

/// In the order of the ports' numbers; a request of this cycle is for the next.
void Scratchpad::serve(std::uint64_t indices) {
  for (; indices != 0; indices &= indices - 1) {
    const auto index = static_cast<std::size_t>(std::countr_zero(indices));
    if (ports_[index]->requests.can_read()) {
      arbitrate(index);
    }
  }
}

/// Grants what banks it can, and completes the request that has all.
void Scratchpad::arbitrate(std::size_t index) {
  Port& port = *ports_[index];
  if (!port.started) {
    start(port);
  }
  Pool& pool = pools_[port.pool];
  port.granted = grant(pool, port.wanted);
  pool.winners |= port.granted != 0 ? bit(index) : 0;
  const bool strided = port.requests.front().strided();
  port.wanted = strided ? words_left(port) : port.wanted & ~port.granted;
  if (port.wanted != 0) {
    note_refused(port, port.wanted & ~port.granted);
    return;
  }
  if (strided) {
    complete(port);
    return;
  }
  if (port.next_word <= port.last_word) {
    start_round(port);
    return;
  }
  complete(port);
}

/// Counts who has the banks that the port was refused.
void Scratchpad::note_refused(Port& port, std::uint64_t refused) {
  if (refused == 0) {
    return;  // more words of banks that were granted
  }
  ++refused_;
  const std::uint64_t winners = pools_[port.pool].winners & ~bit(port.index);
  for (std::uint64_t others = winners; others != 0; others &= others - 1) {
    const auto other = static_cast<std::size_t>(std::countr_zero(others));
    port.lost_to[other] += static_cast<std::int64_t>((ports_[other]->granted & refused) != 0);
  }
}

/// Takes the granted words off; the banks that have more.
std::uint64_t Scratchpad::words_left(Port& port) {
  std::uint64_t left = port.wanted;
  for (std::uint64_t banks = port.granted; banks != 0; banks &= banks - 1) {
    const auto bank = static_cast<std::size_t>(std::countr_zero(banks));
    if (--port.words_left[bank] == 0) {
      left &= ~bit(bank);
    }
  }
  return left;
}

/// Counts the words that each bank has of a strided request; a word that holds several elements
/// once.
void Scratchpad::start_strided(Port& port) const {
  const MemoryRequest& request = port.requests.front();
  port.words_left.assign(static_cast<std::size_t>(config_.banks), 0);
  port.wanted = 0;
  std::int64_t before = -1;
  for (std::int64_t i = 0; i < request.pieces(); ++i) {
    const Bytes address = request.address + i * request.stride;
    const std::int64_t last = bank_width_.quotient(address + request.element - 1);
    for (std::int64_t word = bank_width_.quotient(address); word <= last; ++word) {
      if (word != before) {
        const auto bank = static_cast<std::size_t>(bank_map_.bank_of(word));
        ++port.words_left[bank];
        port.wanted |= bit(bank);
        before = word;
      }
    }
  }
}

/// Splits the oldest request into words.
void Scratchpad::start(Port& port) {
  const MemoryRequest& request = port.requests.front();
  if (!bytes_.contains(request.address, request.end() - request.address)) {
    fail(fmt::format("cycle {}: {}: address {} and {} bytes of '{}' lie outside the scratchpad",
                     now(), port.unit, request.address, request.size,
                     tensors_[static_cast<std::size_t>(request.tensor)].name));
  }
  port.started = true;
  port.pool = request.write ? write_pool_ : 0;
  if (request.strided()) {
    start_strided(port);
    return;
  }
  port.next_word = bank_width_.quotient(request.address);
  port.last_word = bank_width_.quotient(request.address + request.size - 1);
  start_round(port);
}

/// Wants the banks of the next round of words.
void Scratchpad::start_round(Port& port) const {
  const timing::BankMap::Round round = bank_map_.round(port.next_word, port.last_word);
  port.wanted = round.banks;
  port.next_word += round.words;
}

/// Takes a port of each wanted bank that has one free; returns these banks.
std::uint64_t Scratchpad::grant(Pool& pool, std::uint64_t wanted) {
  const std::uint64_t granted = wanted & ~pool.taken.back();
  std::uint64_t banks = granted;
  for (std::uint64_t& taken : pool.taken) {
    const std::uint64_t also = banks & taken;
    taken |= banks;
    banks = also;
  }
  return granted;
}

/// Appends a piece of what the port's oldest request reads.
void Scratchpad::read_piece(const Port& port, const MemoryRequest& request, std::int64_t index,
                            std::vector<std::byte>& data) {
  const Bytes address = request.address + index * request.stride;
  const Bytes hole = bytes_.first_unwritten(address, request.piece_bytes());
  if (hole >= 0) {
    fail(
        fmt::format("cycle {}: {} reads address {} of the scratchpad, which nobody has written; "
                    "it belongs to '{}', row {}",
                    now(), port.unit, hole, tensors_[static_cast<std::size_t>(request.tensor)].name,
                    request.row + index));
  }
  const auto bytes = bytes_.read(address, request.piece_bytes());
  data.insert(data.end(), bytes.begin(), bytes.end());
}

void Scratchpad::complete(Port& port) {
  MemoryRequest& request = port.requests.front();
  Port::Answer& answer = port.answers.push_used();
  if (request.write) {
    for (std::int64_t i = 0; i < request.pieces(); ++i) {
      bytes_.write(request.address + i * request.stride,
                   std::span(request.data)
                       .subspan(static_cast<std::size_t>(i * request.piece_bytes()),
                                static_cast<std::size_t>(request.piece_bytes())));
    }
    write_bytes_ += request.size;
    port.write_bytes += request.size;
    if (observer_ != nullptr && port.writes == Writes::kResults) {
      observer_->on_write(now(), port.unit, request);
    }
    answer.due = now() + 1;
    answer.response.data.clear();
  } else {
    answer.response.data.clear();
    for (std::int64_t i = 0; i < request.pieces(); ++i) {
      read_piece(port, request, i, answer.response.data);
    }
    read_bytes_ += request.size;
    port.read_bytes += request.size;
    answer.due = now() + config_.read_latency_cycles;
  }
  if (access_observer_ != nullptr) {
    access_observer_->on_scratchpad(now(), port.index, request,
                                    request.write ? request.data : answer.response.data);
  }
  clock().wake_at(*port.requester, answer.due);
  port.started = false;
  port.requests.pop();
  if (port.requests.empty()) {
    waiting_ &= ~bit(port.index);
  }
}

void Scratchpad::reset() {
  bytes_.forget(0, bytes_.size());
  first_ = 0;
  waiting_ = 0;
  for (const auto& port : ports_) {
    port->requests.clear();
    port->answers.clear();
    port->started = false;
    std::fill(port->lost_to.begin(), port->lost_to.end(), 0);
    port->read_bytes = 0;
    port->write_bytes = 0;
  }
  stats_.reset();
}

void Scratchpad::add_signals(Signals& signals) const {
  for (const auto& owned : ports_) {
    const Port* const port = owned.get();
    const std::string name = fmt::format("{}.{}", basename(), port->unit);
    signals.add(name + ".requests", 8,
                [port] { return static_cast<std::int64_t>(port->requests.size()); });
    signals.add(name + ".answers", 8,
                [port] { return static_cast<std::int64_t>(port->answers.size()); });
  }
}

std::string Scratchpad::status() const {
  std::string waiting;
  for (const auto& port : ports_) {
    if (port->requests.can_read()) {
      waiting += (waiting.empty() ? "requests of " : ", ") + port->unit;
    }
  }
  return waiting.empty() ? "no requests" : waiting;
}

std::vector<Scratchpad::Conflict> Scratchpad::conflicts() const {
  std::vector<Conflict> found;
  for (const auto& loser : ports_) {
    for (std::size_t winner = 0; winner < ports_.size(); ++winner) {
      if (loser->lost_to[winner] > 0) {
        found.push_back({loser->unit, ports_[winner]->unit, loser->lost_to[winner]});
      }
    }
  }
  return found;
}

std::vector<Scratchpad::Requester> Scratchpad::requesters() const {
  std::vector<Requester> found;
  for (const auto& port : ports_) {
    found.push_back({port->unit, port->read_bytes, port->write_bytes});
  }
  return found;
}

}  // namespace vitsim::hw
