//===- Lanes.h - Variants side by side in SIMD registers --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Times in lanes of whole numbers, so that every instruction set gives the same
// result: 32 bits in whole cycles, or 64 bits in 1/65536 cycle where a variant
// has fractional costs or a time might not fit.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_LANES_H
#define WAFERFLOW_SIMULATOR_COST_LANES_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

// One body, compiled for several instruction sets, chosen when it is loaded.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) &&                   \
    !defined(__SANITIZE_THREAD__)
#define WAFERFLOW_SIMD_CLONES                                                  \
  __attribute__((target_clones("default", "sse4.1", "avx2", "avx512f")))
#else
#define WAFERFLOW_SIMD_CLONES
#endif

namespace waferflow {

typedef int32_t Cycles32 __attribute__((vector_size(16)));
typedef int64_t Cycles64 __attribute__((vector_size(32)));

/// What the recurrences need to know of a lane type; always four lanes.
template <typename Lanes> struct LaneTraits;
template <> struct LaneTraits<Cycles32> {
  using Element = int32_t;
  static constexpr int shift = 0;
  static constexpr Element never = INT32_MAX;
};
template <> struct LaneTraits<Cycles64> {
  using Element = int64_t;
  static constexpr int shift = 16;
  static constexpr Element never = INT64_MAX;
};
constexpr int kLanes = 4;

template <typename Lanes>
typename LaneTraits<Lanes>::Element toElement(double cycles) {
  return static_cast<typename LaneTraits<Lanes>::Element>(
      std::llround(std::ldexp(cycles, LaneTraits<Lanes>::shift)));
}

#define WAFERFLOW_LANES_INLINE __attribute__((always_inline)) inline

// By reference: passing wide vectors by value changes the ABI with the target.
template <typename Lanes>
WAFERFLOW_LANES_INLINE void raiseTo(Lanes &time, const Lanes &least) {
  time = time > least ? time : least;
}
/// Whether any lane of a comparison's result is set.
template <typename Lanes> WAFERFLOW_LANES_INLINE bool any(const Lanes &mask) {
  uint64_t words[sizeof(Lanes) / 8], all = 0;
  std::memcpy(words, &mask, sizeof(Lanes));
  for (uint64_t word : words)
    all |= word;
  return all != 0;
}
template <typename Lanes>
WAFERFLOW_LANES_INLINE void lowerTo(Lanes &time, const Lanes &most) {
  time = time < most ? time : most;
}

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_COST_LANES_H
