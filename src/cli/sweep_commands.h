// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>

#include "commands.h"

/// The parts of `vitsim sweep`.
namespace vitsim::cli {}  // namespace vitsim::cli
