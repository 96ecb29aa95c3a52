//===- Chunks.cpp - A vocabulary in pieces --------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/Chunks.h"

#include "compiler/lower-to-fabric/ChunkedReduce.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

#include <utility>

using namespace mlir;

namespace waferflow::fabric {

namespace {

/// A kernel whose results do not have the features that are held in pieces.
struct Root {
  enum class Kind {
    Reduce,         ///< combined over the pieces
    SumOfExp,       ///< of values less a maximum that may still grow
    LogProbability, ///< of a label, from a maximum and a sum that may grow
    Product,        ///< added up over the pieces
    Gradient        ///< each piece leaves by itself
  };
  Operation *op = nullptr;
  Kind kind = Kind::Reduce;
  Combine combine = Combine::Add;
  std::string gradient; ///< name of the step's result
  /// SumOfExp, LogProbability: shifted = logits - max, and the sum.
  Value logits, max, shifted, sum;
  Value running; ///< of the pieces so far
};

class Unroller {
public:
  explicit Unroller(StepLowering &lowering)
      : lowering(lowering), b(lowering.module.getContext()) {}

  LogicalResult run();

private:
  bool touchesPieces(Operation *op) const {
    auto chunked = [&](Value value) { return lowering.isChunked(value); };
    return llvm::any_of(op->getOperands(), chunked) ||
           llvm::any_of(op->getResults(), chunked);
  }
  LogicalResult check(Operation *op) const;
  LogicalResult findPieces(Operation *op);
  FailureOr<Root> rootOf(Operation *op);
  FailureOr<std::optional<Root>> onlineRoot(Operation *op);
  Root *openRoot(Value value);
  bool needsOpenLoop(Operation *op, ArrayRef<Value> except = {});
  LogicalResult add(Operation *op);

  void close();
  Value make(Value value, int64_t piece);
  Operation *copy(Operation *op, int64_t piece);
  void emit(Root &root, int64_t piece);
  void emitReduce(Root &root, int64_t piece);
  void emitSumOfExp(Root &root, int64_t piece);
  void emitLogProbability(Root &root, int64_t piece);
  void finish(Root &root);

  flow::LayoutAttr inPiece(flow::LayoutAttr layout, int64_t piece);
  using Body = llvm::function_ref<Value(OpBuilder &, Location, ValueRange)>;
  /// Adds inputs to the body of a copy, whose result becomes body(result,
  /// inputs).
  void extend(Operation *reduce, ValueRange inputs, Body body);
  Value map(Operation *like, StringRef label, Type type, ValueRange inputs,
            Body body);

