//===- FabricTaskOps.cpp - Code, queues, buffers, tasks -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/fabric/CoreSet.h"
#include "dialects/fabric/Limits.h"
#include "dialects/fabric/Syntax.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace waferflow::fabric;

LogicalResult waferflow::fabric::detail::verifyInTask(Operation *op) {
  if (op->getParentOfType<TaskOp>())
    return success();
  auto error = op->emitOpError() << "expected to be in a fabric.task";
  if (Operation *parent = op->getParentOp())
    error << ", got in '" << parent->getName() << "'";
  return error;
}

/// `keep` is not written.
static ParseResult parseSwitchChange(OpAsmParser &parser, SwitchAttr &attr) {
  Switch change =
      succeeded(parser.parseOptionalKeyword("advance")) ? Switch::Advance
      : succeeded(parser.parseOptionalKeyword("reset")) ? Switch::Reset
                                                        : Switch::Keep;
  attr = SwitchAttr::get(parser.getContext(), change);
  return success();
}

static void printSwitchChange(OpAsmPrinter &printer, Operation *,
                              SwitchAttr attr) {
  if (attr.getValue() != Switch::Keep)
    printer << stringifyEnum(attr.getValue());
}

#define GET_OP_CLASSES
#include "dialects/fabric/FabricTaskOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Buffers and queues
//===----------------------------------------------------------------------===//

int64_t BufferOp::getBytes() {
  return getElements() * getType().getElementTypeBitWidth() / 8;
}

LogicalResult BufferOp::verify() {
  MemRefType type = getType();
  if (!isa_and_nonnull<SramAttr>(type.getMemorySpace()))
    return emitOpError() << "expected memory space #fabric.sram, got " << type;
  if (!type.hasStaticShape() || !type.getLayout().isIdentity())
    return emitOpError()
           << "expected a static shape and no other layout than row-major, got "
           << type;
  int64_t alignment = type.getElementTypeBitWidth() / 8;
  if (getAddress() && *getAddress() % alignment)
    return emitOpError() << "expected an address that is a multiple of "
                         << alignment << " bytes, got " << *getAddress();
  return success();
}

/// Selections of a queue leave no core of its code out, and share none.
static LogicalResult verifyBindings(QueueOp queue) {
  CoreSet unbound((*queue).getParentOfType<CodeOp>().getCores());
  CoreSet bound;
  ArrayAttr selections = queue.getCoresAttr();
  for (Attribute attr : selections) {
    CoreSet cores(cast<SelectAttr>(attr));
    if (auto core = bound.intersect(cores).sample())
      return queue.emitOpError() << "binds two colors on core (" << core->x
                                 << ", " << core->y << ")";
    bound = bound.unite(cores);
    unbound = unbound.subtract(cores);
  }
  if (auto core = unbound.sample())
    return queue.emitOpError() << "binds no color on core (" << core->x << ", "
                               << core->y << ") of its code";
  return success();
}

LogicalResult QueueOp::verify() {
  if (getType().getKind() != getKind())
    return emitOpError() << "expected a result of kind "
                         << stringifyEnum(getKind()) << ", got " << getType();
  size_t selections = getCores() ? getCores()->size() : 1;
  if (getColors().size() != selections)
    return emitOpError() << "expected a selection for each of "
                         << getColors().size() << " colors, got "
                         << (getCores() ? selections : 0);
  if (auto limits = limitsOf(*this)) {
    int64_t count = getKind() == QueueKind::Input ? limits->inputQueues
                                                  : limits->outputQueues;
    if (static_cast<int64_t>(getId()) >= count)
      return emitOpError() << "uses " << stringifyEnum(getKind()) << " queue "
                           << getId() << "; the machine has " << count;
  }
  for (Value color : getColors())
    if (failed(checkColor(*this, color)))
      return failure();
  return getCores() ? verifyBindings(*this) : success();
}

//===----------------------------------------------------------------------===//
// Code: queue ids, task ids and SRAM of one core
//===----------------------------------------------------------------------===//

