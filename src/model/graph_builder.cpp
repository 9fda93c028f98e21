// SPDX-License-Identifier: Apache-2.0
#include "graph_builder.h"

#include <utility>

#include "vitsim/core/units.h"
#include "vitsim/model/quantize.h"

namespace vitsim::model {

double GraphBuilder::scale(const std::string& name, int bits) const {
  return scale_for(ranges_.at(name), bits);
}

TensorId GraphBuilder::add(Tensor tensor) {
  graph_.tensors.push_back(std::move(tensor));
  return static_cast<TensorId>(graph_.tensors.size()) - 1;
}

TensorId GraphBuilder::input(const std::string& name, std::int64_t rows, std::int64_t cols,
                             std::vector<double> scales) {
  return add({.name = name,
              .role = Role::kInput,
              .rows = rows,
              .cols = cols,
              .bits = activation_bits(),
              .element_bytes = element_bytes(activation_bits()),
              .scales = std::move(scales)});
}

TensorId GraphBuilder::activation(const std::string& name, std::int64_t rows, std::int64_t cols,
                                  int bits, std::vector<double> scales) {
  return add({.name = name,
              .rows = rows,
              .cols = cols,
              .bits = bits,
              .element_bytes = element_bytes(bits),
              .scales = std::move(scales)});
}

TensorId GraphBuilder::head_activation(const std::string& name, std::int64_t rows,
                                       std::int64_t cols, int bits, std::vector<double> scales) {
  const TensorId id = activation(name, rows, cols, bits, std::move(scales));
  tensor(id).of_head = true;
  return id;
}

TensorId GraphBuilder::constant(const std::string& name, const IntMatrix& values, int bits,
                                double scale) {
  const int width = element_bytes(bits);
  std::vector<std::byte> bytes(values.elements().size() * static_cast<std::size_t>(width));
  encode(values.elements(), width, bytes);
  return add({.name = name,
              .role = Role::kConstant,
              .rows = values.rows(),
              .cols = values.cols(),
              .bits = bits,
              .element_bytes = width,
              .scales = {scale},
              .bytes = std::move(bytes)});
}

TensorId GraphBuilder::constant_shape(const std::string& name, std::int64_t rows, std::int64_t cols,
                                      int bits) {
  return add({.name = name,
              .role = Role::kConstant,
              .rows = rows,
              .cols = cols,
              .bits = bits,
              .element_bytes = element_bytes(bits)});
}

TensorId GraphBuilder::table_shape(const std::string& name, std::int64_t entries, int entry_bytes) {
  return add({.name = name,
              .role = Role::kConstant,
              .rows = 1,
              .cols = entries,
              .bits = 0,
              .element_bytes = entry_bytes});
}

View GraphBuilder::whole(TensorId id) const {
  const Tensor& tensor = graph_.tensors[static_cast<std::size_t>(id)];
  return {id, 0, 0, tensor.rows, tensor.cols};
}

void GraphBuilder::op(std::string name, std::string layer, View out, decltype(Op::work) work) {
  graph_.ops.push_back({std::move(name), std::move(layer), out, std::move(work), begins_after_});
}

}  // namespace vitsim::model
