//===- Hash.cpp - Content hashes ------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/checkpoints/Hash.h"

#include <cstdio>
#include <cstring>

using namespace waferflow;

namespace {

constexpr uint64_t kPrime[] = {0,
                               0x9e3779b185ebca87,
                               0xc2b2ae3d27d4eb4f,
                               0x165667b19e3779f9,
                               0x85ebca77c2b2ae63,
                               0x27d4eb2f165667c5};

uint64_t rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }

template <typename T> T load(const uint8_t *data) {
  T value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

uint64_t round(uint64_t state, uint64_t input) {
  return rotate(state + input * kPrime[2], 31) * kPrime[1];
}

uint64_t merge(uint64_t hash, uint64_t state) {
  return (hash ^ round(0, state)) * kPrime[1] + kPrime[4];
}

} // namespace

uint64_t waferflow::xxh64(const void *data, uint64_t bytes, uint64_t seed) {
  const uint8_t *at = static_cast<const uint8_t *>(data);
  uint64_t left = bytes, hash;
  if (left >= 32) {
    uint64_t state[4] = {seed + kPrime[1] + kPrime[2], seed + kPrime[2], seed,
                         seed - kPrime[1]};
    for (; left >= 32; left -= 32)
      for (uint64_t &lane : state) {
        lane = round(lane, load<uint64_t>(at));
        at += 8;
      }
    hash = rotate(state[0], 1) + rotate(state[1], 7) + rotate(state[2], 12) +
           rotate(state[3], 18);
    for (uint64_t lane : state)
      hash = merge(hash, lane);
  } else {
    hash = seed + kPrime[5];
  }
  hash += bytes;
  for (; left >= 8; left -= 8, at += 8)
    hash =
        rotate(hash ^ round(0, load<uint64_t>(at)), 27) * kPrime[1] + kPrime[4];
  if (left >= 4) {
    hash = rotate(hash ^ load<uint32_t>(at) * kPrime[1], 23) * kPrime[2] +
           kPrime[3];
    left -= 4;
    at += 4;
  }
  for (; left; --left, ++at)
    hash = rotate(hash ^ *at * kPrime[5], 11) * kPrime[1];
  hash = (hash ^ hash >> 33) * kPrime[2];
  hash = (hash ^ hash >> 29) * kPrime[3];
  return hash ^ hash >> 32;
}

std::string waferflow::contentHash(const TensorView &tensor) {
  std::string type =
      dtypeName(tensor.dtype) + (" " + shapeString(tensor.shape));
  uint64_t seed = xxh64(type.data(), type.size(), 0);
  char text[32];
  std::snprintf(text, sizeof text, "xxh64:%016llx",
                (unsigned long long)xxh64(tensor.data, tensor.bytes(), seed));
  return text;
}
