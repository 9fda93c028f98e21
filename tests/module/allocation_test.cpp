// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "vitsim/hw/accumulator_array.h"
#include "vitsim/hw/adder_array.h"
#include "vitsim/hw/divider_array.h"
#include "vitsim/hw/dma.h"
#include "vitsim/hw/dram.h"
#include "vitsim/hw/operand_fetcher.h"
#include "vitsim/hw/sa_diag.h"
#include "vitsim/hw/scratchpad.h"

#include "support/allocations.h"
#include "support/bench.h"
#include "support/commands.h"
#include "support/stream_mocks.h"

namespace vitsim::test {
namespace {

constexpr Bytes kBytes = 64 * 1024;

struct NoTokens : hw::TokenSink {
  void set(mapping::Token /*token*/) override {}
};

config::Accelerator machine_with(config::DramKind kind) {
  config::Accelerator machine;
  machine.dram.kind = kind;
  return machine;
}

/// A load of 1,024 bursts from DRAM and a store of as many, through a scratchpad.
struct MemoryBench : Bench {
  config::Dma dma_config;
  config::Accelerator machine;
  config::Scratchpad pad_config;
  std::vector<model::Tensor> tensors{1};
  hw::Dma dma{"dma", dma_config, 1, clock};
  hw::Dram dram{"dram", machine, 2 * kBytes, [](Bytes) { return std::string(); }, clock};
  hw::Scratchpad pad{"pad", pad_config, tensors, clock};
  NoTokens tokens;
  Commands commands;
  hw::Stream<hw::CommandBeat> load_queue{"load_queue", clock};
  hw::Stream<hw::CommandBeat> store_queue{"store_queue", clock};
  Source<hw::CommandBeat> loads{"loads", clock};
  Source<hw::CommandBeat> stores{"stores", clock};

