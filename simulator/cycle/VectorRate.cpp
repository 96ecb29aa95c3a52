//===- VectorRate.cpp - Elements a cycle, from ports and datapath ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/VectorRate.h"

#include <algorithm>
#include <cmath>

namespace waferflow::cycle {

namespace {

double fact(const Machine &machine, const char *key) {
  return machine.facts.at(key).front();
}

bool toScalar(VectorOp op) {
  return op == VectorOp::Dot || op == VectorOp::Sum || op == VectorOp::MaxOf;
}

const char *typeName(DataType type) {
  switch (type) {
  case DataType::F16:
    return "f16";
  case DataType::BF16:
    return "bf16";
  default:
    return "f32";
  }
}

struct Operands {
  const Vector &vector;
  const CoreProgram &core;

  /// Bytes an element of each stream read from SRAM; `accumulator` apart.
  std::vector<int64_t> reads;
  int64_t written = 0;             ///< bytes an element written to SRAM, or 0
  int64_t accumulator = 0;         ///< bytes an element of d in d + s0 s1, or 0
  int64_t fabricElements = 0;      ///< fewest elements a wavelet, 0: none
  DataType widest = DataType::F16; ///< of the vector operands
  bool floats = false;

  Operands(const Vector &vector, const CoreProgram &core)
      : vector(vector), core(core) {
    bool first = true;
    auto seen = [&](DataType type) {
      if (first || dataBytes(type) > dataBytes(widest))
        widest = type;
      first = false;
    };
    for (const Operand &source : vector.sources) {
      if (auto *memory = std::get_if<MemoryOperand>(&source)) {
        DataType type = core.buffers[memory->buffer].type;
        reads.push_back(dataBytes(type));
        seen(type);
      } else if (auto *fabric = std::get_if<FabricOperand>(&source)) {
        addFabric(fabric->type);
        seen(fabric->type);
      }
    }
    if (toScalar(vector.op))
      return; // the result stays in a register until the end
    if (auto *memory = std::get_if<MemoryOperand>(&vector.destination)) {
      DataType type = core.buffers[memory->buffer].type;
      written = dataBytes(type);
      if (vector.op == VectorOp::Fmac)
        accumulator = written;
      seen(type);
    } else if (auto *fabric = std::get_if<FabricOperand>(&vector.destination)) {
      addFabric(fabric->type);
      seen(fabric->type);
    }
  }

  void addFabric(DataType type) {
    int64_t elements = 4 / dataBytes(type);
    fabricElements =
        fabricElements ? std::min(fabricElements, elements) : elements;
  }
};

/// Elements a cycle that `ports` of `bits` bits serve to these streams. A port
/// serves one stream in a cycle; more streams than ports take turns.
double portRate(const std::vector<int64_t> &bytes, double ports, double bits) {
  if (bytes.empty())
    return 1e9;
  double best = 0;
  for (int64_t elements = 1; elements <= 256; ++elements) {
    double accesses = 0;
    for (int64_t b : bytes)
      accesses += std::ceil(elements * b * 8 / bits);
    double cycles = std::max(1.0, accesses / ports);
    best = std::max(best, elements / cycles);
  }
  return best;
}

double datapathRate(const Operands &operands, const Machine &machine) {
  const Vector &vector = operands.vector;
  bool wide = dataBytes(operands.widest) == 4;
  bool integer =
      operands.widest == DataType::I16 || operands.widest == DataType::I32;
  std::string type = typeName(operands.widest);
  double lanes = wide ? fact(machine, "core.datapath_bits") / 32
                      : fact(machine, "core.simd_lanes_f16");
  bool mixed = false; // 16-bit factors, f32 sum
  switch (vector.op) {
  case VectorOp::Mov:
    return fact(machine, "core.datapath_bits") / (wide ? 32 : 16);
  case VectorOp::Add:
  case VectorOp::Sub:
    return wide && !integer ? machine.rate("add.f32.memory") : lanes;
  case VectorOp::Mul:
    return wide && !integer ? machine.rate("mul.f32.memory") : lanes;
  case VectorOp::Max:
  case VectorOp::Min:
    return wide && !integer ? machine.rate("max.f32.memory") : lanes;
  case VectorOp::Fmac:
    for (const Operand &source : vector.sources)
      if (auto *memory = std::get_if<MemoryOperand>(&source))
        mixed |= dataBytes(operands.core.buffers[memory->buffer].type) == 2;
      else if (auto *fabric = std::get_if<FabricOperand>(&source))
        mixed |= dataBytes(fabric->type) == 2;
    // The multiplier alone: what the row of the cache says.
    return wide && !integer && !mixed ? machine.rate("axpy.f32.cache") : lanes;
  case VectorOp::Exp:
    return machine.rate("exp." + type + ".memory");
  case VectorOp::Log:
    return machine.rate("log." + type + ".memory");
  case VectorOp::Rsqrt:
    return machine.rate("rsqrt." + type + ".memory");
  case VectorOp::Reciprocal:
    return machine.rate("reciprocal." + type + ".memory");
  case VectorOp::Select:
    return machine.rate("select." + type + ".memory");
  case VectorOp::Dot:
  case VectorOp::Sum:
  case VectorOp::MaxOf:
    return machine.rate("dot." + type + ".memory");
  }
  return lanes;
}

} // namespace

static bool sumInCache(const Operands &operands, const Machine &machine) {
  const Amount &extent = operands.vector.extent;
  return machine.psumInCache && operands.accumulator && extent.reg < 0 &&
         extent.base.constant() &&
         extent.base.at(0, 0) * operands.accumulator <= machine.cacheBytes;
}

double elementsPerCycle(const Vector &vector, const CoreProgram &core,
                        const Machine &machine) {
  Operands operands(vector, core);
  std::vector<int64_t> reads = operands.reads, writes;
  bool cached = sumInCache(operands, machine);
  if (operands.accumulator && !cached)
    reads.push_back(operands.accumulator);
  if (operands.written && !cached)
    writes.push_back(operands.written);
  double rate = datapathRate(operands, machine);
  rate = std::min(rate, portRate(reads, fact(machine, "core.sram_read_ports"),
                                 fact(machine, "core.sram_read_bits")));
  rate = std::min(rate, portRate(writes, fact(machine, "core.sram_write_ports"),
                                 fact(machine, "core.sram_write_bits")));
  if (operands.fabricElements)
    rate = std::min(rate, static_cast<double>(operands.fabricElements));
  return rate;
}

VectorRate vectorRate(const Vector &vector, const CoreProgram &core,
                      const Machine &machine) {
  double rate = elementsPerCycle(vector, core, machine);
  VectorRate result;
  result.perSlot = static_cast<int32_t>(std::max(1.0, std::floor(rate)));
  result.cost256 = static_cast<int32_t>(
      std::lround(256 * std::max(1.0, result.perSlot / rate)));
  result.cached = sumInCache(Operands(vector, core), machine);
  return result;
}

} // namespace waferflow::cycle
