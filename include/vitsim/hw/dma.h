// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include <tlm_utils/simple_initiator_socket.h>

#include "vitsim/config/accelerator.h"
#include "vitsim/hw/access_observer.h"
#include "vitsim/hw/burst.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/fifo.h"
#include "vitsim/hw/scratchpad.h"
#include "vitsim/stats/activity.h"
#include "vitsim/stats/array_waits.h"

namespace vitsim::hw {

/// Moves tiles between DRAM and scratchpad, on `channels` channels that load and as many that
/// store. Each has a queue of commands, which it takes in order, and a port to the scratchpad.
///
/// Timing: one burst enters DRAM a cycle, the channels in turn: load 0, store 0, load 1, ... A load
/// channel writes one answered burst a cycle to the scratchpad; a store channel reads one piece a
/// cycle from it. Each channel has up to max_outstanding bursts under way and goes on to its next
/// command while the last bursts of this one are. A command is done when its last byte is written.
/// Not modelled: descriptors and their fetch.
class Dma : public Ticked, private tlm::tlm_mm_interface {
 public:
  tlm_utils::simple_initiator_socket<Dma> socket;
  sc_core::sc_port<TokenSink> tokens_out{"tokens_out"};

  Dma(const sc_core::sc_module_name& name, const config::Dma& config, std::size_t layers,
      Clock& clock);

  /// What one channel is joined by, and what it does.
  struct ChannelEnds {
    ChannelEnds(const std::string& name, Dma& dma, std::size_t layers);
    StreamIn<CommandBeat> commands_in;
    MemoryPortOut port;
    stats::Activity activity;
  };
  ChannelEnds& load_channel(std::size_t index = 0) { return loads_[index]; }
  ChannelEnds& store_channel(std::size_t index = 0) { return stores_[index]; }

  void reset() override;
  [[nodiscard]] std::string status() const override;
  void add_signals(Signals& signals) const override;
  /// Is told what holds the channels, and of each burst that has crossed; nobody where null.
  void set_waits(stats::ArrayWaits* waits) { waits_ = waits; }
  /// None where null.
  void set_access_observer(AccessObserver* observer) { observer_ = observer; }

 private:
  struct Transfer {
    CommandBeat beat;
    std::int64_t open = 0;  ///< pieces begun and not yet written
    bool all_begun = false;
  };
  struct Channel : ChannelEnds {
    Channel(const std::string& name, bool is_store, std::size_t number, Dma& dma,
            std::size_t layers)
        : ChannelEnds(name, dma, layers), stores(is_store), index(number) {}
    bool stores;
    std::size_t index;         ///< of those that load, or of those that store
    Fifo<Transfer> transfers;  ///< oldest first
    std::size_t first = 0;     ///< running number of the oldest
    BurstWalk walk;            ///< of the newest
    int under_way = 0;         ///< bursts
    Fifo<Burst*> ready;        ///< answered loads, or stores whose bytes have been read
    Fifo<Burst*> reading;      ///< stores that wait for the scratchpad's bytes, in order
    Fifo<Burst*> writing;      ///< loads whose write is not yet confirmed
    bool moved = false;        ///< in this cycle
  };

  void tick() override;
  void take_command(Channel& channel);
  void begin_load(Channel& channel);
  void write_loaded(Channel& channel);
  void read_for_store(Channel& channel);
  void collect_read(Channel& channel);
  void begin_store(Channel& channel);
  void begin_bursts();
  bool collect_responses();
  [[nodiscard]] bool can_send() const;
  void send(Burst& burst);
  void accept(const Burst* burst, Cycles seen);
  void finish_piece(Channel& channel, Burst& burst);
  void retire(Channel& channel);
  void note(Channel& channel);
  void note_holds();
  [[nodiscard]] stats::ChannelHold hold_of(const Channel& channel) const;
  Burst& new_burst(Channel& channel, bool write);
  void free(tlm::tlm_generic_payload* payload) override;
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);

  struct Answer {
    Burst* burst = nullptr;
    Cycles visible = 0;
  };

  const config::Dma& config_;
  std::deque<Channel> loads_;
  std::deque<Channel> stores_;
  Burst* open_request_ = nullptr;  ///< BEGIN_REQ sent, END_REQ not yet seen
  Cycles accepted_ = -1;           ///< when END_REQ last came by a call of its own
  bool sent_ = false;              ///< a burst entered DRAM in this cycle
  std::vector<Channel*> turns_;    ///< load 0, store 0, load 1, ...
  std::size_t turn_ = 0;           ///< whose it is to send first
  Fifo<Answer> answers_;
  stats::ArrayWaits* waits_ = nullptr;
  AccessObserver* observer_ = nullptr;
  std::vector<std::unique_ptr<Burst>> bursts_;
  std::vector<Burst*> spare_;
};

}  // namespace vitsim::hw
