// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/hw/rows.h"
#include "vitsim/hw/stream.h"
#include "vitsim/mapping/program.h"

namespace vitsim::hw {

/// The ways that finished sums may go, one for each mapping::SumSink; those of units that a machine
/// has not stay unbound.
struct FinishedSums {
  explicit FinishedSums(Ticked& owner)
      : to_post_processor("to_post_processor", owner),
        to_adder_array("to_adder_array", owner),
        to_dividers("to_dividers", owner) {}

  StreamFanOut<SumRows> to_post_processor;
  StreamFanOut<SumRows> to_adder_array;
  StreamFanOut<SumRows> to_dividers;

  /// The stream that a command's sums take.
  StreamWriter<SumRows>& of(mapping::SumSink sink) {
    switch (sink) {
      case mapping::SumSink::kAdderArray:
        return *to_adder_array[0];
      case mapping::SumSink::kDividers:
        return *to_dividers[0];
      case mapping::SumSink::kPostProcessor:
        break;
    }
    return *to_post_processor[0];
  }
};

}  // namespace vitsim::hw
