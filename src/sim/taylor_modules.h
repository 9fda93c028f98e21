// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "vitsim/hw/accumulator_array.h"
#include "vitsim/hw/adder_array.h"
#include "vitsim/hw/divider_array.h"
#include "vitsim/hw/sa_diag.h"
#include "vitsim/timing/array.h"

namespace vitsim::sim {

/// The units of the Taylor pipeline, and the streams between them.
struct TaylorModules {
  hw::AccumulatorArray accumulator_array;
  hw::DividerArray divider_array;
  hw::AdderArray adder_array;
  std::optional<hw::SaDiag> sa_diag;

  hw::Stream<hw::SumRows> products;     ///< Q G or K^T V, to the adder array
  hw::Stream<hw::SumRows> numerators;   ///< T_N, to the divider array
  hw::Stream<hw::OperandRows> queries;  ///< Q, to SA-Diag
  hw::Stream<hw::SumRows> divisors;     ///< t_D, to the divider array

  TaylorModules(const config::Config& config, const model::Graph& graph, std::size_t layers,
                hw::Clock& clock)
      : accumulator_array("accumulator_array", *config.accelerator.taylor_pipeline,
                          config.accelerator.scratchpad, graph, layers, clock),
        divider_array("divider_array", *config.accelerator.taylor_pipeline,
                      config.accelerator.scratchpad, graph, layers, clock),
        adder_array("adder_array", *config.accelerator.taylor_pipeline, config.precision,
                    config.accelerator.scratchpad, graph, layers, clock),
        products("products", clock),
        numerators("numerators", clock),
        queries("queries", clock),
        divisors("divisors", clock, divisor_slots(config.accelerator)) {
    if (timing::may_have_sa_diag(config.accelerator.pe_array)) {
      sa_diag.emplace("sa_diag", config.accelerator, layers, clock);
    }
  }

  void add_signals(hw::Signals& signals) const {
    products.add_signals(signals);
    numerators.add_signals(signals);
    queries.add_signals(signals);
    divisors.add_signals(signals);
  }

  void clear() {
    products.clear();
    numerators.clear();
    queries.clear();
    divisors.clear();
  }

 private:
  /// Divisors that the array computes come before the rows that they divide: all of a tile wait.
  static std::size_t divisor_slots(const config::Accelerator& machine) {
    if (timing::may_have_sa_diag(machine.pe_array)) {
      return static_cast<std::size_t>(machine.taylor_pipeline->sa_diag.divisor_queue);
    }
    return static_cast<std::size_t>(timing::sums_are_columns(machine.pe_array)
                                        ? timing::sums_width(machine.pe_array)
                                        : machine.accumulator_buffer.rows);
  }
};

}  // namespace vitsim::sim
