//===- Liveness.cpp - What is resident while a kernel runs ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/analysis/Liveness.h"

#include "compiler/analysis/AttentionBody.h"
#include "dialects/flow/Orders.h"

using namespace mlir;

namespace waferflow::flow {

namespace {

/// Index into the counts of a live point: a class, or the scalars a token last.
constexpr int kNothing = -1;

class Counter {
public:
  Counter(func::FuncOp step, const StepShape &shape)
      : step(step), shape(shape), numClasses(shape.classes.size()) {}

  std::vector<LivePoint> run() {
    DenseMap<Operation *, size_t> positionOf;
    for (auto [i, kernel] : llvm::enumerate(shape.kernels))
      positionOf[kernel] = i;
    // The last kernel that reads each value; none where only the step's return
    // does.
    for (FlowKernel kernel : shape.kernels)
      for (Value operand : kernel->getOperands())
        lastUse[operand] = positionOf[kernel] + 1; // kernels are in order

    findBlockInputs();
    findForwardAttentions();

    Counts live(numClasses);
    for (Value argument : step.getArguments())
      if (lastUse.count(argument))
        add(live, argument);
    std::vector<LivePoint> points;
    for (auto [i, shared] : llvm::enumerate(shape.kernels)) {
      FlowKernel kernel = shared;
      Counts born(numClasses), dying(numClasses);
      for (Value result : kernel->getResults())
        if (lastUse.count(result) || isReturned(result))
          add(born, result);
      SmallPtrSet<Value, 8> seen;
      SmallVector<Value> reads(kernel->getOperands());
      if (Value output = outputs.lookup(kernel))
        reads.push_back(output);
      for (Value operand : reads)
        if (seen.insert(operand).second && lastUse.lookup(operand) == i + 1)
          add(dying, operand);
      Operation *op = kernel;
      points.push_back(during(live, born, dying, writesOver(op)));
      auto spmm = dyn_cast<SpmmOp>(op);
      points.back().inputDies = spmm && diesAt(spmm.getX(), i);
      if (auto attention = dyn_cast<AttentionOp>(op))
        findDyingInputs(points.back(), attention, i);
      for (int role = 0; role < kRoles; ++role)
        for (int slot = 0; slot <= numClasses; ++slot)
          live.of[role][slot] += born.of[role][slot] - dying.of[role][slot];
    }
    addTables(points);
    addLogarithms(points);
    addLoops(points);
    return points;
  }

private:
  enum Role { Kept, Recomputed, Other, kRoles };

  /// Values by role and slot: a class, or one scalar a token.
  struct Counts {
    explicit Counts(int numClasses) {
      for (auto &counts : of)
        counts.assign(numClasses + 1, 0);
    }
    std::vector<int32_t> of[kRoles];
  };

  void add(Counts &counts, Value value) const {
    int slot = slotOf(value);
    if (slot == kNothing)
      return;
    auto it = roles.find(value);
    ++counts.of[it == roles.end() ? Other : it->second][slot];
  }

  /// An activation that the host reads at the end, reshaped or not. Gradients
  /// have left by then.
  bool isReturned(Value value) const {
    func::FuncOp entry = step; // MLIR's handles have no const methods
    return shape.classIndex(value) >= 0 &&
           llvm::any_of(value.getUses(), [&](OpOperand &use) {
             Operation *user = use.getOwner();
             if (isa<func::ReturnOp>(user))
               return !entry.getResultAttr(use.getOperandNumber(),
                                           "flow.gradient");
             return !isa<FlowKernel>(user) &&
                    llvm::any_of(user->getResults(), [](Value shaped) {
                      return llvm::any_of(shaped.getUsers(), [](Operation *op) {
                        return isa<func::ReturnOp>(op);
                      });
                    });
           });
  }

  bool diesAt(Value value, size_t kernel) const {
    return slotOf(value) != kNothing && !roles.count(value) &&
           lastUse.lookup(value) == kernel + 1;
  }

  void findDyingInputs(LivePoint &point, AttentionOp attention,
                       size_t kernel) const {
    // What is of an unknown form is an error where it is lowered, not here.
    ScopedDiagnosticHandler silent(attention.getContext(),
                                   [](Diagnostic &) { return success(); });
    auto body = readBody(attention);
    if (failed(body))
      return;
    for (Value value : {body->k, body->v})
      point.dyingKeys += diesAt(value, kernel);
    point.dyingQueries = diesAt(body->q, kernel);
    if (Value gradient = body->gradient)
      point.dyingQueries += diesAt(gradient, kernel);
    if (Value output = outputs.lookup(attention))
      point.dyingOutputs = diesAt(output, kernel);
  }

