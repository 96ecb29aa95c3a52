//===- StepLowering.cpp - A placed step on its way to the fabric ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/StepLowering.h"

#include "compiler/elements/SlotCode.h"

#include "dialects/flow/MachineAttr.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <utility>

using namespace mlir;

namespace waferflow::fabric {

FailureOr<StepLowering> StepLowering::of(ModuleOp module) {
  auto mapped = flow::readMappedStep(module);
  if (failed(mapped))
    return failure();
  StepLowering lowering;
  lowering.module = module;
  lowering.step = mapped->step;
  lowering.machine = mapped->problem.machine;
  lowering.tokens = mapped->solution.tokens;
  auto step = mapped->step->getAttrOfType<flow::StepAttr>("flow.step");
  lowering.storage = step.getType();
  lowering.sums = step.getAccumulate() == "f32"
                      ? Type(Float32Type::get(module.getContext()))
                      : lowering.storage;
  lowering.builder =
      std::make_unique<OpBuilder>(OpBuilder::atBlockEnd(module.getBody()));
  lowering.mapped = std::move(*mapped);
  lowering.nameResults();
  return lowering;
}

SelectAttr StepLowering::everywhere() const {
  return SelectAttr::get(module.getContext(), 0, columns(), 0, rows(), {});
}

FeatureOrder StepLowering::orderOf(flow::LayoutAttr layout) const {
  return *flow::orderOf(module, layout, step);
}

ColumnLayout StepLowering::layoutOf(flow::LayoutAttr layout) const {
  return replicaLayout(orderOf(layout), layout.getGo(), flow::groupForm(layout),
                       tokens.groupColumns);
}

flow::LayoutAttr StepLowering::layoutOf(Value value) const {
  if (auto relayout = value.getDefiningOp<flow::RelayoutOp>())
    return relayout.getTo();
  if (auto it = layouts.find(value); it != layouts.end())
    return it->second;
  StringRef order = mapped.orderName(value);
  if (order.empty())
    return {};
  MLIRContext *context = module.getContext();
  return flow::LayoutAttr::get(context, FlatSymbolRefAttr::get(context, order),
                               1, "contiguous");
}

bool StepLowering::isChunked(Value value) const {
  int32_t cls = mapped.shape.classIndex(value);
  return chunks() > 1 && cls >= 0 && mapped.problem.classes[cls].chunked;
}

void StepLowering::setLayout(Value value, flow::LayoutAttr layout) {
  layouts[value] = layout;
}

void StepLowering::setResultName(Value value, std::string name) {
  resultNames[value] = std::move(name);
}

void StepLowering::addPiece(Value value, std::string name) {
  resultPieces.emplace_back(value, std::move(name));
}

std::vector<std::string> StepLowering::piecesOf(Value value) const {
  std::vector<std::string> names;
  for (const auto &[piece, name] : resultPieces)
    if (piece == value)
      names.push_back(name);
  return names;
}

bool StepLowering::isInPieces(StringRef name) const {
  return llvm::any_of(resultPieces,
                      [&](const auto &piece) { return piece.second == name; });
}

int64_t StepLowering::bytesOf(const Held &held) const {
  return held.extent * held.element.getIntOrFloatBitWidth() / 8;
}

bool StepLowering::isHeld(Value value) const {
  return values.contains(holderOf(value));
}

ElementInputs StepLowering::elementInputs() const {
  ElementInputs inputs;
  inputs.tokens = tokens.tokens;
  inputs.seq = tokens.seq;
  inputs.residentOf = [this](Value value) -> std::optional<Resident> {
    if (!isHeld(value))
      return std::nullopt;
    switch (held(value).kind) {
    case Held::Kind::Activation:
      return Resident::Activation;
    case Held::Kind::RowScalar:
      return Resident::RowScalar;
    case Held::Kind::Scalar:
      return Resident::Scalar;
    case Held::Kind::Scratch:
      break;
    }
    return std::nullopt;
  };
  return inputs;
}

const Held &StepLowering::held(Value value) const {
  auto it = values.find(holderOf(value));
  assert(it != values.end() && "a kernel's input is held until its last use");
  return it->second;
}

FailureOr<int64_t> StepLowering::allocate(Operation *kernel, int64_t bytes,
                                          const char *what) {
  int64_t behindCode = machine.sramBytes - machine.codeBytes;
  int64_t used = sram.usedBytes();
  if (used + bytes <= behindCode)
    return sram.allocate(bytes, kernel);
  return kernel->emitOpError()
         << "needs " << bytes << " bytes a core for " << what << "; of "
         << behindCode << " bytes behind the code " << used << " are in use";
}

Held StepLowering::shapeOf(Value result) const {
  auto type = cast<RankedTensorType>(result.getType());
  Held held;
  held.layout = layoutOf(result);
  held.kind = held.layout           ? Held::Kind::Activation
              : type.getRank() == 0 ? Held::Kind::Scalar
                                    : Held::Kind::RowScalar;
  held.element = summed.contains(result)
                     ? sums
                     : heldType(type.getElementType(), storage,
                                held.kind == Held::Kind::Activation);
  if (held.layout)
    held.slots = layoutOf(held.layout).slots();
  held.extent =
      held.kind == Held::Kind::Scalar ? 1 : held.slots * tokensPerCore();
  return held;
}

FailureOr<Held> StepLowering::hold(Value result) {
  Held held = shapeOf(result);
  auto address =
      allocate(result.getDefiningOp() ? result.getDefiningOp() : step,
               bytesOf(held), "one of its results");
  if (failed(address))
    return failure();
  held.address = *address;
  values[result] = held;
  return held;
}

Foresight::Foresight(StepLowering &lowering, Operation *kernel)
    : lowering(lowering) {
  for (Value operand : kernel->getOperands()) {
    if (lowering.isHeld(operand) ||
        (isa<BlockArgument>(operand) && !lowering.layoutOf(operand)))
      continue;
    lowering.values[operand] = lowering.shapeOf(operand);
    added.push_back(operand);
  }
}

Foresight::~Foresight() {
  for (Value value : added)
    lowering.values.erase(value);
}

void StepLowering::alias(Value result, Value source) {
  renamed[result] = holderOf(source);
}

FailureOr<Held> StepLowering::scratch(Operation *kernel, Type element,
                                      int64_t extent) {
  Held held;
  held.element = element;
  held.extent = extent;
  auto address = allocate(kernel, bytesOf(held), "its own buffers");
  if (failed(address))
    return failure();
  held.address = *address;
  scratches.push_back(held);
  return held;
}

FailureOr<Held> StepLowering::leave(Operation *kernel, Operation *reader,
                                    Value value, Type element, int64_t extent) {
  Held held;
  held.element = element;
  held.extent = extent;
  auto address =
      allocate(kernel, bytesOf(held), "what it leaves for its gradients");
  if (failed(address))
    return failure();
  held.address = *address;
  lefts.push_back({reader, value, held});
  return held;
}

const Left *StepLowering::leftFor(Operation *reader) const {
  auto it = llvm::find_if(
      lefts, [&](const Left &left) { return left.reader == reader; });
  return it == lefts.end() ? nullptr : &*it;
}

FailureOr<Held> StepLowering::resident(Operation *kernel, HostAttr contents,
                                       Type element, int64_t extent) {
  for (HostTable &known : residents)
    if (known.contents == contents && known.memory.element == element &&
        known.memory.extent == extent) {
      known.reader = kernel;
      return known.memory;
    }
  Held held;
  held.element = element;
  held.extent = extent;
  auto address = allocate(kernel, bytesOf(held), "tables of the host");
  if (failed(address))
    return failure();
  held.address = *address;
  residents.push_back({contents, held, kernel});
  auto type = MemRefType::get({extent}, element, MemRefLayoutAttrInterface(),
                              SramAttr::get(module.getContext()));
  WriteOp::create(*builder, kernel->getLoc(), contents, everywhere(),
                  held.address, type);
  return held;
}

Operation *StepLowering::lastUse(Value value) const {
  Operation *last = value.getDefiningOp();
  auto look = [&](Value name) {
    for (Operation *user : name.getUsers())
      if (user->getBlock() == &step.getBody().front() &&
          (!last || last->isBeforeInBlock(user)))
        last = user;
  };
  look(value);
  for (const auto &[name, source] : renamed)
    if (source == value)
      look(name);
  for (const Left &left : lefts)
    if (left.value == value && last && last->isBeforeInBlock(left.reader))
      last = left.reader;
  return last;
}

bool StepLowering::diesIn(Value value, Operation *kernel) const {
  if (!isHeld(value))
    return false;
  return lastUse(holderOf(value)) == kernel;
}

void StepLowering::freeScratch(const Held &freed) {
  sram.free(freed.address);
  llvm::erase_if(scratches, [&](const Held &held) {
    return held.address == freed.address;
  });
}

void StepLowering::keepScratch(ArrayRef<Held> kept) {
  llvm::erase_if(scratches, [&](const Held &held) {
    bool stays = llvm::any_of(
        kept, [&](const Held &k) { return k.address == held.address; });
    if (!stays)
      sram.free(held.address);
    return !stays;
  });
}

void StepLowering::drop(Value value, Operation *kernel) {
  if (!diesIn(value, kernel))
    return;
  value = holderOf(value);
  sram.free(values[value].address);
  values.erase(value);
}

void StepLowering::remarkSram() const {
  llvm::DenseMap<Operation *, size_t> indexOf;
  for (auto [i, kernel] : llvm::enumerate(mapped.shape.kernels))
    indexOf[kernel] = i;
  for (auto [kernel, bytes] : sram.mostBytes()) {
    auto label = kernel->getAttrOfType<StringAttr>("label");
    InFlightDiagnostic remark = kernel->emitRemark();
    remark << (label ? label.getValue() : "kernel") << " holds " << bytes
           << " bytes";
    auto it = indexOf.find(kernel);
    if (it == indexOf.end())
      continue;
    auto plan = planKernel(mapped.problem, mapped.laid, it->second,
                           mapped.solution.choices[it->second]);
    plan.erase("code");
    plan.erase("gaps"); // between what kernels hold
    remark << ", planned " << planBytes(plan);
    for (const auto &[item, planned] : plan)
      remark << ", " << item << " " << planned;
  }
}

LogicalResult StepLowering::placeSram() {
  if (failed(sram.place(machine.sramBytes - machine.codeBytes)))
    return failure();
  module.walk([&](Operation *op) {
    auto address = op->getAttrOfType<IntegerAttr>("address");
    if (!address || !isa<BufferOp, WriteOp, ReadOp>(op))
      return;
    int64_t placed = sram.placed(address.getInt());
    op->setAttr("address", builder->getI64IntegerAttr(placed));
    if (auto buffer = dyn_cast<BufferOp>(op))
      buffer.setName("b" + std::to_string(placed));
  });
  return success();
}

void StepLowering::finish(Operation *kernel) {
  sram.endOf(kernel);
  keepScratch({});
  for (const HostTable &resident : residents)
    if (resident.reader == kernel)
      sram.free(resident.memory.address);
  // A value dies with the last kernel that uses it or a name of it.
  SmallVector<Value> dead;
  for (const auto &[value, held] : values) {
    Operation *last = lastUse(value);
    if (!last || last == kernel || last->isBeforeInBlock(kernel))
      dead.push_back(value);
  }
  // As they were made: the order of a hash table differs from run to run, and
  // times of ends decide on places.
  llvm::sort(dead, [&](Value a, Value b) {
    return values[a].address < values[b].address;
  });
  for (Value value : dead) {
    sram.free(values[value].address);
    values.erase(value);
  }
  llvm::erase_if(lefts, [&](const Left &left) {
    if (left.reader == kernel)
      sram.free(left.memory.address);
    return left.reader == kernel;
  });
}

std::string StepLowering::nextName(Operation *kernel, StringRef part) {
  std::string number = std::to_string(programs++);
  std::string name =
      "k" + std::string(3 - std::min<size_t>(3, number.size()), '0') + number;
  if (auto label = kernel->getAttrOfType<StringAttr>("label"))
    for (char c : ("_" + label.getValue()).str())
      name += isalnum(static_cast<unsigned char>(c)) ? c : '_';
  if (!part.empty())
    name += ("_" + part).str();
  return name;
}

std::string StepLowering::argumentName(BlockArgument argument) const {
  unsigned index = argument.getArgNumber();
  if (auto weight =
          step.getArgAttrOfType<flow::WeightAttr>(index, "flow.weight"))
    return weight.getName().str();
  // Token numbers: the step's inputs, then what it is to predict.
  auto integer = [](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type && type.getElementType().isInteger();
  };
  if (!integer(argument))
    return "arg" + std::to_string(index);
  int64_t before =
      llvm::count_if(step.getArguments().take_front(index), integer);
  return before == 0   ? "input_ids"
         : before == 1 ? "labels"
                       : "arg" + std::to_string(index);
}

/// Whether `value` is what the language-model head's product gives, reshaped.
static bool isLogits(Value value) {
  Operation *op = value.getDefiningOp();
  while (op && isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
    op = op->getOperand(0).getDefiningOp();
  auto spmm = dyn_cast_or_null<flow::SpmmOp>(op);
  return spmm && spmm.getSection() == flow::KernelSection::Head;
}

void StepLowering::nameResults() {
  Operation *end = step.getBody().front().getTerminator();
  bool loss = false, logits = false;
  for (auto [i, value] : llvm::enumerate(end->getOperands())) {
    auto gradient =
        step.getResultAttrOfType<flow::GradientAttr>(i, "flow.gradient");
    std::string name = "result" + std::to_string(i);
    if (gradient) {
      name = gradient.getWeight().str() + ".grad";
    } else if (cast<RankedTensorType>(value.getType()).getRank() == 0) {
      if (!std::exchange(loss, true))
        name = "loss";
    } else if (isLogits(value) && !std::exchange(logits, true)) {
      name = "logits";
    }
    names.push_back(std::move(name));
  }
}

std::optional<std::string> StepLowering::resultName(Value value) const {
  if (auto it = resultNames.find(value); it != resultNames.end())
    return it->second;
  Operation *end = step.getBody().front().getTerminator();
  for (auto [i, returned] : llvm::enumerate(end->getOperands()))
    if (returned == value)
      return names[i];
  return std::nullopt;
}

} // namespace waferflow::fabric
