//===- InsertRelayouts.cpp - A cost wherever layouts differ ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/MappedStep.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace waferflow::flow {

namespace {

class Inserter {
public:
  explicit Inserter(MappedStep &mapped) : mapped(mapped) {}

  void run() {
    for (auto [i, shared] : llvm::enumerate(mapped.shape.kernels)) {
      FlowKernel kernel = shared;
      auto spmm = dyn_cast<SpmmOp>(kernel.getOperation());
      if (!spmm || kernel.getInLayout()->getGo() == 1)
        continue;
      // Replicas are only there until another kernel needs the room.
      const auto &choices = mapped.solution.choices;
      bool shares =
          i > 0 && sharesGather(mapped.problem, i, choices[i - 1], choices[i]);
      if (!shares)
        replica = gathered(spmm.getX(), *kernel.getInLayout(), kernel);
      kernel->setOperand(0, replica);
    }
  }

private:
  LayoutAttr layout(StringRef order, int64_t go, StringRef form) {
    MLIRContext *context = mapped.step.getContext();
    return LayoutAttr::get(context, FlatSymbolRefAttr::get(context, order), go,
                           form);
  }

  Value gathered(Value value, LayoutAttr to, FlowKernel reader) {
    OpBuilder builder(reader);
    auto relayout = RelayoutOp::create(
        builder, reader->getLoc(), value.getType(), value,
        layout(to.getOrder().getValue(), 1, "contiguous"), to, IntegerAttr(),
        reader->getAttrOfType<KernelPhaseAttr>("phase"),
        reader->getAttrOfType<KernelSectionAttr>("section"),
        builder.getStringAttr("gather for " +
                              reader.getLabel().value_or("").str()),
        MappingAttr::get(builder.getContext(), to.getGo(), to.getForm(), 1,
                         "output", 0, reader.getMapping()->getChunks()),
        RegionAttr(), LayoutAttr(), LayoutAttr());
    if (auto layer = reader->getAttrOfType<IntegerAttr>("layer"))
      relayout.setLayerAttr(layer);
    return relayout.getResult();
  }

  MappedStep &mapped;
  Value replica; ///< the latest
};

} // namespace

LogicalResult insertRelayouts(ModuleOp module) {
  auto mapped = readMappedStep(module);
  if (failed(mapped))
    return failure();
  Inserter(*mapped).run();
  return success();
}

} // namespace waferflow::flow
