//===- Elements.cpp - What a vector instruction computes ------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"
#include "simulator/cycle/Numbers.h"

#include <cmath>

namespace waferflow::cycle {

using Kind = OperandPlan::Kind;

namespace {

/// Elements are read, computed and written in blocks of so many, where none
/// depends on the one before.
constexpr int64_t blockElements = 64;

template <DataType Type>
void load(const uint8_t *at, int64_t stride, int64_t count, float *values) {
  for (int64_t i = 0; i < count; ++i)
    values[i] = readElement(Type, at + i * stride);
}

void load(DataType type, const uint8_t *at, int64_t stride, int64_t count,
          float *values) {
  switch (type) {
  case DataType::F16:
    return load<DataType::F16>(at, stride, count, values);
  case DataType::BF16:
    return load<DataType::BF16>(at, stride, count, values);
  case DataType::F32:
    return load<DataType::F32>(at, stride, count, values);
  case DataType::I16:
    return load<DataType::I16>(at, stride, count, values);
  case DataType::I32:
    return load<DataType::I32>(at, stride, count, values);
  }
}

template <DataType Type>
void store(const float *values, int64_t stride, int64_t count, uint8_t *at) {
  for (int64_t i = 0; i < count; ++i)
    writeBits(Type, elementBits(Type, values[i]), at + i * stride);
}

void store(DataType type, const float *values, int64_t stride, int64_t count,
           uint8_t *at) {
  switch (type) {
  case DataType::F16:
    return store<DataType::F16>(values, stride, count, at);
  case DataType::BF16:
    return store<DataType::BF16>(values, stride, count, at);
  case DataType::F32:
    return store<DataType::F32>(values, stride, count, at);
  case DataType::I16:
    return store<DataType::I16>(values, stride, count, at);
  case DataType::I32:
    return store<DataType::I32>(values, stride, count, at);
  }
}

/// result[i] = f(a[i], ...); `sum` goes from element to element.
void apply(VectorOp op, bool f32Sum, const float (*v)[blockElements],
           const float *d, int64_t count, float *result, float &sum) {
  const float *a = v[0], *b = v[1], *c = v[2];
  auto each = [&](auto f) {
    for (int64_t i = 0; i < count; ++i)
      result[i] = f(i);
  };
  auto wide = [](float value) { return static_cast<double>(value); };
  switch (op) {
  case VectorOp::Mov:
    return each([&](int64_t i) { return a[i]; });
  case VectorOp::Add:
    return each([&](int64_t i) { return a[i] + b[i]; });
  case VectorOp::Sub:
    return each([&](int64_t i) { return a[i] - b[i]; });
  case VectorOp::Mul:
    return each([&](int64_t i) { return a[i] * b[i]; });
  case VectorOp::Max:
    return each([&](int64_t i) { return a[i] < b[i] ? b[i] : a[i]; });
  case VectorOp::Min:
    return each([&](int64_t i) { return b[i] < a[i] ? b[i] : a[i]; });
  case VectorOp::Fmac:
    if (f32Sum)
      return each([&](int64_t i) { return multiplyAdd(a[i], b[i], d[i]); });
    return each([&](int64_t i) {
      float product = a[i] * b[i];
      return product + d[i];
    });
  case VectorOp::Exp:
    return each(
        [&](int64_t i) { return static_cast<float>(std::exp(wide(a[i]))); });
  case VectorOp::Log:
    return each(
        [&](int64_t i) { return static_cast<float>(std::log(wide(a[i]))); });
  case VectorOp::Rsqrt:
    return each([&](int64_t i) {
      return static_cast<float>(1 / std::sqrt(wide(a[i])));
    });
  case VectorOp::Reciprocal:
    return each([&](int64_t i) { return static_cast<float>(1 / wide(a[i])); });
  case VectorOp::Select:
    return each([&](int64_t i) { return a[i] != 0 ? b[i] : c[i]; });
  case VectorOp::Dot:
    for (int64_t i = 0; i < count; ++i)
      sum = multiplyAdd(a[i], b[i], sum);
    return;
  case VectorOp::Sum:
    for (int64_t i = 0; i < count; ++i)
      sum += a[i];
    return;
  case VectorOp::MaxOf:
    for (int64_t i = 0; i < count; ++i)
      sum = sum < a[i] ? a[i] : sum;
    return;
  }
}

} // namespace

/// Whether an element may read what an earlier one has written: then elements
/// are computed one by one, or values would depend on how many go in a slot.
bool Engine::mayOverlap(const Thread &thread) const {
  const VectorPlan &plan = *thread.plan;
  const OperandPlan &d = plan.destination;
  if (plan.toScalar || d.kind != Kind::Memory || thread.extent < 2)
    return false;
  bool distinct = d.distinct(thread.extent);
  if (plan.op == VectorOp::Fmac && !distinct)
    return true;
  auto range = [&](const OperandPlan &operand, int64_t at) {
    auto [low, high] = operand.span(thread.extent);
    int64_t width = dataBytes(operand.type);
    return std::pair(at + low * width, at + (high + 1) * width);
  };
  auto written = range(d, thread.at[0]);
  for (int32_t i = 0; i < plan.sourceCount; ++i) {
    const OperandPlan &s = plan.sources[i];
    if (s.kind != Kind::Memory)
      continue;
    auto read = range(s, thread.at[i + 1]);
    bool same = distinct && thread.at[i + 1] == thread.at[0] &&
                s.stride == d.stride && s.row == d.row &&
                s.rowStride == d.rowStride &&
                dataBytes(s.type) == dataBytes(d.type);
    if (!same && read.first < written.second && written.first < read.second)
      return true;
  }
  return false;
}

/// Runs `visit(byte, elements, done)` over the parts of elements `first` ...
/// that lie at one stride.
template <typename Visit>
static void eachRow(const OperandPlan &operand, int64_t first, int64_t count,
                    const Visit &visit) {
  int64_t width = dataBytes(operand.type);
  if (!operand.row)
    return visit(first * operand.strideBytes, count, int64_t(0));
  for (int64_t done = 0; done < count;) {
    int64_t element = first + done;
    int64_t part = std::min(count - done, operand.row - element % operand.row);
    visit(operand.position(element) * width, part, done);
    done += part;
  }
}

/// The next element's bits from a source queue; the wavelet goes with its last.
uint32_t Engine::takeBits(Core &core, Thread &thread, int source,
                          int64_t element) {
  const OperandPlan &s = thread.plan->sources[source];
  Channel &queue = channels[core.firstInput + static_cast<uint32_t>(s.index)];
  uint32_t data = front(queue).data;
  if (dataBytes(s.type) == 4) {
    pop(queue);
    return data;
  }
  uint32_t bits = element % 2 ? data >> 16 : data & 0xffff;
  if (element % 2 || element + 1 == thread.extent)
    pop(queue);
  return bits;
}

void Engine::putBits(Core &core, Thread &thread, int64_t element,
                     uint32_t bits) {
  const OperandPlan &d = thread.plan->destination;
  Channel &queue = channels[core.firstOutput + static_cast<uint32_t>(d.index)];
  if (dataBytes(d.type) == 4) {
    push(queue, bits, false);
    return;
  }
  if (element % 2 == 0)
    thread.packed = bits;
  else
    thread.packed |= bits << 16;
  if (element % 2 || element + 1 == thread.extent)
    push(queue, thread.packed, false);
}

/// The next `count` elements of a source.
void Engine::gather(Core &core, Thread &thread, int source, int64_t count,
                    float *values) {
  const OperandPlan &s = thread.plan->sources[source];
  switch (s.kind) {
  case Kind::Memory:
    eachRow(s, thread.done, count, [&](int64_t byte, int64_t n, int64_t i) {
      load(s.type, &sram[thread.at[source + 1] + byte], s.strideBytes, n,
           values + i);
    });
    counters.sramReadBytes += count * dataBytes(s.type);
    return;
  case Kind::Fabric:
    for (int64_t i = 0; i < count; ++i) {
      uint32_t bits = takeBits(core, thread, source, thread.done + i);
      values[i] = readElement(s.type, reinterpret_cast<const uint8_t *>(&bits));
    }
    return;
  case Kind::Register:
  case Kind::Immediate:
    std::fill_n(values, count, thread.scalar[source]);
    return;
  }
}

void Engine::scatter(Core &core, Thread &thread, int64_t count,
                     const float *values) {
  const OperandPlan &d = thread.plan->destination;
  if (d.kind == Kind::Memory) {
    eachRow(d, thread.done, count, [&](int64_t byte, int64_t n, int64_t i) {
      store(d.type, values + i, d.strideBytes, n, &sram[thread.at[0] + byte]);
    });
    counters.sramWriteBytes += count * dataBytes(d.type);
    return;
  }
  for (int64_t i = 0; i < count; ++i)
    putBits(core, thread, thread.done + i, elementBits(d.type, values[i]));
}

/// Bits, whatever they mean.
void Engine::move(Core &core, Thread &thread, int64_t count) {
  const VectorPlan &plan = *thread.plan;
  const OperandPlan &s = plan.sources[0], &d = plan.destination;
  int64_t width = dataBytes(d.type);
  bool from = s.kind == Kind::Memory, to = d.kind == Kind::Memory;
  counters.sramReadBytes += from ? count * width : 0;
  counters.sramWriteBytes += to ? count * width : 0;
  for (int64_t i = thread.done; i < thread.done + count; ++i) {
    uint32_t bits =
        from ? readBits(s.type, &sram[thread.at[1] + s.position(i) * width])
             : takeBits(core, thread, 0, i);
    if (to)
      writeBits(d.type, bits, &sram[thread.at[0] + d.position(i) * width]);
    else
      putBits(core, thread, i, bits);
  }
}

/// At most blockElements.
void Engine::computeBlock(Core &core, Thread &thread, int64_t count) {
  const VectorPlan &plan = *thread.plan;
  const OperandPlan &d = plan.destination, &s = plan.sources[0];
  if (plan.op == VectorOp::Mov && s.type == d.type &&
      (s.kind == Kind::Memory || s.kind == Kind::Fabric))
    return move(core, thread, count);
  float values[3][blockElements], sums[blockElements], result[blockElements];
  for (int32_t i = 0; i < plan.sourceCount; ++i)
    gather(core, thread, i, count, values[i]);
  if (plan.op == VectorOp::Fmac) {
    eachRow(d, thread.done, count, [&](int64_t byte, int64_t n, int64_t i) {
      load(d.type, &sram[thread.at[0] + byte], d.strideBytes, n, sums + i);
    });
    counters.sramReadBytes += count * dataBytes(d.type);
  }
  apply(plan.op, d.type == DataType::F32, values, sums, count, result,
        thread.sum);
  if (!plan.toScalar)
    scatter(core, thread, count, result);
}

/// The next `count` elements.
void Engine::compute(Core &core, Thread &thread, int64_t count) {
  const VectorPlan &plan = *thread.plan;
  counters.elements += count;
  if (plan.op == VectorOp::Fmac || plan.op == VectorOp::Dot)
    counters.multiplyAdds += count;
  if (plan.multiplies)
    (plan.wideFactors ? counters.multiplies32 : counters.multiplies16) += count;
  if (plan.adds)
    (plan.wideSum ? counters.adds32 : counters.adds16) += count;
  counters.functions += plan.function ? count : 0;
  if (plan.axpyF16 && !thread.oneByOne) {
    axpyF16(thread.scalar[0], &sram[thread.at[2] + 2 * thread.done],
            &sram[thread.at[0] + 2 * thread.done], count);
    counters.sramReadBytes += 4 * count;
    counters.sramWriteBytes += 2 * count;
    thread.done += count;
    return;
  }
  int64_t most = thread.oneByOne ? 1 : blockElements;
  while (count > 0) {
    int64_t block = std::min(most, count);
    computeBlock(core, thread, block);
    thread.done += block;
    count -= block;
  }
}

} // namespace waferflow::cycle
