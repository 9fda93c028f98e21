// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/config/model.h"
#include "vitsim/mapping/program.h"
#include "vitsim/mapping/traffic.h"
#include "vitsim/model/graph.h"
#include "vitsim/sim/error_figure.h"
#include "vitsim/sim/machine.h"
#include "vitsim/sim/map_network.h"
#include "vitsim/sim/range_counts.h"
#include "vitsim/sim/waveform.h"
#include "vitsim/sim/workload.h"

namespace vitsim::sim {

enum class Check { kExact, kNone };

/// What a run is asked to do. Progress says how many images are done, parts of one included, and
/// before, how many mappings of a search are simulated.
struct RunOptions : Workload {
  std::optional<WaveformOptions> waveform;  ///< of the first image
  std::filesystem::path timeline;           ///< where that of an image goes; empty: nowhere
  Check check = Check::kExact;
  std::function<void(double images_done, std::size_t images)> progress;
  std::function<void(std::size_t mappings_done, std::size_t mappings)> mapping_progress;
};

struct Prediction {
  std::string input;
  std::optional<int> label;
  std::vector<int> top5;          ///< class indices, best first
  std::vector<float> logits;      ///< dequantized
  std::optional<int> float_top1;  ///< the float network's choice, where it was run
};

/// Integer against float, for the results of one layer.
struct LayerError {
  std::string name;
  ErrorFigure figure;
  /// Of a context that is not softmax's: against softmax of the same float q, k and v.
  std::optional<ErrorFigure> against_softmax;
};

struct CheckResult {
  Check kind = Check::kExact;
  std::int64_t integer_mismatches = 0;
  std::int64_t values_compared = 0;
  std::string first_mismatch;
  std::vector<LayerError> layers;  ///< that the float network has, too
};

/// A tensor and what of it crosses between DRAM and scratchpad in an image.
struct TensorRow {
  std::string name;
  std::string_view kind;  ///< input, constant, activation, logits
  bool resident = false;  ///< it never leaves the scratchpad
  mapping::TensorTraffic traffic;
};

/// Everything that the reports say.
struct RunResult {
  std::vector<MappingTrial> mapping_trials;  ///< of a search
  std::size_t chosen_trial = 0;
  config::Config config;
  config::Model model;
  std::optional<std::uint64_t> seed;
  config::Attention attention = config::Attention::kSoftmax;
  std::vector<mapping::Layer> layers;
  std::vector<TensorRow> tensors;
  Bytes scratchpad_bytes = 0;
  Bytes dram_bytes = 0;
  std::size_t commands = 0;
  ImageTiming timing;      ///< of one image: all images take the same cycles
  ImageTimeline timeline;  ///< of one image
  std::int64_t images = 0;
  CheckResult check;
  std::vector<Prediction> predictions;
  RangeCounts range_counts;  ///< over all images
  double wall_seconds = 0;
  std::int64_t peak_rss_bytes = 0;

  [[nodiscard]] bool passed() const { return check.integer_mismatches == 0; }
};

/// Runs the images of `options.input` one after the other, each from reset, on one simulated
/// machine. ConfigError, ModelError, SimulationError, Interrupted. One call a process (Machine).
RunResult run(const RunOptions& options);

}  // namespace vitsim::sim