/// Two queues of a kind have different ids, and listen to different colors.
static LogicalResult verifyQueues(CodeOp code) {
  SmallVector<QueueOp> seen;
  for (auto queue : code.getBody().getOps<QueueOp>()) {
    for (QueueOp other : seen) {
      if (other.getKind() != queue.getKind())
        continue;
      if (other.getId() == queue.getId()) {
        auto error = queue.emitOpError()
                     << "uses " << stringifyEnum(queue.getKind()) << " queue "
                     << queue.getId() << " a second time";
        error.attachNote(other.getLoc()) << "the queue is used here";
        return error;
      }
    }
    seen.push_back(queue);
  }
  return success();
}

static LogicalResult verifyTaskIds(CodeOp code) {
  llvm::SmallDenseMap<int64_t, TaskOp> byId;
  for (auto task : code.getBody().getOps<TaskOp>()) {
    auto [other, isNew] = byId.try_emplace(task.getTaskId(), task);
    if (isNew)
      continue;
    auto error = task.emitOpError()
                 << "uses task id " << task.getTaskId() << " a second time";
    error.attachNote(other->second.getLoc())
        << "the id is "
        << (other->second.getKind() == TaskKind::Data ? "that of the queue of"
                                                      : "used by")
        << " @" << other->second.getSymName();
    return error;
  }
  return success();
}

namespace {
struct Span {
  int64_t begin = 0, end = 0;
  BufferOp buffer;
};
} // namespace

