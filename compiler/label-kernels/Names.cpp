//===- Names.cpp - Labels for people --------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/label-kernels/Labels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace waferflow;
using namespace waferflow::flow;

/// "q_proj" of "model.layers.0.self_attn.q_proj.weight".
static StringRef shortName(StringRef name) {
  name.consume_back(".weight");
  return name.rsplit('.').second.empty() ? name : name.rsplit('.').second;
}

template <typename... OpTs> static bool holds(Operation *kernel) {
  bool found = false;
  kernel->walk([&](Operation *op) { found |= isa<OpTs...>(op); });
  return found;
}

/// Nothing but one addition of tensors.
static bool addsOnly(Operation *kernel) {
  int64_t additions = 0, others = 0;
  kernel->walk([&](Operation *op) {
    if (isa<arith::AddFOp>(op))
      ++additions;
    else if (isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) &&
             !isa<arith::ConstantOp>(op))
      ++others;
  });
  return additions == 1 && others == 0;
}

namespace {
/// Names kernels in program order.
class Namer {
public:
  explicit Namer(KernelGraph &graph) : graph(graph) {}
  std::string labelOf(FlowKernel kernel);

private:
  StringRef vectorName(FlowKernel kernel);
  StringRef appearance(FlowKernel kernel);

  KernelGraph &graph;
  /// Maps and reductions that serve a norm's weight, by its short name.
  llvm::DenseMap<Operation *, StringRef> served;
};
} // namespace

/// The weight that a map or reduction reads, makes the gradient of, or is a
/// statistic or a part of the gradient for.
StringRef Namer::vectorName(FlowKernel kernel) {
  auto read = [&](FlowKernel by) {
    for (Value operand : by->getOperands())
      if (WeightAttr weight = graph.weight(operand))
        return shortName(weight.getName());
    return StringRef();
  };
  StringRef name = read(kernel);
  for (Value result : kernel->getResults())
    if (GradientAttr gradient = graph.gradient(result))
      name = shortName(gradient.getWeight());
  bool reduces = isa<ReduceOp>(kernel.getOperation());
  if (name.empty() && reduces)
    for (Value result : kernel->getResults())
      for (FlowKernel reader : KernelGraph::readers(result))
        if (name.empty() && isa<MapOp>(reader.getOperation()) &&
            reader.getPhase() == kernel.getPhase())
          name = read(reader);
  if (name.empty() && kernel.getPhase() == KernelPhase::Backward)
    for (Value operand : kernel->getOperands())
      if (Operation *maker = KernelGraph::root(operand).getDefiningOp())
        if (cast<FlowKernel>(maker).getPhase() == KernelPhase::Backward)
          name = served.lookup(maker);
  return name;
}

/// What a kernel without a streamed weight looks like.
StringRef Namer::appearance(FlowKernel kernel) {
  if (isa<MapOp, ReduceOp>(kernel.getOperation()))
    if (StringRef name = vectorName(kernel); !name.empty())
      return served[kernel] = name;
  if (kernel.getSection() == KernelSection::Head)
    return "loss";
  if (addsOnly(kernel))
    return "residual";
  if (holds<tensor::ConcatOp, tensor::InsertSliceOp>(kernel))
    return "rope";
  if (isa<MapOp>(kernel.getOperation()) &&
      holds<math::ExpOp, math::TanhOp>(kernel))
    return "activation";
  return kernel.getKindName();
}

std::string Namer::labelOf(FlowKernel kernel) {
  Operation *op = kernel.getOperation();
  bool backward = kernel.getPhase() == KernelPhase::Backward;
  if (auto spmm = dyn_cast<SpmmOp>(op)) {
    WeightAttr weight = graph.weight(spmm.getWeight());
    return (weight ? shortName(weight.getName()) : "spmm").str() +
           (spmm.getTransposed() ? " dX" : "");
  }
  if (auto named = op->getAttrOfType<StringAttr>("weight"))
    return shortName(named).str() + " dW";
  if (isa<GatherOp>(op))
    for (Value operand : op->getOperands())
      if (WeightAttr weight = graph.weight(operand))
        return shortName(weight.getName()).str();
  if (isa<AttentionOp>(op))
    return backward ? "attention backward" : "attention";
  // The gradient of a norm's weight, or of its input.
  std::string label = appearance(kernel).str();
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    if (backward && reduce.getAxis() == ReduceAxis::Y)
      return label + " dW";
    label += reduce.getAxis() == ReduceAxis::X ? " row" : " sum";
  }
  return backward ? label + " backward" : label;
}

void waferflow::nameKernels(KernelGraph &graph) {
  Namer namer(graph);
  for (FlowKernel kernel : graph.kernels)
    kernel.setLabelAttr(
        StringAttr::get(graph.entry.getContext(), namer.labelOf(kernel)));
}
