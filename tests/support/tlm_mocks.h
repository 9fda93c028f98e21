// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "vitsim/hw/byte_store.h"

#include "support/bench.h"

namespace vitsim::test {

/// A TLM-2.0 memory that answers as it is told.
class FakeTarget : public hw::Ticked {
 public:
  tlm_utils::simple_target_socket<FakeTarget> socket{"socket"};

  enum class Manner {
    kFourPhases,        ///< END_REQ and BEGIN_RESP by calls of their own
    kAcceptsAtOnce,     ///< returns END_REQ, BEGIN_RESP by a call
    kAnswersForAccept,  ///< no END_REQ: BEGIN_RESP by a call stands for it
    kAnswersAtOnce,     ///< returns BEGIN_RESP
    kCompletesAtOnce,   ///< TLM_COMPLETED
  };
  struct Access {
    Cycles cycle;  ///< of BEGIN_REQ
    bool write;
    Bytes address;
    Bytes size;
  };

  Manner manner = Manner::kAcceptsAtOnce;
  Cycles accept_after = 1;
  /// Cycles from a request to its answer, by its number.
  std::function<Cycles(std::size_t)> answer_after = [](std::size_t) { return 1; };
  tlm::tlm_response_status response = tlm::TLM_OK_RESPONSE;
  std::vector<Access> accesses;
  hw::ByteStore bytes;

  FakeTarget(const sc_core::sc_module_name& name, Bytes size, hw::Clock& clock)
      : Ticked(name, clock), bytes(size) {
    socket.register_nb_transport_fw(this, &FakeTarget::nb_transport_fw);
  }
  void reset() override {
    accesses.clear();
    due_.clear();
    open_ = nullptr;
  }
  [[nodiscard]] std::string status() const override { return "target"; }

 private:
  struct Due {
    Cycles cycle;
    tlm::tlm_generic_payload* payload;
    bool answer;
  };

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& /*delay*/) {
    if (phase == tlm::END_RESP) {
      return tlm::TLM_COMPLETED;
    }
    EXPECT_EQ(phase, tlm::BEGIN_REQ);
    EXPECT_EQ(open_, nullptr) << "a request before the last one was accepted";
    accesses.push_back({now(), payload.is_write(), static_cast<Bytes>(payload.get_address()),
                        static_cast<Bytes>(payload.get_data_length())});
    if (manner == Manner::kCompletesAtOnce || manner == Manner::kAnswersAtOnce) {
      access(payload);
      phase = tlm::BEGIN_RESP;
      return manner == Manner::kCompletesAtOnce ? tlm::TLM_COMPLETED : tlm::TLM_UPDATED;
    }
    payload.acquire();
    const Cycles answer = answer_after(accesses.size() - 1);
    due_.push_back({now() + answer, &payload, true});
    wake_at(now() + answer);
    if (manner == Manner::kAcceptsAtOnce) {
      phase = tlm::END_REQ;
      return tlm::TLM_UPDATED;
    }
    open_ = &payload;
    if (manner == Manner::kFourPhases) {
      due_.push_back({now() + accept_after, &payload, false});
      wake_at(now() + accept_after);
    }
    return tlm::TLM_ACCEPTED;
  }

  void tick() override {
    std::vector<Due> now_due;
    std::erase_if(due_, [&](const Due& due) {
      if (due.cycle <= now()) {
        now_due.push_back(due);
      }
      return due.cycle <= now();
    });
    for (const Due& due : now_due) {
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      tlm::tlm_phase phase = due.answer ? tlm::BEGIN_RESP : tlm::END_REQ;
      if (open_ == due.payload) {
        open_ = nullptr;
      }
      if (due.answer) {
        access(*due.payload);
      }
      socket->nb_transport_bw(*due.payload, phase, delay);
      if (due.answer) {
        due.payload->release();
      }
    }
  }

  void access(tlm::tlm_generic_payload& payload) {
    const auto address = static_cast<Bytes>(payload.get_address());
    const auto size = static_cast<std::size_t>(payload.get_data_length());
    auto* data = reinterpret_cast<std::byte*>(payload.get_data_ptr());
    if (payload.is_write()) {
      bytes.write(address, {data, size});
    } else {
      EXPECT_EQ(bytes.first_unwritten(address, static_cast<Bytes>(size)), -1);
      const auto found = bytes.read(address, static_cast<Bytes>(size));
      std::copy(found.begin(), found.end(), data);
    }
    payload.set_response_status(response);
    clock().note_progress();
  }

