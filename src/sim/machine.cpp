// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/machine.h"

#include <algorithm>
#include <deque>
#include <systemc>

#include <fmt/format.h>

#include "vitsim/hw/accumulator_buffer.h"
#include "vitsim/hw/dma.h"
#include "vitsim/hw/gelu_unit.h"
#include "vitsim/hw/layer_norm_unit.h"
#include "vitsim/hw/operand_fetcher.h"
#include "vitsim/hw/pe_array.h"
#include "vitsim/hw/post_processor.h"
#include "vitsim/hw/scratchpad.h"
#include "vitsim/hw/sequencer.h"
#include "vitsim/hw/softmax_unit.h"
#include "vitsim/hw/sum_transposer.h"
#include "vitsim/hw/vector_unit.h"
#include "vitsim/model/encoding.h"
#include "vitsim/timing/array.h"
#include "vitsim/timing/dram_bandwidth.h"

#include "machine_dram.h"
#include "run_to_stop.h"
#include "taylor_modules.h"

namespace vitsim::sim {

using mapping::Unit;

std::int64_t ImageTiming::counter(std::string_view unit, std::string_view name) const {
  for (const UnitReport& report : units) {
    for (const auto& value : report.counters) {
      if (report.name == unit && value.name == name) {
        return value.value;
      }
    }
  }
  return 0;
}

namespace {

/// The widest operands of any product of the graph.
hw::OperandBits operand_bits(const model::Graph& graph) {
  hw::OperandBits bits{1, 1};
  for (const model::Op& op : graph.ops) {
    if (const model::Matmul* product = product_of(op)) {
      bits.lhs = std::max(bits.lhs, graph.tensor(product->lhs).bits);
      bits.rhs = std::max(bits.rhs, graph.tensor(product->rhs).bits);
    }
    const auto* context = std::get_if<model::TaylorContext>(&op.work);
    if (context != nullptr && context->k_hat_sum) {
      bits.rhs = std::max(bits.rhs, graph.tensor(*context->k_hat_sum).bits);
    }
  }
  return bits;
}

std::string tensor_at(const model::Graph& graph, const mapping::Program& program, Bytes address) {
  for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
    const Bytes base = program.placements[id].dram_address;
    if (base >= 0 && address >= base && address < base + graph.tensors[id].size_bytes()) {
      return graph.tensors[id].name;
    }
  }
  return "no tensor";
}

}  // namespace

/// The module tree. What always exists is a member; the units that the configuration decides on are
/// made in the constructor.
struct Machine::Modules {
  const config::Config& config;
  const model::Graph& graph;
  const mapping::Program& program;
  std::size_t layers = program.layers.size();

  hw::Clock clock{"clock", config.accelerator.sequencer.watchdog_cycles};
  hw::Scratchpad scratchpad{"scratchpad", config.accelerator.scratchpad, graph.tensors, clock};
  hw::Sequencer sequencer{"sequencer", program, config.accelerator.dma.channels, scratchpad, clock};
  hw::Dma dma{"dma", config.accelerator.dma, layers, clock};
  MachineDram dram;
  hw::OperandFetcher lhs_fetcher{"lhs_fetcher", mapping::Side::kLhs, config.accelerator, clock};
  hw::OperandFetcher rhs_fetcher{"rhs_fetcher", mapping::Side::kRhs, config.accelerator, clock};
  std::unique_ptr<hw::PeArray> pe_array = hw::make_pe_array("pe_array", config.accelerator.pe_array,
                                                            operand_bits(graph), layers, clock);
  hw::AccumulatorBuffer accumulator_buffer{"accumulator_buffer", config.accelerator, clock};
  hw::PostProcessor post_processor{"post_processor", config.accelerator,
                                   config.precision.accumulator_bits, graph, clock};
  std::optional<hw::SumTransposer> sum_transposer;  ///< where the array gives columns
  std::vector<std::unique_ptr<hw::RowUnit>> row_units;
  std::optional<TaylorModules> taylor;

  hw::Stream<hw::OperandRows> lhs{"lhs", clock};
  hw::Stream<hw::OperandRows> rhs{"rhs", clock};
  hw::Stream<hw::SumRows> partial_sums{"partial_sums", clock};
  hw::Stream<hw::SumRows> finished_columns{"finished_columns", clock};
  hw::Stream<hw::SumRows> finished_sums{"finished_sums", clock};
  std::deque<hw::Stream<hw::CommandBeat>> command_queues;

  struct Named {
    std::string name;
    stats::Activity* activity;
    stats::Group* stats;
  };
  std::vector<Named> reports;
  std::array<stats::Activity*, mapping::kUnitCount> activities{};  ///< of those that compute
  std::optional<stats::ArrayWaits> array_waits;
  stats::Timeline timeline;
  std::function<void(double)> progress;

