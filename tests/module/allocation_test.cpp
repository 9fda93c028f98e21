// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "vitsim/hw/dma.h"
#include "vitsim/hw/dram.h"
#include "vitsim/hw/scratchpad.h"

#include "support/allocations.h"
#include "support/bench.h"
#include "support/commands.h"
#include "support/stream_mocks.h"

namespace vitsim::test {
namespace {

constexpr Bytes kBytes = 64 * 1024;

/// A load of 1,024 bursts from DRAM and a store of as many, through a scratchpad.
struct MemoryBench : Bench {
  struct NoTokens : hw::TokenSink {
    void set(mapping::Token /*token*/) override {}
  };
  config::Dma dma_config;
  config::Dram dram_config;
  config::Scratchpad pad_config;
  std::vector<model::Tensor> tensors{1};
  hw::Dma dma{"dma", dma_config, 1, clock};
  hw::Dram dram{"dram", dram_config, 2 * kBytes, [](Bytes) { return std::string(); }, clock};
  hw::Scratchpad pad{"pad", pad_config, tensors, clock};
  NoTokens tokens;
  Commands commands;
  hw::Stream<hw::CommandBeat> load_queue{"load_queue", clock};
  hw::Stream<hw::CommandBeat> store_queue{"store_queue", clock};
  Source<hw::CommandBeat> loads{"loads", clock};
  Source<hw::CommandBeat> stores{"stores", clock};

  explicit MemoryBench(const sc_core::sc_module_name& name) : Bench(name) {
    dma.socket.bind(dram.socket);
    dma.load_port.bind(pad.add_port("load", hw::Scratchpad::Writes::kLoads));
    dma.store_port.bind(pad.add_port("store", hw::Scratchpad::Writes::kNone));
    dma.tokens_out.bind(tokens);
    loads.out.bind(load_queue);
    dma.loads_in.bind(load_queue);
    stores.out.bind(store_queue);
    dma.stores_in.bind(store_queue);
    const auto run_of_bytes = [](Bytes dram_address) {
      mapping::Operand pad_side = operand_at(0, 1, kBytes, 1);
      return mapping::Transfer{{dram_address, 1, kBytes, kBytes}, pad_side};
    };
    dram.host_write(0, std::vector<std::byte>(kBytes));
    loads.beats.push_back(commands.add(run_of_bytes(0)));
    stores.beats.push_back(commands.add(run_of_bytes(kBytes)));
    stores.offers = [](Cycles cycle) { return cycle >= 1000; };  // behind the load
  }
  void clear_streams() override {
    load_queue.clear();
    store_queue.clear();
  }
};

TEST(AllocationTest, DmaDramAndScratchpadTakeNothingFromTheHeapOnceTheirBuffersHaveGrown) {
  MemoryBench bench("bench");
  for (int image = 0; image < 8; ++image) {
    bench.reset();
    bench.run_through(10'000);
  }
  EXPECT_GT(allocations(), 0U) << "they are counted";
  bench.reset();
  bench.run_through(0);
  const std::size_t before = allocations();
  bench.run_through(10'000);
  const std::size_t taken = allocations() - before;
  EXPECT_EQ(taken, 0U);
  EXPECT_EQ(bench.dram.stats().counters()[1].value(), kBytes) << "all was stored";
}

}  // namespace
}  // namespace vitsim::test
