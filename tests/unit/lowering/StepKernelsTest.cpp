//===- StepKernelsTest.cpp - Is a step's element-wise work right? ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A training step of tiny, cut at its products and attentions: their inputs are
// results, their results random arguments. What is left, all maps, reductions
// and lookups, runs on the fabric and on the CPU.
//
//===----------------------------------------------------------------------===//
#include "Difference.h"

#include "compiler/Passes.h"
#include "compiler/lower-to-fabric/LowerToFabric.h"
#include "runtime/engine/GraphRun.h"
#include "runtime/engine/Session.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace waferflow;

namespace {

bool isCut(Operation &op) {
  return isa<flow::SpmmOp, flow::SddmmOp, flow::AttentionOp>(op);
}

/// The results of cut kernels that others read, and the inputs of cut kernels
/// that others make, in program order.
struct Cuts {
  explicit Cuts(func::FuncOp step) {
    for (Operation &op : step.getBody().front()) {
      if (!isCut(op))
        continue;
      for (Value operand : op.getOperands()) {
        while (auto relayout = operand.getDefiningOp<flow::RelayoutOp>())
          operand = relayout.getInput();
        if (operand.getDefiningOp() && !isCut(*operand.getDefiningOp()) &&
            !llvm::is_contained(read, operand))
          read.push_back(operand);
      }
      for (Value result : op.getResults())
        if (llvm::any_of(result.getUsers(), [](Operation *user) {
              return !isCut(*user) && !isa<func::ReturnOp>(user);
            }))
          written.push_back(result);
    }
  }
  SmallVector<Value> read, written;
};

std::string cutName(const char *what, size_t index) {
  return what + std::to_string(index);
}

/// Fabric programs of the rest, in the manner of lower-to-fabric.
std::string lowerRest(ModuleOp module) {
  auto lowering = fabric::StepLowering::of(module);
  EXPECT_TRUE(succeeded(lowering));
  func::FuncOp step = lowering->step;
  OpBuilder &b = *lowering->builder;
  Location loc = step.getLoc();
  Cuts cuts(step);
  module->setAttr("flow.step", step->getAttr("flow.step"));
  for (BlockArgument argument : step.getArguments())
    fabric::ArgumentOp::create(b, loc, lowering->argumentName(argument),
                               step.getArgAttrOfType<flow::WeightAttr>(
                                   argument.getArgNumber(), "flow.weight"),
                               argument.getType());
  for (auto [i, value] : llvm::enumerate(cuts.written))
    fabric::ArgumentOp::create(b, loc, cutName("written", i), {},
                               value.getType());
  auto *end = step.getBody().front().getTerminator();
  auto isKept = [&](Value value) {
    return value.getDefiningOp() && !isCut(*value.getDefiningOp());
  };
  for (auto [i, value] : llvm::enumerate(end->getOperands()))
    if (isKept(value))
      fabric::ResultOp::create(
          b, loc, lowering->resultName(i),
          step.getResultAttrOfType<flow::GradientAttr>(i, "flow.gradient"),
          value.getType());
  for (auto [i, value] : llvm::enumerate(cuts.read))
    fabric::ResultOp::create(b, loc, cutName("read", i), {}, value.getType());

  auto hostOf = [&](const std::string &name, const fabric::Held &held) {
    StringRef form =
        held.kind == fabric::Held::Kind::Scalar ? "scalar" : "activations";
    return fabric::HostAttr::get(b.getContext(), name, form, held.layout, {},
                                 false, 0, 0, {});
  };
  auto sramOf = [&](const fabric::Held &held) {
    return MemRefType::get({held.extent}, held.element,
                           MemRefLayoutAttrInterface(),
                           fabric::SramAttr::get(b.getContext()));
  };
  for (Operation &op : step.getBody().front()) {
    LogicalResult done = success();
    if (auto map = dyn_cast<flow::MapOp>(op))
      done = lowerMap(*lowering, map);
    else if (auto reduce = dyn_cast<flow::ReduceOp>(op))
      done = lowerReduce(*lowering, reduce);
    else if (auto gather = dyn_cast<flow::GatherOp>(op))
      done = lowerGather(*lowering, gather);
    for (Value result : op.getResults())
      if (llvm::is_contained(cuts.written, result)) {
        auto held = lowering->hold(result);
        EXPECT_TRUE(succeeded(held));
        size_t index = llvm::find(cuts.written, result) - cuts.written.begin();
        fabric::WriteOp::create(
            b, loc, hostOf(cutName("written", index), *held),
            lowering->everywhere(), held->address, sramOf(*held));
      }
    EXPECT_TRUE(succeeded(done));
    for (Value result : op.getResults())
      if (llvm::is_contained(cuts.read, result)) {
        size_t index = llvm::find(cuts.read, result) - cuts.read.begin();
        const fabric::Held &held = lowering->held(result);
        fabric::ReadOp::create(b, loc, hostOf(cutName("read", index), held),
                               lowering->everywhere(), held.address,
                               sramOf(held));
      }
    if (op.getNumResults() == 1 && op.getResult(0).hasOneUse() &&
        lowering->resultName(op.getResult(0)) == "loss") {
      const fabric::Held &held = lowering->held(op.getResult(0));
      fabric::ReadOp::create(b, loc, hostOf("loss", held),
                             lowering->everywhere(), held.address,
                             sramOf(held));
    }
    lowering->finish(&op);
  }
  step.erase();
  EXPECT_TRUE(succeeded(verify(module)));
  std::string text;
  llvm::raw_string_ostream(text) << module;
  return text;
}

/// The same as a graph: cut results become arguments.
std::string graphOfRest(ModuleOp module) {
  auto step = *module.getOps<func::FuncOp>().begin();
  Cuts cuts(step);
  Block &body = step.getBody().front();
  Operation *end = body.getTerminator();
  SmallVector<Value> results;
  for (Value value : end->getOperands())
    if (value.getDefiningOp() && !isCut(*value.getDefiningOp()))
      results.push_back(value);
  llvm::append_range(results, cuts.read);
  end->setOperands(results);
  for (Value value : cuts.written)
    value.replaceAllUsesWith(body.addArgument(value.getType(), step.getLoc()));
  SmallVector<Operation *> dead;
  for (Operation &op : body)
    if (isCut(op))
      dead.push_back(&op);
  for (Operation *op : llvm::reverse(dead))
    op->erase();
  step->removeAttr("arg_attrs");
  step->removeAttr("res_attrs");
  step.setFunctionType(FunctionType::get(
      step.getContext(), body.getArgumentTypes(), end->getOperandTypes()));
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  manager.addPass(createInlineKernels());
  EXPECT_TRUE(succeeded(manager.run(module)));
  std::string text;
  llvm::raw_string_ostream(text) << module;
  return text;
}

void runStep(ElementType type, std::optional<int64_t> gt, double most) {
  Request request;
  request.model = "tiny";
  request.config = WAFERFLOW_CONFIGS "/tiny.json";
  request.machine = "tiny";
  request.machinesDir = WAFERFLOW_MACHINES;
  request.tokens = 48;
  request.seq = 16;
  request.type = type;
  request.gt = gt;
  auto session = Session::open(request);
  ASSERT_TRUE(session) << session.str();
  MaskCache masks;
  auto placed = (*session)->placed(0.5, masks);
  ASSERT_TRUE(placed) << placed.str();
  Module copy = (**placed).clone();
  auto module = CycleModule::load(lowerRest(**placed));
  ASSERT_TRUE(module) << module.str();
  std::string graph = graphOfRest(*copy);
  auto inputs = randomInputs(**module, type, 1, 256);
  ASSERT_TRUE(inputs) << inputs.str();
  auto expected = runOnCpu(**module, graph, *inputs);
  ASSERT_TRUE(expected) << expected.str();
  auto run = (*module)->run(*inputs);
  ASSERT_TRUE(run) << run.str();
  EXPECT_GT(run->outputs.size(), 50u);
  expectNear(run->outputs, *expected, most);
}

TEST(StepKernels, EqualTheCpu) {
  runStep(ElementType::F32, std::nullopt, 2e-6);
}
TEST(StepKernels, EqualTheCpuInTwoTokenGroups) {
  runStep(ElementType::F32, 2, 2e-6);
}
TEST(StepKernels, RoundWithSixteenBits) {
  runStep(ElementType::F16, std::nullopt, 4e-3);
}

} // namespace