  StepLowering &lowering;
  OpBuilder b;
  /// Orders of features in pieces, and of each piece.
  llvm::MapVector<Attribute, SmallVector<FlatSymbolRefAttr>> orders;
  int64_t pieces = 0;
  SmallVector<Root> open; ///< of the loop that is being gathered
  SmallVector<Operation *> replaced;
  /// Of the piece that is being written: its values, and what a maximum was
  /// before it.
  llvm::DenseMap<Value, Value> made, before;
};

std::string labelOf(Operation *op) {
  auto label = op->getAttrOfType<StringAttr>("label");
  return label ? label.str() : std::string();
}

Value combined(OpBuilder &b, Location loc, Combine combine, Value x, Value y) {
  bool real = isa<FloatType>(getElementTypeOrSelf(x.getType()));
  switch (combine) {
  case Combine::Add:
    return real ? arith::AddFOp::create(b, loc, x, y).getResult()
                : arith::AddIOp::create(b, loc, x, y).getResult();
  case Combine::Max:
    return real ? arith::MaximumFOp::create(b, loc, x, y).getResult()
                : arith::MaxSIOp::create(b, loc, x, y).getResult();
  case Combine::Min:
    return real ? arith::MinimumFOp::create(b, loc, x, y).getResult()
                : arith::MinSIOp::create(b, loc, x, y).getResult();
  }
  return Value();
}

/// Whether a piece of the results follows from the same piece of the inputs.
LogicalResult Unroller::check(Operation *op) const {
  auto wrong = [&](const char *what) {
    return op->emitOpError(what)
           << " of which only one of " << lowering.chunks()
           << " pieces is held at a time; fewer tokens a step or more "
              "pe.sram_bytes hold them whole";
  };
  if (isa<func::ReturnOp>(op))
    return wrong("returns features");
  for (Value operand : op->getOperands())
    if (lowering.isChunked(operand) && isa<BlockArgument>(operand))
      return wrong("reads features of the step's arguments");
  if (isa<flow::AttentionOp, flow::GatherOp>(op))
    return wrong("looks for features");
  auto spmm = dyn_cast<flow::SpmmOp>(op);
  auto sddmm = dyn_cast<flow::SddmmOp>(op);
  if ((spmm && lowering.isChunked(spmm.getX()) &&
       lowering.isChunked(spmm.getResult())) ||
      (sddmm && lowering.isChunked(sddmm.getX()) &&
       lowering.isChunked(sddmm.getDy())))
    return wrong("has features on both sides");
  return success();
}

/// Makes an order of each piece of the vocabularies that `op` touches.
LogicalResult Unroller::findPieces(Operation *op) {
  SmallVector<Value> values(op->getOperands());
  llvm::append_range(values, op->getResults());
  for (Value value : values) {
    if (!lowering.isChunked(value))
      continue;
    flow::LayoutAttr layout = lowering.layoutOf(value);
    auto &parts = orders[layout.getOrder()];
    if (!parts.empty())
      continue;
    auto whole = lowering.module.lookupSymbol<flow::OrderOp>(layout.getOrder());
    int64_t features = whole.getFeatures();
    int64_t size = llvm::divideCeil(features, lowering.chunks());
    OpBuilder at(whole);
    for (int64_t first = 0; first < features; first += size) {
      int64_t last = std::min(features, first + size);
      std::string name = (whole.getSymName() + "_" + Twine(parts.size())).str();
      int64_t columns =
          blockedOrder(name, last - first, lowering.tokens.groupColumns)
              .columns;
      at.setInsertionPoint(whole);
      flow::OrderOp::create(at, whole.getLoc(), name, features, columns,
                            flow::OrderForm::Blocked, IntegerAttr(),
                            DenseI32ArrayAttr(), DenseI32ArrayAttr(),
                            at.getDenseI64ArrayAttr({first, last}));
      parts.push_back(FlatSymbolRefAttr::get(b.getContext(), name));
    }
    if (pieces && pieces != static_cast<int64_t>(parts.size()))
      return op->emitOpError("has features in ")
             << parts.size() << " pieces, other kernels in " << pieces;
    pieces = parts.size();
  }
  return success();
}

flow::LayoutAttr Unroller::inPiece(flow::LayoutAttr layout, int64_t piece) {
  auto it = orders.find(layout.getOrder());
  if (it == orders.end())
    return layout;
  return flow::LayoutAttr::get(b.getContext(), it->second[piece],
                               layout.getGo(), layout.getForm());
}

FailureOr<Root> Unroller::rootOf(Operation *op) {
  Root root;
  root.op = op;
  if (isa<flow::SddmmOp>(op)) {
    auto name = lowering.resultName(op->getResult(0));
    if (!name)
      return op->emitOpError(
          "expected a gradient that the step returns, got another value");
    root.kind = Root::Kind::Gradient;
    root.gradient = *name;
    return root;
  }
  if (isa<flow::SpmmOp>(op)) {
    root.kind = Root::Kind::Product;
    return root;
  }
  if (auto reduce = dyn_cast<flow::ReduceOp>(op)) {
    std::optional<Combine> combine;
    if (failed(findCombination(lowering, reduce, combine)))
      return failure();
    if (combine) {
      root.combine = *combine;
      return root;
    }
  }
  return op->emitOpError("runs in ")
         << pieces
         << " pieces of the vocabulary, since its values do not fit whole; "
            "expected a product, a gradient of a weight, or the sum, maximum "
            "or pick of its features alone; fewer tokens a step or more "
            "pe.sram_bytes make it run whole";
}

Root *Unroller::openRoot(Value value) {
  for (Root &root : open)
    if (root.op == value.getDefiningOp())
      return &root;
  return nullptr;
}

/// Whether `op` reads what the open loop gives, itself or through values that
/// are made for it; other than `except`.
bool Unroller::needsOpenLoop(Operation *op, ArrayRef<Value> except) {
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    if (llvm::is_contained(except, operand))
      return false;
    return openRoot(operand) ||
           (lowering.isChunked(operand) && operand.getDefiningOp() &&
            needsOpenLoop(operand.getDefiningOp(), except));
  });
}

