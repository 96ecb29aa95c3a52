//===- FabricVectorOps.cpp - Vector instructions and their operands -------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/fabric/Limits.h"
#include "dialects/fabric/Syntax.h"
#include "simulator/program/FabricCode.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace waferflow::fabric;
using waferflow::cycle::mostCommands;

#include "dialects/fabric/FabricInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/fabric/FabricVectorOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// One number: a constant or a value.
static LogicalResult verifyOne(Operation *op, StringRef what,
                               ArrayRef<int64_t> constants,
                               OperandRange values) {
  if (constants.size() == 1 &&
      values.size() == (ShapedType::isDynamic(constants[0]) ? 1 : 0))
    return success();
  return op->emitOpError() << "expected one " << what << ", got "
                           << constants.size();
}

static LogicalResult verifyExtent(Operation *op, ArrayRef<int64_t> constants,
                                  OperandRange values) {
  if (failed(verifyOne(op, "extent", constants, values)))
    return failure();
  if (!ShapedType::isDynamic(constants[0]) && constants[0] < 0)
    return op->emitOpError()
           << "expected an extent of at least 0, got " << constants[0];
  return success();
}

LogicalResult DsdOp::verify() {
  auto buffer = cast<MemRefType>(getBuffer().getType());
  if (!getBuffer().getDefiningOp<BufferOp>())
    return emitOpError() << "expected a fabric.buffer, got " << buffer;
  if (getType().getKind() != DsdKind::Memory)
    return emitOpError() << "expected a result of kind memory, got "
                         << getType();
  if (getType().getElement() != buffer.getElementType())
    return emitOpError() << "expected elements " << buffer.getElementType()
                         << " of the buffer, got " << getType().getElement();
  if (failed(verifyOne(*this, "offset", getStaticOffset(), getOffset())) ||
      failed(verifyExtent(*this, getStaticExtent(), getExtent())))
    return failure();
  int64_t offset = getStaticOffset()[0], extent = getStaticExtent()[0];
  if (getRow().has_value() != getRowStride().has_value())
    return emitOpError() << "expected row and row_stride together, got one";
  if (getRow() && static_cast<int64_t>(*getRow()) < 1)
    return emitOpError() << "expected rows of at least 1 element, got "
                         << static_cast<int64_t>(*getRow());
  if (ShapedType::isDynamic(offset))
    return success();
  int64_t stride = getStrideAttr().getInt();
  int64_t last = ShapedType::isDynamic(extent) || extent == 0 ? 0 : extent - 1;
  int64_t row = getRow().value_or(last + 1);
  int64_t rowStride = getRowStride().value_or(0);
  auto place = [&](int64_t element) {
    return offset + element / row * rowStride + element % row * stride;
  };
  // Ends of rows: of the first, the last whole one, and the last.
  int64_t whole = (last + 1) / row * row;
  for (int64_t element : {place(0), place(std::min(row - 1, last)),
                          place(std::max<int64_t>(0, whole - 1)),
                          place(last / row * row), place(last)})
    if (element < 0 || element >= buffer.getNumElements()) {
      auto error = emitOpError()
                   << "reaches element " << element << " of a buffer of "
                   << buffer.getNumElements();
      error.attachNote(getBuffer().getLoc()) << "the buffer";
      return error;
    }
  return success();
}

LogicalResult FabinOp::verify() {
  if (getType().getKind() != DsdKind::Fabin)
    return emitOpError() << "expected a result of kind fabin, got "
                         << getType();
  return verifyExtent(*this, getStaticExtent(), getExtent());
}

