// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "vitsim/config/accelerator.h"

namespace vitsim::timing {

using config::Dataflow;
using config::Drain;

inline constexpr std::array kDataflows{Dataflow::kWeightStationary, Dataflow::kInputStationary,
                                       Dataflow::kOutputStationary};

inline config::PeArray systolic(Dataflow dataflow, int rows, int cols, bool overlap_folds = false) {
  config::PeArray array;
  array.dataflow = dataflow;
  array.rows = rows;
  array.cols = cols;
  array.overlap_folds = overlap_folds;
  return array;
}

inline config::PeArray exposed(config::PeArray array) {
  array.drain = Drain::kExposed;
  return array;
}

inline config::PeArray row_wise(int rows, int blocks, int macs_per_block) {
  config::PeArray array;
  array.kind = config::ArrayKind::kRowWise;
  array.rows = rows;
  array.blocks = blocks;
  array.macs_per_block = macs_per_block;
  return array;
}

}  // namespace vitsim::timing