/// `op` as a root of the loop that gives the maximum it reads: none where the
/// loop must end before it.
FailureOr<std::optional<Root>> Unroller::onlineRoot(Operation *op) {
  std::optional<Root> none;
  auto reduce = dyn_cast<flow::ReduceOp>(op);
  if (!reduce)
    return none;
  for (Value shifted : op->getOperands()) {
    auto less = shifted.getDefiningOp<flow::MapOp>();
    if (!lowering.isChunked(shifted) || !less)
      continue;
    auto parts = asShifted(lowering, less);
    if (failed(parts))
      return failure();
    Root *max = *parts ? openRoot((*parts)->max) : nullptr;
    if (!max || max->kind != Root::Kind::Reduce ||
        max->combine != Combine::Max || max->op->getNumOperands() != 1 ||
        max->op->getOperand(0) != (*parts)->logits ||
        needsOpenLoop(less, (*parts)->max))
      continue;
    Root root;
    root.op = op;
    root.logits = (*parts)->logits;
    root.max = (*parts)->max;
    root.shifted = shifted;
    auto isSum = isSumOfExp(lowering, reduce, shifted);
    if (failed(isSum))
      return failure();
    if (*isSum && op->getNumOperands() == 1) {
      root.kind = Root::Kind::SumOfExp;
      return std::optional(root);
    }
    for (Value sum : op->getOperands()) {
      Root *running = openRoot(sum);
      if (!running || running->kind != Root::Kind::SumOfExp ||
          running->shifted != shifted || needsOpenLoop(op, {shifted, sum}))
        continue;
      auto isPick = isLogProbability(lowering, reduce, shifted, sum);
      if (failed(isPick))
        return failure();
      if (*isPick) {
        root.kind = Root::Kind::LogProbability;
        root.sum = sum;
        return std::optional(root);
      }
    }
  }
  return none;
}

LogicalResult Unroller::add(Operation *op) {
  if (needsOpenLoop(op)) {
    auto online = onlineRoot(op);
    if (failed(online))
      return failure();
    if (*online) {
      open.push_back(std::move(**online));
      return success();
    }
    close();
  }
  auto root = rootOf(op);
  if (failed(root))
    return failure();
  open.push_back(std::move(*root));
  return success();
}

LogicalResult Unroller::run() {
  if (lowering.chunks() <= 1)
    return success();
  SmallVector<Operation *> ops;
  for (Operation &op : lowering.step.getBody().front())
    ops.push_back(&op);
  for (Operation *op : ops) {
    if (!touchesPieces(op)) {
      if (needsOpenLoop(op))
        close();
      continue;
    }
    if (failed(check(op)) || failed(findPieces(op)))
      return failure();
    replaced.push_back(op);
    auto inPieces = [&](Value value) { return lowering.isChunked(value); };
    if (!op->getResults().empty() && llvm::all_of(op->getResults(), inPieces))
      continue; // made when a loop needs it
    if (failed(add(op)))
      return failure();
  }
  close();
  for (Operation *op : llvm::reverse(replaced))
    op->erase();
  return success();
}

/// Writes the open loop where its last root stands: what others make for later
/// loops is not held yet.
void Unroller::close() {
  if (open.empty())
    return;
  b.setInsertionPointAfter(open.back().op);
  for (int64_t piece = 0; piece < pieces; ++piece) {
    made.clear();
    before.clear();
    // Labels are picked from the logits, which the shifted ones overwrite.
    for (bool sums : {false, true})
      for (Root &root : open)
        if ((root.kind == Root::Kind::SumOfExp) == sums)
          emit(root, piece);
  }
  for (Root &root : open)
    finish(root);
  open.clear();
}

/// What `value` is for this piece.
Value Unroller::make(Value value, int64_t piece) {
  if (Value known = made.lookup(value))
    return known;
  if (!lowering.isChunked(value))
    return value;
  Operation *op = copy(value.getDefiningOp(), piece);
  for (auto [old, copied] :
       llvm::zip(value.getDefiningOp()->getResults(), op->getResults()))
    made[old] = copied;
  return made[value];
}

Operation *Unroller::copy(Operation *op, int64_t piece) {
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, make(operand, piece));
  Operation *result = b.clone(*op, mapping);
  for (NamedAttribute attribute : op->getAttrs())
    if (auto layout = dyn_cast<flow::LayoutAttr>(attribute.getValue()))
      result->setAttr(attribute.getName(), inPiece(layout, piece));
  if (std::string label = labelOf(op); !label.empty())
    result->setAttr("label", b.getStringAttr(label + " chunk " + Twine(piece)));
  for (auto [old, copied] : llvm::zip(op->getResults(), result->getResults()))
    if (flow::LayoutAttr layout = lowering.layoutOf(old))
      lowering.setLayout(copied, inPiece(layout, piece));
  return result;
}

void Unroller::extend(Operation *reduce, ValueRange inputs, Body body) {
  reduce->insertOperands(reduce->getNumOperands(), inputs);
  Block &block = reduce->getRegion(0).front();
  SmallVector<Value> arguments = {block.getTerminator()->getOperand(0)};
  for (Value input : inputs)
    arguments.push_back(block.addArgument(input.getType(), input.getLoc()));
  OpBuilder inside(block.getTerminator());
  block.getTerminator()->setOperand(0,
                                    body(inside, reduce->getLoc(), arguments));
}