  Modules(const config::Config& config_in, const model::Graph& graph_in,
          const mapping::Program& program_in, ExternalDram* external)
      : config(config_in),
        graph(graph_in),
        program(program_in),
        dram(
            config.accelerator, std::max<Bytes>(program.dram_bytes, 1),
            [this](Bytes address) { return tensor_at(graph, program, address); }, external, dma,
            clock) {
    bind_dma();
    bind_array();
    const auto& machine = config.accelerator;
    add_row_unit<hw::SoftmaxUnit>(Unit::kSoftmaxUnit, machine.softmax_unit);
    add_row_unit<hw::GeluUnit>(Unit::kGeluUnit, machine.gelu_unit);
    add_row_unit<hw::LayerNormUnit>(Unit::kLayerNormUnit, machine.layer_norm_unit);
    add_row_unit<hw::VectorUnit>(Unit::kVectorUnit, machine.vector_unit);
    if (machine.taylor_pipeline) {
      bind_taylor_pipeline();
    }
    reports.push_back({"scratchpad", nullptr, &scratchpad.stats()});
    if (dram.stats() != nullptr) {
      reports.push_back({"dram", nullptr, dram.stats()});
    }
    array_waits.emplace(timing::peak_bytes_per_cycle(machine), pe_array->activity(),
                        dma.load_channel().activity, dma.store_channel().activity);
    dma.set_waits(&*array_waits);
    watch("scratchpad_read_bytes", scratchpad.stats(), "read_bytes");
    watch("scratchpad_write_bytes", scratchpad.stats(), "write_bytes");
    if (dram.stats() != nullptr) {
      watch("dram_read_bytes", *dram.stats(), "read_bytes");
      watch("dram_write_bytes", *dram.stats(), "write_bytes");
    }
    watch("pe_busy_cycles", pe_array->stats(), "beats");
    watch("macs", pe_array->stats(), "macs");
    clock.set_observer([this](Cycles now) { return timeline.sample(now); });
  }

  void watch(const char* name, const stats::Group& group, std::string_view counter) {
    timeline.watch(name, *std::ranges::find(group.counters(), counter, &stats::Counter::name));
  }

  void bind_commands(Unit unit, hw::StreamIn<hw::CommandBeat>& commands_in, int channel = 0) {
    const std::string name = fmt::format("{}_commands_{}", name_of(unit), command_queues.size());
    auto& queue = command_queues.emplace_back(
        name.c_str(), clock, static_cast<std::size_t>(config.accelerator.sequencer.queue_depth));
    sequencer.commands_out(unit, channel).bind(queue);
    commands_in.bind(queue);
  }

  void report(Unit unit, stats::Activity& activity, stats::Group* stats) {
    sequencer.set_activity(unit, 0, activity);
    activities[static_cast<std::size_t>(unit)] = &activity;
    reports.push_back({std::string(name_of(unit)), &activity, stats});
  }

  hw::MemoryPort& port(const std::string& name, hw::Scratchpad::Writes writes) {
    return scratchpad.add_port(name, writes);
  }

  void bind_dma() {
    dma.tokens_out.bind(sequencer);
    for (int i = 0; i < config.accelerator.dma.channels; ++i) {
      const auto index = static_cast<std::size_t>(i);
      bind_channel(Unit::kDmaLoad, i, dma.load_channel(index), hw::Scratchpad::Writes::kLoads);
      bind_channel(Unit::kDmaStore, i, dma.store_channel(index), hw::Scratchpad::Writes::kNone);
    }
  }

  void bind_channel(Unit unit, int channel, hw::Dma::ChannelEnds& ends,
                    hw::Scratchpad::Writes writes) {
    const std::string name = mapping::name_of(unit, channel);
    bind_commands(unit, ends.commands_in, channel);
    ends.port.bind(port(name, writes));
    sequencer.set_activity(unit, channel, ends.activity);
    reports.push_back({name, &ends.activity, nullptr});
  }

  void bind_fetcher(const std::string& name, hw::OperandFetcher& fetcher,
                    hw::Stream<hw::OperandRows>& stream, hw::StreamIn<hw::OperandRows>& in) {
    bind_commands(Unit::kPeArray, fetcher.commands_in);
    for (std::size_t i = 0; i < fetcher.memory.size(); ++i) {
      const std::string suffix = i == 0 ? "" : fmt::format("_{}", i);
      fetcher.memory[i].bind(port(name + suffix, hw::Scratchpad::Writes::kNone));
    }
    fetcher.tokens_out.bind(sequencer);
    join(stream, fetcher.rows_out, in);
  }

