// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitsim {

enum class DType { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU8 };
std::string_view name_of(DType type);
std::size_t size_of(DType type);

/// A safetensors file, read whole and checked: header within the file, known types, shapes that
/// multiply without overflow, data ranges inside the file, as large as the shape says, and not
/// overlapping. Whatever fails is a ModelError that names the file and the tensor.
class Safetensors {
 public:
  struct Tensor {
    DType type;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes;

    [[nodiscard]] std::int64_t element_count() const;
  };

  Safetensors() = default;
  Safetensors(Safetensors&&) = default;
  Safetensors& operator=(Safetensors&&) = default;
  Safetensors(const Safetensors&) = delete;  // its tensors point into its bytes
  Safetensors& operator=(const Safetensors&) = delete;
  ~Safetensors() = default;

  static Safetensors load(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::map<std::string, Tensor, std::less<>>& tensors() const {
    return tensors_;
  }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }
  [[nodiscard]] bool contains(std::string_view name) const { return tensors_.contains(name); }
  /// ModelError with the nearest name where there is none.
  [[nodiscard]] const Tensor& at(std::string_view name) const;
  /// The elements as floats: F64, F32, F16, BF16. ModelError for other types.
  [[nodiscard]] std::vector<float> floats(std::string_view name) const;
  /// The elements as doubles: as floats(), and integer types.
  [[nodiscard]] std::vector<double> doubles(std::string_view name) const;
  /// The elements of an integer tensor (I8 ... I64, U8). ModelError for other types.
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view name) const;

 private:
  std::filesystem::path path_;
  std::vector<std::byte> bytes_;
  std::map<std::string, Tensor, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// One F32 tensor to be written.
struct FloatTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// Writes `tensors` as a safetensors file, atomically.
void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, FloatTensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace vitsim
