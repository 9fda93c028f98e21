// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/chains.h"

#include <algorithm>

namespace vitsim::mapping {
namespace {

/// Stages of the longest chain: layer norm, two linear layers with GELU between, and one more.
constexpr int kMostStages = 5;

bool is_whole(const model::View& view, const model::Tensor& tensor) {
  return view.row == 0 && view.col == 0 && view.rows == tensor.rows && view.cols == tensor.cols;
}

/// Windows of which a row of the result needs the same row alone; none where an operator cannot
/// work by rows.
class RowInputs {
 public:
  std::vector<model::View> operator()(const model::Matmul& work) const {
    if (work.lhs_transposed) {
      return {};
    }
    std::vector<model::View> views{work.lhs};
    if (work.residual) {
      views.push_back(*work.residual);
    }
    return views;
  }
  std::vector<model::View> operator()(const model::Softmax& work) const { return {work.in}; }
  std::vector<model::View> operator()(const model::Gelu& work) const { return {work.in}; }
  std::vector<model::View> operator()(const model::LayerNorm& work) const { return {work.in}; }
  std::vector<model::View> operator()(const model::Add& work) const { return {work.a, work.b}; }
  template <class Other>
  std::vector<model::View> operator()(const Other& /*work*/) const {
    return {};
  }
};

class Finder {
 public:
  explicit Finder(const Sequence& sequence)
      : sequence_(sequence),
        readers_(sequence.graph().tensors.size()),
        writers_(sequence.graph().tensors.size()) {
    for (int at = 0; at < sequence.size(); ++at) {
      for (const model::View& view : inputs_of(op(at))) {
        readers_[static_cast<std::size_t>(view.tensor)].push_back(at);
      }
      writers_[static_cast<std::size_t>(op(at).out.tensor)].push_back(at);
    }
  }

  [[nodiscard]] std::vector<Chain> find() const {
    std::vector<Chain> chains;
    const auto ops = sequence_.size();
    for (int first = 0; first < ops; ++first) {
      for (int stages = 2; stages <= kMostStages && first + stages <= ops; ++stages) {
        if (is_chain(first, stages) && !follows_copy(first, stages)) {
          chains.push_back({first, stages, copies(first, stages)});
        }
      }
    }
    return chains;
  }

 private:
  [[nodiscard]] const model::Op& op(int index) const { return sequence_.op(index); }

  [[nodiscard]] bool is_chain(int first, int stages) const {
    for (int stage = 0; stage < stages; ++stage) {
      const model::Op& one = op(first + stage);
      if (one.begins_after != 0 || std::visit(RowInputs{}, one.work).empty() || one.out.row != 0 ||
          one.out.rows != op(first).out.rows) {
        return false;
      }
      if (stage + 1 < stages && !stays_within(first, first + stage, first + stages - 1)) {
        return false;
      }
    }
    return true;
  }

  /// Whether what `writer` computes is read by rows and by operators up to `last` alone, the next
  /// one among them.
  [[nodiscard]] bool stays_within(int first, int writer, int last) const {
    const model::View& out = op(writer).out;
    const auto& readers = readers_[static_cast<std::size_t>(out.tensor)];
    const bool alone = writers_[static_cast<std::size_t>(out.tensor)].size() == 1 &&
                       out.tensor != sequence_.graph().logits && !sequence_.tensor(out).on_chip;
    const bool next = std::ranges::find(readers, writer + 1) != readers.end();
    return alone && next && is_whole(out, sequence_.tensor(out)) &&
           std::ranges::all_of(readers, [&](int reader) {
             return first <= reader && reader <= last && reads_by_rows(reader, out.tensor);
           });
  }

  /// Each window on the tensor is among those that are read by rows.
  [[nodiscard]] bool reads_by_rows(int reader, model::TensorId tensor) const {
    const auto of_tensor = [&](const model::View& view) {
      return view.tensor == tensor && view.row == 0 && view.rows == op(reader).out.rows;
    };
    const auto by_rows = std::visit(RowInputs{}, op(reader).work);
    const auto all = inputs_of(op(reader));
    return std::ranges::count_if(by_rows, of_tensor) ==
           std::ranges::count(all, tensor, &model::View::tensor);
  }

  [[nodiscard]] static bool same_shape(const model::View& a, const model::View& b) {
    return a.rows == b.rows && a.cols == b.cols;
  }

  [[nodiscard]] bool alike(int a, int b) const {
    const auto inputs_a = inputs_of(op(a));
    const auto inputs_b = inputs_of(op(b));
    return op(a).work.index() == op(b).work.index() && op(a).layer == op(b).layer &&
           same_shape(op(a).out, op(b).out) &&
           std::ranges::equal(inputs_a, inputs_b,
                              [](const auto& x, const auto& y) { return same_shape(x, y); });
  }

  [[nodiscard]] bool is_copy(int first, int stages, int of) const {
    for (int stage = 0; stage < stages; ++stage) {
      if (!alike(first + stage, of + stage)) {
        return false;
      }
    }
    return is_chain(first, stages);
  }

  [[nodiscard]] bool follows_copy(int first, int stages) const {
    return first >= stages && is_copy(first - stages, stages, first);
  }

  [[nodiscard]] int copies(int first, int stages) const {
    const auto ops = sequence_.size();
    int count = 1;
    while (first + (count + 1) * stages <= ops && is_copy(first + count * stages, stages, first)) {
      ++count;
    }
    return count;
  }

  const Sequence& sequence_;
  std::vector<std::vector<int>> readers_;  ///< operators, by tensor
  std::vector<std::vector<int>> writers_;
};

}  // namespace

std::vector<Chain> chains_of(const Sequence& sequence) { return Finder(sequence).find(); }

int last_reader(const Sequence& sequence, const Chain& chain, int stage) {
  const model::TensorId tensor = sequence.op(chain.first + stage).out.tensor;
  int last = stage;
  for (int reader = stage + 1; reader < chain.stages; ++reader) {
    const auto inputs = inputs_of(sequence.op(chain.first + reader));
    if (std::ranges::find(inputs, tensor, &model::View::tensor) != inputs.end()) {
      last = reader;
    }
  }
  return last;
}

}  // namespace vitsim::mapping
