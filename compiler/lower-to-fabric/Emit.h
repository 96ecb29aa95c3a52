//===- Emit.h - Writes the code of one task ---------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_EMIT_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_EMIT_H

#include "compiler/lower-to-fabric/Phase.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace waferflow::fabric {

/// What a vector instruction does besides its elements.
struct How {
  std::optional<int64_t> thread = {}; ///< none: the task waits for it
  llvm::StringRef activate = {}, unblock = {}, block = {};
  /// In a loop the descriptors stay configured: launch instead of set-up.
  bool configured = true;
  bool untilControl = false;
};

/// Instructions at the end of a task, or of a loop or branch of it.
class Emit {
public:
  explicit Emit(TaskOp task);

  mlir::OpBuilder b;
  mlir::Location loc;
  using At = mlir::OpFoldResult;

  At at(int64_t value) { return b.getIndexAttr(value); }
  mlir::Value index(int64_t value);
  mlir::Value value(At at); ///< as an index value
  mlir::Value real(mlir::Type type, double value);
  /// Arithmetic on indices, folded where both are constants.
  At add(At a, At c);
  At sub(At a, At c);
  At mul(At a, At c);

  /// An integer that each core knows: of an expression of (x, y), or of a value
  /// for every column of a token group, the same in all rows and groups.
  mlir::Value param(mlir::AffineExpr expression);
  mlir::Value perColumn(const StepLowering &lowering,
                        llvm::ArrayRef<int64_t> byColumn);
  /// The integers of the rectangle row by row, or of one row for all.
  mlir::Value perCore(SelectAttr rectangle, llvm::ArrayRef<int64_t> table);
  /// Tokens of a core; its padding lies behind them.
  mlir::Value realTokens(const StepLowering &lowering);

  /// Elements of a buffer, of an input or output queue.
  mlir::Value dsd(mlir::Value buffer, At offset, At extent, int64_t stride = 1);
  /// Rows of `row` elements that begin `pitch` elements apart.
  mlir::Value rows(mlir::Value buffer, At offset, At extent, int64_t row,
                   int64_t pitch);
  mlir::Value fabin(mlir::Value queue, At extent, mlir::Type element);
  /// With `advance`, a control wavelet behind the elements moves the switches
  /// of so many routers.
  mlir::Value fabout(mlir::Value queue, At extent, mlir::Type element,
                     std::optional<int64_t> advance = {});

  void mov(mlir::Value to, mlir::Value a, How how = {}) {
    unary<MovOp>(to, a, how);
  }
  template <typename Op>
  void unary(mlir::Value to, mlir::Value a, How how = {}) {
    finish(Op::create(b, loc, to, a, mlir::IntegerAttr(),
                      mlir::FlatSymbolRefAttr(), mlir::FlatSymbolRefAttr(),
                      mlir::FlatSymbolRefAttr(), mlir::UnitAttr(),
                      mlir::UnitAttr()),
           how);
  }
  template <typename Op>
  void binary(mlir::Value to, mlir::Value a, mlir::Value c, How how = {}) {
    finish(Op::create(b, loc, to, a, c, mlir::IntegerAttr(),
                      mlir::FlatSymbolRefAttr(), mlir::FlatSymbolRefAttr(),
                      mlir::FlatSymbolRefAttr(), mlir::UnitAttr(),
                      mlir::UnitAttr()),
           how);
  }
  void select(mlir::Value to, mlir::Value condition, mlir::Value a,
              mlir::Value c, How how = {});

  mlir::Value load(mlir::Value buffer, At at);
  void store(mlir::Value value, mlir::Value buffer, At at);

  /// for i = begin to end: body(i). Nothing for a known empty range; the body
  /// alone where it is known to run once.
  void loop(At begin, At end, llvm::function_ref<void(At)> body,
            int64_t step = 1);
  /// if condition: then, else otherwise.
  void when(mlir::Value condition, llvm::function_ref<void()> then,
            llvm::function_ref<void()> otherwise = nullptr);
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, At a, At c);

private:
  void finish(mlir::Operation *instruction, const How &how);
};

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_EMIT_H
