// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <systemc>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// libsystemc refers to it, whoever has the program's main().
int sc_main(int /*argc*/, char* /*argv*/[]) { return RUN_ALL_TESTS(); }

/// SystemC elaborates once a process: run one test at a time (ctest does), or filter.
int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  sc_core::sc_report_handler::set_actions(sc_core::SC_ID_NO_SC_START_ACTIVITY_,
                                          sc_core::SC_DO_NOTHING);
  testing::InitGoogleMock(&argc, argv);
  return sc_core::sc_elab_and_sim(argc, argv);
}
