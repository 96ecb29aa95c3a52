//===- Numbers.cpp - 16-bit floats as the fabric rounds them --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Numbers.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace waferflow::cycle {

static void axpyPortable(float a, const uint8_t *x, uint8_t *y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    uint16_t hx, hy;
    std::memcpy(&hx, x + 2 * i, 2);
    std::memcpy(&hy, y + 2 * i, 2);
    float product = a * fromF16(hx); // exact: 11 x 11 bits
    hy = toF16(product + fromF16(hy));
    std::memcpy(y + 2 * i, &hy, 2);
  }
}

#if defined(__x86_64__)
__attribute__((target("f16c,avx"))) static int64_t
axpyFours(float a, const uint8_t *x, uint8_t *y, int64_t count) {
  __m128 scalar = _mm_set1_ps(a);
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    __m128i hx = _mm_loadl_epi64(reinterpret_cast<const __m128i *>(x + 2 * i));
    __m128i hy = _mm_loadl_epi64(reinterpret_cast<const __m128i *>(y + 2 * i));
    __m128 product = _mm_mul_ps(scalar, _mm_cvtph_ps(hx));
    __m128 sum = _mm_add_ps(product, _mm_cvtph_ps(hy));
    _mm_storel_epi64(reinterpret_cast<__m128i *>(y + 2 * i),
                     _mm_cvtps_ph(sum, _MM_FROUND_TO_NEAREST_INT));
  }
  return i;
}
#endif

void axpyF16(float a, const uint8_t *x, uint8_t *y, int64_t count) {
  int64_t done = 0;
#if defined(__x86_64__)
  static const bool fast =
      __builtin_cpu_supports("f16c") && __builtin_cpu_supports("avx");
  if (fast)
    done = axpyFours(a, x, y, count);
#endif
  axpyPortable(a, x + 2 * done, y + 2 * done, count - done);
}

} // namespace waferflow::cycle
