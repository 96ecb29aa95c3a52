//===- KernelCost.cpp - What a kernel computes, counted -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/analysis/KernelCost.h"

#include "compiler/analysis/Axes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;

namespace waferflow::flow {

namespace {
using Counts = std::map<ScalarOp, int64_t>;

/// Loop positions and constants: registers, no work on data.
bool isFree(Operation *op) {
  return isa<linalg::IndexOp, linalg::YieldOp, arith::ConstantOp,
             arith::IndexCastOp, arith::IndexCastUIOp>(op);
}

bool isConstant(Value value) {
  return value.getDefiningOp() &&
         value.getDefiningOp()->hasTrait<OpTrait::ConstantLike>();
}

/// What one execution of a body's op costs.
std::optional<Counts> scalarCost(Operation *op) {
  if (isFree(op) || llvm::all_of(op->getOperands(), isConstant))
    return Counts();
  if (isa<arith::AddFOp, arith::SubFOp, arith::NegFOp, arith::AddIOp,
          arith::SubIOp, math::AbsFOp>(op))
    return Counts{{ScalarOp::Add, 1}};
  if (isa<arith::MulFOp, arith::MulIOp>(op))
    return Counts{{ScalarOp::Mul, 1}};
  if (isa<arith::DivFOp>(op)) {
    if (isConstant(op->getOperand(1)))
      return Counts{{ScalarOp::Mul, 1}};
    if (isConstant(op->getOperand(0)))
      return Counts{{ScalarOp::Reciprocal, 1}};
    return Counts{{ScalarOp::Reciprocal, 1}, {ScalarOp::Mul, 1}};
  }
  if (isa<arith::MaximumFOp, arith::MaxNumFOp, arith::MinimumFOp,
          arith::MinNumFOp, arith::MaxSIOp, arith::MinSIOp>(op))
    return Counts{{ScalarOp::Max, 1}};
  if (isa<math::ExpOp, math::Exp2Op>(op))
    return Counts{{ScalarOp::Exp, 1}};
  if (isa<math::LogOp, math::Log2Op>(op))
    return Counts{{ScalarOp::Log, 1}};
  if (isa<math::RsqrtOp>(op))
    return Counts{{ScalarOp::Rsqrt, 1}};
  if (isa<math::SqrtOp>(op))
    return Counts{{ScalarOp::Rsqrt, 1}, {ScalarOp::Mul, 1}};
  if (isa<math::TanhOp>(op)) // 1 - 2 / (exp(2 x) + 1)
    return Counts{{ScalarOp::Exp, 1},
                  {ScalarOp::Reciprocal, 1},
                  {ScalarOp::Mul, 2},
                  {ScalarOp::Add, 2}};
  if (isa<math::ErfOp>(op)) // Abramowitz and Stegun 7.1.26
    return Counts{{ScalarOp::Exp, 1},
                  {ScalarOp::Reciprocal, 1},
                  {ScalarOp::Mul, 8},
                  {ScalarOp::Add, 6}};
  if (isa<arith::CmpFOp, arith::CmpIOp, arith::SelectOp, arith::AndIOp,
          arith::OrIOp, arith::XOrIOp>(op))
    return Counts{{ScalarOp::Select, 1}};
  if (isa<arith::SIToFPOp, arith::UIToFPOp, arith::FPToSIOp, arith::FPToUIOp,
          arith::ExtUIOp, arith::ExtSIOp, arith::TruncIOp, arith::ExtFOp,
          arith::TruncFOp, tensor::ExtractOp>(op))
    return Counts{{ScalarOp::Copy, 1}};
  return std::nullopt;
}

int64_t elements(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

/// Calls `visit` for every scalar operation of a kernel's body.
class Visitor {
public:
  Visitor(FlowKernel kernel, function_ref<void(ScalarOp, int64_t)> visit)
      : kernel(kernel), visit(visit) {
    if (auto attention = dyn_cast<AttentionOp>(kernel.getOperation()))
      axes = AxisAnalysis::ofBody(attention.getBody().front(),
                                  attention.getBatch(), attention.getSeq());
  }

  LogicalResult run() {
    for (Operation &op : kernel->getRegion(0).front().without_terminator())
      if (failed(count(&op)))
        return failure();
    return success();
  }

private:
  void add(ScalarOp op, int64_t each, int64_t volume) {
    for (int64_t i = 0; i < each && volume != 0; ++i)
      visit(op, volume);
  }

  /// Iterations of some of an op's loops. Of causal attention's scores only the
  /// pairs that run.
  int64_t volume(linalg::LinalgOp op, const llvm::SmallBitVector &loops) {
    auto ranges = op.getStaticLoopRanges();
    int64_t volume = 1;
    for (unsigned loop : loops.set_bits())
      volume *= ranges[loop];
    auto attention = dyn_cast<AttentionOp>(kernel.getOperation());
    if (!attention)
      return volume;
    Dims dims = axes->loops(op);
    int64_t sequences = 0;
    for (unsigned loop : loops.set_bits())
      for (Factor factor : dims[loop])
        sequences += factor.axis == Axis::Sequence;
    int64_t seq = attention.getSeq();
    return sequences < 2 ? volume : volume / (seq * seq) * attention.getPairs();
  }

  /// The scalar ops of a linalg op, each as often as its operands change: the
  /// reciprocal of a row's sum is taken once a row.
  LogicalResult countBody(linalg::LinalgOp op) {
    llvm::DenseMap<Value, llvm::SmallBitVector> changes;
    unsigned numLoops = op.getNumLoops();
    for (OpOperand &operand : op->getOpOperands()) {
      // An accumulator changes with every iteration.
      llvm::SmallBitVector loops(numLoops, op.isDpsInit(&operand));
      for (AffineExpr expr : op.getMatchingIndexingMap(&operand).getResults())
        if (auto dim = dyn_cast<AffineDimExpr>(expr))
          loops.set(dim.getPosition());
      changes[op.getMatchingBlockArgument(&operand)] = loops;
    }
    auto loopsOf = [&](Value value) {
      auto it = changes.find(value);
      return it == changes.end() ? llvm::SmallBitVector(numLoops) : it->second;
    };
    for (Operation &scalar : op.getBlock()->without_terminator()) {
      llvm::SmallBitVector loops(numLoops);
      if (auto index = dyn_cast<linalg::IndexOp>(scalar))
        loops.set(index.getDim());
      for (Value operand : scalar.getOperands())
        loops |= loopsOf(operand);
      for (Value result : scalar.getResults())
        changes[result] = loops;
      auto counts = scalarCost(&scalar);
      if (!counts)
        return unknown(&scalar);
      bool divides = isa<arith::DivFOp>(scalar);
      for (auto [kind, each] : *counts)
        add(kind, each,
            volume(op, divides && kind == ScalarOp::Reciprocal
                           ? loopsOf(scalar.getOperand(1))
                           : loops));
    }
    return success();
  }

  LogicalResult count(Operation *op) {
    if (auto concat = dyn_cast<tensor::ConcatOp>(op))
      return add(ScalarOp::Copy, 1, elements(concat.getResult())), success();
    if (isa<tensor::InsertSliceOp, tensor::PadOp>(op))
      return add(ScalarOp::Copy, 1, elements(op->getOperand(0))), success();
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    if (!linalgOp)
      return isa<tensor::TensorDialect>(op->getDialect()) || isFree(op)
                 ? success()
                 : countElementwise(op);
    bool multiplies = linalg::isaContractionOpInterface(linalgOp) &&
                      succeeded(linalg::inferContractionDims(linalgOp));
    if (!linalgOp.getNumDpsInputs() || isa<linalg::FillOp>(op) || multiplies)
      return success(); // made from nothing, or counted as multiply-adds
    return countBody(linalgOp);
  }

  /// arith and math ops on whole tensors.
  LogicalResult countElementwise(Operation *op) {
    auto counts = scalarCost(op);
    if (!counts || op->getNumResults() != 1)
      return unknown(op);
    for (auto [kind, each] : *counts)
      add(kind, each, elements(op->getResult(0)));
    return success();
  }

  LogicalResult unknown(Operation *op) {
    return op->emitError() << "expected a scalar operation with a cost, got '"
                           << op->getName() << "'";
  }

  FlowKernel kernel;
  function_ref<void(ScalarOp, int64_t)> visit;
  std::optional<AxisAnalysis> axes;
};
} // namespace

LogicalResult forEachScalarOp(FlowKernel kernel,
                              function_ref<void(ScalarOp, int64_t)> visit) {
  Operation *op = kernel.getOperation();
  if (auto gather = dyn_cast<GatherOp>(op)) {
    bool forward = gather.getDirection() == Direction::Forward;
    Value rows = forward ? gather->getResult(0) : gather.getInputs()[0];
    for (Value input : gather.getInputs())
      if (!forward && isa<FloatType>(getElementTypeOrSelf(input)))
        rows = input;
    visit(forward ? ScalarOp::Copy : ScalarOp::Add, elements(rows));
    return success();
  }
  return op->getNumRegions() == 0 ? success() : Visitor(kernel, visit).run();
}

FailureOr<KernelCost> costOf(FlowKernel kernel) {
  KernelCost cost;
  Operation *op = kernel.getOperation();
  if (auto spmm = dyn_cast<SpmmOp>(op)) {
    cost.multiplyAdds =
        spmm.getX().getType().getDimSize(0) * elements(spmm.getWeight());
    return cost;
  }
  if (auto sddmm = dyn_cast<SddmmOp>(op)) {
    cost.multiplyAdds =
        sddmm.getX().getType().getDimSize(0) * elements(sddmm.getResult());
    return cost;
  }
  if (auto attention = dyn_cast<AttentionOp>(op))
    cost.multiplyAdds = attention.getMultiplyAdds();
  if (failed(forEachScalarOp(kernel, [&](ScalarOp kind, int64_t volume) {
        cost.scalarOps[kind] += volume;
      })))
    return failure();
  return cost;
}

} // namespace waferflow::flow
