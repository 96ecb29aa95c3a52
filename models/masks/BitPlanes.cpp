//===- BitPlanes.cpp - Counting 64 columns of bits at once ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/BitPlanes.h"

#include <algorithm>
#include <array>
#include <cstring>

// The same source for both, compiled twice; integers only, so the same bits.
#if defined(__x86_64__) && defined(__linux__)
#define WAFERFLOW_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define WAFERFLOW_CLONES
#endif

using namespace waferflow;

namespace {

/// Byte b spread over 8 bytes: byte i is bit i of b.
constexpr std::array<uint64_t, 256> makeSpread() {
  std::array<uint64_t, 256> table{};
  for (uint64_t b = 0; b < 256; ++b)
    for (int i = 0; i < 8; ++i)
      table[b] |= (b >> i & 1) << (8 * i);
  return table;
}
constexpr std::array<uint64_t, 256> kSpread = makeSpread();

/// Transposes 8 x 8 bytes: byte j of word i goes to byte i of word j.
inline void transposeBytes(uint64_t *a) {
  auto swap = [](uint64_t &x, uint64_t &y, int shift, uint64_t mask) {
    uint64_t t = ((x >> shift) ^ y) & mask;
    y ^= t;
    x ^= t << shift;
  };
  for (int i = 0; i < 4; ++i)
    swap(a[i], a[i + 4], 32, 0x00000000ffffffff);
  for (int i : {0, 1, 4, 5})
    swap(a[i], a[i + 2], 16, 0x0000ffff0000ffff);
  for (int i : {0, 2, 4, 6})
    swap(a[i], a[i + 1], 8, 0x00ff00ff00ff00ff);
}

/// Counters of 8 groups at 8 positions, `from` to `to` of the planes:
/// byte j of out[i] is group j at position 8 * octet + i.
inline void gather8x8(const PlaneBlock &block, int64_t group, int octet,
                      int from, int to, uint64_t *out) {
  int64_t groups = std::min<int64_t>(8, block.groups - group);
  for (int64_t j = 0; j < 8; ++j)
    out[j] = 0;
  for (int64_t j = 0; j < groups; ++j) {
    const uint64_t *planes = block.first + (group + j) * block.groupStride;
    for (int p = from; p < to; ++p)
      out[j] |= kSpread[planes[p * block.planeStride] >> (8 * octet) & 255]
                << (p - from);
  }
  transposeBytes(out);
}

template <int Planes>
void sumWordsOf(const uint64_t *words, const int32_t *members, int64_t count,
                uint64_t *out) {
  uint64_t planes[Planes] = {};
  for (int64_t k = 0; k < count; ++k) {
    uint64_t carry = words[members[k]];
    for (int p = 0; p < Planes; ++p) {
      uint64_t next = planes[p] & carry;
      planes[p] ^= carry;
      carry = next;
    }
  }
  std::copy_n(planes, Planes, out);
}

} // namespace

WAFERFLOW_CLONES void waferflow::transpose64(uint64_t *a) {
  uint64_t mask = 0x00000000ffffffff;
  for (int j = 32; j; j >>= 1, mask ^= mask << j)
    for (int k = 0; k < 64; k += 2 * j)
      for (int i = k; i < k + j; ++i) {
        uint64_t t = ((a[i] >> j) ^ a[i + j]) & mask;
        a[i + j] ^= t;
        a[i] ^= t << j;
      }
}

void waferflow::sumWords(const uint64_t *words, const int32_t *members,
                         int64_t count, int planes, uint64_t *out) {
  using Function =
      void (*)(const uint64_t *, const int32_t *, int64_t, uint64_t *);
  static constexpr Function kByPlanes[] = {
      sumWordsOf<1>,  sumWordsOf<2>,  sumWordsOf<3>,  sumWordsOf<4>,
      sumWordsOf<5>,  sumWordsOf<6>,  sumWordsOf<7>,  sumWordsOf<8>,
      sumWordsOf<9>,  sumWordsOf<10>, sumWordsOf<11>, sumWordsOf<12>,
      sumWordsOf<13>, sumWordsOf<14>, sumWordsOf<15>, sumWordsOf<16>};
  kByPlanes[planes - 1](words, members, count, out);
}

WAFERFLOW_CLONES void waferflow::addRow(uint64_t *__restrict carry,
                                        int64_t count, int64_t added,
                                        int64_t stride,
                                        uint64_t *__restrict planes) {
  for (int p = 0, last = planesFor(added + 1); p < last; ++p) {
    uint64_t *__restrict plane = planes + p * stride;
    for (int64_t w = 0; w < count; ++w) {
      uint64_t next = plane[w] & carry[w];
      plane[w] ^= carry[w];
      carry[w] = next;
    }
  }
}

template <typename T>
void waferflow::scatter(const PlaneBlock &block, int64_t positions,
                        T *const *rows) {
  int low = std::min(block.planes, 8);
  for (int octet = 0; 8 * octet < positions; ++octet) {
    T *const *octetRows = rows + 8 * octet;
    int64_t count = std::min<int64_t>(8, positions - 8 * octet);
    for (int64_t g = 0; g < block.groups; g += 8) {
      int64_t width = std::min<int64_t>(8, block.groups - g);
      uint64_t lowBytes[8];
      gather8x8(block, g, octet, 0, low, lowBytes);
      if constexpr (sizeof(T) == 1) {
        for (int64_t i = 0; i < count; ++i) {
          if (width == 8)
            std::memcpy(octetRows[i] + g, &lowBytes[i], 8);
          else
            for (int64_t j = 0; j < width; ++j)
              octetRows[i][g + j] = static_cast<T>(lowBytes[i] >> (8 * j));
        }
      } else {
        uint64_t highBytes[8] = {};
        if (block.planes > 8)
          gather8x8(block, g, octet, 8, block.planes, highBytes);
        for (int64_t i = 0; i < count; ++i) {
          T wide[8];
          for (int64_t j = 0; j < 8; ++j)
            wide[j] = static_cast<T>((lowBytes[i] >> (8 * j) & 255) |
                                     (highBytes[i] >> (8 * j) & 255) << 8);
          if (width == 8)
            std::memcpy(octetRows[i] + g, wide, sizeof wide);
          else
            std::memcpy(octetRows[i] + g, wide, width * sizeof(T));
        }
      }
    }
  }
}

template void waferflow::scatter<uint8_t>(const PlaneBlock &, int64_t,
                                          uint8_t *const *);
template void waferflow::scatter<uint16_t>(const PlaneBlock &, int64_t,
                                           uint16_t *const *);
