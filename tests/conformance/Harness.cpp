//===- Harness.cpp - Runs a case in every way there is --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/conformance/Harness.h"

#include "compiler/MappedStep.h"
#include "compiler/Passes.h"
#include "compiler/lower-to-fabric/LowerToFabric.h"
#include "compiler/oracle/CpuProgram.h"
#include "dialects/flow/MachineAttr.h"
#include "runtime/engine/CycleModule.h"
#include "runtime/engine/Diagnostics.h"
#include "runtime/engine/Difference.h"
#include "simulator/Simulate.h"
#include "simulator/cycle/Numbers.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <cmath>

using namespace mlir;

namespace waferflow::conformance {

namespace {

std::string textOf(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

class Runner {
public:
  explicit Runner(const Case &which) : which(which), context(makeContext()) {}

  Outcome run() {
    if (!place() || !lower() || !makeInputs() || !simulate() ||
        !compareReference() || !compareOracle() || !tile())
      outcome.failure = which.kind + " seed " + std::to_string(which.seed) +
                        " (" + which.what + "): " + outcome.failure;
    return std::move(outcome);
  }

private:
  bool fail(std::string why) {
    outcome.failure = std::move(why);
    return false;
  }

  bool place() {
    DiagnosticCollector collector(*context);
    module = parseSourceString<ModuleOp>(which.text, context.get());
    if (!module)
      return fail(collector.error("parse").str());
    auto file = loadMachine("tiny", WAFERFLOW_MACHINES, which.machine);
    if (!file)
      return fail(file.str());
    (*module)->setAttr("flow.machine",
                       flow::machineToAttr(context.get(), file->machine));
    std::optional<int64_t> go;
    if (which.go)
      go = which.go;
    if (failed(flow::chooseMapping(*module, {go, which.order})))
      return fail(collector.error("choose-mapping").str());
    if (which.shuffled)
      shuffleOrders(*module, which.seed);
    if (which.remap)
      which.remap(*module);
    if (failed(flow::insertRelayouts(*module)))
      return fail(collector.error("insert-relayouts").str());
    if (which.rewrite)
      which.rewrite(*module);
    if (failed(flow::placeKernels(*module)) || failed(verify(*module)))
      return fail(collector.error("place-kernels").str());
    return true;
  }

  bool lower() {
    DiagnosticCollector collector(*context);
    Module lowered = module->clone();
    if (failed(fabric::lowerToFabric(*lowered)) || failed(verify(*lowered)))
      return fail(collector.error("lower-to-fabric").str());
    auto loaded = CycleModule::load(textOf(*lowered));
    if (!loaded)
      return fail(loaded.str());
    fabric = std::move(*loaded);
    return true;
  }

  /// Weights are zero where their mask is, and all is representable.
  bool makeInputs() {
    Random random(which.seed + 1);
    for (const HostDeclaration &argument : fabric->host().arguments()) {
      HostTensor tensor = HostTensor::zeros(argument.shape, argument.integer);
      if (argument.integer) {
        if (!which.token)
          return fail("no generator of integers for " + argument.name);
        for (size_t i = 0; i < tensor.integers().size(); ++i)
          tensor.integers()[i] = which.token(random, i);
        inputs[argument.name] = std::move(tensor);
        continue;
      }
      for (float &value : tensor.floats())
        value = rounded(which.type, random.real());
      if (argument.weight && argument.shape.size() == 2) {
        auto live = fabric->host().positions(argument.name);
        if (!live)
          return fail(live.str());
        for (size_t i = 0; i < tensor.floats().size(); ++i)
          if (!(*live)->live(i / argument.shape.back(),
                             i % argument.shape.back()))
            tensor.floats()[i] = 0;
      }
      inputs[argument.name] = std::move(tensor);
    }
    if (auto error = fabric->complete(inputs))
      return fail(error->str());
    return true;
  }

  bool simulate() {
    auto first = fabric->run(inputs);
    if (!first)
      return fail("cycle: " + first.str());
    cycle::CycleOptions options;
    options.shuffleSeed = which.seed + 1;
    auto second = fabric->run(inputs, nullptr, options);
    if (!second)
      return fail("cycle, shuffled: " + second.str());
    if (first->cycles != second->cycles)
      return fail("expected the same cycles in another order of cores, got " +
                  std::to_string(first->cycles) + " and " +
                  std::to_string(second->cycles));
    if (std::string why = differs(first->outputs, second->outputs, true);
        !why.empty())
      return fail("in another order of cores: " + why);
    outcome.cycles = first->cycles - latencyOf(*first);
    for (const ProgramRun &program : first->programs) {
      outcome.counts.nonzeros += program.nonzeros + program.copies;
      outcome.counts.axpys += program.counters.axpys;
      outcome.counts.dots += program.counters.dots;
    }
    outputs = std::move(first->outputs);
    return !which.counts || compareCounts();
  }

  /// What the first program waits for the store, and no later step would.
  int64_t latencyOf(const CycleRun &run) {
    int64_t entered = 0;
    for (const auto &color : run.programs.front().counters.colors)
      entered += color.entered;
    const Machine &machine = fabric->host().machine();
    return entered == 0 ? 0
                        : std::llround(machine.edgeLatencySeconds *
                                       machine.clockGhz * 1e9);
  }

  bool compareCounts() {
    Counts expected = which.counts(fabric->host()), got = outcome.counts;
    for (auto [name, e, g] :
         {std::tuple("nonzeros", expected.nonzeros, got.nonzeros),
          {"AXPYs", expected.axpys, got.axpys},
          {"dots", expected.dots, got.dots}})
      if (e != g)
        return fail("expected " + std::to_string(e) + " " + name + ", got " +
                    std::to_string(g));
    return true;
  }

  /// Where a result is wanted.
  bool wanted(const std::string &name, const HostTensor &tensor, size_t i) {
    const HostDeclaration *result = fabric->host().result(name);
    if (!result || !result->gradient)
      return true;
    auto live = fabric->host().positions(name);
    int64_t columns = tensor.shape.back();
    return !live || (*live)->live(i / columns, i % columns);
  }

  /// `repeated`: the same run once more, which gives the same bits everywhere.
  /// A reference says nothing of the bits of what is no number.
  std::string differs(const HostTensors &got, const HostTensors &expected,
                      bool repeated) {
    for (const auto &[name, tensor] : expected) {
      auto it = got.find(name);
      if (it == got.end() ||
          elementsOf(it->second.shape) != elementsOf(tensor.shape))
        return "expected a result " + name + " of " +
               describe(false, tensor.shape);
      for (size_t i = 0; i < tensor.floats().size(); ++i) {
        if (!repeated && !wanted(name, tensor, i))
          continue;
        float a = it->second.floats()[i], b = tensor.floats()[i];
        if (!repeated && std::isnan(a) && std::isnan(b))
          continue;
        if (cycle::bitsOfFloat(a) != cycle::bitsOfFloat(b))
          return name + "[" + std::to_string(i) + "]: expected " +
                 std::to_string(b) + ", got " + std::to_string(a);
      }
    }
    return {};
  }

  bool compareReference() {
    if (!which.reference)
      return true;
    auto expected = which.reference(*module, fabric->host(), inputs);
    if (!expected)
      return fail("reference: " + expected.str());
    sizes = std::move(expected->sizes);
    std::string why = differs(outputs, expected->values, false);
    return why.empty() || fail("reference: " + why);
  }

  /// The oracle's results, by the names of the fabric's.
  bool oracle(const HostTensors &given, HostTensors &results) {
    std::vector<ArrayView> views;
    for (const HostDeclaration &argument : fabric->host().arguments()) {
      const HostTensor &tensor = given.at(argument.name);
      if (argument.integer)
        views.push_back({{"i64", argument.shape}, tensor.integers().data()});
      else
        views.push_back({{"f32", argument.shape}, tensor.floats().data()});
    }
    auto arrays = cpu->run(views);
    if (!arrays)
      return fail("oracle: " + llvm::toString(arrays.takeError()));
    for (auto [declared, array] :
         llvm::zip_equal(fabric->host().results(), *arrays)) {
      HostTensor tensor = HostTensor::zeros(declared.shape, false);
      std::memcpy(tensor.floats().data(), array.data.data(), array.data.size());
      results[declared.name] = std::move(tensor);
    }
    return true;
  }

  bool compareOracle() {
    Module flow = parseSourceString<ModuleOp>(which.text, context.get());
    PassManager passes(context.get());
    passes.addPass(createInlineKernels());
    if (failed(passes.run(*flow)))
      return fail("inline-kernels");
    auto compiled = CpuProgram::compile(textOf(*flow), "step");
    if (!compiled)
      return fail("oracle: " + llvm::toString(compiled.takeError()));
    cpu = std::move(*compiled);
    HostTensors exact, positive = inputs;
    if (!oracle(inputs, exact))
      return false;
    if (sizes.empty()) {
      for (auto &[name, tensor] : positive)
        for (float &value : tensor.floats())
          value = std::abs(value);
      if (!oracle(positive, sizes))
        return false;
    }
    for (const auto &[name, tensor] : exact)
      for (size_t i = 0; i < tensor.floats().size(); ++i) {
        if (!wanted(name, tensor, i))
          continue;
        double error =
            difference(outputs.at(name).floats()[i], tensor.floats()[i]);
        double size = sizes.at(name).floats()[i];
        if (error == 0)
          continue;
        // An infinite size excuses any difference and is no part of a gap.
        if (std::isfinite(size))
          outcome.oracleGap = std::max(outcome.oracleGap, error / size);
        if (which.type == "f32" && !within(error, 1e-5, size))
          return fail("oracle: " + name + "[" + std::to_string(i) +
                      "]: expected " + std::to_string(tensor.floats()[i]) +
                      ", got " + std::to_string(outputs.at(name).floats()[i]));
      }
    return true;
  }

  bool tile() {
    DiagnosticCollector collector(*context);
    MaskCache masks;
    auto program = loadProgram(*module, masks);
    if (!program)
      return fail("tile: " + program.str());
    auto report = waferflow::simulate(*program);
    if (auto *error = std::get_if<Error>(&report))
      return fail("tile: " + error->str());
    outcome.tileCycles = std::get<Report>(report).cycles;
    return true;
  }

  const Case &which;
  Outcome outcome;
  std::unique_ptr<MLIRContext> context;
  Module module; ///< placed
  std::unique_ptr<CycleModule> fabric;
  std::unique_ptr<CpuProgram> cpu;
  HostTensors inputs, outputs;
  HostTensors sizes; ///< 1e-5 of it is what the oracle may be off
};

} // namespace

Outcome run(const Case &which) { return Runner(which).run(); }

} // namespace waferflow::conformance
