// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/divider.h"
#include "vitsim/hw/access_observer.h"
#include "vitsim/hw/byte_store.h"
#include "vitsim/hw/clock.h"
#include "vitsim/hw/stream.h"
#include "vitsim/mapping/program.h"
#include "vitsim/stats/counters.h"
#include "vitsim/timing/bank_map.h"

namespace vitsim::hw {

/// One access: of a run of bytes, or of elements a stride apart, one behind the other in `data`.
struct MemoryRequest {
  bool write = false;
  Bytes address = 0;
  Bytes size = 0;               ///< of all that is read or written
  Bytes element = 0;            ///< bytes of an element, and
  Bytes stride = 0;             ///< from one to the next; 0: a run
  std::vector<std::byte> data;  ///< what is written; `size` bytes
  model::TensorId tensor = -1;  ///< what the bytes belong to
  std::int64_t row = 0;         ///< of the tensor
  Bytes col = 0;                ///< byte in that row

  /// Aims at `count` elements of row `line` of what is computed, from its element `first` on: of a
  /// tile's row, or of its column where the operand lies by columns.
  void aim(const mapping::Operand& operand, std::int64_t line, std::int64_t first,
           std::int64_t count) {
    const bool by_column = operand.by_column;
    const std::int64_t tile_row = by_column ? first : line;
    const std::int64_t tile_col = by_column ? line : first;
    address =
        operand.region.address + tile_row * operand.region.pitch + tile_col * operand.element_bytes;
    size = count * operand.element_bytes;
    element = by_column ? operand.element_bytes : 0;
    stride = by_column ? operand.region.pitch : 0;
    tensor = operand.tile.tensor;
    row = operand.tile.row + tile_row;
    col = (operand.tile.col + tile_col) * operand.element_bytes;
  }
  [[nodiscard]] bool strided() const { return stride > 0; }
  /// Elements that lie apart; 1 of a run.
  [[nodiscard]] std::int64_t pieces() const { return strided() ? size / element : 1; }
  [[nodiscard]] Bytes piece_bytes() const { return strided() ? element : size; }
  /// The address behind the last byte.
  [[nodiscard]] Bytes end() const { return address + (pieces() - 1) * stride + piece_bytes(); }
};

/// The answer: the bytes read, or that the write has been done.
struct MemoryResponse {
  std::vector<std::byte> data;
};

/// A requester's end of its port. Requests are served in order.
class MemoryPort : virtual public sc_core::sc_interface {
 public:
  [[nodiscard]] virtual bool can_request() const = 0;
  /// Hands over the request by exchange (Stream::write). The port sees it in the next cycle.
  virtual void request(MemoryRequest& request) = 0;
  [[nodiscard]] virtual bool can_read() const = 0;
  virtual MemoryResponse& front() = 0;
  virtual void pop() = 0;
  virtual void set_requester(Ticked& requester) = 0;
};

/// A module's port to the scratchpad; the module wakes when an answer or room has come.
class MemoryPortOut : public sc_core::sc_port<MemoryPort> {
 public:
  MemoryPortOut(const char* name, Ticked& owner) : sc_port(name), owner_(owner) {}

 private:
  void end_of_elaboration() override { (*this)->set_requester(owner_); }
  Ticked& owner_;
};

/// Is shown each write of a unit's results as it reaches the memory.
class WriteObserver {
 public:
  virtual ~WriteObserver() = default;
  virtual void on_write(Cycles cycle, const std::string& unit, const MemoryRequest& request) = 0;
};

/// The on-chip memory: B banks of W bytes, interleaved word by word (timing::BankMap).
///
/// Timing: a request reaches the arbiter a cycle after it was made. Each cycle every requester's
/// oldest request is granted, in turn of priority, those of its banks that still have a port free:
/// any port, or with `port_kind: separate` one of its direction. A run of words takes a round a
/// cycle, of as many words in order as lie in different banks; elements a stride apart take as many
/// cycles as a bank has of their words, at the least. Data come read_latency_cycles after the last
/// grant, the answer to a write one cycle after it. Checked: no byte is read that was not written
/// since its stretch was last given away. Not modelled: refusal by banks of reads after writes;
/// energy.
class Scratchpad : public Ticked {
 public:
  Scratchpad(const sc_core::sc_module_name& name, const config::Scratchpad& config,
             const std::vector<model::Tensor>& tensors, Clock& clock);
  ~Scratchpad() override;

