// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dma.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace vitsim::hw {

Dma::Dma(const sc_core::sc_module_name& name, const config::Dma& config, std::size_t layers,
         Clock& clock)
    : Ticked(name, clock), socket("socket"), config_(config), load_(layers), store_(layers) {
  socket.register_nb_transport_bw(this, &Dma::nb_transport_bw);
}

void Dma::tick() {
  sent_ = false;
  // 1. what DRAM has answered
  const bool answered = collect_responses();
  // 2. new commands, where all of the last one is begun
  bool loads = take_command(load_, loads_in);
  bool stores = take_command(store_, stores_in);
  // 3. the scratchpad's side
  loads |= write_loaded();
  stores |= collect_read();
  stores |= read_for_store();
  // 4. DRAM's side, the channels in turn
  for (const bool store : {store_first_, !store_first_}) {
    (store ? stores : loads) |= store ? begin_stores() : begin_loads();
  }
  if (sent_) {
    store_first_ = !store_first_;
  }
  // 5. commands whose last byte is written
  loads |= retire(load_);
  stores |= retire(store_);
  note(load_, loads, !load_.ready.empty(), load_.writing.size(),
       stats::StallCause::kScratchpadWrite);
  note(store_, stores, false, store_.reading.size(), stats::StallCause::kScratchpadRead);
  // 6. sleep when nothing moved; commands, answers and room wake
  if (answered || loads || stores) {
    wake();
  }
}

bool Dma::take_command(Channel& channel, StreamIn<CommandBeat>& commands) {
  if (!channel.walk.done() || !commands->can_read()) {
    return false;
  }
  const CommandBeat beat = commands->front();
  commands->pop();
  channel.walk = BurstWalk(std::get<mapping::Transfer>(beat.command->work), config_.burst_bytes);
  channel.transfers.push({beat});
  return true;
}

Burst& Dma::new_burst(Channel& channel, bool write) {
  if (spare_.empty()) {
    bursts_.push_back(std::make_unique<Burst>());
    bursts_.back()->set_mm(this);
    spare_.push_back(bursts_.back().get());
  }
  Burst& burst = *spare_.back();
  spare_.pop_back();
  burst.acquire();
  burst.transfer = channel.first + channel.transfers.size() - 1;
  channel.walk.next(write, burst);
  ++channel.under_way;
  Transfer& transfer = channel.transfers.back();
  ++transfer.open;
  transfer.all_begun = channel.walk.done();
  return burst;
}

void Dma::free(tlm::tlm_generic_payload* payload) {
  spare_.push_back(static_cast<Burst*>(payload));
}

bool Dma::begin_loads() {
  if (!can_send() || load_.walk.done() || load_.under_way >= config_.max_outstanding) {
    return false;
  }
  return send(new_burst(load_, false));
}

bool Dma::begin_stores() {
  if (!can_send() || store_.ready.empty()) {
    return false;
  }
  Burst& burst = *store_.ready.front();
  store_.ready.pop();
  return send(burst);
}

bool Dma::can_send() const {
  // END_REQ counts from the next cycle, as everything that another module did.
  return !sent_ && open_request_ == nullptr && accepted_ < now();
}

bool Dma::send(Burst& burst) {
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  open_request_ = &burst;
  sent_ = true;
  const auto status = socket->nb_transport_fw(burst, phase, delay);
  if (status == tlm::TLM_COMPLETED) {
    open_request_ = nullptr;
    answers_.push({&burst, now() + 1});
  } else if (status == tlm::TLM_UPDATED) {
    open_request_ = nullptr;
    if (phase == tlm::BEGIN_RESP) {
      answers_.push({&burst, now() + 1});
    }
  }
  return true;
}

tlm::tlm_sync_enum Dma::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                        sc_core::sc_time& /*delay*/) {
  auto* burst = static_cast<Burst*>(&payload);
  accept(burst);  // an answer implies END_REQ
  if (phase == tlm::END_REQ) {
    wake();
    return tlm::TLM_ACCEPTED;
  }
  answers_.push({burst, now() + 1});
  wake();
  phase = tlm::END_RESP;
  return tlm::TLM_COMPLETED;
}

