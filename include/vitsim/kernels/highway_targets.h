// SPDX-License-Identifier: Apache-2.0
/// The vector instructions that kernels are compiled for. To be included before other headers of
/// Highway, which read these macros.
#pragma once

/// AVX-512 with VNNI, which Highway leaves out unless asked.
#define HWY_WANT_AVX3_DL

/// SSSE3 is left to the portable code. Vectors of a size that the compiler does not know (SVE, RVV)
/// cannot be elements of arrays, which the kernels' sums are.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#include <hwy/targets.h>