  /// What a port's writes are: results are shown to the observer, loads are not.
  enum class Writes { kNone, kLoads, kResults };
  /// A port of its own for the requester `unit`; ports made first have the higher fixed priority.
  /// At most 64.
  MemoryPort& add_port(const std::string& unit, Writes writes);
  /// None where null.
  void set_observer(WriteObserver* observer) { observer_ = observer; }
  void set_access_observer(AccessObserver* observer) { access_observer_ = observer; }
  /// The region's bytes count as unwritten from now on: a command is about to write it.
  void invalidate(const mapping::Region& region);
  /// Writes a region before the run begins, in no time; `rows` holds its rows one behind the other.
  void host_write(const mapping::Region& region, std::span<const std::byte> rows);

  void reset() override;
  [[nodiscard]] std::string status() const override;
  /// Of each port the requests that wait, and the answers.
  void add_signals(Signals& signals) const override;

  [[nodiscard]] stats::Group& stats() { return stats_; }
  /// Cycles in which `loser` was refused a bank that `winner` had.
  struct Conflict {
    std::string loser;
    std::string winner;
    std::int64_t cycles;
  };
  [[nodiscard]] std::vector<Conflict> conflicts() const;
  /// What a port moved.
  struct Requester {
    std::string unit;
    Bytes read_bytes = 0;
    Bytes write_bytes = 0;
  };
  /// In the order in which the ports were made.
  [[nodiscard]] std::vector<Requester> requesters() const;

 private:
  /// Ports that serve the same requests: all of a bank, or those that read and those that write.
  struct Pool {
    std::vector<std::uint64_t> taken;  ///< [i]: banks of which more than i ports are in use
    std::uint64_t winners = 0;         ///< requesters that were granted banks in this cycle
  };

  class Port;
  void tick() override;
  void serve(std::uint64_t indices);
  void arbitrate(std::size_t index);
  void start(Port& port);
  void start_round(Port& port) const;
  void start_strided(Port& port) const;
  [[nodiscard]] static std::uint64_t words_left(Port& port);
  void note_refused(Port& port, std::uint64_t refused);
  void read_piece(const Port& port, const MemoryRequest& request, std::int64_t index,
                  std::vector<std::byte>& data);
  [[nodiscard]] static std::uint64_t grant(Pool& pool, std::uint64_t wanted);
  void complete(Port& port);

  const config::Scratchpad& config_;
  const std::vector<model::Tensor>& tensors_;
  Divider bank_width_;
  timing::BankMap bank_map_;
  ByteStore bytes_;
  // Sets of banks and of ports are masks of bits.
  std::vector<std::unique_ptr<Port>> ports_;
  std::size_t first_ = 0;      ///< whose turn it is to be first
  std::uint64_t waiting_ = 0;  ///< ports that hold requests
  std::array<Pool, 2> pools_;  ///< of reads and of writes, where ports are separate; else one
  std::size_t write_pool_;     ///< the pool that writes take; reads take the first
  WriteObserver* observer_ = nullptr;
  AccessObserver* access_observer_ = nullptr;
  stats::Group stats_{"scratchpad"};
  stats::Counter& read_bytes_ = stats_.counter("read_bytes", "bytes read");
  stats::Counter& write_bytes_ = stats_.counter("write_bytes", "bytes written");
  stats::Counter& refused_ =
      stats_.counter("conflict_cycles", "cycles of requesters that were refused some bank");
};

}  // namespace vitsim::hw
