//===- FabricToProgram.cpp - From the fabric dialect to structs -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/translate/FabricToProgram.h"

#include "dialects/fabric/CoreSet.h"
#include "dialects/flow/MachineAttr.h"
#include "runtime/translate/FabricTasks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IntegerSet.h"

using namespace mlir;
using namespace waferflow::fabric;

namespace waferflow {

cycle::CoreInteger toCoreInteger(AffineExpr expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dim.getPosition() == 0 ? cycle::CoreInteger::x()
                                  : cycle::CoreInteger::y();
  auto binary = cast<AffineBinaryOpExpr>(expr);
  cycle::CoreInteger left = toCoreInteger(binary.getLHS());
  if (expr.getKind() == AffineExprKind::Add)
    return left + toCoreInteger(binary.getRHS());
  if (expr.getKind() == AffineExprKind::Mul)
    return left * toCoreInteger(binary.getRHS());
  // Verifiers made sure that divisors are positive constants.
  int64_t divisor = cast<AffineConstantExpr>(binary.getRHS()).getValue();
  if (expr.getKind() == AffineExprKind::Mod)
    return left.mod(divisor);
  return expr.getKind() == AffineExprKind::FloorDiv ? left.floorDiv(divisor)
                                                    : left.ceilDiv(divisor);
}

static cycle::Rectangle toRectangle(SelectAttr select) {
  return {select.getXBegin(), select.getYBegin(),
          select.getXEnd() - select.getXBegin(),
          select.getYEnd() - select.getYBegin()};
}

cycle::CoreInteger toCoreInteger(PerCoreAttr attr) {
  if (attr.getMap())
    return toCoreInteger(attr.getMap().getValue().getResult(0));
  ArrayRef<int64_t> table = attr.getTable().asArrayRef();
  cycle::Rectangle cores = toRectangle(attr.getCores());
  std::vector<int64_t> values(table.begin(), table.end());
  // A table of one row is that of all rows.
  values.reserve(cores.width * cores.height);
  while (static_cast<int64_t>(values.size()) < cores.width * cores.height)
    values.insert(values.end(), table.begin(), table.end());
  return cycle::CoreInteger::table(cores, std::move(values));
}

cycle::DataType toDataType(Type type) {
  if (type.isF16())
    return cycle::DataType::F16;
  if (type.isBF16())
    return cycle::DataType::BF16;
  if (type.isF32())
    return cycle::DataType::F32;
  // i1 is a comparison's 0 or 1, index an address.
  return type.isInteger(16) ? cycle::DataType::I16 : cycle::DataType::I32;
}

namespace {

cycle::Direction toDirection(Link link) {
  switch (link) {
  case Link::North:
    return cycle::Direction::North;
  case Link::East:
    return cycle::Direction::East;
  case Link::South:
    return cycle::Direction::South;
  case Link::West:
    return cycle::Direction::West;
  case Link::Ramp:
    break;
  }
  return cycle::Direction::Ramp;
}

cycle::Selection toSelection(SelectAttr select) {
  cycle::Selection selection;
  selection.cores = toRectangle(select);
  if (select.getWhere()) {
    IntegerSet set = select.getWhere().getValue();
    for (unsigned i = 0; i < set.getNumConstraints(); ++i)
      selection.constraints.push_back(
          {toCoreInteger(set.getConstraint(i)), set.isEq(i)});
  }
  return selection;
}

int32_t idOf(Value color) { return color.getDefiningOp<ColorOp>().getId(); }

/// Cores of a code whose queues are all bound to one color each.
struct Part {
  CoreSet cores;
  cycle::Selection where;
  llvm::SmallDenseMap<Operation *, int32_t> colors; ///< by queue

  Part narrowed(SelectAttr select) const {
    Part part = *this;
    part.cores = cores.intersect(CoreSet(select));
    cycle::Selection other = toSelection(select);
    cycle::Rectangle &a = part.where.cores, b = other.cores;
    int64_t xEnd = std::min(a.x + a.width, b.x + b.width);
    int64_t yEnd = std::min(a.y + a.height, b.y + b.height);
    a.x = std::max(a.x, b.x);
    a.y = std::max(a.y, b.y);
    a.width = xEnd - a.x;
    a.height = yEnd - a.y;
    part.where.constraints.insert(part.where.constraints.end(),
                                  other.constraints.begin(),
                                  other.constraints.end());
    return part;
  }
};

class Translator {
public:
  Translator(ProgramOp program, const StreamSource &streams)
      : program(program), streams(streams) {}