  void bind_array() {
    bind_fetcher("rhs_fetcher", rhs_fetcher, rhs, pe_array->rhs_in);
    bind_fetcher("lhs_fetcher", lhs_fetcher, lhs, pe_array->lhs_in);
    bind_commands(Unit::kPeArray, pe_array->commands_in);
    bind_commands(Unit::kPeArray, accumulator_buffer.commands_in);
    bind_commands(Unit::kPeArray, post_processor.commands_in);
    post_processor.read_port.bind(port("post_processor_read", hw::Scratchpad::Writes::kNone));
    post_processor.write_port.bind(port("post_processor", hw::Scratchpad::Writes::kResults));
    accumulator_buffer.tokens_out.bind(sequencer);
    post_processor.tokens_out.bind(sequencer);
    join(partial_sums, pe_array->sums_out, accumulator_buffer.sums_in);
    if (timing::sums_are_columns(config.accelerator.pe_array)) {
      sum_transposer.emplace("sum_transposer", config.accelerator, clock);
      bind_commands(Unit::kPeArray, sum_transposer->commands_in);
      // Wherever rows go to, columns go through the transposer.
      accumulator_buffer.sums_out.to_post_processor.bind(finished_columns);
      accumulator_buffer.sums_out.to_adder_array.bind(finished_columns);
      accumulator_buffer.sums_out.to_dividers.bind(finished_columns);
      sum_transposer->sums_in.bind(finished_columns);
    }
    finished().to_post_processor.bind(finished_sums);
    post_processor.sums_in.bind(finished_sums);
    report(Unit::kPeArray, pe_array->activity(), &pe_array->stats());
    reports.push_back({"accumulator_buffer", nullptr, &accumulator_buffer.stats()});
    reports.push_back({"post_processor", nullptr, &post_processor.stats()});
  }

  /// The ways out of the last module that all finished sums pass.
  hw::FinishedSums& finished() {
    return sum_transposer ? sum_transposer->sums_out : accumulator_buffer.sums_out;
  }

  void bind_taylor_pipeline() {
    taylor.emplace(config, graph, layers, clock);
    bind_row_unit(Unit::kAccumulatorArray, taylor->accumulator_array);
    bind_row_unit(Unit::kDividerArray, taylor->divider_array);
    bind_row_unit(Unit::kAdderArray, taylor->adder_array);
    finished().to_adder_array.bind(taylor->products);
    taylor->adder_array.sums_in.bind(taylor->products);
    join(taylor->numerators, taylor->adder_array.sums_out, taylor->divider_array.sums_in);
    taylor->divider_array.divisors_in.bind(taylor->divisors);
    if (!taylor->sa_diag) {
      finished().to_dividers.bind(taylor->divisors);
      return;
    }
    hw::SaDiag& sa_diag = *taylor->sa_diag;
    bind_commands(Unit::kSaDiag, sa_diag.commands_in);
    lhs_fetcher.shared_out.bind(taylor->queries);
    sa_diag.queries_in.bind(taylor->queries);
    sa_diag.divisors_out.bind(taylor->divisors);
    sa_diag.read_port.bind(port("sa_diag_read", hw::Scratchpad::Writes::kNone));
    sa_diag.tokens_out.bind(sequencer);
    report(Unit::kSaDiag, sa_diag.activity(), &sa_diag.stats());
  }

  template <class T>
  static void join(hw::Stream<T>& stream, hw::StreamOut<T>& out, hw::StreamIn<T>& in) {
    out.bind(stream);
    in.bind(stream);
  }

  template <class Module, class Section>
  void add_row_unit(Unit unit, const std::optional<Section>& section) {
    if (!section) {
      return;
    }
    const std::string name(name_of(unit));
    auto module = std::make_unique<Module>(name.c_str(), *section, config.accelerator.scratchpad,
                                           graph, layers, clock);
    bind_row_unit(unit, *module);
    row_units.push_back(std::move(module));
  }

  void bind_row_unit(Unit unit, hw::RowUnit& module) {
    const std::string name(name_of(unit));
    bind_commands(unit, module.commands_in);
    module.read_port.bind(port(name + "_read", hw::Scratchpad::Writes::kNone));
    module.write_port.bind(port(name, hw::Scratchpad::Writes::kResults));
    module.tokens_out.bind(sequencer);
    report(unit, module.activity(), &module.stats());
  }

