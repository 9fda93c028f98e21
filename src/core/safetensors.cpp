// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/safetensors.h"

#include <cassert>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vitsim/core/error.h"
#include "vitsim/core/file.h"
#include "vitsim/core/text.h"

#include "elements.h"
#include "safetensors_header.h"

namespace vitsim {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;

std::uint64_t header_length(std::span<const std::byte> bytes, const std::string& file) {
  if (bytes.size() < kLengthBytes) {
    throw ModelError(fmt::format("{}: got {} bytes, expected a safetensors file of at least {}",
                                 file, bytes.size(), kLengthBytes));
  }
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > bytes.size() - kLengthBytes || length > kMaxHeaderBytes) {
    throw ModelError(fmt::format(
        "{}: got a header of {} bytes, expected at most {} in a safetensors file of {} bytes", file,
        length, kMaxHeaderBytes, bytes.size()));
  }
  return length;
}

[[noreturn]] void fail_type(const Safetensors& file, std::string_view name, DType type,
                            std::string_view expected) {
  throw ModelError(fmt::format("{}: tensor '{}': got elements of type {}, expected {}",
                               file.path().string(), printable(name), name_of(type), expected));
}

}  // namespace

std::size_t size_of(DType type) {
  switch (type) {
    case DType::kF64:
    case DType::kI64:
      return 8;
    case DType::kF32:
    case DType::kI32:
      return 4;
    case DType::kF16:
    case DType::kBF16:
    case DType::kI16:
      return 2;
    default:
      return 1;
  }
}

std::int64_t Safetensors::Tensor::element_count() const {
  return static_cast<std::int64_t>(bytes.size() / size_of(type));
}

Safetensors Safetensors::load(const std::filesystem::path& path) {
  Safetensors result;
  result.path_ = path;
  result.bytes_ = read_file(path);
  const std::span<const std::byte> bytes(result.bytes_);
  const std::uint64_t length = header_length(bytes, path.string());
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, length);
  const auto data = bytes.subspan(kLengthBytes + length);
  SafetensorsHeader header = parse_safetensors_header(text, data.size(), path.string());
  for (TensorEntry& entry : header.tensors) {
    result.tensors_.emplace(std::move(entry.name),
                            Tensor{entry.type, std::move(entry.shape),
                                   data.subspan(entry.begin, entry.end - entry.begin)});
  }
  result.metadata_ = std::move(header.metadata);
  return result;
}

const Safetensors::Tensor& Safetensors::at(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found != tensors_.end()) {
    return found->second;
  }
  std::vector<std::string> names;
  names.reserve(tensors_.size());
  for (const auto& [known, tensor] : tensors_) {
    names.push_back(known);
  }
  const std::string near = nearest(name, names);
  throw ModelError(fmt::format(
      "{}: got no tensor '{}' among its {}{}", path_.string(), printable(name), names.size(),
      near.empty() ? "" : fmt::format("; the nearest name is '{}'", printable(near))));
}

std::vector<float> Safetensors::floats(std::string_view name) const {
  const Tensor& tensor = at(name);
  if (is_integer(tensor.type)) {
    fail_type(*this, name, tensor.type, "F64, F32, F16 or BF16");
  }
  return to_floats(tensor.type, tensor.bytes);
}

std::vector<double> Safetensors::doubles(std::string_view name) const {
  const Tensor& tensor = at(name);
  return to_doubles(tensor.type, tensor.bytes);
}

std::vector<std::int64_t> Safetensors::integers(std::string_view name) const {
  const Tensor& tensor = at(name);
  if (!is_integer(tensor.type)) {
    fail_type(*this, name, tensor.type, "I64, I32, I16, I8 or U8");
  }
  return to_integers(tensor.type, tensor.bytes);
}

void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, FloatTensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) {
    header["__metadata__"] = metadata;
  }
  std::size_t end = 0;
  for (const auto& [name, tensor] : tensors) {
    assert(checked_element_count(tensor.shape) == static_cast<std::int64_t>(tensor.values.size()));
    const std::size_t begin = end;
    end += tensor.values.size() * sizeof(float);
    header[name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');
  const std::uint64_t length = text.size();
  std::string content(kLengthBytes, '\0');
  std::memcpy(content.data(), &length, kLengthBytes);
  content += text;
  content.reserve(content.size() + end);
  for (const auto& [name, tensor] : tensors) {
    content.append(reinterpret_cast<const char*>(tensor.values.data()),
                   tensor.values.size() * sizeof(float));
  }
  write_file_atomically(path, content);
}

}  // namespace vitsim
