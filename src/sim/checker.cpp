// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/checker.h"

#include <algorithm>

#include <fmt/format.h>

#include "vitsim/model/encoding.h"

namespace vitsim::sim {

Checker::Checker(const model::Graph& graph) : graph_(graph), written_(graph.tensors.size()) {}

void Checker::begin_image(const model::IntegerResult& expected) {
  expected_ = &expected;
  written_.assign(written_.size(), 0);
}

void Checker::mismatch(const std::string& what) {
  ++mismatches_;
  if (first_mismatch_.empty()) {
    first_mismatch_ = what;
  }
}

void Checker::on_write(Cycles cycle, const std::string& unit, const hw::MemoryRequest& request) {
  const auto id = static_cast<std::size_t>(request.tensor);
  const model::Tensor& tensor = graph_.tensors[id];
  values_.resize(request.data.size() / static_cast<std::size_t>(tensor.element_bytes));
  model::decode(request.data, tensor.element_bytes, values_);
  const IntMatrix& expected = expected_->tensors[id];
  const std::int64_t col = request.col / tensor.element_bytes;
  const auto count = static_cast<std::int64_t>(values_.size());
  values_compared_ += count;
  written_[id] += count;
  if (!request.strided() &&
      std::ranges::equal(
          values_,
          expected.row(request.row).subspan(static_cast<std::size_t>(col), values_.size()))) {
    return;  // almost every write
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t at_row = request.row + (request.strided() ? i : 0);
    const std::int64_t at_col = col + (request.strided() ? 0 : i);
    const std::int16_t value = values_[static_cast<std::size_t>(i)];
    if (value != expected(at_row, at_col)) {
      mismatch(fmt::format("cycle {}: {} writes {} to {}[{}, {}], expected {}", cycle, unit, value,
                           tensor.name, at_row, at_col, expected(at_row, at_col)));
    }
  }
}

void Checker::end_image(const Machine& machine, const mapping::Program& program,
                        const ImageTiming& timing) {
  compare_written();
  for (std::size_t id = 0; id < graph_.tensors.size(); ++id) {
    if (graph_.tensors[id].role == model::Role::kActivation && !program.placements[id].resident) {
      const auto tensor = static_cast<model::TensorId>(id);
      compare_stored(tensor, machine.read_tensor(tensor));
    }
  }
  compare_counts(range_counts(timing), range_counts(*expected_));
}

void Checker::compare_written() {
  for (std::size_t id = 0; id < written_.size(); ++id) {
    const model::Tensor& tensor = graph_.tensors[id];
    const std::int64_t all = tensor.rows * tensor.cols;
    if (tensor.role == model::Role::kActivation && written_[id] != all) {
      mismatch(fmt::format("{}: {} values written, expected {}", tensor.name, written_[id], all));
    }
  }
}

void Checker::compare_stored(model::TensorId id, const IntMatrix& stored) {
  const IntMatrix& expected = expected_->tensors[static_cast<std::size_t>(id)];
  if (stored == expected) {
    return;
  }
  for (std::int64_t row = 0; row < stored.rows(); ++row) {
    for (std::int64_t col = 0; col < stored.cols(); ++col) {
      if (stored(row, col) != expected(row, col)) {
        mismatch(fmt::format("DRAM holds {} for {}[{}, {}], expected {}", stored(row, col),
                             graph_.tensors[static_cast<std::size_t>(id)].name, row, col,
                             expected(row, col)));
      }
    }
  }
}

CheckResult Checker::result(Check kind) const {
  CheckResult result;
  result.kind = kind;
  result.integer_mismatches = mismatches_;
  result.values_compared = values_compared_;
  result.first_mismatch = first_mismatch_;
  return result;
}

void Checker::compare_counts(const RangeCounts& counted, const RangeCounts& expected) {
  compare_count(kSaturatedSums, counted, expected);
  for (const RangeCount& count : kTaylorCounts) {
    compare_count(count, counted, expected);
  }
}

void Checker::compare_count(const RangeCount& count, const RangeCounts& counted,
                            const RangeCounts& expected) {
  if (counted.*count.value != expected.*count.value) {
    mismatch(fmt::format("the machine counts {} {}, expected {}", counted.*count.value, count.name,
                         expected.*count.value));
  }
}

}  // namespace vitsim::sim
