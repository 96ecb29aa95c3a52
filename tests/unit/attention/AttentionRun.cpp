//===- AttentionRun.cpp - Lowers a case and runs it -----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/unit/attention/AttentionRun.h"

#include "compiler/Passes.h"
#include "compiler/oracle/CpuProgram.h"
#include "dialects/flow/MachineAttr.h"
#include "dialects/flow/Orders.h"
#include "runtime/translate/FabricToProgram.h"
#include "simulator/cycle/FabricSimulation.h"
#include "simulator/machine/Reader.h"
#include "simulator/program/ColumnLayout.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <cstring>

using namespace mlir;

namespace waferflow {

namespace {

/// One case on its way through compiler and simulator.
class Runner {
public:
  Runner(const AttentionCase &c, bool backward,
         const std::map<std::string, Rows> &inputs, uint64_t seed,
         bool both = false)
      : c(c), backward(backward), both(both), inputs(inputs), seed(seed),
        handler(&context, [&](Diagnostic &d) {
          llvm::raw_string_ostream(messages) << d << "\n";
        }) {
    context.loadDialect<
        fabric::FabricDialect, flow::FlowDialect, arith::ArithDialect,
        func::FuncDialect, linalg::LinalgDialect, math::MathDialect,
        memref::MemRefDialect, scf::SCFDialect, tensor::TensorDialect>();
  }

  AttentionResults run() {
    if (failed(compile()) || failed(execute()))
      results.error += messages.empty() ? "failed" : messages;
    return results;
  }

private:
  LogicalResult compile();
  LogicalResult execute();
  LogicalResult simulate(fabric::ProgramOp program);

  struct Place {
    ColumnLayout columns;
    cycle::DataType type;
  };
  Place placeOf(fabric::HostAttr host, Type type) {
    FeatureOrder order =
        *flow::orderOf(*module, host.getFeatures(), module->getOperation());
    return {replicaLayout(order, host.getFeatures().getGo(),
                          flow::groupForm(host.getFeatures()),
                          tokens.groupColumns),
            typeOf(cast<MemRefType>(type).getElementType())};
  }
  static cycle::DataType typeOf(Type type) {
    return type.isF16()    ? cycle::DataType::F16
           : type.isBF16() ? cycle::DataType::BF16
                           : cycle::DataType::F32;
  }
  /// For every core and slot: visit(core's elements, feature or -1, slot,
  /// tokens of the core).
  template <typename Visit> void eachCore(const Place &place, Visit visit) {
    for (int64_t g = 0; g < tokens.groups; ++g)
      for (int64_t y = 0; y < tokens.rowsUsed; ++y)
        for (int64_t x = 0; x < tokens.groupColumns; ++x)
          visit(g * tokens.groupColumns + x, y, place.columns.features[x],
                tokensAt(tokens, g, y));
  }

