// SPDX-License-Identifier: Apache-2.0
#include "elements.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>

namespace vitsim {
namespace {

static_assert(std::endian::native == std::endian::little, "files are read as they lie in memory");

struct Half {
  std::uint16_t bits;
  explicit operator float() const {
    const int exponent = (bits >> 10) & 0x1f;
    const std::uint32_t fraction = bits & 0x3ffU;
    const std::uint32_t sign = (bits & 0x8000U) << 16;
    if (exponent == 0) {
      const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
      return sign != 0 ? -magnitude : magnitude;
    }
    const std::uint32_t wide_exponent =
        exponent == 0x1f ? 0xffU : static_cast<std::uint32_t>(exponent + 127 - 15);
    return std::bit_cast<float>(sign | (wide_exponent << 23) | (fraction << 13));
  }
  explicit operator double() const { return static_cast<float>(*this); }
};

struct BrainFloat {
  std::uint16_t bits;
  explicit operator float() const {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  }
  explicit operator double() const { return static_cast<float>(*this); }
};

template <class From, class To>
std::vector<To> convert(std::span<const std::byte> bytes) {
  std::vector<To> values(bytes.size() / sizeof(From));
  for (std::size_t i = 0; i < values.size(); ++i) {
    From element;
    std::memcpy(&element, bytes.data() + i * sizeof(From), sizeof(From));
    values[i] = static_cast<To>(element);  // NOLINT(bugprone-signed-char-misuse): a number
  }
  return values;
}

template <class To>
std::vector<To> convert_integers(DType type, std::span<const std::byte> bytes) {
  switch (type) {
    case DType::kI64:
      return convert<std::int64_t, To>(bytes);
    case DType::kI32:
      return convert<std::int32_t, To>(bytes);
    case DType::kI16:
      return convert<std::int16_t, To>(bytes);
    case DType::kI8:
      return convert<std::int8_t, To>(bytes);
    default:
      assert(type == DType::kU8);
      return convert<std::uint8_t, To>(bytes);
  }
}

template <class To>
std::vector<To> convert_any(DType type, std::span<const std::byte> bytes) {
  switch (type) {
    case DType::kF64:
      return convert<double, To>(bytes);
    case DType::kF32:
      return convert<float, To>(bytes);
    case DType::kF16:
      return convert<Half, To>(bytes);
    case DType::kBF16:
      return convert<BrainFloat, To>(bytes);
    default:
      return convert_integers<To>(type, bytes);
  }
}

}  // namespace

std::optional<std::int64_t> checked_element_count(std::span<const std::int64_t> shape) {
  if (std::ranges::any_of(shape, [](std::int64_t dimension) { return dimension < 0; })) {
    return std::nullopt;
  }
  if (std::ranges::find(shape, 0) != shape.end()) {
    return 0;
  }
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) {
    if (__builtin_mul_overflow(count, dimension, &count)) {
      return std::nullopt;
    }
  }
  return count;
}

bool is_integer(DType type) {
  return type == DType::kI64 || type == DType::kI32 || type == DType::kI16 || type == DType::kI8 ||
         type == DType::kU8;
}

std::vector<float> to_floats(DType type, std::span<const std::byte> bytes) {
  return convert_any<float>(type, bytes);
}

std::vector<double> to_doubles(DType type, std::span<const std::byte> bytes) {
  return convert_any<double>(type, bytes);
}

std::vector<std::int64_t> to_integers(DType type, std::span<const std::byte> bytes) {
  return convert_integers<std::int64_t>(type, bytes);
}

}  // namespace vitsim