Value Unroller::map(Operation *like, StringRef label, Type type,
                    ValueRange inputs, Body body) {
  OperationState state(like->getLoc(), flow::MapOp::getOperationName());
  state.addOperands(inputs);
  state.addTypes(type);
  for (StringRef name : {"layer", "phase", "section", "mapping", "placement"})
    if (Attribute attribute = like->getAttr(name))
      state.addAttribute(name, attribute);
  state.addAttribute("label", b.getStringAttr(label));
  Block *block = new Block;
  state.addRegion()->push_back(block);
  for (Value input : inputs)
    block->addArgument(input.getType(), input.getLoc());
  OpBuilder inside(b.getContext());
  inside.setInsertionPointToEnd(block);
  Value result = body(inside, like->getLoc(), block->getArguments());
  flow::YieldOp::create(inside, like->getLoc(), result);
  return b.create(state)->getResult(0);
}

void Unroller::emit(Root &root, int64_t piece) {
  switch (root.kind) {
  case Root::Kind::Reduce:
    return emitReduce(root, piece);
  case Root::Kind::SumOfExp:
    return emitSumOfExp(root, piece);
  case Root::Kind::LogProbability:
    return emitLogProbability(root, piece);
  case Root::Kind::Product: {
    Operation *op = copy(root.op, piece);
    Value sum = op->getResult(0);
    if (root.running) {
      sum = map(op, labelOf(op) + " sum", sum.getType(), {root.running, sum},
                [](OpBuilder &in, Location loc, ValueRange x) -> Value {
                  return arith::AddFOp::create(in, loc, x[0], x[1]);
                });
      lowering.setLayout(sum, lowering.layoutOf(root.op->getResult(0)));
    }
    root.running = sum;
    return;
  }
  case Root::Kind::Gradient:
    root.running = copy(root.op, piece)->getResult(0);
    lowering.setResultName(root.running, root.gradient);
    return;
  }
}

void Unroller::emitReduce(Root &root, int64_t piece) {
  Operation *op = copy(root.op, piece);
  Value old = root.op->getResult(0);
  if (root.running) {
    extend(op, root.running, [&](OpBuilder &in, Location loc, ValueRange x) {
      return combined(in, loc, root.combine, x[0], x[1]);
    });
    before[old] = root.running;
  }
  root.running = made[old] = op->getResult(0);
}

/// sum = sum * exp(maximum before - maximum) + that of this piece.
void Unroller::emitSumOfExp(Root &root, int64_t piece) {
  Operation *op = copy(root.op, piece);
  if (root.running)
    extend(op, {root.running, before[root.max], made[root.max]},
           [](OpBuilder &in, Location loc, ValueRange x) -> Value {
             Value less = arith::SubFOp::create(in, loc, x[2], x[3]);
             Value factor = math::ExpOp::create(in, loc, less);
             Value grown = arith::MulFOp::create(in, loc, x[1], factor);
             return arith::AddFOp::create(in, loc, grown, x[0]);
           });
  root.running = op->getResult(0);
}

/// The logit itself, 0 where the label lies in another piece: the kernel with
/// logits for what is less the maximum, and 1 for the sum, whose log is 0.
void Unroller::emitLogProbability(Root &root, int64_t piece) {
  Value logits = make(root.logits, piece);
  Value shifted = std::exchange(made[root.shifted], logits);
  Operation *op = copy(root.op, piece);
  made[root.shifted] = shifted;
  Block &block = op->getRegion(0).front();
  for (unsigned i = op->getNumOperands(); i-- > 0;) {
    if (op->getOperand(i) != root.sum)
      continue;
    OpBuilder inside = OpBuilder::atBlockBegin(&block);
    auto type = cast<RankedTensorType>(root.sum.getType());
    Value one = arith::ConstantOp::create(
        inside, op->getLoc(),
        DenseElementsAttr::get(type, inside.getF32FloatAttr(1)));
    block.getArgument(i).replaceAllUsesWith(one);
    block.eraseArgument(i);
    op->eraseOperand(i);
  }
  if (root.running)
    extend(op, root.running, [](OpBuilder &in, Location loc, ValueRange x) {
      return combined(in, loc, Combine::Add, x[0], x[1]);
    });
  root.running = op->getResult(0);
}

/// What the loop gave takes the place of what the kernel would have.
void Unroller::finish(Root &root) {
  Value old = root.op->getResult(0);
  if (root.kind == Root::Kind::LogProbability) {
    // The maximum and the sum were finished before: they stand before it.
    Value max = openRoot(root.max)->running, sum = openRoot(root.sum)->running;
    root.running =
        map(root.op, labelOf(root.op), old.getType(), {root.running, max, sum},
            [](OpBuilder &in, Location loc, ValueRange x) -> Value {
              Value less = arith::SubFOp::create(in, loc, x[0], x[1]);
              Value log = math::LogOp::create(in, loc, x[2]);
              return arith::SubFOp::create(in, loc, less, log);
            });
  }
  old.replaceAllUsesWith(root.running);
}

} // namespace

LogicalResult unrollChunks(StepLowering &lowering) {
  return Unroller(lowering).run();
}

} // namespace waferflow::fabric
