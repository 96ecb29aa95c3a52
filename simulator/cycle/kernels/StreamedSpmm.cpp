//===- StreamedSpmm.cpp - Streamed weights times resident tokens ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/kernels/StreamedSpmm.h"
#include "simulator/cycle/Numbers.h"

namespace waferflow::cycle {

namespace {

constexpr int32_t weightColor = 0, rowEndTask = 1;
enum Reg { value, index, half, row }; // half: where the row's partial sum is
enum Buf { x, psum, y };

CoreProgram coreOf(const StreamedSpmm &s, int64_t column) {
  bool first = column == 0, last = column == s.columns - 1;
  CoreProgram core;
  core.name = "column " + std::to_string(column);
  core.where = {{column, 0, 1, s.rows}, {}};
  core.buffers = {{"x", s.type, s.features * s.tokens},
                  {"psum", s.type, 2 * s.tokens}};
  if (last)
    core.buffers.push_back({"y", s.type, s.weightRows * s.tokens});
  core.registers = {
      {s.type}, {DataType::I32}, {DataType::I32}, {DataType::I32}};
  core.inputs.push_back({0, weightColor});
  if (!first)
    core.inputs.push_back({1, static_cast<int32_t>(1 + (column + 1) % 2)});
  if (!last)
    core.outputs.push_back({2, static_cast<int32_t>(1 + column % 2)});

  Task nonzero;
  nonzero.name = "nonzero";
  nonzero.kind = Task::Kind::Data;
  nonzero.input = 0;
  nonzero.configured = true;
  if (s.type == DataType::F32) {
    nonzero.wavelets = 2;
    nonzero.fields = {{index, DataType::I32, 0, Field::Bits::All},
                      {value, DataType::F32, 1, Field::Bits::All}};
  } else {
    nonzero.fields = {{value, s.type, 0, Field::Bits::Low},
                      {index, DataType::I16, 0, Field::Bits::High}};
  }
  Vector axpy;
  axpy.op = VectorOp::Fmac;
  axpy.destination = MemoryOperand{psum, Amount::ofRegister(half)};
  axpy.sources = {RegisterOperand{value},
                  MemoryOperand{x, Amount::ofRegister(index, s.tokens)}};
  axpy.extent = s.tokens;
  axpy.configured = true;
  nonzero.code = {axpy};

  Vector reduce;
  Operand own = MemoryOperand{psum, Amount::ofRegister(half)};
  reduce.op = first ? VectorOp::Mov : VectorOp::Add;
  if (!first)
    reduce.sources.push_back(FabricOperand{1, s.type});
  reduce.sources.push_back(own);
  if (last)
    reduce.destination = MemoryOperand{y, Amount::ofRegister(row, s.tokens)};
  else
    reduce.destination = FabricOperand{0, s.type};
  reduce.extent = s.tokens;
  reduce.configured = true;
  reduce.thread = 0;
  Scalar other;
  other.op = ScalarOp::Sub;
  other.destination = half;
  other.sources = {{-1, s.tokens}, {half}};
  Vector clear;
  clear.destination = own;
  clear.sources = {ImmediateOperand{0}};
  clear.extent = s.tokens;
  clear.configured = true;
  Scalar next;
  next.op = ScalarOp::Add;
  next.destination = row;
  next.sources = {{row}, {-1, 1}};
  Task rowEnd;
  rowEnd.name = "row end";
  rowEnd.kind = Task::Kind::Control;
  rowEnd.id = rowEndTask;
  rowEnd.input = 0;
  rowEnd.configured = true;
  rowEnd.code = {reduce, other, clear, next};
  core.tasks = {nonzero, rowEnd};
  return core;
}

std::vector<Wavelet> streamOf(const StreamedSpmm &s, int64_t column) {
  std::vector<Wavelet> wavelets;
  Control end;
  end.task = rowEndTask;
  for (int64_t r = 0; r < s.weightRows; ++r) {
    for (int64_t i = 0; i < s.features; ++i) {
      float w = s.weights[r * s.columns * s.features + column * s.features + i];
      if (w == 0)
        continue;
      uint32_t bits = elementBits(s.type, w);
      if (s.type == DataType::F32) {
        wavelets.push_back({static_cast<uint32_t>(i), false});
        wavelets.push_back({bits, false});
      } else {
        wavelets.push_back({bits | static_cast<uint32_t>(i) << 16, false});
      }
    }
    wavelets.push_back({encode(end), true});
  }
  return wavelets;
}

} // namespace

FabricProgram streamedSpmm(const Machine &machine, const StreamedSpmm &s) {
  FabricProgram program;
  program.name = "spmm";
  program.machine = machine;
  program.width = s.columns;
  program.height = s.rows;
  Directions ramp = bit(Direction::Ramp), south = bit(Direction::South);
  if (s.rows > 1)
    program.routes.push_back(
        {{{0, 0, s.columns, s.rows - 1}, {}},
         weightColor,
         {{Direction::North, static_cast<Directions>(ramp | south)}},
         0});
  program.routes.push_back({{{0, s.rows - 1, s.columns, 1}, {}},
                            weightColor,
                            {{Direction::North, ramp}},
                            0});
  for (int64_t c = 0; c < s.columns; ++c) {
    program.cores.push_back(coreOf(s, c));
    Selection here{{c, 0, 1, s.rows}, {}};
    int32_t out = static_cast<int32_t>(1 + c % 2);
    if (c + 1 < s.columns)
      program.routes.push_back(
          {here, out, {{Direction::Ramp, bit(Direction::East)}}, 0});
    if (c > 0)
      program.routes.push_back({here, 3 - out, {{Direction::West, ramp}}, 0});
    EdgeInput input;
    input.name = "weights " + std::to_string(c);
    input.lane = c;
    input.color = weightColor;
    input.wavelets =
        std::make_shared<const std::vector<Wavelet>>(streamOf(s, c));
    program.inputs.push_back(std::move(input));
  }
  return program;
}

} // namespace waferflow::cycle
