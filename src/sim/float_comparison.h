// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "vitsim/model/dataset.h"
#include "vitsim/model/integer_network.h"
#include "vitsim/sim/run.h"

namespace vitsim::sim {

/// Indices of the largest logits, best first.
std::vector<int> best_classes(std::span<const float> logits, std::size_t count);

/// Runs the float network and adds up, layer by layer, how far the integers are from it.
class FloatComparison {
 public:
  /// All arguments must outlive it.
  FloatComparison(const config::Model& model, const Network& network, const model::Graph& graph,
                  config::Attention attention);

  /// The float network's best class for the image.
  int compare(const model::Image& image, const model::IntegerResult& integers);

  /// Those of layers that the float network has a counterpart of.
  [[nodiscard]] std::vector<LayerError> errors() &&;

 private:
  /// One of a layer's figures.
  using Figure = ErrorFigure& (*)(LayerError&);

  void compare_tensor(const std::string& name, MatrixView<const float> exact,
                      const model::IntegerResult& integers);
  void add(const std::string& tensor, Figure figure, MatrixView<const float> exact,
           const model::IntegerResult& integers);
  LayerError& error_of(const std::string& layer);

  const config::Model& model_;
  const Network& network_;
  const model::Graph& graph_;
  config::Attention attention_;
  std::map<std::string, std::vector<const model::Op*>> writers_;  ///< by tensor
  std::vector<LayerError> errors_;                                ///< by layer
};

}  // namespace vitsim::sim
