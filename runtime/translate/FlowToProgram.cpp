//===- FlowToProgram.cpp - From placed kernels to plain structs -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/translate/FlowToProgram.h"

#include "models/masks/Rows.h"

#include "compiler/lower-to-fabric/attention/Statistics.h"
#include "dialects/flow/Orders.h"
#include "simulator/cost/Cycles.h"

using namespace mlir;
using namespace waferflow::flow;

namespace waferflow {

namespace {

/// What every kernel carries. `mapping` and the layouts are read back by
/// readMappedStep.
constexpr StringRef kKernelAttributes[] = {
    "layer",   "phase",     "section",   "label",
    "mapping", "placement", "in_layout", "out_layout"};

struct TranslatedOp {
  StringRef name;
  std::vector<StringRef> attributes; ///< beyond those of every kernel
  bool isKernel = true;
};

const std::vector<TranslatedOp> &translatedOps() {
  static const std::vector<TranslatedOp> ops = {
      {"flow.spmm", {"transposed"}},
      {"flow.sddmm", {"at", "weight"}},
      {"flow.map", {}},
      {"flow.reduce", {"axis"}},
      {"flow.attention",
       {"direction", "causal", "heads", "kv_heads", "head_dim", "batch",
        "seq"}},
      {"flow.gather", {"direction", "weight"}},
      {"flow.relayout", {"from", "to"}},
      {"flow.order",
       {"sym_name", "features", "columns", "form", "head_dim", "part", "column",
        "slot"},
       false},
      {"flow.yield", {}, false},
  };
  return ops;
}

class Translator {
public:
  Translator(MappedStep &mapped, const MaskFactory &makeMask)
      : mapped(mapped), makeMask(makeMask), shape(mapped.shape) {}

  FailureOr<Program> run() {
    const MappingProblem &problem = mapped.problem;
    program.machine = problem.machine;
    program.type = problem.type;
    program.accumulate = problem.accumulate;
    program.tokens = mapped.solution.tokens;
    program.keepEvery =
        mapped.step->getAttrOfType<StepAttr>("flow.step").getKeepEvery();
    if (auto model = mapped.step->getAttrOfType<StringAttr>("flow.model"))
      program.model = model.str();
    if (auto plan = mapped.step->getAttrOfType<DictionaryAttr>("flow.sram"))
      for (NamedAttribute item : plan)
        program.sram[item.getName().str()] =
            cast<IntegerAttr>(item.getValue()).getInt();
    collectWeights();
    for (auto [i, kernel] : llvm::enumerate(shape.kernels))
      if (failed(addKernel(i, kernel)))
        return failure();
    return std::move(program);
  }

private:
  //===------------------------------------------------------------------===//
  // Orders and weights
  //===------------------------------------------------------------------===//

  /// The orders of a class by piece of the vocabulary; one where it is whole.
  FailureOr<std::vector<int32_t>> ordersOf(size_t kernel, int32_t cls) {
    auto order = mapped.orderOf(kernel, cls);
    if (failed(order))
      return failure();
    auto [it, isNew] = indicesOf.try_emplace(*order);
    if (isNew)
      it->second = addOrders(mapped.problem.classes[cls], **order);
    return it->second;
  }

  FailureOr<int32_t> orderOf(size_t kernel, int32_t cls) {
    auto orders = ordersOf(kernel, cls);
    return failed(orders) ? FailureOr<int32_t>(failure())
                          : FailureOr<int32_t>(orders->front());
  }

  std::vector<int32_t> addOrders(const FeatureClass &cls,
                                 const FeatureOrder &order) {
    std::vector<int32_t> indices;
    if (!cls.chunked) {
      program.orders.push_back(order);
      return {static_cast<int32_t>(program.orders.size() - 1)};
    }
    int64_t columns = program.tokens.groupColumns;
    int64_t step = pieceSize(cls.features);
    for (int64_t first = 0; first < cls.features; first += step) {
      int64_t size = std::min(step, cls.features - first);
      if (!indices.empty() &&
          program.orders[indices.back()].features() == size) {
        indices.push_back(indices.back());
        continue;
      }
      program.orders.push_back(blockedOrder(cls.name, size, columns));
      indices.push_back(program.orders.size() - 1);
    }
    return indices;
  }

