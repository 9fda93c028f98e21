// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "vitsim/config/field.h"

namespace vitsim::config {

/// Sums over tokens: of K, of K_hat, of V.
struct AccumulatorArray {
  int lanes = 0;
  int latency_cycles = 1;
  int initiation_interval = 1;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("lanes", lanes, Range{0, 512}, "features summed in a cycle; 0: taylor_pipeline.lanes");
    visit("latency_cycles", latency_cycles, Range{1, 256}, "from a token's features to their sums");
    visit("initiation_interval", initiation_interval, Range{1, 64},
          "cycles between two groups of lanes");
  }
};

enum class DividerKind { kRadix, kReciprocal };
inline constexpr std::array kDividerKindNames{EnumName{"radix", DividerKind::kRadix},
                                              EnumName{"reciprocal", DividerKind::kReciprocal}};

/// Divides by one divisor (the means: n) or by a chain of them, one a row (t_D).
struct DividerArray {
  int lanes = 0;
  DividerKind kind = DividerKind::kRadix;
  int radix_bits = 2;
  int quotient_bits = 16;
  int reciprocal_bits = 16;
  int latency_cycles = 2;
  int initiation_interval = 1;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("lanes", lanes, Range{0, 512}, "quotients begun in a cycle; 0: taylor_pipeline.lanes");
    visit("kind", kind, kDividerKindNames,
          "radix: digit by digit, exact; reciprocal: multiplies with the divisor's reciprocal");
    visit("radix_bits", radix_bits, Range{1, 8}, "bits of a digit, one digit a cycle");
    visit("quotient_bits", quotient_bits, Range{4, 32},
          "width of a quotient; its point is placed for each layer, so that the context fits");
    visit("reciprocal_bits", reciprocal_bits, Range{4, 30},
          "bits of a reciprocal behind its leading one", OnlyIf{kind == DividerKind::kReciprocal});
    visit("latency_cycles", latency_cycles, Range{1, 256},
          "pipeline depth besides the digits, with the final rescaling");
    visit("initiation_interval", initiation_interval, Range{1, 64},
          "cycles between two groups of lanes; 1: a stage of hardware for each digit");
  }
};

/// Subtracts the mean from K, adds the sum of V to Q G; with deferred centring corrects K^T V.
struct AdderArray {
  int lanes = 0;
  int latency_cycles = 1;
  int initiation_interval = 1;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("lanes", lanes, Range{0, 512}, "features added in a cycle; 0: taylor_pipeline.lanes");
    visit("latency_cycles", latency_cycles, Range{1, 256}, "from a row to its result");
    visit("initiation_interval", initiation_interval, Range{1, 64},
          "cycles between two groups of lanes");
  }
};

/// One more column of PEs beside a weight_stationary array, which shares the stream of Q.
struct SaDiag {
  int latency_cycles = 1;
  int divisor_queue = 16;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("latency_cycles", latency_cycles, Range{1, 256},
          "from a sum that leaves the column to the divisor");
    visit("divisor_queue", divisor_queue, Range{2, 512},
          "divisors that wait for their rows in front of the divider array");
  }
};

enum class Overlap { kNone, kIntraLayer, kAcrossHeads };
inline constexpr std::array kOverlapNames{EnumName{"none", Overlap::kNone},
                                          EnumName{"intra_layer", Overlap::kIntraLayer},
                                          EnumName{"across_heads", Overlap::kAcrossHeads}};
enum class Denominator { kComputed, kConstant };
inline constexpr std::array kDenominatorNames{EnumName{"computed", Denominator::kComputed},
                                              EnumName{"constant", Denominator::kConstant}};
enum class Centering { kBefore, kDeferred };
inline constexpr std::array kCenteringNames{EnumName{"before", Centering::kBefore},
                                            EnumName{"deferred", Centering::kDeferred}};
enum class KHatLayout { kTokenMajor, kSkewed, kFeatureMajor };
inline constexpr std::array kKHatLayoutNames{EnumName{"token_major", KHatLayout::kTokenMajor},
                                             EnumName{"skewed", KHatLayout::kSkewed},
                                             EnumName{"feature_major", KHatLayout::kFeatureMajor}};
enum class FeatureReads { kTransposeBuffer, kGather };
inline constexpr std::array kFeatureReadsNames{
    EnumName{"transpose_buffer", FeatureReads::kTransposeBuffer},
    EnumName{"gather", FeatureReads::kGather}};

/// Linear Taylor attention (ViTALiTy, HPCA 2023, Algorithm 1) around the PE array.
struct TaylorPipeline {
  int lanes = 64;
  Overlap overlap = Overlap::kIntraLayer;
  Denominator denominator = Denominator::kComputed;
  Centering centering = Centering::kBefore;
  int mean_fraction_bits = 8;
  int k_hat_bits = 16;
  int k_hat_fraction_bits = 4;
  int g_bits = 8;
  KHatLayout k_hat_layout = KHatLayout::kTokenMajor;
  FeatureReads feature_reads = FeatureReads::kTransposeBuffer;
  AccumulatorArray accumulator_array;
  DividerArray divider_array;
  AdderArray adder_array;
  SaDiag sa_diag;

  template <class Visitor>
  void fields(Visitor& visit) {
    visit("lanes", lanes, Range{1, 512}, "of each of the three arrays that does not say its own");
    visit("overlap", overlap, kOverlapNames,
          "none: one step after the other; intra_layer: the steps of a head overlap where data "
          "allow it, and a head follows the one before; across_heads: heads overlap, too");
    visit("denominator", denominator, kDenominatorNames,
          "t_D: computed by SA-Diag, or n sqrt(d), which it is with exact centring");
    visit("centering", centering, kCenteringNames,
          "K_hat before its product with V, or the product of K with V corrected by the mean");
    visit("mean_fraction_bits", mean_fraction_bits, Range{0, 14}, "of k_mean, in steps of K");
    visit("k_hat_bits", k_hat_bits, Range{4, 16},
          "width of K_hat; what does not fit saturates and is counted");
    visit("k_hat_fraction_bits", k_hat_fraction_bits, Range{0, 14},
          "of K_hat, at most those of the mean");
    visit("g_bits", g_bits, Range{4, 16}, "width of G; what does not fit saturates and is counted");
    visit("k_hat_layout", k_hat_layout, kKHatLayoutNames,
          "how K_hat lies in the scratchpad: by token; by token with rows that begin in different "
          "banks; by feature, written element by element");
    visit("feature_reads", feature_reads, kFeatureReadsNames,
          "how a feature of many tokens is read: by whole tokens through a transpose buffer, or "
          "element by element from the banks");
    visit("accumulator_array", accumulator_array, "sums over tokens");
    visit("divider_array", divider_array, "means, and T_N by t_D");
    visit("adder_array", adder_array, "K - k_mean, and Q G + sqrt(d) v_sum");
    visit("sa_diag", sa_diag, "t_D, on one more column of PEs");
  }
};

}  // namespace vitsim::config
