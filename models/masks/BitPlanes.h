//===- BitPlanes.h - Counting 64 columns of bits at once --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A bit plane p of 64 counters holds bit p of each. Adding a word of 64 bits to
// 64 counters is a ripple of ANDs and XORs over the planes; afterwards the
// planes of many groups are turned into rows of numbers.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_MASKS_BITPLANES_H
#define WAFERFLOW_MODELS_MASKS_BITPLANES_H

#include <cstdint>

namespace waferflow {

/// Planes that a counter up to `largest` needs: 6 needs 3.
inline int planesFor(int64_t largest) {
  return largest ? 64 - __builtin_clzll(static_cast<uint64_t>(largest)) : 0;
}

/// Transposes 64 x 64 bits in place: bit j of word i goes to bit i of word j.
void transpose64(uint64_t *words);

/// planes[p] = bit p of the number of `members` whose word has a bit set.
/// words[member] for each of `count` members; `planes` planes, 1 to 16.
void sumWords(const uint64_t *words, const int32_t *members, int64_t count,
              int planes, uint64_t *out);

/// Adds a row of bits to rows of counters: planes[p * stride + w] over `count`
/// words. `added` rows were added before; `carry` is overwritten.
void addRow(uint64_t *carry, int64_t count, int64_t added, int64_t stride,
            uint64_t *planes);

/// Where the planes of a block of groups lie: group g, plane p at
/// first[g * groupStride + p * planeStride], one bit a position.
struct PlaneBlock {
  const uint64_t *first;
  int64_t groupStride, planeStride;
  int planes;
  int64_t groups;
};

/// rows[i][g] = the counter of group g at position i, for `positions` (at most
/// 64) positions. Instantiated for uint8_t (at most 8 planes) and uint16_t
/// (16).
template <typename T>
void scatter(const PlaneBlock &block, int64_t positions, T *const *rows);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_MASKS_BITPLANES_H
