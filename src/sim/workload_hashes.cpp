// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/workload_hashes.h"

#include <string_view>
#include <vector>

#include "vitsim/core/checksum.h"
#include "vitsim/mapping/program_text.h"

namespace vitsim::sim {
namespace {

class Hash {
 public:
  template <class T>
  void add(const T* values, std::size_t count) {
    checksum_.add({reinterpret_cast<const char*>(values), count * sizeof(T)});
  }
  void add(std::string_view text) { add(text.data(), text.size()); }
  void add(const std::vector<float>& values) { add(values.data(), values.size()); }
  void add(const Matrix<float>& values) { add(values.elements()); }
  void add(const reference::Linear& linear) {
    add(linear.weight);
    add(linear.bias);
  }
  void add(const reference::LayerNorm& norm) {
    add(norm.gamma);
    add(norm.beta);
  }

  [[nodiscard]] std::string text() const { return checksum_.text(); }

 private:
  Checksum checksum_;
};

std::string hash_of(const reference::Weights& weights) {
  Hash hash;
  hash.add(weights.patch_embed);
  hash.add(weights.class_token);
  hash.add(weights.position_embedding);
  for (const reference::EncoderBlock& block : weights.blocks) {
    hash.add(block.norm1);
    hash.add(block.qkv);
    hash.add(block.proj);
    hash.add(block.norm2);
    hash.add(block.fc1);
    hash.add(block.fc2);
  }
  hash.add(weights.norm);
  hash.add(weights.head);
  return hash.text();
}

std::string hash_of(const reference::Ranges& ranges) {
  Hash hash;
  for (const auto& [name, value] : ranges.values) {
    hash.add(name);
    hash.add(&value, 1);
  }
  return hash.text();
}

std::string hash_of(const IntMatrix& values) {
  Hash hash;
  hash.add(values.elements().data(), values.elements().size());
  return hash.text();
}

std::string hash_of(const mapping::Program& program, const model::Graph& graph) {
  Hash hash;
  for (const mapping::Command& command : program.commands) {
    hash.add(mapping::to_text(command, graph));
  }
  return hash.text();
}

}  // namespace

WorkloadHashes hashes_of(const Network& network, const IntMatrix& input, const model::Graph& graph,
                         const mapping::Program& program) {
  return {hash_of(network.weights), hash_of(network.ranges), hash_of(input),
          hash_of(program, graph)};
}

}  // namespace vitsim::sim
