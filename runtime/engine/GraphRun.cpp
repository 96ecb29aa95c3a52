//===- GraphRun.cpp - A graph on the fabric, against the CPU --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/GraphRun.h"

#include "compiler/ChooseMapping.h"
#include "compiler/MappedStep.h"
#include "compiler/Passes.h"
#include "compiler/lower-to-fabric/LowerToFabric.h"
#include "compiler/oracle/CpuProgram.h"
#include "dialects/flow/MachineAttr.h"
#include "runtime/engine/Diagnostics.h"
#include "simulator/cycle/Numbers.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;

namespace waferflow {

Result<Module> placeGraph(MLIRContext &context, const GraphRequest &request) {
  DiagnosticCollector collector(context);
  Module module = parseSourceString<ModuleOp>(request.graph, &context);
  if (!module)
    return collector.error("graph");
  auto entry = entryFunction(*module);
  if (failed(entry))
    return collector.error("graph");
  Builder b(&context);
  Type type = request.type == ElementType::F32    ? Type(b.getF32Type())
              : request.type == ElementType::BF16 ? Type(b.getBF16Type())
                                                  : Type(b.getF16Type());
  (*entry)->setAttr(
      "flow.step",
      flow::StepAttr::get(&context, request.tokens, request.seq, type,
                          request.accumulate == Accumulate::F32 ? "f32"
                                                                : "storage",
                          request.gt.value_or(0), 0));
  (*module)->setAttr("flow.machine",
                     flow::machineToAttr(&context, request.machine));
  PassManager manager(&context, ModuleOp::getOperationName());
  buildGraphToFlowPipeline(manager);
  if (failed(manager.run(*module)) ||
      failed(flow::chooseMapping(*module, {request.go, {}})) ||
      failed(flow::insertRelayouts(*module)) ||
      failed(flow::planSram(*module)) || failed(flow::placeKernels(*module)))
    return collector.error("graph");
  return module;
}

Result<std::unique_ptr<CycleModule>> compileGraph(const GraphRequest &request) {
  auto context = makeContext();
  auto module = placeGraph(*context, request);
  if (!module)
    return module.errors;
  {
    DiagnosticCollector collector(*context);
    if (failed(fabric::lowerToFabric(**module)) || failed(verify(**module)))
      return collector.error("graph");
  }
  return CycleModule::of(std::move(context), std::move(*module));
}

Result<HostTensors> randomInputs(CycleModule &module, ElementType type,
                                 uint64_t seed, int64_t integers) {
  // The library's distributions differ between implementations.
  std::mt19937_64 random(seed);
  auto below = [&](int64_t n) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
  };
  auto rounded = [&](double value) {
    cycle::DataType to = type == ElementType::F32    ? cycle::DataType::F32
                         : type == ElementType::BF16 ? cycle::DataType::BF16
                                                     : cycle::DataType::F16;
    uint32_t bits = cycle::elementBits(to, static_cast<float>(value));
    uint8_t bytes[4];
    cycle::writeBits(to, bits, bytes);
    return cycle::readElement(to, bytes);
  };
  HostTensors inputs;
  for (const HostDeclaration &argument : module.host().arguments()) {
    HostTensor tensor = HostTensor::zeros(argument.shape, argument.integer);
    int64_t count = elementsOf(argument.shape);
    if (argument.integer) {
      for (int64_t i = 0; i < count; ++i)
        tensor.integers()[i] = below(integers);
      inputs.emplace(argument.name, std::move(tensor));
      continue;
    }
    for (int64_t i = 0; i < count; ++i)
      tensor.floats()[i] =
          rounded(static_cast<double>(below(1 << 20)) / (1 << 19) - 1);
    if (argument.weight && argument.shape.size() == 2) {
      auto live = module.host().positions(argument.name);
      if (!live)
        return live.errors;
      for (int64_t i = 0; i < count; ++i)
        if (!(*live)->live(i / argument.shape[1], i % argument.shape[1]))
          tensor.floats()[i] = 0;
    }
    inputs.emplace(argument.name, std::move(tensor));
  }
  return inputs;
}

Result<HostTensors> runOnCpu(CycleModule &module, const std::string &graph,
                             const HostTensors &inputs, bool magnitudes) {
  auto context = makeContext();
  std::string entry;
  {
    DiagnosticCollector collector(*context);
    Module parsed = parseSourceString<ModuleOp>(graph, context.get());
    if (!parsed)
      return collector.error("graph");
    auto function = entryFunction(*parsed);
    if (failed(function))
      return collector.error("graph");
    entry = function->getSymName().str();
  }
  auto program = CpuProgram::compile(graph, entry);
  if (!program)
    return Error{"graph on the CPU", llvm::toString(program.takeError())};
  std::vector<HostTensor> values;
  for (const HostDeclaration &argument : module.host().arguments()) {
    values.push_back(inputs.at(argument.name));
    if (magnitudes && !argument.integer)
      for (float &value : values.back().floats())
        value = std::abs(value);
  }
  std::vector<ArrayView> views;
  for (auto [type, value] : llvm::zip((*program)->inputs(), values))
    views.push_back({type, value.isInteger() ? static_cast<const void *>(
                                                   value.integers().data())
                                             : value.floats().data()});
  auto arrays = (*program)->run(views);
  if (!arrays)
    return Error{"graph on the CPU", llvm::toString(arrays.takeError())};
  HostTensors outputs;
  for (auto [result, array] : llvm::zip(module.host().results(), *arrays)) {
    HostTensor tensor = HostTensor::zeros(array.type.shape, result.integer);
    if (array.type.dtype == "f32")
      std::memcpy(tensor.floats().data(), array.data.data(), array.data.size());
    else if (array.type.dtype == "i64")
      std::memcpy(tensor.integers().data(), array.data.data(),
                  array.data.size());
    else
      return Error{"graph on the CPU",
                   "expected results of f32 or i64, got " + array.type.dtype};
    outputs.emplace(result.name, std::move(tensor));
  }
  return outputs;
}

} // namespace waferflow