  /// Whether results take the place of inputs.
  bool writesOver(Operation *op) const {
    return isa<MapOp>(op) && shape.buffers.lookup(op).pointwise;
  }

  /// The pass before the gradients of the same layer leaves them its output and
  /// a number a token and head.
  void findForwardAttentions() {
    DenseMap<int64_t, std::pair<size_t, AttentionOp>> forward;
    for (auto [i, shared] : llvm::enumerate(shape.kernels)) {
      FlowKernel kernel = shared;
      auto attention = dyn_cast<AttentionOp>(kernel.getOperation());
      if (!attention)
        continue;
      int64_t layer = kernel.getLayer().value_or(0);
      if (attention.getDirection() == Direction::Forward) {
        forward[layer] = {i, attention};
        continue;
      }
      auto it = forward.find(layer);
      size_t first = i;
      if (it != forward.end()) {
        first = it->second.first;
        Value output = it->second.second->getResult(0);
        size_t &last = lastUse[output];
        last = std::max(last, i + 1);
        outputs[kernel] = output;
      }
      statistics.push_back({first, i + 1});
    }
  }

  void addLogarithms(std::vector<LivePoint> &points) const {
    for (auto [first, end] : statistics)
      for (size_t i = first; i < end; ++i) {
        points[i].logarithms.resize(numClasses);
        ++points[i].logarithms[shape.shapes[first].inClass];
      }
  }

  /// A table is there from the first kernel that reads it to the last.
  void addTables(std::vector<LivePoint> &points) const {
    enum Table { Positions, Features, Tokens };
    std::map<std::tuple<Table, int32_t, const void *>,
             std::pair<size_t, size_t>>
        spans;
    auto read = [&](Table table, int32_t cls, const void *what, size_t i) {
      auto [it, isNew] = spans.try_emplace({table, cls, what}, i, i + 1);
      it->second.second = i + 1;
    };
    // Token numbers have no class; the gathers' are in order, and whose they
    // are is another table.
    constexpr int32_t kTokens = -1, kInOrder = -2, kWhose = -3;
    for (auto [i, kernel] : llvm::enumerate(shape.kernels)) {
      const KernelShape &s = shape.shapes[i];
      int32_t cls = s.outClass >= 0 ? s.outClass : s.inClass;
      if (s.kind == "gather") {
        read(Tokens, kInOrder, nullptr, i);
        read(Tokens, kWhose, nullptr, i);
      }
      auto it = shape.buffers.find(kernel);
      if (it == shape.buffers.end())
        continue;
      for (Value tokens : it->second.tokenTables)
        read(Tokens, kTokens, tokens.getAsOpaquePointer(), i);
      if (cls < 0)
        continue;
      for (Attribute table : it->second.positionTables)
        read(Positions, cls, table.getAsOpaquePointer(), i);
      for (Attribute table : it->second.featureTables)
        read(Features, cls, table.getAsOpaquePointer(), i);
    }
    for (LivePoint &point : points) {
      point.positionTables.resize(numClasses);
      point.featureTables.resize(numClasses);
    }
    for (const auto &[table, span] : spans)
      for (size_t i = span.first; i < span.second; ++i) {
        auto [kind, cls, what] = table;
        if (kind == Tokens)
          ++points[i].tokenTables;
        else
          ++(kind == Positions ? points[i].positionTables
                               : points[i].featureTables)[cls];
      }
  }

