//===- Numbers.h - 16-bit floats as the fabric rounds them ---- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The contract of all values: an element is read as f32, computed in f32, and
// rounded to the destination's type (nearest, ties to even). An f32
// multiply-add rounds once. A scalar reference that does the same agrees bit
// for bit.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_NUMBERS_H
#define WAFERFLOW_SIMULATOR_CYCLE_NUMBERS_H

#include "simulator/program/FabricCode.h"

#include <cstring>

namespace waferflow::cycle {

inline float floatOfBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}
inline uint32_t bitsOfFloat(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

inline float fromF16(uint16_t h) {
  uint32_t sign = static_cast<uint32_t>(h & 0x8000) << 16;
  uint32_t rest = h & 0x7fff;
  if (rest >= 0x7c00) // infinite or not a number
    return floatOfBits(sign | 0x7f800000 | (rest & 0x3ff) << 13);
  // Scaling by 2^112 also normalises what is subnormal.
  float magnitude = floatOfBits(rest << 13) * floatOfBits(0x77800000);
  return floatOfBits(sign | bitsOfFloat(magnitude));
}

inline uint16_t toF16(float value) {
  uint32_t bits = bitsOfFloat(value);
  uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  bits &= 0x7fffffff;
  if (bits > 0x7f800000) // not a number stays one
    return static_cast<uint16_t>(sign | 0x7e00 | (bits >> 13 & 0x3ff));
  if (bits >= 0x477ff000) // rounds to infinity
    return static_cast<uint16_t>(sign | 0x7c00);
  if (bits < 0x38800000) { // subnormal: 0.5 aligns the last bit to 2^-24
    float aligned = floatOfBits(bits) + 0.5f;
    return static_cast<uint16_t>(sign | (bitsOfFloat(aligned) - 0x3f000000));
  }
  bits += 0xfff + (bits >> 13 & 1);
  return static_cast<uint16_t>(sign | (bits - 0x38000000) >> 13);
}

inline float fromBF16(uint16_t h) {
  return floatOfBits(static_cast<uint32_t>(h) << 16);
}
inline uint16_t toBF16(float value) {
  uint32_t bits = bitsOfFloat(value);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// y + a x in f32, rounded once (to f64 on the way, which is exact for the
/// product and decides a tie of the sum only beyond 53 bits).
inline float multiplyAdd(float a, float x, float y) {
  double product = static_cast<double>(a) * x;
  return static_cast<float>(product + y);
}

/// `count` elements y[i] = round16(y[i] + a x[i]), contiguous, by the
/// processor's own conversions where it has them: the same bits either way.
void axpyF16(float a, const uint8_t *x, uint8_t *y, int64_t count);

/// Towards zero; what no 64-bit integer holds becomes the nearest that one
/// does, and what is not a number 0.
inline int64_t wholeOf(double value) {
  if (value >= 0x1p63)
    return INT64_MAX;
  if (value < -0x1p63)
    return INT64_MIN;
  return value == value ? static_cast<int64_t>(value) : 0;
}

/// Integers convert as numbers, and wrap to the type's width.
inline float readElement(DataType type, const uint8_t *at) {
  uint16_t half;
  uint32_t word;
  switch (type) {
  case DataType::F16:
    std::memcpy(&half, at, 2);
    return fromF16(half);
  case DataType::BF16:
    std::memcpy(&half, at, 2);
    return fromBF16(half);
  case DataType::F32:
    std::memcpy(&word, at, 4);
    return floatOfBits(word);
  case DataType::I16:
    std::memcpy(&half, at, 2);
    return static_cast<float>(static_cast<int16_t>(half));
  case DataType::I32:
    std::memcpy(&word, at, 4);
    return static_cast<float>(static_cast<int32_t>(word));
  }
  return 0;
}

/// The bits of `value` in `type`.
inline uint32_t elementBits(DataType type, float value) {
  switch (type) {
  case DataType::F16:
    return toF16(value);
  case DataType::BF16:
    return toBF16(value);
  case DataType::F32:
    return bitsOfFloat(value);
  case DataType::I16:
    return static_cast<uint16_t>(wholeOf(value));
  case DataType::I32:
    return static_cast<uint32_t>(wholeOf(value));
  }
  return 0;
}

/// Little endian, as wavelets.
inline void writeBits(DataType type, uint32_t bits, uint8_t *at) {
  if (dataBytes(type) == 4) {
    std::memcpy(at, &bits, 4);
  } else {
    uint16_t half = static_cast<uint16_t>(bits);
    std::memcpy(at, &half, 2);
  }
}
inline uint32_t readBits(DataType type, const uint8_t *at) {
  if (dataBytes(type) == 4) {
    uint32_t word;
    std::memcpy(&word, at, 4);
    return word;
  }
  uint16_t half;
  std::memcpy(&half, at, 2);
  return half;
}

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_NUMBERS_H
