//===- FabricTasks.cpp - From a task's region to instructions -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/translate/FabricTasks.h"

#include "runtime/translate/FabricScalars.h"
#include "runtime/translate/FabricValues.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace waferflow::fabric;

namespace waferflow {

namespace {

using cycle::VectorOp;

class TaskTranslator {
public:
  TaskTranslator(const CodeTables &tables, const Machine &machine,
                 cycle::CoreProgram &core, cycle::Task &task)
      : tables(tables), machine(machine), task(task), values(core) {}

  using Case = LogicalResult (TaskTranslator::*)(Operation *);
  static const llvm::StringMap<Case> &cases() {
    using T = TaskTranslator;
    static const llvm::StringMap<Case> table = {
        {"fabric.coord", &T::coord},
        {"fabric.param", &T::param},
        {"fabric.dsd", &T::operand},
        {"fabric.fabin", &T::operand},
        {"fabric.fabout", &T::operand},
        {"fabric.activate", &T::change<cycle::OnDone::Kind::Activate>},
        {"fabric.block", &T::change<cycle::OnDone::Kind::Block>},
        {"fabric.unblock", &T::change<cycle::OnDone::Kind::Unblock>},
        {"fabric.control", &T::control},
        {"fabric.mov", &T::vector<VectorOp::Mov>},
        {"fabric.add", &T::vector<VectorOp::Add>},
        {"fabric.sub", &T::vector<VectorOp::Sub>},
        {"fabric.mul", &T::vector<VectorOp::Mul>},
        {"fabric.max", &T::vector<VectorOp::Max>},
        {"fabric.min", &T::vector<VectorOp::Min>},
        {"fabric.fmac", &T::vector<VectorOp::Fmac>},
        {"fabric.exp", &T::vector<VectorOp::Exp>},
        {"fabric.log", &T::vector<VectorOp::Log>},
        {"fabric.rsqrt", &T::vector<VectorOp::Rsqrt>},
        {"fabric.reciprocal", &T::vector<VectorOp::Reciprocal>},
        {"fabric.select", &T::vector<VectorOp::Select>},
        {"fabric.dot", &T::vector<VectorOp::Dot>},
        {"fabric.sum", &T::vector<VectorOp::Sum>},
        {"fabric.max_of", &T::vector<VectorOp::MaxOf>},
        {"memref.load", &T::load},
        {"memref.store", &T::store},
        {"scf.for", &T::loop},
        {"scf.while", &T::whileLoop},
        {"scf.if", &T::branch},
    };
    return table;
  }

  LogicalResult run(Block &block) {
    for (Operation &op : block) {
      if (op.hasTrait<OpTrait::IsTerminator>())
        continue; // read by the op that holds the region
      if (values.foldIntoAddress(&op))
        continue;
      auto it = cases().find(op.getName().getStringRef());
      LogicalResult done = it == cases().end()
                               ? translateScalar(&op, values, machine, task)
                               : (this->*it->second)(&op);
      if (failed(done))
        return failure();
    }
    return success();
  }

  void bindArguments(TaskOp op) {
    for (auto [argument, field] :
         llvm::zip(op.getBody().getArguments(), op.getFields())) {
      cycle::Field to;
      to.type = toDataType(argument.getType());
      to.reg = values.reg(argument);
      to.wavelet = field.wavelet;
      switch (field.bits) {
      case TaskOp::Field::Bits::All:
        to.bits = cycle::Field::Bits::All;
        break;
      case TaskOp::Field::Bits::Low:
        to.bits = cycle::Field::Bits::Low;
        break;
      case TaskOp::Field::Bits::High:
        to.bits = cycle::Field::Bits::High;
        break;
      }
      task.fields.push_back(to);
      task.wavelets = field.wavelet + 1;
    }
  }

private:
  int32_t here() const { return static_cast<int32_t>(task.code.size()); }