LogicalResult FaboutOp::verify() {
  if (getType().getKind() != DsdKind::Fabout)
    return emitOpError() << "expected a result of kind fabout, got "
                         << getType();
  if (auto routers = getAdvance();
      routers && (static_cast<int64_t>(*routers) < 1 ||
                  static_cast<int64_t>(*routers) > mostCommands))
    return emitOpError() << "expected to advance 1 to " << mostCommands
                         << " routers, got " << static_cast<int64_t>(*routers);
  return verifyExtent(*this, getStaticExtent(), getExtent());
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

OpFoldResult waferflow::fabric::extentOf(Value dsd) {
  auto one = [&](auto op) -> OpFoldResult {
    if (!op.getExtent().empty())
      return op.getExtent()[0];
    return Builder(op.getContext()).getIndexAttr(op.getStaticExtent()[0]);
  };
  Operation *op = dsd.getDefiningOp();
  if (auto memory = dyn_cast_or_null<DsdOp>(op))
    return one(memory);
  if (auto fabin = dyn_cast_or_null<FabinOp>(op))
    return one(fabin);
  if (auto fabout = dyn_cast_or_null<FaboutOp>(op))
    return one(fabout);
  return {};
}

bool waferflow::fabric::isReduction(VectorInstruction instruction) {
  return isa<DotOp, SumOp, MaxOfOp>(instruction.getOperation());
}

static Type elementOf(Value operand) {
  if (auto dsd = dyn_cast<DsdType>(operand.getType()))
    return dsd.getElement();
  return operand.getType();
}

/// All elements have one type, or 16-bit floats meet f32 (conversions in the
/// datapath: partial sums and moves).
static LogicalResult verifyElements(Operation *op) {
  bool transcendental = isa<ExpOp, LogOp, RsqrtOp, ReciprocalOp, DotOp>(op);
  Type dst = elementOf(op->getOperand(0));
  if (transcendental && !isa<FloatType>(dst))
    return op->emitOpError() << "expected floating point elements, got " << dst;
  // The condition of a select is of any type.
  for (Value source : op->getOperands().drop_front(isa<SelectOp>(op) ? 2 : 1)) {
    Type type = elementOf(source);
    if (type == dst || (isa<FloatType>(type) && dst.isF32()) ||
        (isa<MovOp>(op) && isa<FloatType>(type) && isa<FloatType>(dst)))
      continue;
    return op->emitOpError()
           << "expected sources of " << dst
           << (dst.isF32() ? " or 16-bit floats" : "")
           << " for a destination of " << dst << ", got " << type;
  }
  return success();
}

static InFlightDiagnostic &printExtent(InFlightDiagnostic &error,
                                       OpFoldResult extent) {
  if (auto attr = dyn_cast<Attribute>(extent))
    return error << cast<IntegerAttr>(attr).getInt();
  return error << "another value";
}

/// Every vector operand has the extent of the first one: the destination, or a
/// reduction's first source.
static LogicalResult verifyExtents(VectorInstruction instruction) {
  Operation *op = instruction;
  Value first;
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    auto dsd = dyn_cast<DsdType>(operand.getType());
    if (!dsd)
      continue;
    OpFoldResult extent = extentOf(operand);
    if (!extent)
      return op->emitOpError() << "expected operands made by fabric.dsd, "
                                  "fabric.fabin or fabric.fabout, got "
                               << dsd;
    if (i == 0 && isReduction(instruction)) {
      if (getConstantIntValue(extent) == 1)
        continue;
      auto error = op->emitOpError()
                   << "expected a destination of one element, got ";
      return printExtent(error, extent);
    }
    if (!first)
      first = operand;
    if (extent == extentOf(first))
      continue;
    auto error = op->emitOpError() << "expected operands of one extent, got ";
    printExtent(error, extentOf(first)) << " and ";
    printExtent(error, extent);
    error.attachNote(operand.getLoc()) << "this operand differs";
    return error;
  }
  if (!first)
    return op->emitOpError() << "expected a vector among the sources, got none";
  return success();
}

LogicalResult waferflow::fabric::detail::verifyVector(Operation *op) {
  auto instruction = cast<VectorInstruction>(op);
  bool fromQueue = false;
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    auto dsd = dyn_cast<DsdType>(operand.getType());
    if (!dsd)
      continue;
    fromQueue |= dsd.getKind() == DsdKind::Fabin;
    if (dsd.getKind() == (i == 0 ? DsdKind::Fabin : DsdKind::Fabout))
      return op->emitOpError()
             << (i == 0 ? "expected a destination in memory or a fabout, got "
                        : "expected sources in memory or a fabin, got ")
             << dsd;
    // What is read back while it is accumulated.
    if (i == 0 && dsd.getKind() == DsdKind::Fabout &&
        (isReduction(instruction) || isa<FmacOp>(op)))
      return op->emitOpError()
             << "expected a destination in memory, got " << dsd;
  }
  if (instruction.getUntilControl() && !fromQueue)
    return op->emitOpError()
           << "expected a fabin among the sources of until_control, got none";
  if (auto out = op->getOperand(0).getDefiningOp<FaboutOp>();
      out && out.getAdvance() && instruction.getUntilControl())
    return op->emitOpError() << "expected a fabout without advance, as the end "
                                "of until_control sends nothing";
  if (failed(verifyElements(op)) || failed(verifyExtents(instruction)))
    return failure();
  auto thread = instruction.getThread();
  if (!thread)
    return success();
  if (static_cast<int64_t>(*thread) < 0)
    return op->emitOpError() << "expected a microthread of at least 0, got "
                             << static_cast<int64_t>(*thread);
  if (auto limits = limitsOf(op);
      limits && static_cast<int64_t>(*thread) >= limits->microthreads)
    return op->emitOpError() << "uses microthread " << *thread
                             << "; the machine has " << limits->microthreads;
  return success();
}

#define WAFERFLOW_VECTOR(OpT)                                                  \
  LogicalResult OpT::verifySymbolUses(SymbolTableCollection &table) {          \
    return detail::verifyVectorTasks(*this, table);                            \
  }
WAFERFLOW_VECTOR(MovOp)
WAFERFLOW_VECTOR(ExpOp)
WAFERFLOW_VECTOR(LogOp)
WAFERFLOW_VECTOR(RsqrtOp)
WAFERFLOW_VECTOR(ReciprocalOp)
WAFERFLOW_VECTOR(AddOp)
WAFERFLOW_VECTOR(SubOp)
WAFERFLOW_VECTOR(MulOp)
WAFERFLOW_VECTOR(MaxOp)
WAFERFLOW_VECTOR(MinOp)
WAFERFLOW_VECTOR(FmacOp)
WAFERFLOW_VECTOR(SelectOp)
WAFERFLOW_VECTOR(DotOp)
WAFERFLOW_VECTOR(SumOp)
WAFERFLOW_VECTOR(MaxOfOp)
#undef WAFERFLOW_VECTOR
