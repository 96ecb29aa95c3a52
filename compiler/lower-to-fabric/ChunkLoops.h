//===- ChunkLoops.h - Loops over the pieces of a vocabulary -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_CHUNKLOOPS_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_CHUNKLOOPS_H

#include "compiler/elements/ElementGraph.h"
#include "compiler/lower-to-fabric/StepLowering.h"

namespace waferflow::fabric::chunks {

/// A kernel whose results do not have the features that are held in pieces.
struct Root {
  enum class Kind {
    Reduce,         ///< combined over the pieces
    SumOfExp,       ///< of values less a maximum that may still grow
    LogProbability, ///< of a label, from a maximum and a sum that may grow
    Product,        ///< added up over the pieces
    Gradient,       ///< each piece leaves by itself
    Result          ///< the step returns it: the host reads each piece
  };
  mlir::Operation *op = nullptr;
  Kind kind = Kind::Reduce;
  Combine combine = Combine::Add;
  std::string gradient;                ///< name of the step's result
  mlir::Value returned;                ///< Result: in pieces
  llvm::SmallVector<unsigned> results; ///< Result: numbers of the step's
  /// SumOfExp, LogProbability: shifted = logits - max, and the sum.
  mlir::Value logits, max, shifted, sum;
  mlir::Value running; ///< of the pieces so far
};

/// Gathers roots to loops (Chunks.cpp) and writes these (ChunkLoops.cpp).
class Unroller {
public:
  explicit Unroller(StepLowering &lowering)
      : lowering(lowering), b(lowering.module.getContext()) {}

  mlir::LogicalResult run();

private:
  bool touchesPieces(mlir::Operation *op) const {
    auto chunked = [&](mlir::Value value) { return lowering.isChunked(value); };
    return llvm::any_of(op->getOperands(), chunked) ||
           llvm::any_of(op->getResults(), chunked);
  }
  /// Whether a piece has its own: features in pieces, and replicas that only
  /// kernels with such features read, which are not kept from piece to piece.
  bool isMadeForPiece(mlir::Value value) const;
  mlir::LogicalResult check(mlir::Operation *op) const;
  mlir::LogicalResult findPieces(mlir::Operation *op);
  mlir::FailureOr<Root> rootOf(mlir::Operation *op);
  mlir::FailureOr<std::optional<Root>> onlineRoot(mlir::Operation *op);
  Root *openRoot(mlir::Value value);
  bool needsOpenLoop(mlir::Operation *op,
                     llvm::ArrayRef<mlir::Value> except = {});
  mlir::LogicalResult add(mlir::Operation *op);
  void addReturned(mlir::Operation *op);

  void close();
  mlir::Value make(mlir::Value value, int64_t piece);
  mlir::Operation *copy(mlir::Operation *op, int64_t piece);
  void emit(Root &root, int64_t piece);
  void emitReduce(Root &root, int64_t piece);
  void emitSumOfExp(Root &root, int64_t piece);
  void emitLogProbability(Root &root, int64_t piece);
  void finish(Root &root);

  flow::LayoutAttr inPiece(flow::LayoutAttr layout, int64_t piece);
  using Body = llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location,
                                              mlir::ValueRange)>;
  /// Adds inputs to the body of a copy, whose result becomes body(result,
  /// inputs).
  void extend(mlir::Operation *reduce, mlir::ValueRange inputs, Body body);
  mlir::Value map(mlir::Operation *like, llvm::StringRef label, mlir::Type type,
                  mlir::ValueRange inputs, Body body);

  StepLowering &lowering;
  mlir::OpBuilder b;
  /// Orders of features in pieces, and of each piece.
  llvm::MapVector<mlir::Attribute, llvm::SmallVector<mlir::FlatSymbolRefAttr>>
      orders;
  int64_t pieces = 0;
  llvm::SmallVector<Root> open; ///< of the loop that is being gathered
  llvm::SmallVector<mlir::Operation *> replaced;
  /// Of the piece that is being written: its values, and what a maximum was
  /// before it.
  llvm::DenseMap<mlir::Value, mlir::Value> made, before;
};

} // namespace waferflow::fabric::chunks

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_CHUNKLOOPS_H