void Dma::accept(const Burst* burst) {
  if (open_request_ == burst) {
    open_request_ = nullptr;
    accepted_ = now();
  }
}

bool Dma::collect_responses() {
  bool any = false;
  while (!answers_.empty() && answers_.front().visible <= now()) {
    Burst& burst = *answers_.front().burst;
    answers_.pop();
    any = true;
    if (burst.get_response_status() != tlm::TLM_OK_RESPONSE) {
      fail(fmt::format("cycle {}: DRAM refuses {} bytes at address {}: {}", now(),
                       burst.get_data_length(), burst.get_address(), burst.get_response_string()));
    }
    if (burst.is_write()) {
      finish_piece(store_, burst);
    } else {
      load_.ready.push(&burst);
    }
  }
  return any;
}

bool Dma::write_loaded() {
  bool moved = false;
  if (!load_.writing.empty() && load_port->can_read()) {
    load_port->pop();
    Burst& burst = *load_.writing.front();
    load_.writing.pop();
    finish_piece(load_, burst);
    moved = true;
  }
  if (!load_.ready.empty() && load_port->can_request()) {
    Burst& burst = *load_.ready.front();
    load_.ready.pop();
    load_.writing.push(&burst);
    MemoryRequest& request = burst.scratchpad;
    std::swap(request.data, burst.bytes());
    load_port->request(request);
    moved = true;
  }
  return moved;
}

bool Dma::read_for_store() {
  if (store_.walk.done() || store_.under_way >= config_.max_outstanding ||
      !store_port->can_request()) {
    return false;
  }
  Burst& burst = new_burst(store_, true);
  store_.reading.push(&burst);
  store_port->request(burst.scratchpad);
  return true;
}

bool Dma::collect_read() {
  if (store_.reading.empty() || !store_port->can_read()) {
    return false;
  }
  Burst& burst = *store_.reading.front();
  store_.reading.pop();
  const auto& data = store_port->front().data;
  std::copy(data.begin(), data.end(), burst.bytes().begin());
  store_port->pop();
  store_.ready.push(&burst);
  return true;
}

void Dma::finish_piece(Channel& channel, Burst& burst) {
  --channel.transfers[burst.transfer - channel.first].open;
  --channel.under_way;
  burst.release();
}

bool Dma::retire(Channel& channel) {
  bool any = false;
  while (!channel.transfers.empty() && channel.transfers.front().all_begun &&
         channel.transfers.front().open == 0) {
    tokens_out->set(channel.transfers.front().beat.command->done);
    channel.transfers.pop();
    ++channel.first;
    any = true;
  }
  return any;
}

void Dma::note(Channel& channel, bool moved, bool port_full, std::size_t at_scratchpad,
               stats::StallCause port_cause) {
  if (channel.transfers.empty()) {
    channel.activity.idle(now());
    return;
  }
  const int layer = channel.transfers.front().beat.layer;
  // A burst that DRAM holds is what the channel waits for, as long as the port takes what comes.
  const bool in_dram = static_cast<std::size_t>(channel.under_way) > at_scratchpad;
  if (moved) {
    channel.activity.busy(now(), layer);
  } else if (in_dram && !port_full) {
    channel.activity.stall(now(), layer, stats::StallCause::kDram);
  } else {
    channel.activity.stall(now(), layer, port_cause);
  }
}

void Dma::reset() {
  for (Channel* channel : {&load_, &store_}) {
    channel->transfers.clear();
    channel->first = 0;
    channel->walk = {};
    channel->under_way = 0;
    channel->ready.clear();
    channel->reading.clear();
    channel->writing.clear();
    channel->activity.reset();
  }
  answers_.clear();
  open_request_ = nullptr;
  accepted_ = -1;
  store_first_ = false;
}

std::string Dma::status() const {
  const auto describe = [](const Channel& channel) {
    return fmt::format("{} commands, {} bursts under way ({})", channel.transfers.size(),
                       channel.under_way, channel.activity.state());
  };
  return fmt::format("load: {}; store: {}", describe(load_), describe(store_));
}

}  // namespace vitsim::hw
