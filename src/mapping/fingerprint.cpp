// SPDX-License-Identifier: Apache-2.0
#include "fingerprint.h"

#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace vitsim::mapping {
namespace {

/// FNV-1a, 64 bits. Numbers go in as eight bytes, the lowest first, so that the hash is the same on
/// every processor.
class Hash {
 public:
  void add(std::int64_t number) {
    auto bits = static_cast<std::uint64_t>(number);
    for (int i = 0; i < 8; ++i) {
      add_byte(bits & 0xFFU);
      bits >>= 8U;
    }
  }
  void add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    for (const char c : text) {
      add_byte(static_cast<unsigned char>(c));
    }
  }
  void add(const model::View& view) {
    for (const std::int64_t number :
         {std::int64_t{view.tensor}, view.row, view.col, view.rows, view.cols}) {
      add(number);
    }
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  void add_byte(std::uint64_t byte) {
    constexpr std::uint64_t kPrime = 0x100000001B3;
    value_ = (value_ ^ byte) * kPrime;
  }
  std::uint64_t value_ = 0xCBF29CE484222325;  // the offset basis
};

void add(Hash& hash, const model::Tensor& tensor) {
  hash.add(tensor.name);
  hash.add(static_cast<std::int64_t>(tensor.role));
  for (const std::int64_t number : {tensor.rows, tensor.cols, std::int64_t{tensor.element_bytes},
                                    std::int64_t{tensor.skewed}, std::int64_t{tensor.on_chip}}) {
    hash.add(number);
  }
}

void add(Hash& hash, const model::Op& op) {
  hash.add(op.name);
  hash.add(static_cast<std::int64_t>(op.work.index()));
  if (const model::Matmul* product = product_of(op)) {
    hash.add(std::int64_t{product->lhs_transposed});
    hash.add(std::int64_t{product->rhs_transposed});
  }
  for (const model::View& view : inputs_of(op)) {
    hash.add(view);
  }
  hash.add(op.out);
}

}  // namespace

std::string fingerprint(const model::Graph& graph) {
  Hash hash;
  for (const model::Tensor& tensor : graph.tensors) {
    add(hash, tensor);
  }
  for (const model::Op& op : graph.ops) {
    add(hash, op);
  }
  return fmt::format("{:016x}", hash.value());
}

}  // namespace vitsim::mapping