  /// Kernels that touch what may be held in pieces run in loops, one forward,
  /// one backward: what these read and add up is there all the time.
  void addLoops(std::vector<LivePoint> &points) const {
    for (LivePoint &point : points) {
      point.loopTensors.resize(numClasses);
      point.loopSums.resize(numClasses);
    }
    for (bool forward : {true, false}) {
      llvm::SmallSetVector<Value, 8> read, given;
      SmallVector<size_t> members;
      auto isChunked = [&](Value value) {
        int32_t cls = shape.classIndex(value);
        return cls >= 0 && shape.classes[cls].chunked;
      };
      for (auto [i, shared] : llvm::enumerate(shape.kernels)) {
        FlowKernel kernel = shared;
        if ((kernel.getPhase() == KernelPhase::Forward) != forward ||
            !(llvm::any_of(kernel->getOperands(), isChunked) ||
              llvm::any_of(kernel->getResults(), isChunked)))
          continue;
        members.push_back(i);
        for (Value value : kernel->getOperands())
          if (shape.classIndex(value) >= 0 && !isChunked(value))
            read.insert(value);
        for (Value value : kernel->getResults())
          if (shape.classIndex(value) >= 0 && !isChunked(value))
            given.insert(value);
      }
      if (members.empty())
        continue;
      // Others between them run before the loop, whose inputs they make.
      for (size_t i = members.front(); i <= members.back(); ++i) {
        Operation *kernel = shape.kernels[i];
        for (Value value : read)
          if (!llvm::is_contained(kernel->getOperands(), value))
            ++points[i].loopTensors[shape.classIndex(value)];
        for (Value value : given) {
          int32_t cls = shape.classIndex(value);
          ++points[i].loopSums[cls];
          points[i].loopTensors[cls] +=
              llvm::is_contained(kernel->getResults(), value);
        }
      }
    }
  }

  /// While a kernel runs, its inputs and its results are there; element-wise
  /// work writes over inputs that nobody reads afterwards.
  LivePoint during(const Counts &live, const Counts &born, const Counts &dying,
                   bool inPlace) const {
    std::vector<int32_t> sums[kRoles];
    int32_t rowScalars = 0;
    for (int slot = 0; slot <= numClasses; ++slot) {
      int32_t over = 0;
      for (int role = 0; role < kRoles; ++role)
        over += dying.of[role][slot];
      int32_t rows = 0;
      for (int role = kRoles; role-- > 0;) {
        int32_t written = inPlace && slot < numClasses
                              ? std::min(over, born.of[role][slot])
                              : 0;
        over -= written;
        int32_t now = live.of[role][slot] + born.of[role][slot] - written;
        rows += now;
        if (slot < numClasses)
          sums[role].push_back(now);
      }
      if (slot == numClasses)
        rowScalars = rows;
    }
    LivePoint point;
    point.keptInputs = std::move(sums[Kept]);
    point.recomputedInputs = std::move(sums[Recomputed]);
    point.tensors = std::move(sums[Other]);
    point.rowScalars = rowScalars;
    return point;
  }

  /// Activations of the forward pass that the other passes read are kept; made
  /// again for blocks after their own, they are inputs of a segment.
  void findBlockInputs() {
    for (FlowKernel kernel : shape.kernels)
      for (Value operand : kernel->getOperands()) {
        auto producer = dyn_cast_or_null<FlowKernel>(operand.getDefiningOp());
        if (!producer || shape.classIndex(operand) < 0)
          continue;
        if (producer.getPhase() == KernelPhase::Forward &&
            kernel.getPhase() != KernelPhase::Forward)
          roles[operand] = Kept;
        else if (producer.getPhase() == KernelPhase::Recompute &&
                 producer.getLayer() != kernel.getLayer())
          roles[operand] = Recomputed;
      }
  }

  int slotOf(Value value) const {
    // A replica belongs to the plan of the kernel that reads it.
    if (auto relayout = value.getDefiningOp<RelayoutOp>();
        relayout && !changesOrder(relayout))
      return kNothing;
    if (int32_t cls = shape.classIndex(value); cls >= 0)
      return cls;
    Operation *def = value.getDefiningOp();
    auto type = dyn_cast<RankedTensorType>(value.getType());
    bool scalars = def && isa<FlowKernel>(def) && type &&
                   type.getNumElements() > 1 && type.getRank() >= 1 &&
                   (type.getRank() == 1 || type.getDimSize(1) == 1);
    return scalars ? numClasses : kNothing;
  }

  func::FuncOp step;
  const StepShape &shape;
  int numClasses;
  DenseMap<Value, size_t> lastUse;
  DenseMap<Value, Role> roles;          ///< of activations that are no others
  DenseMap<Operation *, Value> outputs; ///< of the forward pass, by gradients
  /// Kernels [first, end) that hold an attention's logarithms.
  SmallVector<std::pair<size_t, size_t>> statistics;
};

} // namespace

std::vector<LivePoint> findLivePoints(func::FuncOp step,
                                      const StepShape &shape) {
  return Counter(step, shape).run();
}

} // namespace waferflow::flow
