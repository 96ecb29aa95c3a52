//===- FabricAttrs.cpp - Selections, positions, per-core integers ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/fabric/Fabric.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/IntegerSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace waferflow::fabric;

#include "dialects/fabric/FabricEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/fabric/FabricAttrs.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/fabric/FabricTypes.cpp.inc"

void FabricDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/fabric/FabricAttrs.cpp.inc"
      >();
}

void FabricDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/fabric/FabricTypes.cpp.inc"
      >();
}

/// What `expr` is at a core; nothing for a division by zero or less.
static std::optional<int64_t> evaluate(AffineExpr expr, int64_t x, int64_t y) {
  MLIRContext *context = expr.getContext();
  AffineExpr at = expr.replaceDims(
      {getAffineConstantExpr(x, context), getAffineConstantExpr(y, context)});
  if (auto constant = dyn_cast<AffineConstantExpr>(at))
    return constant.getValue();
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Selections
//===----------------------------------------------------------------------===//

/// Divisors are positive constants and products have a constant factor.
static bool isAffine(AffineExpr expr) { return expr.isPureAffine(); }

/// Whether every `mod` and `floordiv` has a positive divisor.
static bool hasPositiveDivisors(AffineExpr expr) {
  bool positive = true;
  expr.walk([&](AffineExpr e) {
    auto binary = dyn_cast<AffineBinaryOpExpr>(e);
    if (!binary || (e.getKind() != AffineExprKind::Mod &&
                    e.getKind() != AffineExprKind::FloorDiv &&
                    e.getKind() != AffineExprKind::CeilDiv))
      return;
    auto divisor = dyn_cast<AffineConstantExpr>(binary.getRHS());
    positive &= divisor && divisor.getValue() > 0;
  });
  return positive;
}

LogicalResult SelectAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t xBegin, int64_t xEnd, int64_t yBegin,
                                 int64_t yEnd, IntegerSetAttr where) {
  if (xBegin < 0 || yBegin < 0 || xEnd <= xBegin || yEnd <= yBegin)
    return emitError() << "expected a rectangle of at least 1 x 1 cores, got x "
                       << xBegin << " to " << xEnd << ", y " << yBegin << " to "
                       << yEnd;
  if (!where)
    return success();
  IntegerSet set = where.getValue();
  if (set.getNumDims() != 2 || set.getNumSymbols() != 0)
    return emitError() << "expected a set of (x, y), got " << set.getNumDims()
                       << " dimensions and " << set.getNumSymbols()
                       << " symbols";
  for (AffineExpr expr : set.getConstraints())
    if (!isAffine(expr) || !hasPositiveDivisors(expr))
      return emitError() << "expected affine constraints with positive "
                            "constant divisors, got "
                         << where;
  return success();
}

bool SelectAttr::contains(int64_t x, int64_t y) const {
  if (x < getXBegin() || x >= getXEnd() || y < getYBegin() || y >= getYEnd())
    return false;
  if (!getWhere())
    return true;
  IntegerSet set = getWhere().getValue();
  for (unsigned i = 0; i < set.getNumConstraints(); ++i) {
    int64_t value = *evaluate(set.getConstraint(i), x, y);
    if (set.isEq(i) ? value != 0 : value < 0)
      return false;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Positions and per-core integers
//===----------------------------------------------------------------------===//

LogicalResult PositionAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   Link rx, ArrayRef<Link> tx) {
  unsigned seen = 0;
  for (Link link : tx) {
    unsigned bit = 1u << static_cast<unsigned>(link);
    if (seen & bit)
      return emitError() << "expected each destination once, got "
                         << stringifyEnum(link) << " twice";
    if (link == rx)
      return emitError() << "expected no destination that is the source, got "
                         << stringifyEnum(rx) << " -> " << stringifyEnum(link);
    seen |= bit;
  }
  return success();
}

LogicalResult PerCoreAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  AffineMapAttr map, DenseI64ArrayAttr table,
                                  SelectAttr cores) {
  if (static_cast<bool>(map) == static_cast<bool>(table) ||
      static_cast<bool>(table) != static_cast<bool>(cores))
    return emitError() << "expected a map, or a table with its cores";
  if (map) {
    AffineMap m = map.getValue();
    if (m.getNumDims() != 2 || m.getNumSymbols() != 0 || m.getNumResults() != 1)
      return emitError() << "expected a map (x, y) -> (integer), got " << map;
    if (!isAffine(m.getResult(0)) || !hasPositiveDivisors(m.getResult(0)))
      return emitError() << "expected an affine map with positive constant "
                            "divisors, got "
                         << map;
    return success();
  }
  if (cores.getWhere())
    return emitError() << "expected the cores of a table to be a rectangle, "
                          "got "
                       << cores;
  int64_t width = cores.getXEnd() - cores.getXBegin();
  int64_t height = cores.getYEnd() - cores.getYBegin();
  if (table.size() != width * height && table.size() != width)
    return emitError() << "expected a table of " << width * height
                       << " cores, or of one row of " << width << ", got "
                       << table.size();
  return success();
}

std::optional<int64_t> PerCoreAttr::at(int64_t x, int64_t y) const {
  if (getMap())
    return evaluate(getMap().getValue().getResult(0), x, y);
  SelectAttr cores = getCores();
  if (!cores.contains(x, y))
    return std::nullopt;
  int64_t width = cores.getXEnd() - cores.getXBegin();
  int64_t row = getTable().size() == width ? 0 : y - cores.getYBegin();
  return getTable()[row * width + x - cores.getXBegin()];
}

LogicalResult HostAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               StringRef tensor, StringRef form,
                               flow::LayoutAttr features, flow::LayoutAttr rows,
                               bool transposed, int64_t shift, int64_t pad,
                               ElementsAttr value) {
  struct Form {
    StringLiteral name;
    bool features, rows;
  };
  static const Form forms[] = {{"activations", true, false},
                               {"tokens", false, false},
                               {"sorted_tokens", false, false},
                               {"sorted_slots", false, false},
                               {"positions", true, false},
                               {"features", true, false},
                               {"scalar", false, false},
                               {"weights", true, true},
                               {"mask", true, true},
                               {"table", true, false},
                               {"gradient", true, true},
                               {"table_gradient", true, false},
                               {"feature_gradient", true, false}};
  const Form *known =
      llvm::find_if(forms, [&](const Form &each) { return each.name == form; });
  if (known == std::end(forms))
    return emitError() << "unknown form of host elements \"" << form << "\"";
  if (known->features != static_cast<bool>(features))
    return emitError() << "form " << form << " expected "
                       << (known->features ? "a" : "no")
                       << " layout of features, got "
                       << (features ? "one" : "none");
  if (known->rows != static_cast<bool>(rows))
    return emitError() << "form " << form << " expected "
                       << (known->rows ? "a" : "no") << " layout of rows, got "
                       << (rows ? "one" : "none");
  if (tensor.empty() != static_cast<bool>(value))
    return emitError() << "expected either a tensor or a value, got "
                       << (value ? "both" : "neither");
  if (shift != 0 && form != "tokens")
    return emitError() << "form " << form << " expected no shift, got "
                       << shift;
  return success();
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

LogicalResult DsdType::verify(function_ref<InFlightDiagnostic()> emitError,
                              DsdKind kind, Type element) {
  if (!element.isF16() && !element.isBF16() && !element.isF32() &&
      !element.isSignlessInteger(16) && !element.isSignlessInteger(32))
    return emitError() << "expected elements f16, bf16, f32, i16 or i32, got "
                       << element;
  return success();
}
