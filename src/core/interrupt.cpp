// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/interrupt.h"

#include <csignal>

#include "vitsim/core/error.h"

namespace vitsim {
namespace {

volatile std::sig_atomic_t signalled = 0;

extern "C" void on_signal(int signal_number) {
  signalled = 1;
  std::signal(signal_number, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool interrupted() { return signalled != 0; }

void check_interrupt() {
  if (interrupted()) {
    throw Interrupted();
  }
}

}  // namespace vitsim
