// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/run.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <system_error>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/interrupt.h"
#include "vitsim/model/integer_network.h"
#include "vitsim/model/quantize.h"
#include "vitsim/model/vit_graph.h"
#include "vitsim/sim/checker.h"
#include "vitsim/sim/map_network.h"
#include "vitsim/sim/timeline_file.h"

#include "float_comparison.h"
#include "peak_rss.h"

namespace vitsim::sim {
namespace {

Prediction predict(const model::Image& image, const model::Graph& graph, const IntMatrix& logits) {
  Prediction prediction;
  prediction.input = image.input;
  prediction.label = image.label;
  const model::Tensor& tensor = graph.tensors[static_cast<std::size_t>(graph.logits)];
  prediction.logits = model::dequantize(tensor, logits).elements();
  prediction.top5 = best_classes(prediction.logits, 5);
  return prediction;
}

RunResult describe(const RunOptions& options, const Network& network, const model::Graph& graph,
                   const mapping::Program& program) {
  RunResult result;
  result.config = options.config;
  result.model = options.model;
  result.seed = network.seed;
  result.attention = model::attention_of(options.config, options.model);
  result.layers = program.layers;
  result.scratchpad_bytes = program.scratchpad_bytes;
  result.dram_bytes = program.dram_bytes;
  result.commands = program.commands.size();
  const auto traffic = mapping::traffic_of(graph, program);
  for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
    result.tensors.push_back({graph.tensors[id].name,
                              mapping::kind_of_tensor(graph, static_cast<model::TensorId>(id)),
                              program.placements[id].resident, traffic[id]});
  }
  return result;
}

/// All images take the same cycles: nothing in the machine looks at a value to decide on time.
void check_same_timing(const ImageTiming& first, const ImageTiming& now, const std::string& input) {
  if (first.cycles != now.cycles) {
    throw SimulationError(
        fmt::format("{} takes {} cycles, the image before it {}: cycles must not "
                    "depend on values",
                    input, now.cycles, first.cycles));
  }
}

/// Runs `work` on a thread of its own or, where there is none to be had, when its result is asked
/// for.
std::future<int> beside(const std::function<int()>& work) {
  try {
    return std::async(std::launch::async, work);
  } catch (const std::system_error&) {
    return std::async(std::launch::deferred, work);
  }
}

}  // namespace

RunResult run(const RunOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  LoadedWorkload loaded = load(options);
  Network& network = loaded.network;
  const model::Graph& graph = loaded.graph;
  const bool checked = options.check == Check::kExact;
  if (!checked) {
    network.weights = {};  // the largest thing in memory; only the float network would read it
  }
  const MappedNetwork mapped =
      map_network(options.config, graph, Finalists::kSimulated, options.mapping_progress);
  const mapping::Program& program = mapped.program;
  RunResult result = describe(options, network, graph, program);
  result.mapping_trials = mapped.trials;
  result.chosen_trial = mapped.chosen;

  Machine machine(options.config, graph, program);
  Checker checker(graph);
  machine.set_observer(checked ? &checker : nullptr);
  FloatComparison comparison(options.model, network, graph, result.attention);
  for (const model::Image& image : loaded.images) {
    check_interrupt();
    const auto done = static_cast<double>(result.images);
    machine.set_progress([&](double part) {
      if (options.progress) {
        options.progress(done + part, loaded.images.size());
      }
    });
    const IntMatrix input = quantized_input(image, graph, options.config.precision);
    model::IntegerResult expected;
    if (checked) {
      expected = model::run_integer_network(graph, options.config.precision, input);
      checker.begin_image(expected);
    }
    // The float network needs nothing of the machine, and its time passes beside the simulation's.
    std::future<int> float_top1;
    if (checked) {
      float_top1 = beside([&] { return comparison.compare(image, expected); });
    }
    std::optional<Waveform> waveform;
    if (options.waveform && result.images == 0) {
      waveform.emplace(machine, *options.waveform);
    }
    ImageTiming timing = machine.run(input);
    if (waveform) {
      waveform->finish();
    }
    Prediction prediction = predict(image, graph, machine.read_tensor(graph.logits));
    if (checked) {
      checker.end_image(machine, program, timing);
      prediction.float_top1 = float_top1.get();
    }
    result.range_counts += range_counts(timing);
    if (result.images > 0) {
      check_same_timing(result.timing, timing, image.input);
    } else {
      result.timeline = machine.timeline();
      if (!options.timeline.empty()) {
        write_timeline({options.config, graph, program, machine.schedule(), result.timeline,
                        fmt::format("vitsim, {}", options.model.name)},
                       options.timeline);
      }
    }
    result.timing = std::move(timing);
    result.predictions.push_back(std::move(prediction));
    ++result.images;
  }
  result.check = checker.result(options.check);
  if (checked) {
    result.check.layers = std::move(comparison).errors();
  }
  result.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  result.peak_rss_bytes = peak_rss_bytes(RUSAGE_SELF);
  return result;
}

}  // namespace vitsim::sim
