//===- SummarizeKernels.cpp - One line a kernel ---------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Passes.h"
#include "compiler/analysis/KernelCost.h"
#include "simulator/cost/ScalarCycles.h"

#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;

namespace waferflow {
#define GEN_PASS_DEF_SUMMARIZEKERNELS
#include "compiler/Passes.h.inc"

namespace {
using namespace flow;

std::string typeText(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

llvm::json::Array types(TypeRange range) {
  llvm::json::Array array;
  for (Type type : range)
    array.push_back(typeText(type));
  return array;
}

/// The weight that a kernel streams, or whose gradient it makes.
StringRef weightOf(func::FuncOp entry, Operation *op) {
  if (auto named = op->getAttrOfType<StringAttr>("weight"))
    return named;
  for (Value operand : op->getOperands())
    if (auto arg = dyn_cast<BlockArgument>(operand))
      if (auto weight = entry.getArgAttrOfType<WeightAttr>(arg.getArgNumber(),
                                                           "flow.weight"))
        if (isa<SpmmOp, GatherOp>(op))
          return weight.getName();
  return {};
}

FailureOr<llvm::json::Object> summaryOf(func::FuncOp entry, FlowKernel kernel) {
  FailureOr<KernelCost> cost = costOf(kernel);
  if (failed(cost))
    return failure();
  Operation *op = kernel.getOperation();
  llvm::json::Object line{{"kind", kernel.getKindName()},
                          {"inputs", types(op->getOperandTypes())},
                          {"outputs", types(op->getResultTypes())},
                          {"multiply_adds", cost->multiplyAdds}};
  llvm::json::Object ops;
  for (auto [scalar, times] : cost->scalarOps)
    ops[scalarOpKey(scalar)] = times;
  line["scalar_ops"] = std::move(ops);
  if (auto layer = kernel.getLayer())
    line["layer"] = static_cast<int64_t>(*layer);
  if (auto phase = kernel.getPhase())
    line["phase"] = stringifyEnum(*phase);
  if (auto section = kernel.getSection())
    line["section"] = stringifyEnum(*section);
  if (auto label = kernel.getLabel())
    line["label"] = *label;
  if (StringRef weight = weightOf(entry, op); !weight.empty())
    line["weight"] = weight;
  if (auto spmm = dyn_cast<SpmmOp>(op))
    line["transposed"] = spmm.getTransposed();
  if (auto sddmm = dyn_cast<SddmmOp>(op))
    line["at"] = sddmm.getAt();
  if (auto reduce = dyn_cast<ReduceOp>(op))
    line["axis"] = stringifyEnum(reduce.getAxis());
  if (auto gather = dyn_cast<GatherOp>(op))
    line["direction"] = stringifyEnum(gather.getDirection());
  if (auto attention = dyn_cast<AttentionOp>(op)) {
    line["direction"] = stringifyEnum(attention.getDirection());
    line["causal"] = attention.getCausal();
    line["heads"] = static_cast<int64_t>(attention.getHeads());
    line["kv_heads"] = static_cast<int64_t>(attention.getKvHeads());
    line["head_dim"] = static_cast<int64_t>(attention.getHeadDim());
  }
  return line;
}

struct SummarizeKernels : impl::SummarizeKernelsBase<SummarizeKernels> {
  using SummarizeKernelsBase::SummarizeKernelsBase;

  void runOnOperation() override {
    FailureOr<func::FuncOp> entry = entryFunction(getOperation());
    if (failed(entry))
      return signalPassFailure();
    std::string message;
    auto file = openOutputFile(output, &message);
    if (!file) {
      entry->emitError() << message;
      return signalPassFailure();
    }
    for (Operation &op : entry->getBody().front()) {
      auto kernel = dyn_cast<FlowKernel>(op);
      if (!kernel)
        continue;
      auto line = summaryOf(*entry, kernel);
      if (failed(line))
        return signalPassFailure();
      file->os() << llvm::json::Value(std::move(*line)) << "\n";
    }
    file->keep();
    markAllAnalysesPreserved();
  }
};
} // namespace
} // namespace waferflow
