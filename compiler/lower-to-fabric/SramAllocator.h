//===- SramAllocator.h - Addresses of what a core holds ---------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_SRAMALLOCATOR_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_SRAMALLOCATOR_H

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

namespace waferflow::fabric {

/// First fit over the bytes that code leaves free, 4-byte aligned. All cores
/// have the same addresses.
class SramAllocator {
public:
  explicit SramAllocator(int64_t bytes) : size(bytes) {}

  /// The lowest address with `bytes` free bytes behind it; none where there is
  /// no such gap.
  std::optional<int64_t> allocate(int64_t bytes) {
    bytes = std::max<int64_t>(4, (bytes + 3) / 4 * 4);
    int64_t address = 0;
    for (const auto &[begin, length] : used) {
      if (begin - address >= bytes)
        break;
      address = begin + length;
    }
    if (address + bytes > size)
      return std::nullopt;
    used[address] = bytes;
    return address;
  }
  void free(int64_t address) { used.erase(address); }

  int64_t usedBytes() const {
    int64_t sum = 0;
    for (const auto &each : used)
      sum += each.second;
    return sum;
  }
  int64_t bytes() const { return size; }

private:
  int64_t size;
  std::map<int64_t, int64_t> used; ///< address -> bytes
};

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_SRAMALLOCATOR_H
