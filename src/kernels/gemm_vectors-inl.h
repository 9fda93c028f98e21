// SPDX-License-Identifier: Apache-2.0
// Vectors of the matrix product, and how operands get into their lanes; included once for each
// target of Highway.
//
// Operands lie in words of 32 bits, each with the two (or four, of 8 bits) neighbours in k that one
// instruction multiplies and adds up. A word of a meets a vector of words of b, so a lane is a
// column.
#if defined(VITSIM_KERNELS_GEMM_VECTORS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VITSIM_KERNELS_GEMM_VECTORS_INL
#undef VITSIM_KERNELS_GEMM_VECTORS_INL
#else
#define VITSIM_KERNELS_GEMM_VECTORS_INL
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

#if defined(__clang__)
#define VITSIM_UNROLL _Pragma("clang loop unroll(full)")
#else
#define VITSIM_UNROLL _Pragma("GCC unroll 16")
#endif

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using D16 = hn::ScalableTag<std::int16_t>;
using D32 = hn::ScalableTag<std::int32_t>;
using D64 = hn::ScalableTag<std::int64_t>;
using Vector16 = hn::Vec<D16>;
using Vector32 = hn::Vec<D32>;

constexpr std::int64_t kLanes = HWY_MAX_BYTES / sizeof(std::int32_t);
constexpr int kMaxVectors = 4;
constexpr std::int64_t kMaxCols = kMaxVectors * kLanes;

std::int32_t load_word(const std::byte* at) {
  std::int32_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// The last of an odd number of elements, and 0.
std::int32_t load_half_word(const std::byte* at) {
  std::uint16_t half = 0;
  std::memcpy(&half, at, sizeof half);
  return half;
}

/// The 16-bit elements of as many columns as a vector has lanes; 0 from `cols` on. kFull: there are
/// as many.
template <bool kFull = false>
hn::Vec<hn::Half<D16>> load_columns(const std::int16_t* row, std::int64_t cols) {
  const hn::Half<D16> d;
  if (kFull || cols >= kLanes) {
    return hn::LoadU(d, row);
  }
#if HWY_MEM_OPS_MIGHT_FAULT
  alignas(HWY_MAX_BYTES) std::int16_t padded[kLanes] = {};
  std::copy_n(row, cols, padded);
  return hn::Load(d, padded);
#else
  return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(cols)), d, row);
#endif
}

/// Words of the elements of two rows.
Vector32 zip(hn::Vec<hn::Half<D16>> low, hn::Vec<hn::Half<D16>> high) {
  const D32 d32;
  const hn::RebindToUnsigned<D32> u32;
  const hn::RebindToUnsigned<hn::Half<D16>> u16;
  const auto low32 = hn::PromoteTo(u32, hn::BitCast(u16, low));
  const auto high32 = hn::PromoteTo(u32, hn::BitCast(u16, high));
  return hn::BitCast(d32, hn::Or(low32, hn::ShiftLeft<16>(high32)));
}

}  // namespace
#endif
}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