  int64_t pieceSize(int64_t features) const {
    return divideUp(features, mapped.solution.headChunks);
  }

  void collectWeights() {
    for (unsigned i = 0; i < mapped.step.getNumArguments(); ++i)
      if (auto weight =
              mapped.step.getArgAttrOfType<WeightAttr>(i, "flow.weight"))
        weights[weight.getName()] = {
            weight,
            cast<RankedTensorType>(mapped.step.getArgument(i).getType())};
  }

  /// Rows [first, first + size) of a weight; all rows where size is the whole.
  FailureOr<int32_t> weightIndex(Operation *op, StringRef name, int64_t first,
                                 int64_t size) {
    auto it = weights.find(name);
    if (it == weights.end())
      return op->emitOpError("expected a weight of the entry function, got '")
             << name << "'";
    auto [attr, type] = it->second;
    bool whole = size == type.getDimSize(0);
    std::string key = whole ? name.str()
                            : name.str() + " rows " + std::to_string(first) +
                                  " to " + std::to_string(first + size - 1);
    auto [entry, isNew] =
        indexOfWeight.try_emplace(key, program.weights.size());
    if (!isNew)
      return entry->second;
    Weight weight{key, size, type.getDimSize(1), attr.getPruned(), nullptr};
    if (attr.getMask()) {
      auto mask = makeMask(attr, type.getDimSize(0), weight.columns);
      if (!mask)
        return op->emitOpError() << mask.str();
      weight.mask = *mask;
      if (!whole)
        weight.mask = maskRows(weight.mask, first, size);
    }
    program.weights.push_back(std::move(weight));
    return entry->second;
  }

  //===------------------------------------------------------------------===//
  // Kernels
  //===------------------------------------------------------------------===//

  LogicalResult addKernel(size_t index, FlowKernel kernel) {
    Operation *op = kernel;
    const KernelShape &s = shape.shapes[index];
    if (!kernel.getPlacement())
      return op->emitOpError("expected a placement; run place-kernels");
    for (NamedAttribute attribute : op->getAttrs())
      if (!isTranslated(op->getName().getStringRef(), attribute.getName()))
        return op->emitOpError("has an attribute without translation to a "
                               "program: '")
               << attribute.getName().getValue() << "'";
    size_t firstId = program.kernels.size();
    LogicalResult added = failure();
    if (isa<SpmmOp, SddmmOp>(op))
      added = addMatrix(op, index);
    else if (auto attention = dyn_cast<AttentionOp>(op))
      added = addAttention(attention, index);
    else if (isa<MapOp>(op))
      added =
          addBody(s, Map{scalarWork(mapped.problem, mapped.laid, index),
                         streamedVectors(mapped.problem, mapped.laid, index)});
    else if (isa<ReduceOp>(op))
      added = addBody(s, reduceWork(mapped.problem, mapped.laid, index));
    else if (auto gather = dyn_cast<GatherOp>(op))
      added = addGather(gather, index);
    else if (auto relayout = dyn_cast<RelayoutOp>(op))
      added = addRelayout(relayout, index);
    else
      return op->emitOpError("has no translation to a program");
    if (failed(added))
      return failure();
    addDependences(op, firstId);
    return success();
  }

  Kernel &push(const KernelShape &s) {
    Kernel kernel;
    kernel.id = program.kernels.size();
    kernel.name = s.name;
    kernel.layer = s.layer;
    kernel.phase = s.phase;
    kernel.section = s.section;
    program.kernels.push_back(std::move(kernel));
    return program.kernels.back();
  }

  template <typename Body>
  LogicalResult addBody(const KernelShape &s, Body body) {
    push(s).body = std::move(body);
    return success();
  }

