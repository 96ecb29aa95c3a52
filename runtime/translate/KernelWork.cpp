//===- KernelWork.cpp - Scalar work of maps and reductions ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/translate/KernelWork.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace waferflow::flow;

namespace waferflow {

namespace {

/// The vector instructions of one scalar op. Conversions, positions and
/// constants are free: they become addressing, immediates or types.
SmallVector<ScalarOp, 3> instructionsOf(Operation &op) {
  using R = SmallVector<ScalarOp, 3>;
  return llvm::TypeSwitch<Operation *, R>(&op)
      .Case<arith::AddFOp, arith::SubFOp, arith::AddIOp, arith::SubIOp,
            arith::NegFOp>([](auto) { return R{ScalarOp::Add}; })
      .Case<arith::MulFOp, arith::MulIOp, arith::AndIOp, arith::OrIOp>(
          [](auto) { return R{ScalarOp::Mul}; })
      .Case<arith::MaximumFOp, arith::MaxNumFOp, arith::MinimumFOp,
            arith::CmpFOp, arith::CmpIOp>([](auto) { return R{ScalarOp::Max}; })
      .Case<arith::SelectOp>([](auto) { return R{ScalarOp::Select}; })
      .Case<arith::DivFOp>(
          [](auto) { return R{ScalarOp::Reciprocal, ScalarOp::Mul}; })
      .Case<math::ExpOp>([](auto) { return R{ScalarOp::Exp}; })
      .Case<math::LogOp>([](auto) { return R{ScalarOp::Log}; })
      .Case<math::RsqrtOp>([](auto) { return R{ScalarOp::Rsqrt}; })
      .Case<math::SqrtOp>(
          [](auto) { return R{ScalarOp::Rsqrt, ScalarOp::Mul}; })
      .Case<math::TanhOp>([](auto) { // (e - 1) / (e + 1), e = exp(2x)
        return R{ScalarOp::Exp, ScalarOp::Reciprocal, ScalarOp::Add};
      })
      .Case<math::PowFOp>(
          [](auto) { return R{ScalarOp::Log, ScalarOp::Mul, ScalarOp::Exp}; })
      .Case<tensor::ExtractOp>([](auto) { return R{ScalarOp::Copy}; })
      .Default([](Operation *) { return R{}; });
}

/// Executions on the fullest core of something done `volume` times in all.
class CoreShare {
public:
  CoreShare(Operation *kernel, const MappedStep &mapped)
      : tokens(mapped.solution.tokens) {
    const LaidOut &laid = mapped.laid;
    auto consider = [&](Value value) {
      int32_t cls = mapped.shape.classIndex(value);
      if (cls < 0 || mapped.shape.classes[cls].features <= features)
        return;
      const FeatureClass &c = mapped.shape.classes[cls];
      features = c.features;
      inColumn = laid.features[cls] * (c.chunked ? laid.headChunks : 1);
    };
    llvm::for_each(kernel->getOperands(), consider);
    llvm::for_each(kernel->getResults(), consider);
  }

  int64_t of(int64_t volume) const {
    int64_t each = (volume + tokens.tokens - 1) / tokens.tokens; // a token
    if (each > 1 && features > 0)
      each = (volume * inColumn + tokens.tokens * features - 1) /
             (tokens.tokens * features);
    return std::max<int64_t>(each, 1) * tokens.tokensPerCore;
  }

private:
  const TokenLayout &tokens;
  int64_t features = 0, inColumn = 0;
};

int64_t volumeOf(linalg::LinalgOp op) {
  int64_t volume = 1;
  for (int64_t range : op.getStaticLoopRanges())
    volume *= range;
  return volume;
}

} // namespace

std::vector<ScalarWork> scalarWork(Operation *kernel, const MappedStep &mapped,
                                   size_t index) {
  std::vector<ScalarWork> work;
  CoreShare share(kernel, mapped);
  kernel->getRegion(0).walk([&](linalg::LinalgOp op) {
    int64_t volume = volumeOf(op);
    for (Operation &scalar : op.getBlock()->without_terminator())
      for (ScalarOp instruction : instructionsOf(scalar))
        work.push_back(
            {instruction, share.of(volume), static_cast<double>(volume)});
  });
  return work;
}

Reduce reduceWork(ReduceOp kernel, const MappedStep &mapped, size_t index) {
  const TokenLayout &tokens = mapped.solution.tokens;
  const KernelShape &s = mapped.shape.shapes[index];
  const LaidOut &laid = mapped.laid;
  Reduce reduce;
  reduce.overX = kernel.getAxis() != ReduceAxis::Y;
  reduce.overY = kernel.getAxis() != ReduceAxis::X;
  reduce.columns = s.inClass >= 0 ? laid.columns[s.inClass] : 1;
  reduce.rows = tokens.rowsUsed;
  int64_t results = kernel->getNumResults();
  if (!reduce.overY)
    reduce.vectorPerCore = results * tokens.tokensPerCore;
  else if (!reduce.overX)
    reduce.vectorPerCore =
        results * (s.inClass >= 0 ? laid.features[s.inClass] : 1);
  else
    reduce.vectorPerCore = results;
  // What crosses y is summed over all tokens: f32, as weight gradients are.
  reduce.type = reduce.overY ? ElementType::F32 : mapped.problem.type;
  // A gradient leaves; everything else is read again on the wafer.
  reduce.drain = reduce.overY && !reduce.overX;
  reduce.broadcastBack = !reduce.drain;
  reduce.work = scalarWork(kernel, mapped, index);
  return reduce;
}

} // namespace waferflow
