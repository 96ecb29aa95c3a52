//===- LoaderFuzz.cpp - Does any file make the program loader fail? -------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The way of `waferflow simulate FILE`: bytes, MLIR text or bytecode -> parsed
// and verified -> structs of simulator/program -> checked -> some cycles. Each
// step ends in a result or in one error. A module without a machine gets
// `tiny`, so that seeds can be short.
//
//===----------------------------------------------------------------------===//
#include "Sanitizers.h"

#include "compiler/MappedStep.h"
#include "dialects/flow/MachineAttr.h"
#include "models/masks/MaskSpec.h"
#include "runtime/engine/ReadProgram.h"
#include "runtime/translate/FabricToProgram.h"
#include "runtime/translate/FlowToProgram.h"
#include "simulator/cycle/FabricSimulation.h"
#include "simulator/machine/Reader.h"

#include "mlir/IR/Verifier.h"

#include <cstdlib>

using namespace mlir;
using namespace waferflow;

namespace {

/// Contexts intern for ever: a new one now and then.
MLIRContext &context() {
  static std::unique_ptr<MLIRContext> current;
  static int uses = 0;
  if (!current || ++uses % 500 == 0)
    current = makeProgramContext();
  return *current;
}

const Machine &tiny() {
  static const Machine machine = [] {
    auto file = loadMachine("tiny", WAFERFLOW_MACHINES);
    if (!file)
      std::abort();
    return file->machine;
  }();
  return machine;
}

/// A few wavelets a lane; the last one ends a row where the stream has such.
Result<std::vector<cycle::Wavelet>> stream(fabric::InjectOp inject,
                                           int64_t lane) {
  std::vector<cycle::Wavelet> wavelets;
  for (uint32_t i = 0; i < 6; ++i)
    wavelets.push_back({(i % 3) << 16 | (0x3c00u + i + uint32_t(lane)), false});
  if (inject.getEnds()) {
    cycle::Control end;
    end.task = static_cast<int32_t>(*inject.getEnds());
    wavelets.push_back({cycle::encode(end), true});
  }
  return wavelets;
}

void runFabric(fabric::ProgramOp op) {
  auto program = translateFabric(op, stream);
  if (failed(program))
    return;
  cycle::CycleOptions options;
  options.maxCycles = 2000;
  auto simulation = cycle::FabricSimulation::create(*program, options);
  if (simulation)
    (void)simulation->run();
}

void checkFlow(ModuleOp module) {
  (void)translateToProgram(
      module, [](flow::WeightAttr weight, int64_t rows, int64_t columns) {
        MaskSpec spec;
        spec.kind = weight.getMask().getKind().str();
        if (weight.getMask().getSparsity())
          spec.sparsity = weight.getMask().getSparsity().getValueAsDouble();
        spec.n = weight.getMask().getN();
        spec.m = weight.getMask().getM();
        spec.seed = weight.getMask().getSeed();
        spec.weight = weight.getName().str();
        return makeMask(spec, rows, columns, nullptr);
      });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  MLIRContext &mlir = context();
  ScopedDiagnosticHandler quiet(&mlir, [](Diagnostic &) { return success(); });
  auto module = readProgram(
      std::string(reinterpret_cast<const char *>(data), size), mlir);
  if (!module)
    return 0;
  if (!(**module)->hasAttr("flow.machine")) {
    (**module)->setAttr("flow.machine", flow::machineToAttr(&mlir, tiny()));
    if (failed(verify(**module)))
      return 0;
  }
  for (auto program : (**module).getOps<fabric::ProgramOp>())
    runFabric(program);
  checkFlow(**module);
  return 0;
}