  using Case = LogicalResult (Translator::*)(Operation *);
  /// The cases of ops that stand in a program.
  static const llvm::StringMap<Case> &cases() {
    static const llvm::StringMap<Case> table = {
        {"fabric.color", &Translator::color},
        {"fabric.route", &Translator::route},
        {"fabric.connect", &Translator::connect},
        {"fabric.code", &Translator::code},
        {"fabric.inject", &Translator::inject},
        {"fabric.drain", &Translator::drain}};
    return table;
  }

  FailureOr<cycle::FabricProgram> run() {
    auto module = program->getParentOfType<ModuleOp>();
    auto machine =
        module ? module->getAttrOfType<flow::MachineAttr>("flow.machine")
               : flow::MachineAttr();
    if (!machine)
      return program.emitOpError()
             << "expected a module with a flow.machine, got none";
    result.name = program.getSymName().str();
    result.machine = flow::machineFromAttr(machine);
    result.width = result.machine.width;
    result.height = result.machine.height;
    WalkResult known = program->walk([](Operation *op) {
      for (NamedAttribute attr : op->getDiscardableAttrs()) {
        // The engine's mark: it sets the constant's value.
        if (isa<arith::ConstantOp>(op) && isa<UnitAttr>(attr.getValue()) &&
            attr.getName() == "flow.loss_scale")
          continue;
        op->emitOpError() << "has an attribute '" << attr.getName().getValue()
                          << "' that has no translation to a program";
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    if (known.wasInterrupted())
      return failure();
    for (Operation &op : program.getBody().front()) {
      auto it = cases().find(op.getName().getStringRef());
      if (it == cases().end())
        return op.emitOpError() << "has no translation to a program";
      if (failed((this->*it->second)(&op)))
        return failure();
    }
    return std::move(result);
  }

private:
  LogicalResult color(Operation *) { return success(); } // users have its id

  LogicalResult route(Operation *op) {
    auto route = cast<RouteOp>(op);
    cycle::Route to;
    to.where = toSelection(route.getCores());
    to.color = idOf(route.getColor());
    for (auto position : route.getPositions().getAsRange<PositionAttr>()) {
      cycle::RoutePosition p;
      p.rx = toDirection(position.getRx());
      for (Link link : position.getTx())
        p.tx |= cycle::bit(toDirection(link));
      to.positions.push_back(p);
    }
    to.initial = route.getInitial().value_or(0);
    to.cyclic = route.getRing();
    to.listens = !route.getFixed();
    result.routes.push_back(std::move(to));
    return success();
  }

  LogicalResult connect(Operation *op) {
    return op->emitOpError() << "has no route yet; run route-connections";
  }

  LogicalResult inject(Operation *op) {
    auto inject = cast<InjectOp>(op);
    for (int64_t lane : lanesOf(inject)) {
      Result<std::vector<cycle::Wavelet>> wavelets = streams(inject, lane);
      if (!wavelets)
        return inject.emitOpError() << wavelets.str();
      cycle::EdgeInput input;
      input.name = inject.getStream().str();
      input.side = toDirection(inject.getSide());
      input.lane = lane;
      input.color = idOf(inject.getColor());
      input.wavelets = std::make_shared<const std::vector<cycle::Wavelet>>(
          std::move(*wavelets));
      result.inputs.push_back(std::move(input));
    }
    return success();
  }

  LogicalResult drain(Operation *op) {
    auto drain = cast<DrainOp>(op);
    int64_t perWavelet = 4 / cycle::dataBytes(toDataType(drain.getElement()));
    for (int64_t lane : lanesOf(drain)) {
      cycle::EdgeOutput output;
      output.name = drain.getStream().str();
      output.side = toDirection(drain.getSide());
      output.lane = lane;
      output.color = idOf(drain.getColor());
      output.expected = (drain.getExtent() + perWavelet - 1) / perWavelet;
      result.outputs.push_back(std::move(output));
    }
    return success();
  }

  //===------------------------------------------------------------------===//
  // Code
  //===------------------------------------------------------------------===//

  /// A code, split where its queues take different colors on different cores.
  static std::vector<Part> partsOf(CodeOp code) {
    std::vector<Part> parts(1);
    parts[0].cores = CoreSet(code.getCores());
    parts[0].where = toSelection(code.getCores());
    for (auto queue : code.getBody().getOps<QueueOp>()) {
      std::vector<Part> next;
      for (Part &part : parts)
        for (auto [i, color] : llvm::enumerate(queue.getColors())) {
          ArrayAttr selections = queue.getCoresAttr();
          Part piece = selections
                           ? part.narrowed(cast<SelectAttr>(selections[i]))
                           : part;
          if (piece.cores.empty())
            continue;
          piece.colors[queue] = idOf(color);
          next.push_back(std::move(piece));
        }
      parts = std::move(next);
    }
    return parts;
  }

  LogicalResult code(Operation *op) {
    auto code = cast<CodeOp>(op);
    for (const Part &part : partsOf(code)) {
      cycle::CoreProgram core;
      core.name = code.getSymName().str();
      core.where = part.where;
      core.codeBytes = code.getCodeBytes().value_or(0);
      if (failed(fill(code, part, core)))
        return failure();
      result.cores.push_back(std::move(core));
    }
    return success();
  }

  LogicalResult fill(CodeOp code, const Part &part, cycle::CoreProgram &core) {
    CodeTables tables;
    SmallVector<TaskOp> tasks;
    for (Operation &op : code.getBody().front()) {
      auto buffer = dyn_cast<BufferOp>(op);
      if (buffer && buffer.isRegister()) {
        tables.registers[buffer] = core.registers.size();
        core.registers.emplace_back().type =
            toDataType(buffer.getType().getElementType());
      } else if (buffer) {
        addBuffer(buffer, tables, core);
      } else if (auto queue = dyn_cast<QueueOp>(op)) {
        bool input = queue.getKind() == QueueKind::Input;
        auto &list = input ? core.inputs : core.outputs;
        (input ? tables.inputs : tables.outputs)[queue] = list.size();
        cycle::Queue to;
        to.id = queue.getId();
        to.color = part.colors.lookup(queue);
        list.push_back(to);
      } else if (auto task = dyn_cast<TaskOp>(op)) {
        tables.tasks[task.getSymName()] = tasks.size();
        tasks.push_back(task);
      } else {
        return op.emitOpError() << "has no translation to a program";
      }
    }
    for (TaskOp task : tasks) {
      cycle::Task to;
      if (failed(translateTask(task, tables, result.machine, core, to)))
        return failure();
      core.tasks.push_back(std::move(to));
    }
    return success();
  }

  /// Buffers without a name get one that no program can give.
  static void addBuffer(BufferOp buffer, CodeTables &tables,
                        cycle::CoreProgram &core) {
    cycle::Buffer to;
    to.name = buffer.getName() ? buffer.getName()->str()
                               : "%" + std::to_string(core.buffers.size());
    to.type = toDataType(buffer.getType().getElementType());
    to.extent = buffer.getElements();
    to.address = buffer.getAddress() ? *buffer.getAddress() : -1;
    tables.buffers[buffer] = core.buffers.size();
    core.buffers.push_back(std::move(to));
  }

  ProgramOp program;
  const StreamSource &streams;
  cycle::FabricProgram result;
};

} // namespace

template <typename OpT> static std::vector<int64_t> lanes(OpT op) {
  SelectAttr cores = op.getCores();
  bool columns = op.getSide() == Link::North || op.getSide() == Link::South;
  std::vector<int64_t> result;
  for (int64_t y = cores.getYBegin(); y < cores.getYEnd(); ++y)
    for (int64_t x = cores.getXBegin(); x < cores.getXEnd(); ++x)
      if (cores.contains(x, y))
        result.push_back(columns ? x : y);
  return result;
}
std::vector<int64_t> lanesOf(InjectOp inject) { return lanes(inject); }
std::vector<int64_t> lanesOf(DrainOp drain) { return lanes(drain); }

FailureOr<cycle::FabricProgram> translateFabric(ProgramOp program,
                                                const StreamSource &streams) {
  return Translator(program, streams).run();
}

bool translatesFabricOp(StringRef name) {
  return name == ProgramOp::getOperationName() ||
         name == BufferOp::getOperationName() ||
         name == QueueOp::getOperationName() ||
         name == TaskOp::getOperationName() ||
         // The host's side of a module: what runs the programs reads it.
         name == ArgumentOp::getOperationName() ||
         name == ResultOp::getOperationName() ||
         name == WriteOp::getOperationName() ||
         name == ReadOp::getOperationName() ||
         Translator::cases().contains(name) || translatesTaskOp(name);
}

} // namespace waferflow