  LogicalResult coord(Operation *op) {
    auto coord = cast<CoordOp>(op);
    values.know(coord, coord.getAxis() == Axis::X ? cycle::CoreInteger::x()
                                                  : cycle::CoreInteger::y());
    return success();
  }
  LogicalResult param(Operation *op) {
    values.know(op->getResult(0), toCoreInteger(cast<ParamOp>(op).getValue()));
    return success();
  }
  LogicalResult operand(Operation *) { return success(); } // see vectorOperand

  template <cycle::OnDone::Kind kind> LogicalResult change(Operation *op) {
    auto name = op->getAttrOfType<FlatSymbolRefAttr>("task");
    cycle::ChangeTask to;
    to.change = {kind, tables.tasks.lookup(name.getValue())};
    task.code.push_back(to);
    return success();
  }

  LogicalResult control(Operation *op) {
    auto control = cast<ControlOp>(op);
    cycle::SendControl to;
    to.queue = tables.outputs.lookup(control.getQueue().getDefiningOp());
    switch (control.getChange()) {
    case Switch::Keep:
      break;
    case Switch::Advance:
      to.control.change = cycle::Control::Switch::Advance;
      break;
    case Switch::Reset:
      to.control.change = cycle::Control::Switch::Reset;
      break;
    }
    to.control.task = control.getTask() ? *control.getTask() : -1;
    to.control.data = control.getData().value_or(0);
    task.code.push_back(to);
    return success();
  }

  //===------------------------------------------------------------------===//
  // Vector instructions
  //===------------------------------------------------------------------===//

  cycle::Operand vectorOperand(Value value) {
    Operation *op = value.getDefiningOp();
    if (auto dsd = dyn_cast_or_null<DsdOp>(op)) {
      cycle::MemoryOperand memory;
      memory.buffer = tables.buffers.lookup(dsd.getBuffer().getDefiningOp());
      memory.offset = values.amount(
          dsd.getOffset().empty()
              ? OpFoldResult(Builder(op).getIndexAttr(dsd.getStaticOffset()[0]))
              : OpFoldResult(dsd.getOffset()[0]));
      memory.stride = dsd.getStrideAttr().getInt();
      memory.row = static_cast<int64_t>(dsd.getRow().value_or(0));
      memory.rowStride = static_cast<int64_t>(dsd.getRowStride().value_or(0));
      return memory;
    }
    if (auto type = dyn_cast<DsdType>(value.getType())) {
      cycle::FabricOperand fabric;
      Operation *queue = op->getOperand(0).getDefiningOp();
      fabric.queue =
          (type.getKind() == DsdKind::Fabin ? tables.inputs : tables.outputs)
              .lookup(queue);
      fabric.type = toDataType(type.getElement());
      if (auto out = dyn_cast<FaboutOp>(op))
        fabric.advances = static_cast<int32_t>(out.getAdvance().value_or(0));
      return fabric;
    }
    if (const double *real = values.real(value))
      return cycle::ImmediateOperand{*real};
    // A number that differs between cores needs a register to be a scalar of an
    // instruction.
    if (const cycle::CoreInteger *known = values.integer(value))
      return cycle::RegisterOperand{materialize(value, *known)};
    return cycle::RegisterOperand{values.reg(value)};
  }

  int32_t materialize(Value value, const cycle::CoreInteger &known) {
    cycle::Scalar copy;
    copy.type = toDataType(value.getType());
    copy.destination = values.newRegister(copy.type);
    copy.sources.emplace_back();
    copy.sources[0].integer = known;
    task.code.push_back(copy);
    return copy.destination;
  }

