// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace vitsim {

/// From now on Ctrl-C (SIGINT) and SIGTERM ask the program to stop instead of killing it; a second
/// one kills it.
void catch_interrupts();
/// Whether one came.
bool interrupted();
/// Throws Interrupted where one came. Long work calls it now and then.
void check_interrupt();

}  // namespace vitsim
