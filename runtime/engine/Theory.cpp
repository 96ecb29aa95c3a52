//===- Theory.cpp - The published accounting, counted from a graph --------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/Theory.h"

#include "compiler/ChooseMapping.h"

using namespace mlir;
using namespace waferflow::flow;

namespace waferflow {

double MultiplyAdds::speedup(double sparsity) const {
  double total = linears + attention + head;
  return total / (total - (linears - denseGradients) * sparsity);
}

FailureOr<MultiplyAdds> countMultiplyAdds(ModuleOp module, bool causal) {
  func::FuncOp step = findStep(module);
  if (!step)
    return failure();
  llvm::StringMap<WeightAttr> weights;
  for (unsigned i = 0; i < step.getNumArguments(); ++i)
    if (auto weight = step.getArgAttrOfType<WeightAttr>(i, "flow.weight"))
      weights[weight.getName()] = weight;
  MultiplyAdds sum;
  auto addProduct = [&](int64_t tokens, Type weight, WeightAttr attr,
                        bool dense) {
    double macs = static_cast<double>(tokens) *
                  cast<RankedTensorType>(weight).getNumElements();
    (attr && attr.getPruned() ? sum.linears : sum.head) += macs;
    if (dense && attr && attr.getPruned())
      sum.denseGradients += macs;
  };
  for (Operation &op : step.front()) {
    if (auto spmm = dyn_cast<SpmmOp>(op)) {
      auto argument = dyn_cast<BlockArgument>(spmm.getWeight());
      auto attr = argument ? step.getArgAttrOfType<WeightAttr>(
                                 argument.getArgNumber(), "flow.weight")
                           : WeightAttr();
      addProduct(spmm.getX().getType().getDimSize(0),
                 spmm.getWeight().getType(), attr, false);
    } else if (auto sddmm = dyn_cast<SddmmOp>(op)) {
      addProduct(sddmm.getX().getType().getDimSize(0),
                 sddmm.getResult().getType(),
                 weights.lookup(sddmm.getWeight().value_or("")),
                 sddmm.getAt() == "dense");
    } else if (auto attention = dyn_cast<AttentionOp>(op)) {
      double matmuls = attention.getDirection() == Direction::Forward ? 2 : 4;
      double seq = attention.getSeq();
      double pairs =
          causal && attention.getCausal() ? seq * seq / 2 : seq * seq;
      sum.attention += matmuls * pairs * attention.getHeadDim() *
                       attention.getHeads() * attention.getBatch();
    }
  }
  return sum;
}

} // namespace waferflow
