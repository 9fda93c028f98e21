// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "vitsim/config/dma.h"
#include "vitsim/config/dram.h"
#include "vitsim/config/field.h"
#include "vitsim/config/mapping.h"
#include "vitsim/config/scratchpad.h"
#include "vitsim/config/taylor_pipeline.h"

/// The machine, one struct a part. docs/configuration.md is generated from the `fields()` here.
namespace vitsim::config {

enum class ArrayKind { kSystolic, kRowWise };
enum class Dataflow { kWeightStationary, kOutputStationary, kInputStationary };
enum class Drain { kHidden, kExposed };
enum class ArrayModel { kWavefront, kRegister };
inline constexpr std::array kArrayKindNames{EnumName{"systolic", ArrayKind::kSystolic},
                                            EnumName{"row_wise", ArrayKind::kRowWise}};
inline constexpr std::array kDataflowNames{
    EnumName{"weight_stationary", Dataflow::kWeightStationary},
    EnumName{"output_stationary", Dataflow::kOutputStationary},
    EnumName{"input_stationary", Dataflow::kInputStationary}};
inline constexpr std::array kDrainNames{EnumName{"hidden", Drain::kHidden},
                                        EnumName{"exposed", Drain::kExposed}};
inline constexpr std::array kArrayModelNames{EnumName{"wavefront", ArrayModel::kWavefront},
                                             EnumName{"register", ArrayModel::kRegister}};

/// The array of processing elements. Systolic: rows x cols of them, each with one MAC. Row-wise:
/// `rows` rows of `blocks` blocks of `macs_per_block` MACs; the weights of a block serve all rows,
/// and an adder tree a row sums up its blocks.
struct PeArray {
  ArrayKind kind = ArrayKind::kSystolic;
  Dataflow dataflow = Dataflow::kWeightStationary;
  int rows = 64;
  int cols = 64;
  int blocks = 12;
  int macs_per_block = 4;
  int row_buffer_elements = 1024;
  bool overlap_folds = true;
  int weight_rows_per_cycle = 1;
  Drain drain = Drain::kHidden;
  ArrayModel model = ArrayModel::kWavefront;
  int stream_bits = 16;

  template <class Visitor>
  void fields(Visitor& visit) {
    const bool systolic = kind == ArrayKind::kSystolic;
    const bool output_stationary = systolic && dataflow == Dataflow::kOutputStationary;
    visit("kind", kind, kArrayKindNames, "how the processing elements are joined");
    visit("dataflow", dataflow, kDataflowNames, "what stays in the array", OnlyIf{systolic});
    visit("rows", rows, Range{1, 512}, "rows of processing elements; row_wise: tokens at a time");
    visit("cols", cols, Range{1, 512}, "columns of processing elements", OnlyIf{systolic});
    visit("blocks", blocks, Range{1, 512}, "row_wise: blocks of a row", OnlyIf{!systolic});
    visit("macs_per_block", macs_per_block, Range{1, 64}, "row_wise: MACs of a block",
          OnlyIf{!systolic});
    visit("row_buffer_elements", row_buffer_elements, Range{1, 65536},
          "row_wise: elements of each token that are held, blocks x macs_per_block at the least; a "
          "longer contraction is cut",
          OnlyIf{!systolic});
    visit("overlap_folds", overlap_folds,
          "the next fold begins while this one is in the array; else it pays its load, fill and "
          "drain",
          OnlyIf{systolic});
    visit("weight_rows_per_cycle", weight_rows_per_cycle, Range{1, 32},
          "rows of the operand that stays which are fetched and enter in a cycle",
          OnlyIf{!output_stationary});
    visit("drain", drain, kDrainNames,
          "output_stationary: finished sums are read out in parallel, or shifted down the columns",
          OnlyIf{output_stationary});
    visit("model", model, kArrayModelNames,
          "how the simulator computes the array: same beats in the same cycles, fast or register "
          "by register");
    visit("stream_bits", stream_bits, Range{2, 16},
          "width of the left operand, activations and attention weights: it streams in "
          "weight_stationary");
  }
};

/// Whether the array holds the left operand of a product, so that columns of the right one stream
/// and columns of the result come out.
constexpr bool holds_inputs(const PeArray& array) {
  return array.kind == ArrayKind::kRowWise || array.dataflow == Dataflow::kInputStationary;
}

/// Holds the partial sums of one tile until the contraction is complete.
struct AccumulatorBuffer {
  int rows = 256;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("rows", rows, Range{1, 65536}, "rows of sums, each as wide as the array");
  }
};

/// Bias, requantize, residual add on the finished sums.
struct PostProcessor {
  int lanes = 64;
  int latency_cycles = 4;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("lanes", lanes, Range{1, 512}, "columns rescaled in a cycle");
    visit("latency_cycles", latency_cycles, Range{1, 64}, "from a row of sums to its result");
  }
};

enum class SoftmaxKind { kShiftmax };
inline constexpr std::array kSoftmaxKindNames{EnumName{"shiftmax", SoftmaxKind::kShiftmax}};

/// Softmax over rows of attention scores.
struct SoftmaxUnit {
  SoftmaxKind kind = SoftmaxKind::kShiftmax;
  int lanes = 16;
  int output_bits = 16;
  int latency_cycles = 8;
  int initiation_interval = 1;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("kind", kind, kSoftmaxKindNames, "the integer algorithm");
    visit("lanes", lanes, Range{1, 512}, "elements of a row taken in a cycle");
    visit("output_bits", output_bits, Range{4, 16},
          "width of the attention weights; 8 bits lose most of the mass at 197 tokens");
    visit("latency_cycles", latency_cycles, Range{1, 256}, "pipeline depth, all passes together");
    visit("initiation_interval", initiation_interval, Range{1, 64},
          "cycles between two groups of lanes");
  }
};

