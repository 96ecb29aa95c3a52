//===- Random.h - Counter-based random bits ---------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every random bit of a synthetic mask is a function of (seed, weight, row,
// counter), so that rows can be asked for in any order by any thread. The
// functions are part of what a seed means: changing them changes every
// published synthetic result, and tests/unit/masks holds known answers.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_MASKS_RANDOM_H
#define WAFERFLOW_MODELS_MASKS_RANDOM_H

#include <cstdint>
#include <string_view>

namespace waferflow {

/// The finalizer of splitmix64 (Steele, Lea, Flood 2014; variant 13 of
/// Stafford).
inline uint64_t mix64(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// A weight's key: FNV-1a of its name, mixed.
inline uint64_t nameKey(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : name)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return mix64(hash);
}

/// 64 random bits for each counter. 128 bits of key: with the second half
/// inside the mixing, the streams of two rows are not shifts of each other.
struct RowRandom {
  uint64_t a, b;

  RowRandom(uint64_t seed, uint64_t weightKey, int64_t row) {
    uint64_t matrix = mix64(mix64(seed + 0x9e3779b97f4a7c15) ^ weightKey);
    a = mix64(matrix + 0xd1342543de82ef95 * (uint64_t(row) + 1));
    b = mix64(a ^ 0x2545f4914f6cdd1d);
  }

  uint64_t operator()(uint64_t counter) const {
    uint64_t x = a + counter * 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = ((x ^ (x >> 27)) + b) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }
};

} // namespace waferflow

#endif // WAFERFLOW_MODELS_MASKS_RANDOM_H