  template <VectorOp kind> LogicalResult vector(Operation *op) {
    auto instruction = cast<VectorInstruction>(op);
    cycle::Vector to;
    to.op = kind;
    to.destination = vectorOperand(op->getOperand(0));
    for (Value source : op->getOperands().drop_front())
      to.sources.push_back(vectorOperand(source));
    // An AXPY's scalar comes first.
    if (kind == VectorOp::Fmac && !isa<DsdType>(op->getOperand(2).getType()))
      std::swap(to.sources[0], to.sources[1]);
    Value first = op->getOperand(0);
    if (isReduction(instruction))
      first = *llvm::find_if(op->getOperands().drop_front(),
                             [](Value v) { return isa<DsdType>(v.getType()); });
    to.extent = values.amount(extentOf(first));
    to.untilControl = instruction.getUntilControl();
    to.configured = instruction.getConfigured();
    to.thread = instruction.getThread() ? *instruction.getThread() : -1;
    auto then = [&](std::optional<StringRef> name, cycle::OnDone::Kind change) {
      if (name)
        to.onDone.push_back({change, tables.tasks.lookup(*name)});
    };
    then(instruction.getActivate(), cycle::OnDone::Kind::Activate);
    then(instruction.getUnblock(), cycle::OnDone::Kind::Unblock);
    then(instruction.getBlock(), cycle::OnDone::Kind::Block);
    task.code.push_back(std::move(to));
    return success();
  }

  //===------------------------------------------------------------------===//
  // Memory and control flow
  //===------------------------------------------------------------------===//

  /// The element that indices of a row-major buffer name.
  FailureOr<cycle::Amount> element(Operation *op, MemRefType type,
                                   ValueRange indices) {
    if (type.getRank() == 1)
      return values.amount(indices[0]);
    cycle::CoreInteger base = 0;
    int32_t reg = -1;
    int64_t scale = 1, stride = 1;
    for (int64_t d = type.getRank() - 1; d >= 0; --d) {
      if (const cycle::CoreInteger *known = values.integer(indices[d])) {
        base = base + *known * cycle::CoreInteger(stride);
      } else if (reg < 0) {
        reg = values.reg(indices[d]);
        scale = stride;
      } else {
        // scale * reg + stride * index, in a register of its own.
        reg = combine(reg, scale, values.reg(indices[d]), stride);
        scale = 1;
      }
      stride *= type.getDimSize(d);
    }
    if (reg < 0)
      return cycle::Amount(base);
    return cycle::Amount::ofRegister(reg, scale, base);
  }

  int32_t combine(int32_t a, int64_t scaleA, int32_t b, int64_t scaleB) {
    auto scaled = [&](int32_t reg, int64_t scale) {
      return emit(cycle::ScalarOp::Mul, {ofRegister(reg), ofInteger(scale)});
    };
    int32_t left = scaled(a, scaleA), right = scaled(b, scaleB);
    return emit(cycle::ScalarOp::Add, {ofRegister(left), ofRegister(right)});
  }

  static cycle::ScalarOperand ofRegister(int32_t reg) {
    cycle::ScalarOperand operand;
    operand.reg = reg;
    return operand;
  }
  static cycle::ScalarOperand ofInteger(int64_t value) {
    cycle::ScalarOperand operand;
    operand.integer = value;
    return operand;
  }

  /// An i32 instruction; the register that it writes.
  int32_t emit(cycle::ScalarOp op, std::vector<cycle::ScalarOperand> sources) {
    cycle::Scalar scalar;
    scalar.op = op;
    scalar.destination = values.newRegister(cycle::DataType::I32);
    scalar.sources = std::move(sources);
    task.code.push_back(scalar);
    return scalar.destination;
  }

  FailureOr<int32_t> bufferOf(Operation *op, Value memref) {
    auto buffer = memref.getDefiningOp<BufferOp>();
    if (!buffer)
      return op->emitOpError()
             << "expected a fabric.buffer, got " << memref.getType();
    return tables.buffers.lookup(buffer);
  }

