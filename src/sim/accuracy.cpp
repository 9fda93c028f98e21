// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/report.h"

namespace vitsim::sim {

Accuracy accuracy_of(const RunResult& result) {
  Accuracy accuracy;
  for (const Prediction& prediction : result.predictions) {
    if (!prediction.label || prediction.top5.empty()) {
      continue;
    }
    const int top1 = prediction.top5.front();
    ++accuracy.labels;
    accuracy.correct += top1 == *prediction.label;
    if (prediction.float_top1) {
      ++accuracy.float_runs;
      accuracy.float_correct += *prediction.float_top1 == *prediction.label;
      accuracy.agreements += *prediction.float_top1 == top1;
    }
  }
  return accuracy;
}

}  // namespace vitsim::sim
