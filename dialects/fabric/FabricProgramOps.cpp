//===- FabricProgramOps.cpp - Programs, routes, edges ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/fabric/Limits.h"
#include "dialects/fabric/Syntax.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace waferflow::fabric;

/// `[<west -> ramp>, <ramp -> east>]`
static ParseResult parsePositions(OpAsmParser &parser, ArrayAttr &positions) {
  SmallVector<Attribute> list;
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square, [&]() {
        Attribute position = PositionAttr::parse(parser, Type());
        list.push_back(position);
        return success(static_cast<bool>(position));
      }))
    return failure();
  positions = parser.getBuilder().getArrayAttr(list);
  return success();
}

static void printPositions(OpAsmPrinter &printer, Operation *,
                           ArrayAttr positions) {
  printer << '[';
  llvm::interleaveComma(
      positions.getAsRange<PositionAttr>(), printer.getStream(),
      [&](PositionAttr position) { position.print(printer); });
  printer << ']';
}

#define GET_OP_CLASSES
#include "dialects/fabric/FabricProgramOps.cpp.inc"

void ColorOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), "color" + std::to_string(getId()));
}

LogicalResult RouteOp::verify() {
  int64_t count = getPositions().size();
  if (count == 0)
    return emitOpError() << "expected at least one position, got none";
  if (auto initial = getInitial();
      initial && *initial >= static_cast<uint64_t>(count))
    return emitOpError() << "expected an initial position below " << count
                         << ", got " << *initial;
  if (auto limits = limitsOf(*this); limits && count > limits->switchPositions)
    return emitOpError() << "has " << count
                         << " switch positions; the machine has "
                         << limits->switchPositions << " a color";
  if (failed(checkColor(*this, getColor())))
    return failure();
  return checkOnFabric(*this, getCores());
}

LogicalResult ConnectOp::verify() {
  if (getDx() == 0 && getDy() == 0)
    return emitOpError() << "expected another core, got each core itself";
  SelectAttr cores = getCores();
  if (failed(checkColor(*this, getColor())) ||
      failed(checkOnFabric(*this, cores)))
    return failure();
  auto dx = static_cast<int64_t>(getDx()), dy = static_cast<int64_t>(getDy());
  auto limits = limitsOf(*this);
  if (limits &&
      (cores.getXBegin() + dx < 0 || cores.getXEnd() + dx > limits->width ||
       cores.getYBegin() + dy < 0 || cores.getYEnd() + dy > limits->height))
    return emitOpError() << "goes by (" << dx << ", " << dy
                         << ") off the fabric, which has " << limits->width
                         << " columns and " << limits->height << " rows";
  return success();
}

//===----------------------------------------------------------------------===//
// Edges
//===----------------------------------------------------------------------===//

static LogicalResult verifyElement(Operation *op, Type element) {
  if (element.isF16() || element.isBF16() || element.isF32() ||
      element.isSignlessInteger(16) || element.isSignlessInteger(32))
    return success();
  return op->emitOpError()
         << "expected elements f16, bf16, f32, i16 or i32, got " << element;
}

/// All cores of `cores` lie on `side` of the fabric.
static LogicalResult verifyEdge(Operation *op, Link side, SelectAttr cores) {
  if (side == Link::Ramp)
    return op->emitOpError()
           << "expected side north, east, south or west, got ramp";
  auto limits = limitsOf(op);
  if (!limits)
    return success();
  bool vertical = side == Link::North || side == Link::South;
  int64_t begin = vertical ? cores.getYBegin() : cores.getXBegin();
  int64_t end = vertical ? cores.getYEnd() : cores.getXEnd();
  int64_t edge = side == Link::North || side == Link::West ? 0
                 : vertical                                ? limits->height - 1
                                                           : limits->width - 1;
  if (begin == edge && end == edge + 1)
    return success();
  return op->emitOpError() << "expected cores on the " << stringifyEnum(side)
                           << " edge, " << (vertical ? "y " : "x ") << edge
                           << " to " << edge + 1 << ", got "
                           << (vertical ? "y " : "x ") << begin << " to "
                           << end;
}

LogicalResult InjectOp::verify() {
  if (getEnds() && static_cast<int64_t>(*getEnds()) < 0)
    return emitOpError() << "expected a task id of at least 0, got "
                         << static_cast<int64_t>(*getEnds());
  if (getPlaces()) {
    if (static_cast<int64_t>(*getPlaces()) < 1)
      return emitOpError() << "expected places in at least 1 vector, got "
                           << static_cast<int64_t>(*getPlaces());
    if (!getHost() || getHost()->getForm() != "mask" ||
        !getElement().isInteger(32) || getRoles())
      return emitOpError()
             << "expected places with a host of form mask, elements of i32 and "
                "no roles";
  }
  if (failed(verifyElement(*this, getElement())) ||
      failed(checkColor(*this, getColor())) ||
      failed(checkOnFabric(*this, getCores())))
    return failure();
  return verifyEdge(*this, getSide(), getCores());
}

LogicalResult DrainOp::verify() {
  if (failed(verifyElement(*this, getElement())) ||
      failed(checkColor(*this, getColor())) ||
      failed(checkOnFabric(*this, getCores())))
    return failure();
  return verifyEdge(*this, getSide(), getCores());
}

//===----------------------------------------------------------------------===//
// Host
//===----------------------------------------------------------------------===//

static LogicalResult verifyHostBuffer(Operation *op, HostAttr host, Type type,
                                      SelectAttr cores,
                                      ArrayRef<StringRef> forms) {
  if (!llvm::is_contained(forms, host.getForm()))
    return op->emitOpError() << "expected form " << llvm::join(forms, ", ")
                             << ", got " << host.getForm();
  auto memref = dyn_cast<MemRefType>(type);
  if (!memref || !memref.hasStaticShape() ||
      !isa_and_nonnull<SramAttr>(memref.getMemorySpace()))
    return op->emitOpError()
           << "expected a memref of known size in #fabric.sram, got " << type;
  return checkOnFabric(op, cores);
}

LogicalResult WriteOp::verify() {
  return verifyHostBuffer(*this, getHost(), getType(), getCores(),
                          {"activations", "tokens", "sorted_tokens",
                           "sorted_slots", "positions", "features"});
}

LogicalResult ReadOp::verify() {
  return verifyHostBuffer(*this, getHost(), getType(), getCores(),
                          {"activations", "tokens", "scalar"});
}