/// Code and buffers fit, and no two buffers overlap.
static LogicalResult verifySram(CodeOp code) {
  SmallVector<Span> spans;
  int64_t next = 0;
  for (auto buffer : code.getBody().getOps<BufferOp>()) {
    if (buffer.isRegister())
      continue;
    int64_t begin =
        buffer.getAddress() ? *buffer.getAddress() : llvm::alignTo<4>(next);
    next = begin + buffer.getBytes();
    spans.push_back({begin, next, buffer});
  }
  llvm::sort(spans, [](const Span &a, const Span &b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  for (size_t i = 1; i < spans.size(); ++i)
    if (spans[i].begin < spans[i - 1].end) {
      auto error = spans[i].buffer.emitOpError()
                   << "lies on bytes " << spans[i].begin << " to "
                   << spans[i].end - 1 << " of SRAM, of which "
                   << std::min(spans[i].end, spans[i - 1].end) - spans[i].begin
                   << " are taken";
      error.attachNote(spans[i - 1].buffer.getLoc())
          << "this buffer lies on bytes " << spans[i - 1].begin << " to "
          << spans[i - 1].end - 1;
      return error;
    }
  auto limits = limitsOf(code);
  if (!limits)
    return success();
  int64_t text = code.getCodeBytes() ? *code.getCodeBytes() : limits->codeBytes;
  int64_t data = 0;
  for (const Span &span : spans)
    data = std::max(data, span.end);
  if (text + data <= limits->sramBytes)
    return success();
  auto error = code.emitOpError()
               << "needs " << text + data << " bytes of SRAM, " << text
               << " for code and " << data << " for data; the machine has "
               << limits->sramBytes << " a core";
  llvm::sort(spans, [](const Span &a, const Span &b) {
    return std::pair(b.end - b.begin, a.begin) <
           std::pair(a.end - a.begin, b.begin);
  });
  for (Span &span : MutableArrayRef<Span>(spans).take_front(3))
    error.attachNote(span.buffer.getLoc())
        << "this buffer takes " << span.end - span.begin << " bytes";
  return error;
}

LogicalResult CodeOp::verifyRegions() {
  for (Operation &op : getBody().front())
    if (!isa<BufferOp, QueueOp, TaskOp>(op))
      return op.emitError() << "expected fabric.buffer, fabric.queue or "
                               "fabric.task in a code, got '"
                            << op.getName() << "'";
  if (failed(checkOnFabric(*this, getCores())) || failed(verifyQueues(*this)) ||
      failed(verifyTaskIds(*this)))
    return failure();
  return verifySram(*this);
}

//===----------------------------------------------------------------------===//
// Tasks
//===----------------------------------------------------------------------===//

ParseResult TaskOp::parse(OpAsmParser &parser, OperationState &result) {
  Builder &builder = parser.getBuilder();
  StringAttr name;
  TaskKindAttr kind;
  if (parser.parseSymbolName(name) || parseBareEnum(parser, kind))
    return failure();
  result.getOrAddProperties<Properties>().sym_name = name;
  result.getOrAddProperties<Properties>().kind = kind;
  if (kind.getValue() != TaskKind::Data) {
    IntegerAttr id;
    if (parseBareInt(parser, id))
      return failure();
    result.getOrAddProperties<Properties>().id = id;
  }
  if (kind.getValue() != TaskKind::Local) {
    OpAsmParser::UnresolvedOperand queue;
    if (parser.parseOperand(queue) ||
        parser.resolveOperand(
            queue, QueueType::get(parser.getContext(), QueueKind::Input),
            result.operands))
      return failure();
  }
  for (StringRef flag : {"start", "blocked", "configured"})
    if (succeeded(parser.parseOptionalKeyword(flag)))
      result.addAttribute(flag, builder.getUnitAttr());
  SmallVector<OpAsmParser::Argument> arguments;
  if (parser.parseArgumentList(arguments, OpAsmParser::Delimiter::OptionalParen,
                               /*allowType=*/true) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  Region *body = result.addRegion();
  if (parser.parseRegion(*body, arguments))
    return failure();
  if (body->empty())
    body->emplaceBlock();
  return success();
}

void TaskOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << ' ' << stringifyEnum(getKind());
  if (getId())
    printer << ' ' << *getId();
  if (getQueue())
    printer << ' ' << getQueue();
  if (getStart())
    printer << " start";
  if (getBlocked())
    printer << " blocked";
  if (getConfigured())
    printer << " configured";
  if (getBody().getNumArguments()) {
    printer << " (";
    llvm::interleaveComma(
        getBody().getArguments(), printer,
        [&](BlockArgument arg) { printer.printRegionArgument(arg); });
    printer << ')';
  }
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(),
      {"sym_name", "kind", "id", "start", "blocked", "configured"});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

int64_t TaskOp::getTaskId() {
  if (getKind() == TaskKind::Data)
    return getQueue().getDefiningOp<QueueOp>().getId();
  return *getId();
}

SmallVector<TaskOp::Field> TaskOp::getFields() {
  SmallVector<Field> fields;
  int64_t wavelet = 0;
  bool half = false; // the low bits of `wavelet` are taken
  for (Type type : getBody().getArgumentTypes()) {
    if (type.getIntOrFloatBitWidth() == 32) {
      wavelet += half;
      half = false;
      fields.push_back({wavelet++, Field::Bits::All});
      continue;
    }
    fields.push_back({wavelet, half ? Field::Bits::High : Field::Bits::Low});
    wavelet += half;
    half = !half;
  }
  return fields;
}

static LogicalResult verifyArguments(TaskOp task) {
  auto types = task.getBody().getArgumentTypes();
  for (Type type : types)
    if (!type.isF16() && !type.isBF16() && !type.isF32() &&
        !type.isSignlessInteger(16) && !type.isSignlessInteger(32))
      return task.emitOpError()
             << "expected arguments f16, bf16, f32, i16 or i32, got " << type;
  switch (task.getKind()) {
  case TaskKind::Data:
    if (types.empty())
      return task.emitOpError()
             << "expected a data task to take what its queue brings as "
                "arguments, got none";
    return success();
  case TaskKind::Control:
    if (types.size() > 1 ||
        (types.size() == 1 && types[0].getIntOrFloatBitWidth() != 16))
      return task.emitOpError()
             << "expected a control task to take 16 bits or nothing, got "
             << types;
    return success();
  case TaskKind::Local:
    break;
  }
  if (!types.empty())
    return task.emitOpError()
           << "expected a local task to take nothing, got " << types;
  return success();
}

LogicalResult TaskOp::verifyRegions() {
  bool data = getKind() == TaskKind::Data, local = getKind() == TaskKind::Local;
  if (data == getId().has_value() || local == static_cast<bool>(getQueue()))
    return emitOpError() << "expected "
                         << (data    ? "a queue and no id"
                             : local ? "an id and no queue"
                                     : "an id and a queue")
                         << " of a " << stringifyEnum(getKind()) << " task";
  if (getStart() && !local)
    return emitOpError() << "expected start with a local task, got "
                         << stringifyEnum(getKind());
  if (getTaskId() < 0)
    return emitOpError() << "expected a task id of at least 0, got "
                         << getTaskId();
  if (auto limits = limitsOf(*this); limits && getTaskId() >= limits->taskIds)
    return emitOpError() << "uses task id " << getTaskId()
                         << "; the machine has " << limits->taskIds;
  if (failed(verifyArguments(*this)))
    return failure();
  WalkResult walked = getBody().walk([](Operation *op) {
    if (isa_and_nonnull<FabricDialect, arith::ArithDialect, math::MathDialect,
                        scf::SCFDialect>(op->getDialect()) ||
        isa<memref::LoadOp, memref::StoreOp>(op))
      return WalkResult::advance();
    op->emitError() << "expected vector instructions or scalar code of arith, "
                       "math, scf and memref in a task, got '"
                    << op->getName() << "'";
    return WalkResult::interrupt();
  });
  return failure(walked.wasInterrupted());
}

/// `name` is a task of the code that holds `op`, of kind local where asked.
static LogicalResult verifyTask(Operation *op, FlatSymbolRefAttr name,
                                bool local, SymbolTableCollection &table) {
  auto task = table.lookupNearestSymbolFrom<TaskOp>(op, name);
  if (!task)
    return op->emitOpError() << "expected a task of this code, got " << name;
  if (!local || task.getKind() == TaskKind::Local)
    return success();
  auto error = op->emitOpError()
               << "expected a local task to activate, got " << name;
  error.attachNote(task.getLoc())
      << "this task is activated by wavelets of its queue";
  return error;
}

LogicalResult ActivateOp::verifySymbolUses(SymbolTableCollection &table) {
  return verifyTask(*this, getTaskAttr(), true, table);
}
LogicalResult BlockOp::verifySymbolUses(SymbolTableCollection &table) {
  return verifyTask(*this, getTaskAttr(), false, table);
}
LogicalResult UnblockOp::verifySymbolUses(SymbolTableCollection &table) {
  return verifyTask(*this, getTaskAttr(), false, table);
}

LogicalResult
waferflow::fabric::detail::verifyVectorTasks(Operation *op,
                                             SymbolTableCollection &table) {
  for (StringRef key : {"activate", "unblock", "block"})
    if (auto name = op->getAttrOfType<FlatSymbolRefAttr>(key))
      if (failed(verifyTask(op, name, key == "activate", table)))
        return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Control wavelets, per-core integers
//===----------------------------------------------------------------------===//

LogicalResult ControlOp::verify() {
  if (getChange() == Switch::Keep && !getTask())
    return emitOpError() << "expected advance, reset or a task, got none";
  if (getTask() && static_cast<int64_t>(*getTask()) < 0)
    return emitOpError() << "expected a task id of at least 0, got "
                         << static_cast<int64_t>(*getTask());
  if (getData() && !getTask())
    return emitOpError() << "expected a task that takes the data, got none";
  if (getData() && *getData() > 0xffff)
    return emitOpError() << "expected data of 16 bits, got "
                         << static_cast<int64_t>(*getData());
  if (auto limits = limitsOf(*this);
      limits && getTask() &&
      static_cast<int64_t>(*getTask()) >= limits->taskIds)
    return emitOpError() << "uses task id " << *getTask()
                         << "; the machine has " << limits->taskIds;
  return success();
}

LogicalResult ParamOp::verify() {
  auto code = (*this)->getParentOfType<CodeOp>();
  SelectAttr table = getValue().getCores();
  if (!table)
    return success();
  if (failed(checkOnFabric(*this, table)))
    return failure();
  auto missing = CoreSet(code.getCores()).subtract(CoreSet(table)).sample();
  if (!missing)
    return success();
  return emitOpError() << "has no integer for core (" << missing->x << ", "
                       << missing->y << ") of its code";
}
