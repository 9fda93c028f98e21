// SPDX-License-Identifier: Apache-2.0
#include "vitsim/hw/dma.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace vitsim::hw {

Dma::ChannelEnds::ChannelEnds(const std::string& name, Dma& dma, std::size_t layers)
    : commands_in((name + "_in").c_str(), dma),
      port((name + "_port").c_str(), dma),
      activity(layers) {}

Dma::Dma(const sc_core::sc_module_name& name, const config::Dma& config, std::size_t layers,
         Clock& clock)
    : Ticked(name, clock), socket("socket"), config_(config) {
  socket.register_nb_transport_bw(this, &Dma::nb_transport_bw);
  for (std::size_t i = 0; i < static_cast<std::size_t>(config.channels); ++i) {
    turns_.push_back(&loads_.emplace_back(fmt::format("load_{}", i), false, i, *this, layers));
    turns_.push_back(&stores_.emplace_back(fmt::format("store_{}", i), true, i, *this, layers));
  }
}

void Dma::tick() {
  sent_ = false;
  // 1. what DRAM has answered
  bool moved = collect_responses();
  // 2. new commands, where all of the last one is begun; the scratchpad's side
  for (Channel* channel : turns_) {
    take_command(*channel);
    if (channel->transfers.empty()) {
      continue;
    }
    if (channel->stores) {
      collect_read(*channel);
      read_for_store(*channel);
    } else {
      write_loaded(*channel);
    }
  }
  // 3. DRAM's side, the channels in turn
  begin_bursts();
  // 4. commands whose last byte is written
  for (Channel* channel : turns_) {
    if (!channel->transfers.empty()) {
      retire(*channel);
      note(*channel);
      moved |= channel->moved;
    }
  }
  note_holds();
  // 5. sleep when nothing moved; commands, answers and room wake
  if (moved) {
    wake();
  }
}

void Dma::take_command(Channel& channel) {
  channel.moved = channel.walk.done() && channel.commands_in->can_read();
  if (!channel.moved) {
    return;
  }
  const CommandBeat beat = channel.commands_in->front();
  channel.commands_in->pop();
  channel.walk = BurstWalk(std::get<mapping::Transfer>(beat.command->work), config_.burst_bytes);
  channel.transfers.push({beat});
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
  burst.channel = channel.index;
  burst.transfer = channel.first + channel.transfers.size() - 1;
  channel.walk.next(write, burst);
  ++channel.under_way;
  Transfer& transfer = channel.transfers.back();
  ++transfer.open;
  transfer.all_begun = channel.walk.done();
  return burst;
}

void Dma::free(tlm::tlm_generic_payload* payload) {
  payload->reset();  // extensions that a target has left
  spare_.push_back(static_cast<Burst*>(payload));
}

/// One burst a cycle; with each the turn moves on.
void Dma::begin_bursts() {
  std::size_t number = turn_;
  for (std::size_t i = 0; i < turns_.size() && can_send(); ++i) {
    Channel& channel = *turns_[number];
    channel.stores ? begin_store(channel) : begin_load(channel);
    number = number + 1 < turns_.size() ? number + 1 : 0;
  }
  if (sent_) {
    turn_ = turn_ + 1 < turns_.size() ? turn_ + 1 : 0;
  }
}

void Dma::begin_load(Channel& channel) {
  if (channel.walk.done() || channel.under_way >= config_.max_outstanding) {
    return;
  }
  send(new_burst(channel, false));
  channel.moved = true;
}

void Dma::begin_store(Channel& channel) {
  if (channel.ready.empty()) {
    return;
  }
  Burst& burst = *channel.ready.front();
  channel.ready.pop();
  send(burst);
  channel.moved = true;
}

bool Dma::can_send() const {
  // END_REQ counts from the next cycle, as everything that another module did.
  return !sent_ && open_request_ == nullptr && accepted_ < now();
}

void Dma::send(Burst& burst) {
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  open_request_ = &burst;
  sent_ = true;
  const auto status = socket->nb_transport_fw(burst, phase, delay);
  if (status != tlm::TLM_ACCEPTED) {
    const Cycles seen = clock().seen_after(delay);
    accept(&burst, seen);
    if (status == tlm::TLM_COMPLETED || phase == tlm::BEGIN_RESP) {
      answers_.push({&burst, seen});
    }
  }
}

tlm::tlm_sync_enum Dma::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                        sc_core::sc_time& delay) {
  auto* burst = static_cast<Burst*>(&payload);
  const Cycles seen = clock().seen_after(delay);
  accept(burst, seen);  // an answer implies END_REQ
  if (phase == tlm::END_REQ) {
    return tlm::TLM_ACCEPTED;
  }
  answers_.push({burst, seen});
  wake_at(seen);
  phase = tlm::END_RESP;
  return tlm::TLM_UPDATED;
}

void Dma::accept(const Burst* burst, Cycles seen) {
  if (open_request_ == burst) {
    open_request_ = nullptr;
    accepted_ = seen - 1;
    wake_at(seen);
  }
}

