//===- SramImage.cpp - What the cores' memories hold ----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/SramImage.h"
#include "simulator/cycle/Numbers.h"

#include <algorithm>

namespace waferflow::cycle {

static std::string coreText(int64_t x, int64_t y) {
  return "core (" + std::to_string(x) + ", " + std::to_string(y) + ")";
}

static Error outside(int64_t x, int64_t y, int64_t width, int64_t height,
                     const char *what) {
  return {coreText(x, y), "outside the " + std::to_string(width) + " x " +
                              std::to_string(height) + " cores of the " + what};
}

Result<BufferPlace> placeOf(const FabricProgram &program, int64_t x, int64_t y,
                            const std::string &buffer) {
  if (x < 0 || y < 0 || x >= program.width || y >= program.height)
    return outside(x, y, program.width, program.height, "program");
  for (const CoreProgram &core : program.cores) {
    if (!core.where.contains(x, y))
      continue;
    SramLayout layout = layOut(core, program.machine);
    for (size_t i = 0; i < core.buffers.size(); ++i)
      if (core.buffers[i].name == buffer)
        return BufferPlace{core.buffers[i].type, core.buffers[i].extent,
                           layout.addresses[i]};
    return Error{coreText(x, y), "no buffer '" + buffer + "'"};
  }
  return Error{coreText(x, y), "runs no program"};
}

SramImage::SramImage(int64_t width, int64_t height, int64_t bytes)
    : columns(width), rows(height),
      stride(std::max<int64_t>(8, (bytes + 7) / 8 * 8)),
      bytes(static_cast<size_t>(columns * rows * stride), 0) {}

SramImage SramImage::of(const FabricProgram &program) {
  int64_t bytes = 0;
  for (const CoreProgram &core : program.cores)
    bytes = std::max(bytes, layOut(core, program.machine).dataEnd);
  return SramImage(program.width, program.height, bytes);
}

std::optional<Error> SramImage::judge(int64_t x, int64_t y,
                                      const BufferPlace &place) const {
  if (x < 0 || y < 0 || x >= columns || y >= rows)
    return outside(x, y, columns, rows, "image");
  int64_t end = place.address + place.extent * dataBytes(place.type);
  if (place.address < 0 || place.extent < 0 || end > stride)
    return Error{coreText(x, y), "bytes " + std::to_string(place.address) +
                                     " to " + std::to_string(end) +
                                     " of an image with " +
                                     std::to_string(stride) + " bytes a core"};
  return std::nullopt;
}

std::optional<Error> SramImage::write(int64_t x, int64_t y,
                                      const BufferPlace &place,
                                      const std::vector<float> &values) {
  if (auto error = judge(x, y, place))
    return error;
  if (static_cast<int64_t>(values.size()) != place.extent)
    return Error{coreText(x, y), "expected " + std::to_string(place.extent) +
                                     " values, got " +
                                     std::to_string(values.size())};
  writeElements(place.type, values, core(x, y) + place.address);
  return std::nullopt;
}

Result<std::vector<float>> SramImage::read(int64_t x, int64_t y,
                                           const BufferPlace &place) const {
  if (auto error = judge(x, y, place))
    return *error;
  return readElements(place.type, place.extent, core(x, y) + place.address);
}

void writeElements(DataType type, const std::vector<float> &values,
                   uint8_t *at) {
  for (float value : values) {
    writeBits(type, elementBits(type, value), at);
    at += dataBytes(type);
  }
}

std::vector<float> readElements(DataType type, int64_t extent,
                                const uint8_t *at) {
  std::vector<float> values(extent);
  for (float &value : values) {
    value = readElement(type, at);
    at += dataBytes(type);
  }
  return values;
}

} // namespace waferflow::cycle
