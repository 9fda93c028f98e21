// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/hw/stream.h"
#include "vitsim/mapping/program.h"

/// How modules are told what to do, and say that it is done.
namespace vitsim::hw {

/// A released command, as a beat.
struct CommandBeat {
  const mapping::Command* command = nullptr;
  int layer = 0;
};

/// Takes the tokens that units set. A token set in cycle t counts from t + 1.
class TokenSink : virtual public sc_core::sc_interface {
 public:
  virtual void set(mapping::Token token) = 0;
};

}  // namespace vitsim::hw