  LogicalResult load(Operation *op) {
    auto load = cast<memref::LoadOp>(op);
    if (auto it = tables.registers.find(load.getMemRef().getDefiningOp());
        it != tables.registers.end()) {
      copy(toDataType(load.getType()), values.reg(load), ofRegister(it->second),
           0);
      return success();
    }
    auto buffer = bufferOf(op, load.getMemRef());
    if (failed(buffer))
      return failure();
    cycle::Load to;
    to.buffer = *buffer;
    to.index = *element(op, load.getMemRefType(), load.getIndices());
    to.destination = values.reg(load);
    task.code.push_back(std::move(to));
    return success();
  }

  LogicalResult store(Operation *op) {
    auto store = cast<memref::StoreOp>(op);
    if (auto it = tables.registers.find(store.getMemRef().getDefiningOp());
        it != tables.registers.end()) {
      // The instruction that computes a value writes it there; what no
      // instruction computes is copied.
      Value value = store.getValueToStore();
      cycle::ScalarOperand source = values.scalar(value);
      Operation *computes = value.getDefiningOp();
      bool computed = source.reg >= 0 && computes &&
                      !isa<memref::LoadOp>(computes) &&
                      computes->getBlock() == op->getBlock();
      copy(toDataType(value.getType()), it->second, source, computed ? 0 : 1);
      return success();
    }
    auto buffer = bufferOf(op, store.getMemRef());
    if (failed(buffer))
      return failure();
    cycle::Store to;
    to.buffer = *buffer;
    to.index = *element(op, store.getMemRefType(), store.getIndices());
    to.source = values.scalar(store.getValueToStore());
    task.code.push_back(std::move(to));
    return success();
  }

  void copy(cycle::DataType type, int32_t to, cycle::ScalarOperand from,
            int64_t cycles = 1) {
    cycle::Scalar scalar;
    scalar.type = type;
    scalar.cycles = cycles;
    scalar.destination = to;
    scalar.sources.push_back(std::move(from));
    task.code.push_back(std::move(scalar));
  }

  /// All at once: a value that is overwritten may be the source of another.
  void copyAll(ValueRange from, ArrayRef<int32_t> to) {
    SmallVector<cycle::ScalarOperand> sources;
    for (Value value : from) {
      cycle::ScalarOperand source = values.scalar(value);
      if (from.size() > 1 && source.reg >= 0) {
        cycle::DataType type = toDataType(value.getType());
        int32_t temporary = values.newRegister(type);
        copy(type, temporary, source);
        source = ofRegister(temporary);
      }
      sources.push_back(source);
    }
    for (auto [value, source, reg] : llvm::zip(from, sources, to))
      copy(toDataType(value.getType()), reg, source);
  }

  SmallVector<int32_t> bindAll(ValueRange list) {
    SmallVector<int32_t> regs;
    for (Value value : list)
      regs.push_back(values.reg(value));
    return regs;
  }

  int32_t jump() {
    task.code.push_back(cycle::Jump{});
    return here() - 1;
  }
  int32_t branchOn(int32_t condition, bool when = true) {
    cycle::Branch to;
    to.condition = condition;
    to.when = when;
    task.code.push_back(to);
    return here() - 1;
  }
  void landHere(int32_t jump) {
    if (auto *to = std::get_if<cycle::Jump>(&task.code[jump]))
      to->target = here();
    else
      std::get<cycle::Branch>(task.code[jump]).target = here();
  }
  void jumpTo(int32_t target) {
    cycle::Jump to;
    to.target = target;
    task.code.push_back(to);
  }