  /// One kernel a piece of the vocabulary where one side is chunked.
  LogicalResult addMatrix(Operation *op, size_t index) {
    const KernelShape &s = shape.shapes[index];
    const KernelChoice &choice = mapped.solution.choices[index];
    bool isSpmm = isa<SpmmOp>(op);
    // The side of the weight's rows: what a forward spmm produces, a transposed
    // one reduces, and dY of a gradient.
    int32_t rowClass = s.transposed ? s.inClass : s.outClass;
    int32_t columnClass = s.transposed ? s.outClass : s.inClass;
    auto rowOrders = ordersOf(index, rowClass);
    auto columnOrder = orderOf(index, columnClass);
    if (failed(rowOrders) || failed(columnOrder))
      return failure();
    int64_t size = rowOrders->size() > 1 ? pieceSize(s.rows) : s.rows;
    StringRef name = isSpmm ? weightNameOf(cast<SpmmOp>(op))
                            : cast<SddmmOp>(op).getWeight().value_or("");
    for (size_t piece = 0; piece < rowOrders->size(); ++piece) {
      int64_t first = static_cast<int64_t>(piece) * size;
      auto weight =
          weightIndex(op, name, first, std::min(size, s.rows - first));
      if (failed(weight))
        return failure();
      Kernel &kernel = push(s);
      if (rowOrders->size() > 1)
        kernel.name += " chunk " + std::to_string(piece);
      int32_t rows = (*rowOrders)[piece], columns = *columnOrder;
      if (isSpmm) {
        Spmm body;
        body.weight = *weight;
        body.transposed = s.transposed;
        body.inOrder = s.transposed ? rows : columns;
        body.outOrder = s.transposed ? columns : rows;
        body.outputGroups = choice.outputGroups;
        body.form = choice.form;
        body.buffers = choice.buffers;
        kernel.body = body;
        // What is reduced over the pieces is added up (ChunkLoops).
        if (s.transposed && piece > 0) {
          Kernel &sum = push(s);
          sum.name += " sum " + std::to_string(piece);
          sum.body = Map{sumOfPieces(mapped.problem, mapped.laid, index), {}};
        }
      } else {
        Sddmm body;
        body.weight = *weight;
        body.inOrder = columns;
        body.outOrder = rows;
        body.broadcast = choice.broadcast;
        body.dense = s.denseGradient;
        body.buffers = choice.buffers;
        kernel.body = body;
      }
    }
    return success();
  }

  StringRef weightNameOf(SpmmOp op) {
    auto argument = cast<BlockArgument>(op.getWeight());
    return mapped.step
        .getArgAttrOfType<WeightAttr>(argument.getArgNumber(), "flow.weight")
        .getName();
  }

  /// The index of an order by its name.
  int32_t indexOf(FeatureOrder order) {
    auto it = llvm::find_if(program.orders, [&](const FeatureOrder &known) {
      return known.name == order.name;
    });
    auto index = static_cast<int32_t>(it - program.orders.begin());
    if (it == program.orders.end())
      program.orders.push_back(std::move(order));
    return index;
  }

  LogicalResult addAttention(AttentionOp op, size_t index) {
    const KernelShape &s = shape.shapes[index];
    auto order = orderOf(index, s.inClass);
    if (failed(order))
      return failure();
    Attention body;
    body.backward = s.backward;
    body.causal = s.causal;
    body.heads = s.heads;
    body.kvHeads = s.kvHeads;
    body.headDim = s.headDim;
    body.order = *order;
    body.keyBlock = mapped.solution.choices[index].keyBlock;
    using namespace fabric::attention;
    body.statistics =
        static_cast<bool>(body.backward ? forwardOf(op) : backwardOf(op));
    // Keys that query heads share may lie in another order.
    for (Value input : op.getInputs()) {
      StringRef name = mapped.orderName(input);
      if (name.empty() || name == program.orders[body.order].name)
        continue;
      auto keys = flow::orderOf(
          mapped.step->getParentOfType<ModuleOp>(),
          LayoutAttr::get(op.getContext(),
                          FlatSymbolRefAttr::get(op.getContext(), name), 1,
                          "contiguous"),
          op);
      if (failed(keys))
        return failure();
      body.keyOrder = indexOf(std::move(*keys));
    }
    return addBody(s, body);
  }