  void reset() {
    lhs.clear();
    rhs.clear();
    partial_sums.clear();
    finished_columns.clear();
    finished_sums.clear();
    if (taylor) {
      taylor->clear();
    }
    for (auto& queue : command_queues) {
      queue.clear();
    }
    dram.reset();
    clock.reset();
    array_waits->reset();
    timeline.reset();
  }

  /// Writes what the host writes before an image; what the machine will write counts as unwritten.
  void prepare_memory(const IntMatrix& input) {
    for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
      const model::Tensor& tensor = graph.tensors[id];
      const Bytes address = program.placements[id].dram_address;
      if (tensor.role == model::Role::kActivation && address >= 0) {
        dram.forget(address, tensor.size_bytes());
      }
    }
    const model::Tensor& tensor = graph.tensors[static_cast<std::size_t>(graph.input)];
    std::vector<std::byte> bytes(static_cast<std::size_t>(tensor.size_bytes()));
    model::encode(input.elements(), tensor.element_bytes, bytes);
    const mapping::Placement& placement = program.placements[static_cast<std::size_t>(graph.input)];
    if (placement.resident) {
      scratchpad.host_write(placement.scratchpad, bytes);
    } else {
      dram.write(placement.dram_address, bytes);
    }
  }

  void simulate();
  [[nodiscard]] hw::Signals signals() const;
  [[nodiscard]] ImageTiming timing();
  void add_layers(ImageTiming& timing) const;
  void add_pe_cycles(ImageTiming& timing) const;
};

void Machine::Modules::simulate() {
  run_to_stop(clock, [this] {
    if (progress) {
      progress(static_cast<double>(sequencer.commands_done()) /
               static_cast<double>(program.commands.size()));
    }
  });
}

hw::Signals Machine::Modules::signals() const {
  hw::Signals signals;
  clock.add_signals(signals);
  for (const Named& named : reports) {
    if (const stats::Activity* activity = named.activity) {
      signals.add(named.name + ".state", 8, [activity]() -> std::int64_t {
        const auto cause = activity->cause();
        return activity->is_busy() ? 1 : cause ? 2 + static_cast<std::int64_t>(*cause) : 0;
      });
      signals.add(named.name + ".layer", 16,
                  [activity] { return std::int64_t{activity->layer()}; });
    }
    if (named.stats != nullptr) {
      for (const stats::Counter& counter : named.stats->counters()) {
        signals.add(named.name + "." + counter.name(), 64, [&counter] { return counter.value(); });
      }
    }
  }
  lhs.add_signals(signals);
  rhs.add_signals(signals);
  partial_sums.add_signals(signals);
  finished_columns.add_signals(signals);
  finished_sums.add_signals(signals);
  for (const auto& queue : command_queues) {
    queue.add_signals(signals);
  }
  if (taylor) {
    taylor->add_signals(signals);
  }
  return signals;
}

void Machine::Modules::add_layers(ImageTiming& timing) const {
  Cycles finished = 0;
  for (std::size_t i = 0; i < layers; ++i) {
    const auto& span = sequencer.layers()[i];
    LayerTiming layer;
    layer.start = span.start;
    layer.end = span.end;
    layer.exclusive = std::max<Cycles>(0, span.end - finished);
    finished = std::max(finished, span.end);
    layer.unit = activities[static_cast<std::size_t>(program.layers[i].unit)]->by_layer()[i];
    layer.pe_cycles =
        stats::pe_cycles(stats::window_between(span.array_at_start, span.array_at_end),
                         program.layers[i].macs, timing::pe_count(config.accelerator.pe_array));
    timing.layers.push_back(layer);
  }
  timing.cycles = finished;
  for (const mapping::Command& command : program.commands) {
    if (const auto* transfer = std::get_if<mapping::Transfer>(&command.work)) {
      auto& layer = timing.layers[static_cast<std::size_t>(
          program.layer_of_op[static_cast<std::size_t>(command.op)])];
      (command.unit == Unit::kDmaLoad ? layer.dram_read_bytes : layer.dram_write_bytes) +=
          transfer->dram.rows * transfer->dram.row_bytes;
    }
  }
}

void Machine::Modules::add_pe_cycles(ImageTiming& timing) const {
  const std::int64_t pes = timing::pe_count(config.accelerator.pe_array);
  const std::int64_t macs = mapping::total_macs(program.layers);
  const stats::CycleCount all = pe_array->activity().total();
  timing.pe_cycles = stats::pe_cycles({timing.cycles, all, all.total()}, macs, pes);
  const stats::ArrayWindow inside = pe_array->window();
  timing.array_cycles = inside.cycles;
  timing.array_pe_cycles = stats::pe_cycles(inside, macs, pes);
}