bool Dma::collect_responses() {
  bool any = false;
  // A target may annotate delays, so that an answer overtakes one that came before it.
  for (std::size_t left = answers_.size(); left > 0; --left) {
    const Answer answer = answers_.front();
    answers_.pop();
    if (answer.visible > now()) {
      answers_.push(answer);
      wake_at(answer.visible);
      continue;
    }
    Burst& burst = *answer.burst;
    any = true;
    if (waits_ != nullptr) {
      waits_->moved(now(), static_cast<Bytes>(burst.get_data_length()));
    }
    if (burst.get_response_status() != tlm::TLM_OK_RESPONSE) {
      fail(fmt::format("cycle {}: DRAM refuses {} bytes at address {}: {}", now(),
                       burst.get_data_length(), burst.get_address(), burst.get_response_string()));
    }
    if (observer_ != nullptr) {
      observer_->on_dram(now(), 2 * burst.channel + (burst.is_write() ? 1 : 0),
                         static_cast<Bytes>(burst.get_address()), burst.bytes());
    }
    if (burst.is_write()) {
      finish_piece(stores_[burst.channel], burst);
    } else {
      loads_[burst.channel].ready.push(&burst);
    }
  }
  return any;
}

void Dma::write_loaded(Channel& channel) {
  if (!channel.writing.empty() && channel.port->can_read()) {
    channel.port->pop();
    Burst& burst = *channel.writing.front();
    channel.writing.pop();
    finish_piece(channel, burst);
    channel.moved = true;
  }
  if (!channel.ready.empty() && channel.port->can_request()) {
    Burst& burst = *channel.ready.front();
    channel.ready.pop();
    channel.writing.push(&burst);
    MemoryRequest& request = burst.scratchpad;
    std::swap(request.data, burst.bytes());
    channel.port->request(request);
    channel.moved = true;
  }
}

void Dma::read_for_store(Channel& channel) {
  if (channel.walk.done() || channel.under_way >= config_.max_outstanding ||
      !channel.port->can_request()) {
    return;
  }
  Burst& burst = new_burst(channel, true);
  channel.reading.push(&burst);
  channel.port->request(burst.scratchpad);
  channel.moved = true;
}

void Dma::collect_read(Channel& channel) {
  if (channel.reading.empty() || !channel.port->can_read()) {
    return;
  }
  Burst& burst = *channel.reading.front();
  channel.reading.pop();
  const auto& data = channel.port->front().data;
  std::copy(data.begin(), data.end(), burst.bytes().begin());
  channel.port->pop();
  channel.ready.push(&burst);
  channel.moved = true;
}

void Dma::finish_piece(Channel& channel, Burst& burst) {
  --channel.transfers[burst.transfer - channel.first].open;
  --channel.under_way;
  burst.release();
}

void Dma::retire(Channel& channel) {
  while (!channel.transfers.empty() && channel.transfers.front().all_begun &&
         channel.transfers.front().open == 0) {
    tokens_out->set(channel.transfers.front().beat.command->done);
    channel.transfers.pop();
    ++channel.first;
    channel.moved = true;
  }
}

void Dma::note(Channel& channel) {
  if (channel.transfers.empty()) {
    channel.activity.idle(now());
    return;
  }
  const int layer = channel.transfers.front().beat.layer;
  if (channel.moved) {
    channel.activity.busy(now(), layer);
    return;
  }
  // A burst that DRAM holds is what the channel waits for, as long as the port takes what comes.
  const std::size_t at_scratchpad = channel.reading.size() + channel.writing.size();
  const bool in_dram = static_cast<std::size_t>(channel.under_way) > at_scratchpad;
  const bool port_full = !channel.stores && !channel.ready.empty();
  const auto at_port =
      channel.stores ? stats::StallCause::kScratchpadRead : stats::StallCause::kScratchpadWrite;
  channel.activity.stall(now(), layer, in_dram && !port_full ? stats::StallCause::kDram : at_port);
}

/// Of several channels the one that is held closest to the scratchpad speaks for all.
void Dma::note_holds() {
  if (waits_ == nullptr) {
    return;
  }
  auto loads = stats::ChannelHold::kQueue;
  auto stores = stats::ChannelHold::kQueue;
  for (const Channel* channel : turns_) {
    stats::ChannelHold& hold = channel->stores ? stores : loads;
    hold = std::max(hold, hold_of(*channel));
  }
  waits_->hold_loads(now(), loads);
  waits_->hold_stores(now(), stores);
}

/// Told apart from note(): what keeps the channel from being faster, moving or not.
stats::ChannelHold Dma::hold_of(const Channel& channel) const {
  if (channel.transfers.empty()) {
    return stats::ChannelHold::kQueue;
  }
  const auto under_way = static_cast<std::size_t>(channel.under_way);
  const bool at_scratchpad =
      channel.stores
          ? under_way == channel.reading.size()
          : !channel.ready.empty() || (under_way > 0 && under_way == channel.writing.size());
  if (at_scratchpad) {
    return stats::ChannelHold::kScratchpad;
  }
  const bool full = !channel.walk.done() && channel.under_way >= config_.max_outstanding;
  return full ? stats::ChannelHold::kOutstanding : stats::ChannelHold::kLatency;
}

void Dma::reset() {
  for (Channel* channel : turns_) {
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
  turn_ = 0;
}

void Dma::add_signals(Signals& signals) const {
  for (const Channel* channel : turns_) {
    const std::string name =
        fmt::format("{}.{}_{}", basename(), channel->stores ? "store" : "load", channel->index);
    signals.add(name + ".bursts", 16, [channel] { return std::int64_t{channel->under_way}; });
  }
}

std::string Dma::status() const {
  std::string text;
  for (const Channel* channel : turns_) {
    text += fmt::format("{}{} {}: {} commands, {} bursts under way ({})", text.empty() ? "" : "; ",
                        channel->stores ? "store" : "load", channel->index,
                        channel->transfers.size(), channel->under_way, channel->activity.state());
  }
  return text;
}

}  // namespace vitsim::hw