  LogicalResult addGather(GatherOp op, size_t index) {
    const KernelShape &s = shape.shapes[index];
    Gather body;
    body.backward = op.getDirection() == Direction::Backward;
    StringRef name = op.getWeight().value_or("");
    if (!body.backward)
      for (Value input : op.getInputs())
        if (auto argument = dyn_cast<BlockArgument>(input))
          if (auto weight = mapped.step.getArgAttrOfType<WeightAttr>(
                  argument.getArgNumber(), "flow.weight"))
            name = weight.getName();
    auto it = weights.find(name);
    if (it == weights.end())
      return op.emitOpError("expected a weight of the entry function, got '")
             << name << "'";
    auto weight = weightIndex(op, name, 0, it->second.second.getDimSize(0));
    if (failed(weight))
      return failure();
    body.weight = *weight;
    auto order = orderOf(index, body.backward ? s.inClass : s.outClass);
    if (failed(order))
      return failure();
    body.order = *order;
    return addBody(s, body);
  }

  /// To another order: replicas of its output groups are another relayout's.
  LogicalResult addRegroup(RelayoutOp op, size_t index) {
    const KernelShape &s = shape.shapes[index];
    if (op.getFrom().getGo() != 1 || op.getTo().getGo() != 1)
      return op.emitOpError("has no translation: expected one output group "
                            "where orders differ, got ")
             << op.getFrom().getGo() << " and " << op.getTo().getGo();
    auto from = orderOf(index, s.inClass), to = orderOf(index, s.outClass);
    if (failed(from) || failed(to))
      return failure();
    Relayout body;
    body.form = Relayout::Form::Regroup;
    body.fromOrder = *from;
    body.toOrder = *to;
    push(s).body = body;
    return success();
  }

  LogicalResult addRelayout(RelayoutOp op, size_t index) {
    const KernelShape &s = shape.shapes[index];
    if (changesOrder(op))
      return addRegroup(op, index);
    auto orders = ordersOf(index, s.inClass);
    if (failed(orders))
      return failure();
    for (int32_t order : *orders) {
      Relayout body;
      body.form = Relayout::Form::AllGather;
      body.fromOrder = body.toOrder = order;
      body.outputGroups = op.getTo().getGo();
      body.groupForm = op.getTo().getForm() == "contiguous"
                           ? GroupForm::Contiguous
                           : GroupForm::Interleaved;
      push(s).body = body;
    }
    return success();
  }

  /// Every kernel of an op depends on every kernel of its operands' producers.
  void addDependences(Operation *op, size_t firstId) {
    std::vector<int32_t> &mine = idsOf[op];
    llvm::SmallSetVector<int32_t, 8> producers;
    for (Value operand : op->getOperands())
      if (auto it = idsOf.find(operand.getDefiningOp()); it != idsOf.end())
        producers.insert(it->second.begin(), it->second.end());
    for (size_t id = firstId; id < program.kernels.size(); ++id) {
      mine.push_back(id);
      program.kernels[id].dependsOn.assign(producers.begin(), producers.end());
    }
  }

  MappedStep &mapped;
  const MaskFactory &makeMask;
  const StepShape &shape;
  Program program;
  std::map<const FeatureOrder *, std::vector<int32_t>> indicesOf;
  llvm::StringMap<std::pair<WeightAttr, RankedTensorType>> weights;
  llvm::StringMap<int32_t> indexOfWeight;
  std::map<Operation *, std::vector<int32_t>> idsOf;
};

} // namespace

bool isTranslated(StringRef op, StringRef attribute) {
  for (const TranslatedOp &known : translatedOps())
    if (known.name == op)
      return attribute.empty() ||
             llvm::is_contained(known.attributes, attribute) ||
             (known.isKernel &&
              llvm::is_contained(kKernelAttributes, attribute));
  return false;
}

FailureOr<Program> translateToProgram(ModuleOp module,
                                      const MaskFactory &makeMask) {
  auto mapped = readMappedStep(module);
  if (failed(mapped))
    return failure();
  auto program = Translator(*mapped, makeMask).run();
  if (failed(program))
    return failure();
  std::vector<Error> errors = check(*program);
  if (!errors.empty())
    return mapped->step.emitError() << errors.front().str();
  return program;
}

} // namespace waferflow