  const AttentionCase &c;
  bool backward, both;
  const std::map<std::string, Rows> &inputs;
  uint64_t seed;
  MLIRContext context;
  std::string messages;
  ScopedDiagnosticHandler handler;
  OwningOpRef<ModuleOp> module;
  TokenLayout tokens;
  cycle::SramImage image;
  AttentionResults results;
};

LogicalResult Runner::compile() {
  module = parseSourceString<ModuleOp>(both ? attentionStepOfBoth(c)
                                            : attentionStep(c, backward),
                                       ParserConfig(&context));
  if (!module)
    return failure();
  Result<MachineFile> file = loadMachine("tiny", WAFERFLOW_MACHINES);
  if (!file)
    return failure();
  Machine machine = file->machine;
  machine.width = c.width;
  machine.height = c.height;
  (*module)->setAttr("flow.machine", flow::machineToAttr(&context, machine));
  PassManager map(&context);
  map.addPass(createChooseMapping());
  map.addPass(createInsertRelayouts());
  map.addPass(createPlaceKernels());
  if (failed(map.run(*module)))
    return failure();
  tokens = layTokens(c.tokens(), c.seq, c.gt, c.width, c.height);
  module->walk([&](flow::AttentionOp kernel) {
    auto places = fabric::attention::placesOf(
        kernel,
        columnLayout(*flow::orderOf(*module, *kernel.getInLayout(), kernel),
                     tokens.groupColumns));
    if (succeeded(places))
      results.expected =
          fabric::attention::countsOf(tokens, *places, c.causal, backward,
                                      /*firstPass=*/!both);
    results.multiplyAdds = kernel.getMultiplyAdds();
    auto m = *kernel.getMapping();
    kernel.setMappingAttr(
        flow::MappingAttr::get(&context, m.getGo(), m.getForm(), m.getBuffers(),
                               m.getBroadcast(), c.keyBlock, m.getChunks()));
  });
  image = cycle::SramImage(c.width, c.height,
                           machine.sramBytes - machine.codeBytes);
  PassManager lower(&context);
  lower.addPass(createLowerToFabric());
  return lower.run(*module);
}

LogicalResult Runner::simulate(fabric::ProgramOp op) {
  auto program = translateFabric(op, [](fabric::InjectOp, int64_t) {
    return Result<std::vector<cycle::Wavelet>>(std::vector<cycle::Wavelet>());
  });
  if (failed(program))
    return failure();
  cycle::CycleOptions options;
  options.shuffleSeed = seed;
  auto simulation =
      cycle::FabricSimulation::create(*program, std::move(image), options);
  if (!simulation) {
    results.error += simulation.str();
    return failure();
  }
  if (auto error = simulation->run()) {
    results.error += op.getSymName().str() + ": " + error->str();
    return failure();
  }
  results.cycles += simulation->cycles();
  if (op.getSymName().ends_with("_attention"))
    results.attention = simulation->counters();
  int64_t colors = 0;
  op.walk([&](fabric::ColorOp) { ++colors; });
  results.colors = std::max(results.colors, colors);
  image = simulation->takeImage();
  return success();
}

LogicalResult Runner::execute() {
  static const std::vector<std::string> names = {"k", "q", "v", "g"};
  std::vector<std::string> outputs =
      both       ? std::vector<std::string>{"o", "dq", "dv", "dk"}
      : backward ? std::vector<std::string>{"dq", "dv", "dk"}
                 : std::vector<std::string>{"o"};
  size_t written = 0, read = 0;
  int64_t tl = tokens.tokensPerCore;
  for (Operation &op : *module->getBody()) {
    if (auto write = dyn_cast<fabric::WriteOp>(op)) {
      Place place = placeOf(write.getHost(), write.getType());
      const Rows &values = inputs.at(names[written++]);
      int64_t features = static_cast<int64_t>(values.size()) / c.tokens();
      int64_t extent = cast<MemRefType>(write.getType()).getNumElements();
      eachCore(place, [&](int64_t x, int64_t y, auto &column, auto at) {
        // What no token or feature has must not matter: not even NaN.
        std::vector<float> mine(extent, NAN);
        for (size_t s = 0; s < column.size(); ++s)
          for (int64_t i = 0; i < tl; ++i)
            if (at[i] >= 0)
              mine[s * tl + i] = values[at[i] * features + column[s]];
        cycle::writeElements(place.type, mine,
                             image.core(x, y) + write.getAddress());
      });
    } else if (auto fetch = dyn_cast<fabric::ReadOp>(op)) {
      Place place = placeOf(fetch.getHost(), fetch.getType());
      int64_t features = 0;
      for (const auto &column : place.columns.features)
        features += static_cast<int64_t>(column.size());
      Rows &values = results.values[outputs[read++]];
      values.assign(c.tokens() * features, NAN);
      int64_t extent = cast<MemRefType>(fetch.getType()).getNumElements();
      eachCore(place, [&](int64_t x, int64_t y, auto &column, auto at) {
        std::vector<float> mine = cycle::readElements(
            place.type, extent, image.core(x, y) + fetch.getAddress());
        for (int64_t s = 0; s < extent / tl; ++s)
          for (int64_t i = 0; i < tl; ++i) {
            float value = mine[s * tl + i];
            if (s < static_cast<int64_t>(column.size()) && at[i] >= 0)
              values[at[i] * features + column[s]] = value;
            else if (!(std::abs(value) <= results.padding))
              results.padding = std::abs(value);
          }
      });
    } else if (auto program = dyn_cast<fabric::ProgramOp>(op)) {
      if (failed(simulate(program)))
        return failure();
    }
  }
  return success(read == outputs.size());
}

} // namespace

AttentionResults runOnFabric(const AttentionCase &c, bool backward,
                             const std::map<std::string, Rows> &inputs,
                             uint64_t seed) {
  return Runner(c, backward, inputs, seed).run();
}

AttentionResults runBothOnFabric(const AttentionCase &c,
                                 const std::map<std::string, Rows> &inputs) {
  return Runner(c, /*backward=*/true, inputs, /*seed=*/0, /*both=*/true).run();
}

AttentionResults runOnCpu(const AttentionCase &c, bool backward,
                          const std::map<std::string, Rows> &inputs) {
  AttentionResults results;
  auto program = CpuProgram::compile(attentionFunction(c, backward), "f");
  if (!program) {
    results.error = llvm::toString(program.takeError());
    return results;
  }
  std::vector<ArrayView> views;
  std::vector<std::string> names = {"k", "q", "v"};
  if (backward)
    names.push_back("g");
  for (size_t i = 0; i < names.size(); ++i)
    views.push_back({(*program)->inputs()[i], inputs.at(names[i]).data()});
  auto arrays = (*program)->run(views);
  if (!arrays) {
    results.error = llvm::toString(arrays.takeError());
    return results;
  }
  std::vector<std::string> outputs =
      backward ? std::vector<std::string>{"dq", "dv", "dk"}
               : std::vector<std::string>{"o"};
  for (size_t i = 0; i < outputs.size(); ++i) {
    Rows &values = results.values[outputs[i]];
    values.resize((*arrays)[i].type.elements());
    std::memcpy(values.data(), (*arrays)[i].data.data(),
                values.size() * sizeof(float));
  }
  return results;
}

} // namespace waferflow