  LogicalResult loop(Operation *op) {
    auto loop = cast<scf::ForOp>(op);
    if (loop.getUnsignedCmp())
      return op->emitOpError() << "with unsigned bounds has no translation to "
                                  "a program";
    SmallVector<int32_t> carried = bindAll(loop.getRegionIterArgs());
    for (auto [result, reg] : llvm::zip(loop.getResults(), carried))
      values.bind(result, reg);
    copyAll(loop.getInitArgs(), carried);
    int32_t i = values.reg(loop.getInductionVar());
    cycle::DataType type = toDataType(loop.getInductionVar().getType());
    copy(type, i, values.scalar(loop.getLowerBound()));
    int32_t head = here();
    int32_t more = emit(cycle::ScalarOp::Less,
                        {ofRegister(i), values.scalar(loop.getUpperBound())});
    int32_t enter = branchOn(more);
    int32_t leave = jump();
    landHere(enter);
    if (failed(run(*loop.getBody())))
      return failure();
    copyAll(loop.getYieldedValues(), carried);
    cycle::Scalar next;
    next.op = cycle::ScalarOp::Add;
    next.type = type;
    next.destination = i;
    next.sources = {ofRegister(i), values.scalar(loop.getStep())};
    task.code.push_back(std::move(next));
    jumpTo(head);
    landHere(leave);
    return success();
  }

  LogicalResult whileLoop(Operation *op) {
    auto loop = cast<scf::WhileOp>(op);
    SmallVector<int32_t> before = bindAll(loop.getBeforeArguments());
    SmallVector<int32_t> after = bindAll(loop.getAfterArguments());
    for (auto [result, reg] : llvm::zip(loop.getResults(), after))
      values.bind(result, reg);
    copyAll(loop.getInits(), before);
    int32_t head = here();
    if (failed(run(*loop.getBeforeBody())))
      return failure();
    auto condition = loop.getConditionOp();
    copyAll(condition.getArgs(), after);
    int32_t enter = branchOn(conditionRegister(condition.getCondition()));
    int32_t leave = jump();
    landHere(enter);
    if (failed(run(*loop.getAfterBody())))
      return failure();
    copyAll(loop.getYieldOp()->getOperands(), before);
    jumpTo(head);
    landHere(leave);
    return success();
  }

  int32_t conditionRegister(Value condition) {
    if (const cycle::CoreInteger *known = values.integer(condition))
      return materialize(condition, *known);
    return values.reg(condition);
  }

  LogicalResult branch(Operation *op) {
    auto branch = cast<scf::IfOp>(op);
    SmallVector<int32_t> results = bindAll(branch.getResults());
    int32_t condition = conditionRegister(branch.getCondition());
    Block *otherwise = branch.elseBlock();
    int32_t then = branchOn(condition, /*when=*/otherwise != nullptr);
    int32_t leave = then;
    if (otherwise) {
      if (failed(run(*otherwise)))
        return failure();
      copyAll(branch.elseYield()->getOperands(), results);
      leave = jump();
      landHere(then);
    }
    if (failed(run(*branch.thenBlock())))
      return failure();
    copyAll(branch.thenYield()->getOperands(), results);
    landHere(leave);
    return success();
  }

  const CodeTables &tables;
  const Machine &machine;
  cycle::Task &task;
  FabricValues values;
};

} // namespace

LogicalResult translateTask(TaskOp op, const CodeTables &tables,
                            const Machine &machine, cycle::CoreProgram &core,
                            cycle::Task &task) {
  task.name = op.getSymName().str();
  switch (op.getKind()) {
  case TaskKind::Data:
    task.kind = cycle::Task::Kind::Data;
    break;
  case TaskKind::Local:
    task.kind = cycle::Task::Kind::Local;
    break;
  case TaskKind::Control:
    task.kind = cycle::Task::Kind::Control;
    break;
  }
  task.id = op.getTaskId();
  if (op.getQueue())
    task.input = tables.inputs.lookup(op.getQueue().getDefiningOp());
  task.configured = op.getConfigured();
  task.activated = op.getStart();
  task.blocked = op.getBlocked();
  TaskTranslator translator(tables, machine, core, task);
  translator.bindArguments(op);
  return translator.run(op.getBody().front());
}

bool translatesTaskOp(StringRef name) {
  return TaskTranslator::cases().contains(name);
}

} // namespace waferflow
