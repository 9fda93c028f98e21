// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include <tlm_utils/simple_initiator_socket.h>

#include "vitsim/config/accelerator.h"
#include "vitsim/hw/burst.h"
#include "vitsim/hw/commands.h"
#include "vitsim/hw/fifo.h"
#include "vitsim/hw/scratchpad.h"
#include "vitsim/stats/activity.h"

namespace vitsim::hw {

/// Moves tiles between DRAM and scratchpad, on two channels with a queue each.
///
/// Timing: one burst enters DRAM a cycle, the channels in turn. The load channel writes one
/// answered burst a cycle to the scratchpad; the store channel reads one piece a cycle from it.
/// Each channel has up to max_outstanding bursts under way and goes on to its next command while
/// the last bursts of this one are. A command is done when its last byte is written. Not modelled:
/// descriptors and their fetch.
class Dma : public Ticked, private tlm::tlm_mm_interface {
 public:
  tlm_utils::simple_initiator_socket<Dma> socket;
  StreamIn<CommandBeat> loads_in{"loads_in", *this};
  StreamIn<CommandBeat> stores_in{"stores_in", *this};
  sc_core::sc_port<TokenSink> tokens_out{"tokens_out"};
  MemoryPortOut load_port{"load_port", *this};
  MemoryPortOut store_port{"store_port", *this};

  Dma(const sc_core::sc_module_name& name, const config::Dma& config, std::size_t layers,
      Clock& clock);

  void reset() override;
  [[nodiscard]] std::string status() const override;
  [[nodiscard]] stats::Activity& load_activity() { return load_.activity; }
  [[nodiscard]] stats::Activity& store_activity() { return store_.activity; }

 private:
  struct Transfer {
    CommandBeat beat;
    std::int64_t open = 0;  ///< pieces begun and not yet written
    bool all_begun = false;
  };
  struct Channel {
    explicit Channel(std::size_t layers) : activity(layers) {}
    Fifo<Transfer> transfers;  ///< oldest first
    std::size_t first = 0;     ///< running number of the oldest
    BurstWalk walk;            ///< of the newest
    int under_way = 0;         ///< bursts
    Fifo<Burst*> ready;        ///< answered loads, or stores whose bytes have been read
    Fifo<Burst*> reading;      ///< stores that wait for the scratchpad's bytes, in order
    Fifo<Burst*> writing;      ///< loads whose write is not yet confirmed
    stats::Activity activity;
  };

  void tick() override;
  bool take_command(Channel& channel, StreamIn<CommandBeat>& commands);
  bool begin_loads();
  bool write_loaded();
  bool read_for_store();
  bool collect_read();
  bool begin_stores();
  bool collect_responses();
  [[nodiscard]] bool can_send() const;
  bool send(Burst& burst);
  void accept(const Burst* burst);
  void finish_piece(Channel& channel, Burst& burst);
  bool retire(Channel& channel);
  void note(Channel& channel, bool moved, bool port_full, std::size_t at_scratchpad,
            stats::StallCause port_cause);
  Burst& new_burst(Channel& channel, bool write);
  void free(tlm::tlm_generic_payload* payload) override;
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);

  struct Answer {
    Burst* burst = nullptr;
    Cycles visible = 0;
  };

  const config::Dma& config_;
  Channel load_;
  Channel store_;
  Burst* open_request_ = nullptr;  ///< BEGIN_REQ sent, END_REQ not yet seen
  Cycles accepted_ = -1;           ///< when END_REQ last came by a call of its own
  bool sent_ = false;              ///< a burst entered DRAM in this cycle
  bool store_first_ = false;       ///< whose turn it is
  Fifo<Answer> answers_;
  std::vector<std::unique_ptr<Burst>> bursts_;
  std::vector<Burst*> spare_;
};

}  // namespace vitsim::hw
