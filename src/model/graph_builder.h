// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/model/encoding.h"
#include "vitsim/model/graph.h"
#include "vitsim/reference/calibration.h"

namespace vitsim::model {

/// Appends tensors and operators to a graph.
class GraphBuilder {
 public:
  GraphBuilder(const config::Config& config, const reference::Ranges& ranges)
      : config_(config), ranges_(ranges) {}

  [[nodiscard]] const config::Config& config() const { return config_; }
  [[nodiscard]] int activation_bits() const { return config_.precision.activation_bits; }
  /// The calibrated range of `name`.
  [[nodiscard]] double range(const std::string& name) const { return ranges_.at(name); }
  /// The scale at which the calibrated range of `name` fits `bits`.
  [[nodiscard]] double scale(const std::string& name, int bits) const;
  /// The same for the width of activations.
  [[nodiscard]] double scale(const std::string& name) const {
    return scale(name, activation_bits());
  }

  TensorId input(const std::string& name, std::int64_t rows, std::int64_t cols,
                 std::vector<double> scales);
  TensorId activation(const std::string& name, std::int64_t rows, std::int64_t cols, int bits,
                      std::vector<double> scales);
  /// activation() of one head of an attention.
  TensorId head_activation(const std::string& name, std::int64_t rows, std::int64_t cols, int bits,
                           std::vector<double> scales);
  TensorId constant(const std::string& name, const IntMatrix& values, int bits, double scale);
  /// A constant, or a table of parameters, without content.
  TensorId constant_shape(const std::string& name, std::int64_t rows, std::int64_t cols, int bits);
  TensorId table_shape(const std::string& name, std::int64_t entries, int entry_bytes);
  template <class Params>
  TensorId table(const std::string& name, const std::vector<Params>& params, int entry_bytes) {
    return add({.name = name,
                .role = Role::kConstant,
                .rows = 1,
                .cols = static_cast<std::int64_t>(params.size()),
                .bits = 0,
                .element_bytes = entry_bytes,
                .bytes = encode_params(params)});
  }
  TensorId add(Tensor tensor);

  [[nodiscard]] Tensor& tensor(TensorId id) { return graph_.tensors[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const Tensor& tensor(TensorId id) const {
    return graph_.tensors[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] View whole(TensorId id) const;

  void op(std::string name, std::string layer, View out, decltype(Op::work) work);
  /// The operators that follow begin when all before them are done.
  void wait_for_all() { begins_after_ = graph_.ops.size(); }
  /// They begin when what they read is there.
  void wait_for_data() { begins_after_ = 0; }

  [[nodiscard]] Graph& graph() { return graph_; }

 private:
  const config::Config& config_;
  const reference::Ranges& ranges_;
  Graph graph_;
  std::size_t begins_after_ = 0;
};

}  // namespace vitsim::model