  MemoryBench(const sc_core::sc_module_name& name, config::DramKind kind)
      : Bench(name), machine(machine_with(kind)) {
    dma.socket.bind(dram.socket);
    dma.load_channel().port.bind(pad.add_port("load", hw::Scratchpad::Writes::kLoads));
    dma.store_channel().port.bind(pad.add_port("store", hw::Scratchpad::Writes::kNone));
    dma.tokens_out.bind(tokens);
    loads.out.bind(load_queue);
    dma.load_channel().commands_in.bind(load_queue);
    stores.out.bind(store_queue);
    dma.store_channel().commands_in.bind(store_queue);
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

class MemoryAllocationTest : public testing::TestWithParam<config::DramKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, MemoryAllocationTest,
                         testing::Values(config::DramKind::kSimple,
                                         config::DramKind::kLpddr4At3200));

TEST_P(MemoryAllocationTest, DmaDramAndScratchpadTakeNothingFromTheHeapOnceTheirBuffersHaveGrown) {
  MemoryBench bench("bench", GetParam());
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

/// Writes one beat over and over, as fast as it is taken, and keeps what it gets in exchange.
template <class T>
class Feeder : public hw::Ticked {
 public:
  hw::StreamOut<T> out{"out", *this};
  T beat;

  Feeder(const sc_core::sc_module_name& name, hw::Clock& clock) : Ticked(name, clock) {}
  void reset() override { wake(); }
  [[nodiscard]] std::string status() const override { return "feeder"; }

 private:
  void tick() override {
    if (out->can_write()) {
      spent_ = beat;
      out->write(spent_);
      wake();
    }
  }
  T spent_;
};

/// Takes all that comes and forgets it.
template <class T>
class Drain : public hw::Ticked {
 public:
  hw::StreamIn<T> in{"in", *this};

  Drain(const sc_core::sc_module_name& name, hw::Clock& clock) : Ticked(name, clock) {}
  void reset() override {}
  [[nodiscard]] std::string status() const override { return "drain"; }

 private:
  void tick() override {
    if (in->can_read()) {
      in->pop();
      wake();
    }
  }
};

config::Accelerator taylor_machine(config::FeatureReads feature_reads) {
  config::Accelerator machine;
  machine.pe_array.rows = 16;
  machine.pe_array.cols = 16;
  auto& pipeline = machine.taylor_pipeline.emplace();
  pipeline.lanes = 8;
  pipeline.feature_reads = feature_reads;
  return machine;
}

/// A head through the units of the Taylor pipeline, all at once; what the array would give them is
/// fed.
struct TaylorBench : Bench {
  static constexpr std::int64_t kTokens = 97;
  static constexpr std::int64_t kFeatures = 32;

  config::Accelerator machine;
  config::Precision precision;
  model::Graph graph = head();
  hw::Scratchpad pad{"pad", machine.scratchpad, graph.tensors, clock};
  hw::AccumulatorArray accumulator_array{
      "accumulator_array", *machine.taylor_pipeline, machine.scratchpad, graph, kOps, clock};
  hw::DividerArray divider_array{
      "divider_array", *machine.taylor_pipeline, machine.scratchpad, graph, kOps, clock};
  hw::AdderArray adder_array{
      "adder_array", *machine.taylor_pipeline, precision, machine.scratchpad, graph, kOps, clock};
  hw::SaDiag sa_diag{"sa_diag", machine, kOps, clock};
  hw::OperandFetcher fetcher{"fetcher", mapping::Side::kLhs, machine, clock};
  NoTokens tokens;
  Commands commands;
  std::deque<hw::Stream<hw::CommandBeat>> queues;
  std::deque<Source<hw::CommandBeat>> sources;
  hw::Stream<hw::OperandRows> lhs{"lhs", clock};
  hw::Stream<hw::OperandRows> queries{"queries", clock};
  hw::Stream<hw::SumRows> products{"products", clock};
  hw::Stream<hw::SumRows> numerators{"numerators", clock};
  hw::Stream<hw::SumRows> divisors{"divisors", clock, 4};
  Feeder<hw::SumRows> array{"array", clock};
  Drain<hw::OperandRows> drain{"drain", clock};

  TaylorBench(const sc_core::sc_module_name& name, config::FeatureReads feature_reads)
      : Bench(name), machine(taylor_machine(feature_reads)) {
    array.beat.sums.assign(static_cast<std::size_t>(kFeatures), 1000);
    add_row_unit(accumulator_array, {{kSum, sum(false)}, {kSum, sum(true)}, {kSum, sum(false)}});
    add_row_unit(divider_array, {{kMean, mean()}, {kContext, context()}, {kMean, mean()}});
    add_row_unit(adder_array, {{kCenter, center(false)},
                               {kCenter, center(true)},
                               {kCorrect, correct()},
                               {kContext, numerator()}});
    join(array.out, products, adder_array.sums_in);
    join(adder_array.sums_out, numerators, divider_array.sums_in);
    join(sa_diag.divisors_out, divisors, divider_array.divisors_in);
    join(fetcher.rows_out, lhs, drain.in);
    fetcher.shared_out.bind(queries);
    sa_diag.queries_in.bind(queries);
    sa_diag.read_port.bind(pad.add_port("sa_diag", hw::Scratchpad::Writes::kNone));
    sa_diag.tokens_out.bind(tokens);
    fetcher.memory[0].bind(pad.add_port("fetcher", hw::Scratchpad::Writes::kNone));
    fetcher.tokens_out.bind(tokens);
    mapping::DiagTile diag;
    diag.m = kTokens;
    diag.k = kFeatures;
    diag.k_hat_sum = operand_at(0, 1, kFeatures, 2);
    queue_of(sa_diag.commands_in).beats.push_back(commands.add(diag));
    auto& products_of = queue_of(fetcher.commands_in);
    products_of.beats.push_back(commands.add(product(true)));
    products_of.beats.push_back(commands.add(product(false)));
  }
  void clear_streams() override {
    for (auto& queue : queues) {
      queue.clear();
    }
    lhs.clear();
    queries.clear();
    products.clear();
    numerators.clear();
    divisors.clear();
  }
  /// Ones wherever something is read.
  void fill() {
    pad.host_write({.address = 0, .rows = 1, .row_bytes = kResults, .pitch = kResults}, content_);
  }
  [[nodiscard]] std::int64_t rows() {
    std::int64_t all = 0;
    for (hw::RowUnit* unit :
         {static_cast<hw::RowUnit*>(&accumulator_array), static_cast<hw::RowUnit*>(&divider_array),
          static_cast<hw::RowUnit*>(&adder_array)}) {
      all += unit->stats().counters()[0].value();
    }
    return all;
  }

 private:
  enum Kind { kSum, kMean, kContext, kCenter, kCorrect };
  static constexpr std::size_t kOps = 5;
  static constexpr Bytes kResults = 16 * 1024;  ///< behind what is read
  using Work = std::vector<std::pair<int, mapping::RowsTile>>;

  static model::Graph head() {
    model::Graph graph;
    model::TaylorContext context;
    context.k_hat_sum = model::View{};
    context.constant = 100;
    for (decltype(model::Op::work) work :
         {decltype(model::Op::work){model::TokenSum{}},
          decltype(model::Op::work){model::TokenMean{}}, decltype(model::Op::work){context},
          decltype(model::Op::work){model::Center{}},
          decltype(model::Op::work){model::CorrectedMatmul{}}}) {
      const auto id = static_cast<model::TensorId>(graph.tensors.size());
      graph.tensors.emplace_back();
      graph.ops.push_back({"op", "op", {id, 0, 0, 1, 1}, std::move(work)});
    }
    return graph;
  }
  /// Tokens at the beginning of the memory, by columns: features.
  static mapping::Operand tokens_at(bool by_column, Bytes address = 0) {
    auto operand = operand_at(address, by_column ? kFeatures : kTokens,
                              by_column ? kTokens : kFeatures, by_column ? 2 : 1);
    operand.by_column = by_column;
    return operand;
  }
  static mapping::RowsTile sum(bool by_column) {
    mapping::RowsTile tile;
    tile.rows = kTokens;
    tile.cols = kFeatures;
    tile.sums_rows = true;
    tile.in = tokens_at(by_column);
    tile.out = operand_at(kResults, 1, 2 * kFeatures, 2);
    return tile;
  }
  static mapping::RowsTile mean() {
    mapping::RowsTile tile;
    tile.rows = 1;
    tile.cols = kFeatures;
    tile.in = operand_at(0, 1, 2 * kFeatures, 2);
    tile.out = operand_at(kResults, 1, kFeatures, 2);
    return tile;
  }
  static mapping::RowsTile center(bool by_column) {
    mapping::RowsTile tile;
    tile.rows = kTokens;
    tile.cols = kFeatures;
    tile.tables = {operand_at(0, 1, kFeatures, 2)};
    tile.in = tokens_at(false);
    tile.out = tokens_at(true, kResults);
    if (!by_column) {
      tile.out = operand_at(kResults, kTokens, kFeatures, 2);
    }
    return tile;
  }
  static mapping::RowsTile correct() {
    mapping::RowsTile tile;
    tile.rows = kFeatures;
    tile.cols = kFeatures;
    tile.tables = {operand_at(0, 1, 2 * kFeatures, 2), operand_at(0, 1, kFeatures, 2)};
    tile.out = operand_at(kResults, kFeatures, kFeatures, 1);
    return tile;
  }
  static mapping::RowsTile numerator() {
    mapping::RowsTile tile;
    tile.rows = kTokens;
    tile.cols = kFeatures;
    tile.tables = {operand_at(0, 1, 2 * kFeatures, 2)};
    return tile;
  }
  static mapping::RowsTile context() {
    mapping::RowsTile tile;
    tile.rows = kTokens;
    tile.cols = kFeatures;
    tile.out = operand_at(kResults, kTokens, kFeatures, 1);
    return tile;
  }
  /// K_hat^T V, or Q G, whose left operand SA-Diag takes, too.
  static mapping::MatmulTile product(bool transposed) {
    mapping::MatmulTile tile;
    tile.shape = {transposed ? kFeatures : kTokens, transposed ? kTokens : kFeatures, 16};
    tile.lhs = operand_at(0, kTokens, kFeatures, transposed ? 2 : 1);
    tile.lhs_transposed = transposed;
    tile.lhs_to_sa_diag = !transposed;
    return tile;
  }

  Source<hw::CommandBeat>& queue_of(hw::StreamIn<hw::CommandBeat>& in) {
    auto& queue = queues.emplace_back(sc_core::sc_gen_unique_name("queue"), clock);
    auto& source = sources.emplace_back(sc_core::sc_gen_unique_name("source"), clock);
    source.out.bind(queue);
    in.bind(queue);
    return source;
  }
  void add_row_unit(hw::RowUnit& unit, const Work& work) {
    unit.read_port.bind(
        pad.add_port(std::string(unit.basename()) + "_read", hw::Scratchpad::Writes::kNone));
    unit.write_port.bind(pad.add_port(unit.basename(), hw::Scratchpad::Writes::kResults));
    unit.tokens_out.bind(tokens);
    auto& source = queue_of(unit.commands_in);
    for (const auto& [op, tile] : work) {
      source.beats.push_back(commands.add(tile, mapping::kNoToken, op));
    }
  }
  template <class T>
  static void join(hw::StreamOut<T>& out, hw::Stream<T>& stream, hw::StreamIn<T>& in) {
    out.bind(stream);
    in.bind(stream);
  }

  std::vector<std::byte> content_ = std::vector<std::byte>(kResults, std::byte{1});
};

class TaylorAllocationTest : public testing::TestWithParam<config::FeatureReads> {};
INSTANTIATE_TEST_SUITE_P(FeatureReads, TaylorAllocationTest,
                         testing::Values(config::FeatureReads::kTransposeBuffer,
                                         config::FeatureReads::kGather));

TEST_P(TaylorAllocationTest, TheTaylorPipelineTakesNothingFromTheHeapOnceItsBuffersHaveGrown) {
  TaylorBench bench("bench", GetParam());
  constexpr Cycles kEnd = 20'000;
  for (int image = 0; image < 8; ++image) {
    bench.reset();
    bench.fill();
    bench.run_through(kEnd);
  }
  bench.reset();
  bench.fill();
  bench.run_through(0);
  const std::size_t before = allocations();
  bench.run_through(kEnd);
  const std::size_t taken = allocations() - before;
  EXPECT_EQ(taken, 0U);
  constexpr std::int64_t kAll = 3 * TaylorBench::kTokens +                          // sums
                                1 + TaylorBench::kTokens + 1 +                      // divider
                                3 * TaylorBench::kTokens + TaylorBench::kFeatures;  // adder
  EXPECT_EQ(bench.rows(), kAll);
  EXPECT_EQ(bench.sa_diag.stats().counters()[1].value(), TaylorBench::kTokens);
}

}  // namespace
}  // namespace vitsim::test
