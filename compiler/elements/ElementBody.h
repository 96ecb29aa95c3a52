//===- ElementBody.h - A kernel's body, element by element ------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ELEMENTS_ELEMENTBODY_H
#define WAFERFLOW_COMPILER_ELEMENTS_ELEMENTBODY_H

#include "compiler/analysis/Axes.h"
#include "compiler/elements/ElementGraph.h"
#include "compiler/elements/ElementInputs.h"

namespace waferflow::fabric {

/// Where along a dimension: a number, or the token, which splits into its
/// sequence and its place there.
struct Place {
  enum class Kind { Number, Token, Batch, Sequence };
  Kind kind = Kind::Number;
  int64_t value = 0; ///< the number; places later in the sequence
  /// What stands beyond the sequence's end, where a value was padded.
  std::optional<int64_t> pad = {};

  bool isNumber() const { return kind == Kind::Number; }
  bool operator==(const Place &other) const {
    return kind == other.kind && value == other.value && pad == other.pad;
  }
};

/// Number `flat` of a constant tensor, row-major; none where it has no numbers.
std::optional<double> elementOf(mlir::ElementsAttr constant, int64_t flat);

/// Evaluates the body of a map or reduce for one token and given features.
class ElementBody {
public:
  ElementBody(ElementInputs inputs, mlir::Operation *kernel,
              ElementGraph &graph);

  /// The node of result `index` of the kernel: at the token and a feature, a
  /// feature, or for all, as its type says. Errors name the op of the body.
  mlir::FailureOr<int32_t> result(unsigned index, int64_t feature = 0);

private:
  using Places = llvm::SmallVector<Place, 4>;
  using Node = mlir::FailureOr<int32_t>;

  Place token() const;
  Node element(mlir::Value value, const Places &places);
  Node compute(mlir::Value value, const Places &places);
  Node input(mlir::BlockArgument argument, const Places &places);
  Node constant(mlir::Operation *op, mlir::TypedAttr value,
                const Places &places);
  Node generic(mlir::linalg::LinalgOp op, unsigned result,
               const Places &places);
  Node reduction(mlir::linalg::LinalgOp op, unsigned result,
                 llvm::SmallVector<std::optional<Place>> loops);
  Node padded(mlir::Operation *op, const Places &places);
  Node inserted(mlir::Operation *op, const Places &places);

  /// Values of one iteration of a generic: its block's arguments and ops.
  struct Iteration {
    mlir::linalg::LinalgOp op;
    llvm::SmallVector<std::optional<Place>> loops;
    llvm::DenseMap<mlir::Value, int32_t> known =
        llvm::DenseMap<mlir::Value, int32_t>();
  };
  mlir::FailureOr<Places> operandPlaces(Iteration &iteration,
                                        mlir::OpOperand &operand);
  Node scalar(Iteration &iteration, mlir::Value value);
  Node extract(Iteration &iteration, mlir::Operation *op);
  Node apply(mlir::Operation *op, llvm::ArrayRef<int32_t> arguments);
  Node compare(mlir::Operation *op, llvm::ArrayRef<int32_t> arguments);

  /// One place over dimensions of these sizes, and back.
  mlir::FailureOr<Place> join(mlir::Operation *op, llvm::ArrayRef<Place> places,
                              llvm::ArrayRef<int64_t> sizes);
  mlir::FailureOr<Places> split(mlir::Operation *op, Place place,
                                llvm::ArrayRef<int64_t> sizes);

  ElementInputs inputs;
  mlir::Operation *kernel;
  ElementGraph &graph;
  int64_t batch, seq;
  AxisAnalysis axes;
  std::map<std::pair<const void *, std::vector<int64_t>>, int32_t> known;
};

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_ELEMENTS_ELEMENTBODY_H
