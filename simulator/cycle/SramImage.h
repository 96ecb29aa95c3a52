//===- SramImage.h - What the cores' memories hold ------------- -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Programs that run one after the other on the same cores find in SRAM what the
// one before left there. A simulation takes an image over and gives it back;
// nothing is copied. Registers do not survive a program.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_SRAMIMAGE_H
#define WAFERFLOW_SIMULATOR_CYCLE_SRAMIMAGE_H

#include "simulator/program/Fabric.h"
#include "simulator/program/Result.h"

namespace waferflow::cycle {

/// Where a buffer lies.
struct BufferPlace {
  DataType type = DataType::F32;
  int64_t extent = 0;  ///< elements
  int64_t address = 0; ///< bytes from the end of the code
};

/// The buffer of this name in the program that core (x, y) runs.
Result<BufferPlace> placeOf(const FabricProgram &program, int64_t x, int64_t y,
                            const std::string &buffer);

/// Memory of `width` x `height` cores, by y and then x: the same number of
/// bytes for each, which begin where its code ends.
class SramImage {
public:
  /// Of no core.
  SramImage() = default;
  /// Zeros. `bytes` a core is rounded up to a multiple of 8, at least 8.
  SramImage(int64_t width, int64_t height, int64_t bytes);
  /// Zeros, for each core what the largest core of `program` needs.
  static SramImage of(const FabricProgram &program);

  int64_t width() const { return columns; }
  int64_t height() const { return rows; }
  int64_t bytesPerCore() const { return stride; }

  /// The bytes of a core that is there, to be read and written as they are
  /// (little endian).
  uint8_t *core(int64_t x, int64_t y) {
    return bytes.data() + (y * columns + x) * stride;
  }
  const uint8_t *core(int64_t x, int64_t y) const {
    return bytes.data() + (y * columns + x) * stride;
  }

  /// All elements of a buffer, rounded to its type. An error names the core, or
  /// says how many values or bytes were expected.
  std::optional<Error> write(int64_t x, int64_t y, const BufferPlace &place,
                             const std::vector<float> &values);
  Result<std::vector<float>> read(int64_t x, int64_t y,
                                  const BufferPlace &place) const;

private:
  friend class Engine;
  std::optional<Error> judge(int64_t x, int64_t y,
                             const BufferPlace &place) const;

  int64_t columns = 0, rows = 0, stride = 0;
  std::vector<uint8_t> bytes;
};

/// Elements at `at`, rounded to `type`, or as they are read.
void writeElements(DataType type, const std::vector<float> &values,
                   uint8_t *at);
std::vector<float> readElements(DataType type, int64_t extent,
                                const uint8_t *at);

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_SRAMIMAGE_H