enum class GeluKind { kShiftgelu };
inline constexpr std::array kGeluKindNames{EnumName{"shiftgelu", GeluKind::kShiftgelu}};

/// GELU over rows of the hidden layer.
struct GeluUnit {
  GeluKind kind = GeluKind::kShiftgelu;
  int lanes = 64;
  bool fused = false;
  int latency_cycles = 8;
  int initiation_interval = 1;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("kind", kind, kGeluKindNames, "the integer algorithm");
    visit("lanes", lanes, Range{1, 512}, "elements of a row taken in a cycle");
    visit("fused", fused, "inside the post-processor; only for elementwise kinds");
    visit("latency_cycles", latency_cycles, Range{1, 256}, "pipeline depth, all passes together");
    visit("initiation_interval", initiation_interval, Range{1, 64},
          "cycles between two groups of lanes");
  }
};

enum class LayerNormKind { kIvit };
inline constexpr std::array kLayerNormKindNames{EnumName{"ivit", LayerNormKind::kIvit}};

/// Layer norm over rows of the residual stream.
struct LayerNormUnit {
  LayerNormKind kind = LayerNormKind::kIvit;
  int lanes = 64;
  int latency_cycles = 24;
  int initiation_interval = 1;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("kind", kind, kLayerNormKindNames, "the integer algorithm");
    visit("lanes", lanes, Range{1, 512}, "elements of a row taken in a cycle");
    visit("latency_cycles", latency_cycles, Range{1, 256},
          "pipeline depth, all passes together, with the square root's iterations");
    visit("initiation_interval", initiation_interval, Range{1, 64},
          "cycles between two groups of lanes");
  }
};

/// Adds rows of 16-bit integers: class token and its position embedding.
struct VectorUnit {
  int lanes = 64;
  int latency_cycles = 2;
  int initiation_interval = 1;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("lanes", lanes, Range{1, 512}, "elements of a row taken in a cycle");
    visit("latency_cycles", latency_cycles, Range{1, 256}, "pipeline depth");
    visit("initiation_interval", initiation_interval, Range{1, 64},
          "cycles between two groups of lanes");
  }
};

/// Releases commands to the units as their tokens arrive.
struct Sequencer {
  int queue_depth = 2;
  int watchdog_cycles = 100000;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("queue_depth", queue_depth, Range{1, 16},
          "released commands that wait at a unit; 1 leaves a gap between two commands");
    visit("watchdog_cycles", watchdog_cycles, Range{100, 1e9},
          "cycles without progress after which a run is given up as deadlocked");
  }
};

/// The whole machine. A unit that is absent does not exist; a model that needs it is refused.
struct Accelerator {
  double clock_mhz = 500;
  Sequencer sequencer;
  PeArray pe_array;
  AccumulatorBuffer accumulator_buffer;
  PostProcessor post_processor;
  Scratchpad scratchpad;
  Dram dram;
  Dma dma;
  std::optional<SoftmaxUnit> softmax_unit;
  std::optional<GeluUnit> gelu_unit;
  std::optional<LayerNormUnit> layer_norm_unit;
  std::optional<VectorUnit> vector_unit;
  std::optional<TaylorPipeline> taylor_pipeline;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("clock_mhz", clock_mhz, Range{0.001, 100000}, "core clock; turns cycles into seconds");
    visit("sequencer", sequencer, "releases commands to the units");
    visit("pe_array", pe_array, "the array of processing elements");
    visit("accumulator_buffer", accumulator_buffer, "partial sums between folds");
    visit("post_processor", post_processor, "bias, requantize, residual add");
    visit("scratchpad", scratchpad, "on-chip memory");
    visit("dram", dram, "off-chip memory");
    visit("dma", dma, "moves tiles between the two");
    visit("softmax_unit", softmax_unit, "softmax over rows of scores");
    visit("gelu_unit", gelu_unit, "GELU over rows of the hidden layer");
    visit("layer_norm_unit", layer_norm_unit, "layer norm over rows");
    visit("vector_unit", vector_unit, "addition of rows");
    visit("taylor_pipeline", taylor_pipeline, "linear Taylor attention, with the array");
  }
};

enum class Attention { kSoftmax, kTaylor, kTaylorReleased };
inline constexpr std::array kAttentionNames{
    EnumName{"softmax", Attention::kSoftmax}, EnumName{"taylor", Attention::kTaylor},
    EnumName{"taylor_released", Attention::kTaylorReleased}};

/// Widths of the integers.
struct Precision {
  int weight_bits = 8;
  int activation_bits = 8;
  int residual_bits = 16;
  int accumulator_bits = 32;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("weight_bits", weight_bits, Range{2, 16}, "weights, a scale for each output channel");
    visit("activation_bits", activation_bits, Range{2, 16}, "activations, a scale for each tensor");
    visit("residual_bits", residual_bits, Range{8, 16}, "the residual stream and the logits");
    visit("accumulator_bits", accumulator_bits, Range{16, 48},
          "finished sums saturate to this width, once");
  }
};

/// A configuration file.
struct Config {
  Accelerator accelerator;
  Attention attention = Attention::kSoftmax;
  Precision precision;
  Mapping mapping;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("accelerator", accelerator, "the machine");
    visit("attention", attention, kAttentionNames, "which attention the machine computes");
    visit("precision", precision, "widths of the integers");
    visit("mapping", mapping, "how networks are laid out on the machine");
  }
};

}  // namespace vitsim::config
