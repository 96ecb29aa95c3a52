//===- LowerToFabric.cpp - From placed kernels to fabric programs ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/LowerToFabric.h"

#include "compiler/Passes.h"
#include "compiler/Wiring.h"
#include "compiler/lower-to-fabric/AddedGradients.h"
#include "compiler/lower-to-fabric/Chunks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace waferflow {

#define GEN_PASS_DEF_LOWERTOFABRIC
#include "compiler/Passes.h.inc"

namespace fabric {

namespace {

/// The step's results in the graph's shapes: the same elements in the same
/// order, which the host reads as they are.
LogicalResult renameReshaped(StepLowering &lowering, Operation *reshape) {
  Value source = reshape->getOperand(0), result = reshape->getResult(0);
  if (!lowering.isHeld(source))
    return reshape->emitOpError(
        "expected what a kernel left in SRAM, got another value");
  for (Operation *user : result.getUsers())
    if (isa<flow::FlowKernel>(user))
      return reshape->emitOpError("expected a result of the step, got an "
                                  "input of ")
             << user->getName();
  lowering.alias(result, source);
  return success();
}

LogicalResult lowerKernel(StepLowering &lowering, Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](flow::SpmmOp k) { return lowerSpmm(lowering, k); })
      .Case([&](flow::SddmmOp k) { return lowerSddmm(lowering, k); })
      .Case([&](flow::MapOp k) { return lowerMap(lowering, k); })
      .Case([&](flow::ReduceOp k) { return lowerReduce(lowering, k); })
      .Case([&](flow::AttentionOp k) { return lowerAttention(lowering, k); })
      .Case([&](flow::GatherOp k) { return lowerGather(lowering, k); })
      .Case([&](flow::RelayoutOp k) { return lowerRelayout(lowering, k); })
      .Case<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(
          [&](auto reshape) { return renameReshaped(lowering, reshape); })
      .Default([](Operation *other) {
        return other->emitOpError("has no lowering to the fabric");
      });
}

MemRefType sramOf(const Held &held) {
  return MemRefType::get({held.extent}, held.element,
                         MemRefLayoutAttrInterface(),
                         SramAttr::get(held.element.getContext()));
}

HostAttr hostTensor(MLIRContext *context, StringRef name, StringRef form,
                    flow::LayoutAttr layout) {
  return HostAttr::get(context, name, form, layout, {}, false, 0, 0, {});
}

void declareTensors(StepLowering &lowering) {
  OpBuilder &b = *lowering.builder;
  func::FuncOp step = lowering.step;
  for (BlockArgument argument : step.getArguments())
    ArgumentOp::create(b, step.getLoc(), lowering.argumentName(argument),
                       step.getArgAttrOfType<flow::WeightAttr>(
                           argument.getArgNumber(), "flow.weight"),
                       argument.getType());
  for (unsigned i = 0; i < step.getNumResults(); ++i)
    ResultOp::create(
        b, step.getLoc(), lowering.resultName(i),
        step.getResultAttrOfType<flow::GradientAttr>(i, "flow.gradient"),
        step.getResultTypes()[i]);
}

/// Activations among the arguments are in SRAM before the step begins.
LogicalResult writeArguments(StepLowering &lowering) {
  for (BlockArgument argument : lowering.step.getArguments()) {
    if (!lowering.layoutOf(argument))
      continue;
    auto held = lowering.hold(argument);
    if (failed(held))
      return failure();
    WriteOp::create(*lowering.builder, lowering.step.getLoc(),
                    hostTensor(lowering.module.getContext(),
                               lowering.argumentName(argument), "activations",
                               held->layout),
                    lowering.everywhere(), held->address, sramOf(*held));
  }
  return success();
}

void read(StepLowering &lowering, Location loc, const Held &held,
          StringRef name) {
  StringRef form = held.kind == Held::Kind::Activation ? "activations"
                   : held.kind == Held::Kind::Scalar   ? "scalar"
                                                       : "tokens";
  ReadOp::create(*lowering.builder, loc,
                 hostTensor(loc.getContext(), name, form, held.layout),
                 lowering.everywhere(), held.address, sramOf(held));
}

/// Pieces of the step's results, which are gone after the kernel.
void readPieces(StepLowering &lowering, Operation *kernel) {
  for (Value result : kernel->getResults())
    for (const std::string &name : lowering.piecesOf(result))
      read(lowering, kernel->getLoc(), lowering.held(result), name);
}

/// What the step returns and neither a kernel has drained nor the host read in
/// pieces.
LogicalResult readResults(StepLowering &lowering, func::ReturnOp end) {
  for (auto [i, value] : llvm::enumerate(end.getOperands())) {
    std::string name = lowering.resultName(i);
    if (lowering.step.getResultAttr(i, "flow.gradient") ||
        lowering.isInPieces(name))
      continue;
    if (!lowering.isHeld(value))
      return end.emitOpError()
             << "returns result " << i << ", which no kernel left in SRAM";
    read(lowering, end.getLoc(), lowering.held(value), name);
  }
  return success();
}

} // namespace

LogicalResult lowerToFabric(ModuleOp module, bool sramRemarks) {
  auto lowering = StepLowering::of(module);
  if (failed(lowering))
    return failure();
  module->setAttr("flow.step", lowering->step->getAttr("flow.step"));
  declareTensors(*lowering);
  mergeAddedGradients(*lowering);
  if (failed(unrollChunks(*lowering)) || failed(writeArguments(*lowering)))
    return failure();
  for (Operation &op : lowering->step.getBody().front()) {
    if (auto end = dyn_cast<func::ReturnOp>(op)) {
      if (failed(readResults(*lowering, end)))
        return failure();
      continue;
    }
    if (failed(lowerKernel(*lowering, &op)))
      return failure();
    readPieces(*lowering, &op);
    lowering->finish(&op);
  }
  if (sramRemarks)
    lowering->remarkSram();
  if (failed(lowering->placeSram()))
    return failure();
  lowering->step.erase();
  for (auto program : module.getOps<ProgramOp>())
    if (failed(assignColors(program)))
      return failure();
  return success();
}

} // namespace fabric

namespace {

struct LowerToFabricPass : impl::LowerToFabricBase<LowerToFabricPass> {
  using LowerToFabricBase::LowerToFabricBase;

  void runOnOperation() override {
    if (failed(fabric::lowerToFabric(getOperation(), sramRemarks)))
      signalPassFailure();
  }
};

} // namespace

} // namespace waferflow