  std::vector<Due> due_;
  tlm::tlm_generic_payload* open_ = nullptr;
};

/// Makes DRAM accesses, one a cycle, each no sooner than its cycle.
class FakeInitiator : public hw::Ticked, private tlm::tlm_mm_interface {
 public:
  tlm_utils::simple_initiator_socket<FakeInitiator> socket{"socket"};

  struct Access {
    Cycles at;
    bool write;
    Bytes address;
    std::vector<std::byte> bytes;  ///< written, or filled when read
    Cycles accepted = -1;
    Cycles answered = -1;
    tlm::tlm_response_status response = tlm::TLM_INCOMPLETE_RESPONSE;
  };
  std::vector<Access> accesses;
  /// END_RESP by a call of its own, a cycle later; else TLM_COMPLETED.
  bool ends_later = false;
  int freed = 0;  ///< payloads that nobody holds any more

  FakeInitiator(const sc_core::sc_module_name& name, hw::Clock& clock) : Ticked(name, clock) {
    socket.register_nb_transport_bw(this, &FakeInitiator::nb_transport_bw);
  }
  void read(Cycles at, Bytes address, Bytes size) {
    accesses.push_back(
        {at, false, address, std::vector<std::byte>(static_cast<std::size_t>(size))});
  }
  void write(Cycles at, Bytes address, std::vector<std::byte> bytes) {
    accesses.push_back({at, true, address, std::move(bytes)});
  }
  void reset() override {
    next_ = 0;
    open_ = false;
    first_payload_ = payloads_.size();
    to_end_.clear();
    for (Access& access : accesses) {
      access.accepted = -1;
      access.answered = -1;
    }
    wake();
  }
  [[nodiscard]] std::string status() const override { return "initiator"; }

 private:
  void free(tlm::tlm_generic_payload* /*payload*/) override { ++freed; }

  void tick() override {
    for (tlm::tlm_generic_payload* payload : to_end_) {
      tlm::tlm_phase phase = tlm::END_RESP;
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      socket->nb_transport_fw(*payload, phase, delay);
      payload->release();
    }
    to_end_.clear();
    if (next_ == accesses.size()) {
      return;
    }
    Access& access = accesses[next_];
    // END_REQ counts from the next cycle.
    const bool free = !open_ && (next_ == 0 || accesses[next_ - 1].accepted < now());
    if (access.at <= now() && free) {
      ++next_;
      auto& payload = *payloads_.emplace_back(std::make_unique<tlm::tlm_generic_payload>());
      payload.set_mm(this);
      payload.acquire();
      payload.set_command(access.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
      payload.set_address(static_cast<sc_dt::uint64>(access.address));
      payload.set_data_ptr(reinterpret_cast<unsigned char*>(access.bytes.data()));
      payload.set_data_length(static_cast<unsigned>(access.bytes.size()));
      payload.set_streaming_width(payload.get_data_length());
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      open_ = socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED;
      if (!open_) {
        EXPECT_EQ(phase, tlm::END_REQ);
        access.accepted = now();
      }
    }
    wake();
  }

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& /*delay*/) {
    if (phase == tlm::END_REQ) {
      EXPECT_TRUE(open_ && &payload == payloads_.back().get());
      open_ = false;
      accesses[next_ - 1].accepted = now();
      return tlm::TLM_ACCEPTED;
    }
    EXPECT_EQ(phase, tlm::BEGIN_RESP);
    for (std::size_t i = 0; i < next_; ++i) {
      if (payloads_[first_payload_ + i].get() == &payload) {
        accesses[i].answered = now();
        accesses[i].response = payload.get_response_status();
      }
    }
    if (ends_later) {
      to_end_.push_back(&payload);
      wake();
      return tlm::TLM_ACCEPTED;
    }
    payload.release();
    return tlm::TLM_COMPLETED;
  }

  std::size_t next_ = 0;
  bool open_ = false;              ///< the last request is not accepted yet
  std::size_t first_payload_ = 0;  ///< of this run; DRAM may hold some of the last one
  std::vector<std::unique_ptr<tlm::tlm_generic_payload>> payloads_;
  std::vector<tlm::tlm_generic_payload*> to_end_;
};

}  // namespace vitsim::test
