//===- CycleModuleTest.cpp - Does a module of programs do what it says? ---===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/CycleModule.h"
#include "dialects/flow/MachineAttr.h"
#include "runtime/engine/CycleReport.h"
#include "runtime/engine/CycleTrainer.h"
#include "runtime/engine/Kernel.h"
#include "simulator/cycle/system/FabricSystem.h"
#include "simulator/machine/Reader.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

using namespace waferflow;

namespace {

/// A program beside this file, on 4 x 3 cores.
std::unique_ptr<CycleModule> load(const std::string &name) {
  auto context = makeContext();
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(
      WAFERFLOW_PROGRAMS "/" + name + ".mlir",
      mlir::ParserConfig(context.get()));
  EXPECT_TRUE(module);
  auto file = loadMachine("tiny", WAFERFLOW_MACHINES,
                          {"fabric.width=4", "fabric.height=3"});
  EXPECT_TRUE(file) << file.str();
  (*module)->setAttr("flow.machine",
                     flow::machineToAttr(context.get(), file->machine));
  std::string text;
  llvm::raw_string_ostream(text) << *module;
  auto loaded = CycleModule::load(text);
  EXPECT_TRUE(loaded) << loaded.str();
  return loaded ? std::move(*loaded) : nullptr;
}

HostTensors spmmInputs() {
  HostTensors inputs;
  inputs["x"] = HostTensor::zeros({2, 5, 5}, false);
  for (int i = 0; i < 50; ++i)
    inputs["x"].floats()[i] = static_cast<float>(i % 11);
  inputs["w"] = HostTensor::zeros({3, 5}, false);
  for (int i = 0; i < 15; ++i)
    inputs["w"].floats()[i] = static_cast<float>(i + 1);
  return inputs;
}

TEST(CycleModule, ASparseProductIsComputedAndCounted) {
  auto module = load("spmm");
  ASSERT_TRUE(module);
  HostTensors inputs = spmmInputs();
  ASSERT_FALSE(module->complete(inputs));
  auto run = module->run(inputs);
  ASSERT_TRUE(run) << run.str();
  auto live = module->host().positions("w");
  ASSERT_TRUE(live);
  const std::vector<float> &x = inputs["x"].floats(), &w = inputs["w"].floats();
  int64_t nonzeros = 0;
  for (int64_t r = 0; r < 3; ++r)
    for (int64_t t = 0; t < 10; ++t) {
      float expected = 0;
      for (int64_t c = 0; c < 5; ++c)
        if ((*live)->live(r, c))
          expected += w[r * 5 + c] * x[t * 5 + c];
      EXPECT_EQ(run->outputs["y"].floats()[t * 3 + r], 2 * expected);
    }
  for (bool bit : (*live)->bits)
    nonzeros += bit;
  EXPECT_GT(nonzeros, 0);
  EXPECT_LT(nonzeros, 15);
  ASSERT_EQ(run->programs.size(), 2u);
  const ProgramRun &spmm = run->programs[0];
  EXPECT_EQ(spmm.name, "k0_spmm");
  EXPECT_EQ(spmm.nonzeros, nonzeros);
  EXPECT_EQ(spmm.copies, 0);
  // In f32 a nonzero is two wavelets; each of three rows ends once.
  EXPECT_EQ(spmm.counters.colors[0].entered, 2 * nonzeros + 3);
  EXPECT_EQ(spmm.counters.axpys, 2 * nonzeros); // two rows of cores
  int64_t reroute = module->host().machine().rerouteCycles;
  EXPECT_EQ(run->rerouteCycles, reroute);
  EXPECT_EQ(run->cycles, spmm.cycles + run->programs[1].cycles + reroute);
  EXPECT_EQ(run->bytesWritten, 12 * 100);
  EXPECT_EQ(run->bytesRead, 10 * 3 * 4);
}

/// Programs without SystemC.
struct Plain : cycle::ProgramRunner {
  int64_t passed = 0;
  Result<cycle::ProgramRun> run(const cycle::FabricProgram &program,
                                cycle::SramImage &image,
                                const cycle::CycleOptions &options) override {
    auto simulation =
        cycle::FabricSimulation::create(program, std::move(image), options);
    if (!simulation)
      return simulation.errors;
    auto error = simulation->run();
    image = simulation->takeImage();
    if (error)
      return *error;
    cycle::ProgramRun run{simulation->cycles(), simulation->counters(), {}};
    for (size_t i = 0; i < program.outputs.size(); ++i)
      run.outputs.push_back(simulation->output(i));
    return run;
  }
  void pass(int64_t cycles) override { passed += cycles; }
};

TEST(CycleModule, SystemCChangesNothing) {
  for (const char *type : {"f32", "f16"})
    for (const std::string &operation : kernelNames()) {
      KernelRequest request;
      request.operation = operation;
      request.rows = 9, request.columns = 11, request.tokens = 14;
      GraphRequest graph;
      graph.graph = kernelGraph(request, 1);
      graph.machine = loadMachine("tiny", WAFERFLOW_MACHINES)->machine;
      graph.tokens = graph.seq = 14;
      graph.type = type[1] == '3' ? ElementType::F32 : ElementType::F16;
      auto module = compileGraph(graph);
      ASSERT_TRUE(module) << operation << ": " << module.str();
      auto inputs = randomInputs(**module, graph.type, 1, 9);
      ASSERT_TRUE(inputs) << inputs.str();
      Plain plain;
      auto expected = (*module)->runOn(plain, *inputs);
      ASSERT_TRUE(expected) << expected.str();
      cycle::FabricSystem system;
      auto run = (*module)->runOn(system, *inputs);
      ASSERT_TRUE(run) << run.str();
      EXPECT_EQ(plain.passed, run->rerouteCycles);
      EXPECT_EQ(system.cycles(), run->cycles); // SystemC's time is the run's
      auto text = [&](const CycleRun &each) {
        llvm::json::Value report = toJson(**module, each, "given", 0);
        report.getAsObject()->erase("host");
        return llvm::formatv("{0}", report).str();
      };
      EXPECT_EQ(text(*run), text(*expected));
      for (const auto &[name, tensor] : expected->outputs)
        EXPECT_EQ(run->outputs[name].values, tensor.values)
            << operation << " " << name;
      // The one that the product makes for itself.
      auto own = (*module)->run(*inputs);
      ASSERT_TRUE(own) << own.str();
      EXPECT_EQ(text(*own), text(*expected));
    }
}

TEST(CycleModule, TheSameInputsGiveTheSameBytes) {
  std::string texts[2];
  HostTensors outputs[2];
  for (int i = 0; i < 2; ++i) {
    auto module = load("spmm");
    auto run = module->run(spmmInputs());
    ASSERT_TRUE(run) << run.str();
    llvm::json::Value report = toJson(*module, *run, "given", 0);
    report.getAsObject()->erase("host");
    texts[i] = llvm::formatv("{0}", report);
    outputs[i] = run->outputs;
  }
  EXPECT_EQ(texts[0], texts[1]);
  EXPECT_EQ(outputs[0]["y"].floats(), outputs[1]["y"].floats());
}

TEST(CycleModule, BadInputsAreOneError) {
  auto module = load("spmm");
  auto error = [&](HostTensors inputs) {
    auto found = module->complete(inputs);
    return found ? found->str() : "";
  };
  HostTensors inputs = spmmInputs();
  EXPECT_EQ(error(inputs), "");
  HostTensors more = inputs;
  more["z"] = inputs["x"];
  EXPECT_EQ(error(more), "input 'z': no argument of that name; the program "
                         "takes x and 1 weights");
  HostTensors fewer = inputs;
  fewer.erase("x");
  EXPECT_EQ(error(fewer), "input 'x': expected f32 [2, 5, 5], got none");
  fewer = inputs;
  fewer.erase("w");
  EXPECT_EQ(error(fewer), "input 'w': expected f32 [3, 5], got none; the "
                          "program names no checkpoint for this weight");
  HostTensors other = inputs;
  other["x"] = HostTensor::zeros({2, 5, 5}, true);
  EXPECT_EQ(error(other),
            "input 'x': expected f32 [2, 5, 5], got integer [2, 5, 5]");
  other["x"] = HostTensor::zeros({10, 5}, false);
  EXPECT_EQ(error(other), "input 'x': expected f32 [2, 5, 5], got f32 [10, 5]");
}

TEST(CycleModule, WhatIsNoModuleOfProgramsIsSaid) {
  EXPECT_EQ(CycleModule::load("module {}").str(),
            "program: expected fabric programs (waferflow compile ... --to "
            "fabric), got none");
  EXPECT_NE(CycleModule::load("module {").str(), "");
}

TEST(CycleTrainer, StepsFollowTheStoresOwnAtTheMasksPositions) {
  auto module = load("through");
  HostTensors weights;
  weights["w"] = HostTensor::zeros({3, 6}, false);
  weights["v"] = HostTensor::zeros({6}, false);
  for (int i = 0; i < 18; ++i)
    weights["w"].floats()[i] = static_cast<float>(i - 8) / 3;
  for (int i = 0; i < 6; ++i)
    weights["v"].floats()[i] = static_cast<float>(i + 1) / 7;
  auto trainer = CycleTrainer::create(*module, weights, {});
  ASSERT_TRUE(trainer) << trainer.str();

  auto store = store::MasterStore::create({});
  auto live = *module->host().positions("w");
  std::vector<float> masked = weights["w"].floats();
  std::vector<int64_t> positions;
  for (int i = 0; i < 18; ++i)
    if (live->bits[i])
      positions.push_back(i);
    else
      masked[i] = 0;
  ASSERT_FALSE(store->add("w", masked, ElementType::F16, positions));
  ASSERT_FALSE(store->add("v", weights["v"].floats(), ElementType::F16));

  HostTensors batch;
  batch["ids"] = HostTensor::zeros({1, 2}, true);
  for (int step = 0; step < 3; ++step) {
    auto done = (*trainer)->step(batch);
    ASSERT_TRUE(done) << done.str();
    EXPECT_EQ(done->loss, 0);
    EXPECT_TRUE(done->outcome.applied);
    EXPECT_EQ(done->outcome.updates,
              static_cast<int64_t>(positions.size()) + 6);
    EXPECT_GE(done->optimizerDoneCycle, 1);
    // The gradient is what was streamed: rounded to f16.
    ASSERT_TRUE(store->step(
        {{"w", *store->streamed("w")}, {"v", *store->streamed("v")}}));
    auto masters = (*trainer)->masters();
    ASSERT_TRUE(masters);
    EXPECT_EQ((*masters)["w"].floats(), *store->master("w"));
    EXPECT_EQ((*masters)["v"].floats(), *store->master("v"));
  }
  batch["w"] = weights["w"];
  EXPECT_EQ((*trainer)->step(batch).str(),
            "input 'w': is a weight, which the store has");
}

TEST(CycleTrainer, WhatCannotBeTrainedIsSaid) {
  auto spmm = load("spmm");
  EXPECT_EQ(CycleTrainer::create(*spmm, {}, {}).str(),
            "program: expected a training step with a result 'loss'");
  auto through = load("through");
  EXPECT_EQ(CycleTrainer::create(*through, {}, {}).str(),
            "input 'w': expected f32 [3, 6], got none; the program names no "
            "checkpoint for this weight");
  store::StoreOptions scaled;
  scaled.lossScale.kind = store::LossScaleOptions::Kind::Dynamic;
  EXPECT_EQ(CycleTrainer::create(*through, {}, scaled).str(),
            "loss scaling: expected a training step compiled with a loss scale "
            "other than 1 (--loss-scale, the scale to begin with)");
}

} // namespace
