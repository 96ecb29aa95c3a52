//===- Boundary.cpp - The one form of a value between kernels -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/form-kernels/Boundary.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;
using namespace waferflow;

namespace {
/// A value's factors one by one, and their order at the boundary.
struct Plan {
  SmallVector<int64_t> factors;     ///< sizes, in the value's order
  SmallVector<int64_t> permutation; ///< boundary position -> factor
  SmallVector<int64_t> shape;       ///< at the boundary
};
} // namespace

static Plan planOf(const AxisAnalysis &axes, Value value) {
  Plan plan;
  SmallVector<int64_t> order[3];
  for (const Dim &dim : axes.dims(value))
    for (Factor factor : dim) {
      order[static_cast<int>(factor.axis)].push_back(plan.factors.size());
      plan.factors.push_back(factor.size);
    }
  for (auto &positions : order)
    llvm::append_range(plan.permutation, positions);
  if (order[static_cast<int>(Axis::Sequence)].empty()) {
    plan.permutation.clear();
    for (auto [i, size] : llvm::enumerate(plan.factors))
      plan.permutation.push_back(i);
    for (int64_t size : cast<RankedTensorType>(value.getType()).getShape())
      if (size != 1)
        plan.shape.push_back(size);
    return plan;
  }
  int64_t tokens = 1, features = 1;
  for (auto [axis, positions] : llvm::enumerate(order))
    for (int64_t i : positions)
      (axis == static_cast<size_t>(Axis::Other) ? features : tokens) *=
          plan.factors[i];
  plan.shape = {tokens, features};
  return plan;
}

RankedTensorType waferflow::boundaryType(const AxisAnalysis &axes,
                                         Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return RankedTensorType::get(planOf(axes, value).shape,
                               type.getElementType());
}

/// Row-major reshape, as one expand or collapse where that is enough.
static Value reshape(OpBuilder &builder, Value value, ArrayRef<int64_t> shape) {
  auto from = cast<RankedTensorType>(value.getType());
  if (from.getShape() == shape)
    return value;
  auto to = RankedTensorType::get(shape, from.getElementType());
  auto flatten = [&](int64_t rank) {
    SmallVector<ReassociationIndices> groups;
    if (rank)
      groups.emplace_back(llvm::to_vector<2>(llvm::seq<int64_t>(0, rank)));
    return groups;
  };
  Location loc = value.getLoc();
  if (shape.empty())
    return tensor::CollapseShapeOp::create(builder, loc, to, value,
                                           ArrayRef<ReassociationIndices>());
  if (from.getRank() == 0)
    return tensor::ExpandShapeOp::create(builder, loc, to, value,
                                         ArrayRef<ReassociationIndices>());
  if (from.getRank() != to.getRank())
    if (auto groups = getReassociationIndicesForReshape(from, to)) {
      if (from.getRank() > to.getRank())
        return tensor::CollapseShapeOp::create(builder, loc, to, value,
                                               *groups);
      return tensor::ExpandShapeOp::create(builder, loc, to, value, *groups);
    }
  auto flat =
      RankedTensorType::get({from.getNumElements()}, from.getElementType());
  if (from.getRank() > 1)
    value = tensor::CollapseShapeOp::create(builder, loc, flat, value,
                                            flatten(from.getRank()));
  if (to.getRank() > 1)
    value = tensor::ExpandShapeOp::create(builder, loc, to, value,
                                          flatten(to.getRank()));
  return value;
}

static Value transpose(OpBuilder &builder, Value value,
                       ArrayRef<int64_t> order) {
  if (llvm::equal(order, llvm::seq<int64_t>(0, order.size())))
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape;
  for (int64_t i : order)
    shape.push_back(type.getDimSize(i));
  Value empty = tensor::EmptyOp::create(builder, value.getLoc(), shape,
                                        type.getElementType());
  return linalg::TransposeOp::create(builder, value.getLoc(), value, empty,
                                     order)
      ->getResult(0);
}

Value waferflow::toBoundary(OpBuilder &builder, const AxisAnalysis &axes,
                            Value value, Value now) {
  Plan plan = planOf(axes, value);
  if (!llvm::equal(plan.permutation,
                   llvm::seq<int64_t>(0, plan.factors.size()))) {
    now = reshape(builder, now, plan.factors);
    now = transpose(builder, now, plan.permutation);
  }
  return reshape(builder, now, plan.shape);
}

Value waferflow::fromBoundary(OpBuilder &builder, const AxisAnalysis &axes,
                              Value value, Value now) {
  Plan plan = planOf(axes, value);
  if (!llvm::equal(plan.permutation,
                   llvm::seq<int64_t>(0, plan.factors.size()))) {
    SmallVector<int64_t> permuted, inverse(plan.factors.size());
    for (auto [position, factor] : llvm::enumerate(plan.permutation)) {
      permuted.push_back(plan.factors[factor]);
      inverse[factor] = position;
    }
    now = reshape(builder, now, permuted);
    now = transpose(builder, now, inverse);
  }
  return reshape(builder, now,
                 cast<RankedTensorType>(value.getType()).getShape());
}