ImageTiming Machine::Modules::timing() {
  ImageTiming timing;
  for (const Named& named : reports) {
    if (named.activity != nullptr) {
      named.activity->account(clock.now());
    }
  }
  array_waits->account(clock.now());
  timing.load_waits = array_waits->loads();
  timing.store_waits = array_waits->stores();
  add_layers(timing);
  timeline.finish(timing.cycles);
  add_pe_cycles(timing);
  for (const Named& named : reports) {
    UnitReport unit;
    unit.name = named.name;
    unit.has_activity = named.activity != nullptr;
    if (unit.has_activity) {
      unit.activity = named.activity->total();
    }
    if (named.stats != nullptr) {
      for (const auto& counter : named.stats->counters()) {
        unit.counters.push_back({counter.name(), counter.meaning(), counter.value()});
      }
    }
    timing.units.push_back(std::move(unit));
  }
  for (const auto& conflict : scratchpad.conflicts()) {
    timing.conflicts.push_back({conflict.loser, conflict.winner, conflict.cycles});
  }
  for (const auto& requester : scratchpad.requesters()) {
    timing.requesters.push_back({requester.unit, requester.read_bytes, requester.write_bytes});
  }
  return timing;
}

Machine::Machine(const config::Config& config, const model::Graph& graph,
                 const mapping::Program& program, ExternalDram* external)
    : modules_(std::make_unique<Modules>(config, graph, program, external)) {
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
    if (graph.tensors[id].role == model::Role::kConstant) {
      modules_->dram.share(program.placements[id].dram_address, graph.tensors[id].bytes);
    }
  }
}

Machine::~Machine() = default;

void Machine::set_observer(hw::WriteObserver* observer) {
  modules_->scratchpad.set_observer(observer);
}

void Machine::set_command_observer(hw::CommandObserver* observer) {
  modules_->sequencer.set_observer(observer);
}

void Machine::set_access_observer(hw::AccessObserver* observer) {
  modules_->scratchpad.set_access_observer(observer);
  modules_->dma.set_access_observer(observer);
}

std::vector<std::string> Machine::scratchpad_requesters() const {
  std::vector<std::string> names;
  for (const auto& requester : modules_->scratchpad.requesters()) {
    names.push_back(requester.unit);
  }
  return names;
}

std::vector<std::string> Machine::dram_requesters() const {
  std::vector<std::string> names;
  for (int channel = 0; channel < modules_->config.accelerator.dma.channels; ++channel) {
    names.push_back(mapping::name_of(Unit::kDmaLoad, channel));
    names.push_back(mapping::name_of(Unit::kDmaStore, channel));
  }
  return names;
}

hw::Signals Machine::signals() const { return modules_->signals(); }

void Machine::set_tracer(std::function<void(Cycles)> look) {
  modules_->clock.set_tracer(std::move(look));
}

void Machine::set_progress(std::function<void(double)> progress) {
  modules_->progress = std::move(progress);
}

void Machine::set_reverse_order(bool reverse) { modules_->clock.set_reverse_order(reverse); }

ImageTiming Machine::run(const IntMatrix& input) {
  simulate(input);
  return timing();
}

ImageTiming Machine::timing() const { return modules_->timing(); }

void Machine::simulate(const IntMatrix& input) {
  modules_->reset();
  modules_->prepare_memory(input);
  modules_->simulate();
}

void Machine::stop() { modules_->clock.stop(); }

ImageTimeline Machine::timeline() const {
  const auto& last = modules_->timeline;
  const auto occupied =
      mapping::occupations(modules_->graph, modules_->program, modules_->sequencer.schedule());
  ImageTimeline timeline;
  timeline.window_cycles = last.window_cycles();
  timeline.cycles = modules_->clock.now();
  timeline.counts = last.series();
  timeline.occupied_bytes =
      mapping::mean_occupied(occupied, timeline.window_cycles, timeline.cycles);
  timeline.most_occupied_bytes = mapping::most_occupied(occupied);
  return timeline;
}

const mapping::Schedule& Machine::schedule() const { return modules_->sequencer.schedule(); }

IntMatrix Machine::read_tensor(model::TensorId id) const {
  const model::Tensor& tensor = modules_->graph.tensors[static_cast<std::size_t>(id)];
  std::vector<std::byte> bytes(static_cast<std::size_t>(tensor.size_bytes()));
  modules_->dram.read(modules_->program.placements[static_cast<std::size_t>(id)].dram_address,
                      bytes);
  IntMatrix values(tensor.rows, tensor.cols);
  const std::span all(values.view().data(), static_cast<std::size_t>(tensor.rows * tensor.cols));
  model::decode(bytes, tensor.element_bytes, all);
  return values;
}

}  // namespace vitsim::sim
