//===- Fabric.cpp - What the fabric is told, core by core -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/program/Fabric.h"

#include <algorithm>

namespace waferflow::cycle {

const char *directionName(Direction direction) {
  switch (direction) {
  case Direction::North:
    return "N";
  case Direction::East:
    return "E";
  case Direction::South:
    return "S";
  case Direction::West:
    return "W";
  case Direction::Ramp:
    return "R";
  }
  return "?";
}

const char *vectorOpName(VectorOp op) {
  static const char *const names[] = {
      "mov", "add",   "sub",        "mul",    "max", "min", "fmac",  "exp",
      "log", "rsqrt", "reciprocal", "select", "dot", "sum", "max_of"};
  return names[static_cast<int>(op)];
}

uint32_t encode(const Control &control) {
  return static_cast<uint32_t>(control.data & 0xffff) |
         static_cast<uint32_t>((control.task + 1) & 0xff) << 16 |
         static_cast<uint32_t>(control.change) << 24 |
         static_cast<uint32_t>(control.routers) << 26;
}

Control decodeControl(uint32_t bits) {
  Control control;
  control.data = static_cast<int32_t>(bits & 0xffff);
  control.task = static_cast<int32_t>(bits >> 16 & 0xff) - 1;
  control.change = static_cast<Control::Switch>(std::min(bits >> 24 & 3, 2u));
  control.routers = static_cast<int32_t>(bits >> 26 & 0xf);
  return control;
}

uint32_t behindRouter(uint32_t bits) {
  Control control = decodeControl(bits);
  if (control.routers == 0)
    return bits;
  if (--control.routers == 0)
    control.change = Control::Switch::Keep;
  return encode(control);
}

SramLayout layOut(const CoreProgram &core, const Machine &machine) {
  SramLayout layout;
  layout.codeBytes = core.codeBytes ? core.codeBytes : machine.codeBytes;
  int64_t next = 0;
  for (const Buffer &buffer : core.buffers) {
    int64_t address = buffer.address >= 0 ? buffer.address : (next + 3) / 4 * 4;
    layout.addresses.push_back(address);
    next = address + buffer.extent * dataBytes(buffer.type);
    layout.dataEnd = std::max(layout.dataEnd, next);
  }
  return layout;
}

} // namespace waferflow::cycle
