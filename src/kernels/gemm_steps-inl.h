// SPDX-License-Identifier: Apache-2.0
// Steps of a sum: how one instruction, or a few, multiply vectors of words and add the products up;
// included once for each target of Highway.
//
// Two are instructions of AVX512-VNNI. They exist where VITSIM_VNNI is 1: for the target AVX3_DL,
// which Highway takes only for processors that all have them. Highway 1.0.3 does not offer them,
// and they are in assembly as its flags for this target miss AVX512-VNNI.
#if defined(VITSIM_KERNELS_GEMM_STEPS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VITSIM_KERNELS_GEMM_STEPS_INL
#undef VITSIM_KERNELS_GEMM_STEPS_INL
#else
#define VITSIM_KERNELS_GEMM_STEPS_INL
#endif

#include <hwy/highway.h>

#include "gemm_vectors-inl.h"

#undef VITSIM_VNNI
#if HWY_TARGET == HWY_AVX3_DL
#define VITSIM_VNNI 1
#else
#define VITSIM_VNNI 0
#endif

HWY_BEFORE_NAMESPACE();
namespace vitsim::kernels::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

/// Operands of 16 bits, two in a word.
struct Pairs {
  /// sum + rest grows by the products, in this lane or, as rest, in others.
  static void add(Vector32 b, Vector32 a, Vector32& sum, [[maybe_unused]] Vector32& rest) {
#if VITSIM_VNNI
    auto raw = sum.raw;  // a copy, as an operand in memory would keep the sums there
    asm("vpdpwssd %2, %1, %0" : "+v"(raw) : "v"(b.raw), "v"(a.raw));
    sum = Vector32{raw};
#else
    const D16 d16;
    sum = hn::ReorderWidenMulAccumulate(D32(), hn::BitCast(d16, b), hn::BitCast(d16, a), sum, rest);
#endif
  }
};

#if VITSIM_VNNI
/// Operands of 8 bits, four in a word; those of a without a sign.
struct Quads {
  static void add(Vector32 b, Vector32 a, Vector32& sum, Vector32& /*rest*/) {
    auto raw = sum.raw;
    asm("vpdpbusd %2, %1, %0" : "+v"(raw) : "v"(a.raw), "v"(b.raw));
    sum = Vector32{raw};
  }
};
#endif

}  // namespace
#endif
}  // namespace vitsim::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