//===----------------------------------------------------------------------===//
// Views as pieces of their root
//===----------------------------------------------------------------------===//

/// Splits a dimension's pieces at the given sizes, or fails where they share no
/// factors.
static std::optional<SmallVector<Pieces>> split(ArrayRef<Piece> pieces,
                                                ArrayRef<int64_t> sizes) {
  SmallVector<Piece> left(pieces.rbegin(), pieces.rend());
  SmallVector<Pieces> result;
  for (int64_t size : sizes) {
    Pieces part;
    while (size > 1) {
      if (left.empty())
        return std::nullopt;
      Piece piece = left.pop_back_val();
      if (size % piece.size == 0) {
        part.push_back(piece);
        size /= piece.size;
      } else if (piece.size % size == 0) {
        int64_t inner = piece.size / size;
        part.push_back({piece.axis, size, piece.stride * inner});
        left.push_back({piece.axis, inner, piece.stride});
        size = 1;
      } else {
        return std::nullopt;
      }
    }
    result.push_back(part);
  }
  return result;
}

static SmallVector<Pieces> rootPieces(const Graph &graph, Value root) {
  auto type = cast<RankedTensorType>(root.getType());
  SmallVector<Pieces> pieces(type.getRank());
  int64_t stride = 1;
  const Dims &dims = graph.axes.dims(root);
  for (int64_t i = type.getRank() - 1; i >= 0; --i)
    for (Factor factor : llvm::reverse(dims[i])) {
      pieces[i].insert(pieces[i].begin(), {factor.axis, factor.size, stride});
      stride *= factor.size;
    }
  return pieces;
}

std::optional<SmallVector<Pieces>> waferflow::piecesOf(const Graph &graph,
                                                       Value value) {
  SmallVector<Operation *> views;
  Value root = value;
  while (Operation *op = root.getDefiningOp()) {
    if (graph.kind(op) != OpKind::View)
      break;
    views.push_back(op);
    root = op->getOperand(0);
  }
  SmallVector<Pieces> pieces = rootPieces(graph, root);
  for (Operation *op : llvm::reverse(views)) {
    SmallVector<Pieces> next;
    if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
      for (const auto &group : collapse.getReassociationIndices()) {
        Pieces dim;
        for (int64_t i : group)
          llvm::append_range(dim, pieces[i]);
        next.push_back(dim);
      }
    } else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
      for (auto [dim, group] :
           llvm::zip(pieces, expand.getReassociationIndices())) {
        SmallVector<int64_t> sizes;
        for (int64_t i : group)
          sizes.push_back(expand.getResultType().getDimSize(i));
        auto parts = split(dim, sizes);
        if (!parts)
          return std::nullopt;
        llvm::append_range(next, *parts);
      }
      next.resize(expand.getResultType().getRank());
    } else if (auto moved = dyn_cast<linalg::LinalgOp>(op)) {
      // Loops take the input's dimensions; the result takes the loops'.
      SmallVector<Pieces> loops(moved.getNumLoops());
      SmallVector<bool> found(moved.getNumLoops(), false);
      AffineMap in = moved.getIndexingMapsArray()[0];
      for (auto [expr, dim] : llvm::zip(in.getResults(), pieces))
        if (auto loop = dyn_cast<AffineDimExpr>(expr)) {
          loops[loop.getPosition()] = dim;
          found[loop.getPosition()] = true;
        }
      auto ranges = moved.getStaticLoopRanges();
      for (auto [range, seen] : llvm::zip(ranges, found))
        if (!seen && range != 1)
          return std::nullopt; // a broadcast
      for (AffineExpr expr : moved.getIndexingMapsArray().back().getResults()) {
        auto loop = dyn_cast<AffineDimExpr>(expr);
        next.push_back(loop ? loops[loop.getPosition()] : Pieces());
      }
    } else {
      return std::nullopt;
    }
    pieces = std::move(next);
  }
  return pieces;
}

Pieces waferflow::merged(ArrayRef<Piece> pieces) {
  Pieces result;
  for (const Piece &piece : pieces)
    if (piece.size == 1)
      continue;
    else if (!result.empty() &&
             result.back().stride == piece.stride * piece.size)
      result.back() = {piece.axis, result.back().size * piece.size,
                       piece.stride};
    else
      result.push_back(piece);
  return result;
}

bool waferflow::isRootAtBoundary(const Graph &graph, Value value) {
  auto pieces = piecesOf(graph, value);
  if (!pieces)
    return false;
  auto order = [](ArrayRef<Pieces> dims) {
    SmallVector<Pieces, 3> byAxis(3);
    for (const Pieces &dim : dims)
      for (const Piece &piece : dim)
        byAxis[static_cast<int>(piece.axis)].push_back(piece);
    for (Pieces &list : byAxis)
      list = merged(list);
    return byAxis;
  };
  auto same = [](const Piece &a, const Piece &b) {
    return a.size == b.size && a.stride == b.stride;
  };
  for (auto [mine, roots] :
       llvm::zip(order(*pieces), order(rootPieces(graph, graph.root(value)))))
    if (!llvm::equal(mine, roots, same))
      return false;
  return true;
}
