// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "vitsim/config/accelerator.h"
#include "vitsim/core/matrix.h"
#include "vitsim/hw/row_unit.h"

#include "support/bench.h"
#include "support/commands.h"
#include "support/memory_mocks.h"
#include "support/stream_mocks.h"
#include "support/token_log.h"

namespace vitsim::test {

/// What stands around a unit on whole rows: its commands and its memory. Of the unit itself a bench
/// that derives from this one says how it is made and what else it is joined to.
struct RowsBench : Bench {
  static constexpr std::size_t kReads = 0;
  static constexpr std::size_t kWrites = 1;

  config::TaylorPipeline config;
  config::Scratchpad pad_config;
  model::Graph graph;
  FakeMemory memory{"memory", 1 << 20, pad_config.read_latency_cycles, clock};
  TokenLog tokens{clock};
  Commands commands;
  hw::Stream<hw::CommandBeat> queue{"queue", clock};
  Source<hw::CommandBeat> source{"source", clock};

  RowsBench(const sc_core::sc_module_name& name, config::TaylorPipeline config_in,
            int read_latency_cycles)
      : Bench(name), config(config_in), pad_config(with_latency(read_latency_cycles)) {}

  void connect(hw::RowUnit& unit) {
    source.out.bind(queue);
    unit.commands_in.bind(queue);
    unit.read_port.bind(memory.add_port());
    unit.write_port.bind(memory.add_port());
    unit.tokens_out.bind(tokens);
  }
  void clear_streams() override {
    queue.clear();
    tokens.cycles.clear();
  }

  /// An operator of its own for a command, with a result of `bits` bits.
  template <class Work>
  int add_op(Work work, int bits = 16) {
    const auto id = static_cast<model::TensorId>(graph.tensors.size());
    graph.tensors.emplace_back().bits = bits;
    graph.ops.push_back({"op", "op", {id, 0, 0, 1, 1}, std::move(work)});
    return static_cast<int>(graph.ops.size()) - 1;
  }
  void command(const mapping::RowsTile& tile, int op, mapping::Token done) {
    source.beats.push_back(commands.add(tile, done, op));
  }

  mapping::Operand allocate(std::int64_t rows, std::int64_t cols, int element_bytes) {
    const Bytes pitch = round_up<Bytes>(cols * element_bytes, 16) + 16;
    const auto operand = operand_at(next_address_, rows, cols, element_bytes, pitch);
    next_address_ += rows * pitch;
    return operand;
  }
  /// An operand that holds these values.
  mapping::Operand holding(const IntMatrix& values, int element_bytes) {
    const auto operand = allocate(values.rows(), values.cols(), element_bytes);
    for (std::int64_t row = 0; row < values.rows(); ++row) {
      memory.put(operand.region.address + row * operand.region.pitch,
                 {values.row(row).begin(), values.row(row).end()}, element_bytes);
    }
    return operand;
  }
  mapping::Operand holding(const std::vector<std::int16_t>& row, int element_bytes = 2) {
    return holding(IntMatrix(1, static_cast<std::int64_t>(row.size()), row), element_bytes);
  }
  /// Row `row` of what lies in the memory.
  [[nodiscard]] std::vector<std::int16_t> row_of(const mapping::Operand& operand,
                                                 std::int64_t row = 0) const {
    const Bytes address = operand.region.address + row * operand.region.pitch;
    if (!memory.all_written(address, operand.region.row_bytes)) {
      ADD_FAILURE() << "row " << row << " was not written";
      return {};
    }
    return memory.values(address, static_cast<std::size_t>(operand.tile.cols),
                         operand.element_bytes);
  }
  /// When requests reached the memory: a cycle after they were made.
  [[nodiscard]] std::vector<Cycles> granted(std::size_t port) const {
    std::vector<Cycles> cycles;
    for (const auto& access : memory.accesses_of(port)) {
      cycles.push_back(access.cycle);
    }
    return cycles;
  }

 private:
  static config::Scratchpad with_latency(int read_latency_cycles) {
    config::Scratchpad config;
    config.read_latency_cycles = read_latency_cycles;
    return config;
  }

  Bytes next_address_ = 0;
};

inline std::int64_t counter(const stats::Group& group, const std::string& name) {
  for (const auto& counter : group.counters()) {
    if (counter.name() == name) {
      return counter.value();
    }
  }
  ADD_FAILURE() << "no counter " << name;
  return -1;
}

inline std::vector<Cycles> cycles_from(Cycles first, std::int64_t count, Cycles step = 1) {
  std::vector<Cycles> cycles;
  for (std::int64_t i = 0; i < count; ++i) {
    cycles.push_back(first + i * step);
  }
  return cycles;
}

}  // namespace vitsim::test
