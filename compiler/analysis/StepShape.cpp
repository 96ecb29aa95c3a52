//===- StepShape.cpp - A step as the mapping problem sees it --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/analysis/StepShape.h"

#include "compiler/analysis/KernelCost.h"
#include "compiler/analysis/Liveness.h"
#include "compiler/elements/ElementWork.h"
#include "dialects/flow/Orders.h"

#include "llvm/ADT/EquivalenceClasses.h"

#include <deque>

using namespace mlir;

namespace waferflow::flow {

namespace {

/// Expected fraction of nonzeros: what the weight was counted to have, else
/// what its mask asks for.
double densityOf(WeightAttr weight) {
  MaskAttr mask = weight.getMask();
  if (!mask)
    return 1;
  if (weight.getDensity())
    return weight.getDensity().getValueAsDouble();
  if (mask.getSparsity())
    return 1 - mask.getSparsity().getValueAsDouble();
  if (mask.getM() > 0)
    return static_cast<double>(mask.getN()) / mask.getM();
  return 1;
}

class Reader {
public:
  Reader(func::FuncOp step, int64_t tokens, int64_t seq)
      : step(step), tokens(tokens), seq(seq) {}

  FailureOr<StepShape> read() {
    for (unsigned i = 0; i < step.getNumArguments(); ++i)
      if (auto weight = step.getArgAttrOfType<WeightAttr>(i, "flow.weight"))
        weights[weight.getName()] = weight;
    for (Operation &op : step.front())
      if (auto kernel = dyn_cast<FlowKernel>(op))
        shape.kernels.push_back(kernel);
    joinActivations();
    nameClasses();
    findLayers();
    if (failed(readCounts()))
      return failure();
    for (FlowKernel kernel : shape.kernels)
      if (isa<MapOp, ReduceOp>(kernel.getOperation()))
        shape.buffers[kernel] = findBodyBuffers(kernel, tokens / seq, seq);
    for (FlowKernel kernel : shape.kernels)
      if (failed(addKernel(kernel)))
        return failure();
    shape.live = findLivePoints(step, shape);
    return std::move(shape);
  }

private:
  bool isActivation(Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || type.getRank() < 2 || !isa<FloatType>(type.getElementType()))
      return false;
    if (type.getDimSize(0) != tokens || type.getDimSize(1) == 1)
      return false;
    // An argument that is no weight is held from the beginning.
    if (auto argument = dyn_cast<BlockArgument>(value))
      return argument.getOwner() == &step.front() &&
             !step.getArgAttr(argument.getArgNumber(), "flow.weight");
    return isa<FlowKernel>(value.getDefiningOp());
  }
  static int64_t features(Value value) {
    return cast<RankedTensorType>(value.getType()).getDimSize(1);
  }

  void joinActivations() {
    for (FlowKernel kernel : shape.kernels) {
      SmallVector<Value> values(kernel->getOperands());
      llvm::append_range(values, kernel->getResults());
      llvm::erase_if(values, [&](Value v) { return !isActivation(v); });
      auto relayout = dyn_cast<RelayoutOp>(kernel.getOperation());
      bool joins = relayout ? !changesOrder(relayout)
                            : isa<MapOp, ReduceOp>(kernel.getOperation());
      for (Value value : values) {
        groups.insert(value.getAsOpaquePointer());
        if (joins)
          for (Value other : values)
            if (features(other) == features(value))
              groups.unionSets(value.getAsOpaquePointer(),
                               other.getAsOpaquePointer());
      }
    }
  }

  /// Heads of the attention that touches a group; who touches it at all.
  struct Touch {
    int64_t heads = 0, headDim = 0, sharing = 1;
    bool onlyHead = true;
    StringRef order; ///< that a relayout brought the group to
  };

  void nameClasses() {
    DenseMap<const void *, Touch> touches;
    for (FlowKernel kernel : shape.kernels) {
      auto attention = dyn_cast<AttentionOp>(kernel.getOperation());
      SmallVector<Value> values(kernel->getOperands());
      llvm::append_range(values, kernel->getResults());
      for (Value value : values) {
        if (!isActivation(value))
          continue;
        Touch &touch = touches[leader(value)];
        touch.onlyHead &= kernel.getSection() == KernelSection::Head;
        if (auto relayout = value.getDefiningOp<RelayoutOp>();
            relayout && changesOrder(relayout))
          touch.order = relayout.getTo().getOrder().getValue();
        if (!attention)
          continue;
        int64_t dim = attention.getHeadDim();
        bool shared =
            features(value) != static_cast<int64_t>(attention.getHeads() * dim);
        touch.heads = shared ? attention.getKvHeads() : attention.getHeads();
        touch.headDim = dim;
        touch.sharing =
            shared ? attention.getHeads() / attention.getKvHeads() : 1;
      }
    }
    std::map<std::string, int32_t> indexOf;
    for (FlowKernel kernel : shape.kernels) {
      SmallVector<Value> values(kernel->getOperands());
      llvm::append_range(values, kernel->getResults());
      for (Value value : values)
        if (isActivation(value) && !shape.classOf.count(value))
          classify(value, touches[leader(value)], indexOf);
    }
  }

  void classify(Value value, const Touch &touch,
                std::map<std::string, int32_t> &indexOf) {
    FeatureClass cls;
    cls.features = features(value);
    cls.heads = touch.heads;
    cls.headDim = touch.headDim;
    cls.sharing = touch.sharing;
    cls.chunked = touch.onlyHead;
    cls.name = cls.heads ? "heads_" + std::to_string(cls.heads) + "x" +
                               std::to_string(cls.headDim)
                         : "features_" + std::to_string(cls.features);
    if (cls.sharing > 1)
      cls.name += "_shared_" + std::to_string(cls.sharing);
    if (cls.chunked)
      cls.name += "_chunked";
    if (!touch.order.empty())
      cls.name += ("_in_" + touch.order).str();
    auto [it, isNew] = indexOf.try_emplace(cls.name, shape.classes.size());
    if (isNew)
      shape.classes.push_back(cls);
    shape.classOf[value] = it->second;
  }

  /// Which classes stay in their layers.
  void findLayers() {
    DenseMap<Value, int64_t> layerOf;
    for (FeatureClass &cls : shape.classes)
      cls.perLayer = cls.heads == 0 && !cls.chunked;
    for (FlowKernel kernel : shape.kernels) {
      int64_t layer =
          kernel.getLayer() ? static_cast<int64_t>(*kernel.getLayer()) : -1;
      SmallVector<Value> values(kernel->getOperands());
      llvm::append_range(values, kernel->getResults());
      for (Value value : values)
        if (int32_t cls = shape.classIndex(value); cls >= 0)
          if (layerOf.try_emplace(value, layer).first->second != layer ||
              layer < 0)
            shape.classes[cls].perLayer = false;
    }
  }

  LogicalResult readCounts() {
    for (unsigned i = 0; i < step.getNumArguments(); ++i) {
      auto weight = step.getArgAttrOfType<WeightAttr>(i, "flow.weight");
      auto counts = step.getArgAttrOfType<CountsAttr>(i, "flow.counts");
      if (!counts)
        continue;
      auto type = dyn_cast<RankedTensorType>(step.getArgument(i).getType());
      if (!weight || !weight.getMask() || !type || type.getRank() != 2)
        return step.emitOpError("expected flow.counts on a matrix with "
                                "flow.weight and a mask, got it on argument ")
               << i;
      if (counts.getColumns().size() != type.getDimSize(1) ||
          counts.getRows().size() != type.getDimSize(0))
        return step.emitOpError("expected flow.counts of '")
               << weight.getName() << "' to be of " << type.getDimSize(1)
               << " columns and " << type.getDimSize(0) << " rows, got "
               << counts.getColumns().size() << " and "
               << counts.getRows().size();
      countsOf[weight.getName()] = static_cast<int32_t>(shape.counts.size());
      shape.counts.push_back({counts.getColumns().asArrayRef().vec(),
                              counts.getRows().asArrayRef().vec()});
    }
    return success();
  }

  LogicalResult addKernel(FlowKernel kernel) {
    KernelShape s;
    Operation *op = kernel;
    s.kind = kernel.getKindName();
    s.name = nameOf(kernel);
    if (auto layer = kernel.getLayer())
      s.layer = static_cast<int32_t>(*layer);
    if (!kernel.getPhase() || !kernel.getSection())
      return op->emitOpError(
          "expected a phase and a section; run label-kernels");
    s.phase = static_cast<Phase>(*kernel.getPhase());
    s.section = static_cast<Section>(*kernel.getSection());
    if (auto spmm = dyn_cast<SpmmOp>(op)) {
      auto argument = dyn_cast<BlockArgument>(spmm.getWeight());
      auto weight = argument ? step.getArgAttrOfType<WeightAttr>(
                                   argument.getArgNumber(), "flow.weight")
                             : WeightAttr();
      if (!weight)
        return op->emitOpError("expected its weight to be an argument of the "
                               "entry function with flow.weight");
      setWeight(s, spmm.getWeight().getType(), weight);
      s.transposed = spmm.getTransposed();
      if (failed(setClasses(s, op, spmm.getX(), spmm.getResult())))
        return failure();
      s.input = inputId(spmm.getX());
    } else if (auto sddmm = dyn_cast<SddmmOp>(op)) {
      auto it = weights.find(sddmm.getWeight().value_or(""));
      if (it == weights.end())
        return op->emitOpError("expected the name of a weight of the entry "
                               "function, got '")
               << sddmm.getWeight().value_or("") << "'";
      setWeight(s, sddmm.getResult().getType(), it->second);
      s.denseGradient = sddmm.getAt() == "dense" || s.indexFree;
      if (failed(setClasses(s, op, sddmm.getX(), sddmm.getDy())))
        return failure();
    } else if (auto attention = dyn_cast<AttentionOp>(op)) {
      s.backward = attention.getDirection() == Direction::Backward;
      s.causal = attention.getCausal();
      s.heads = attention.getHeads();
      s.kvHeads = attention.getKvHeads();
      s.headDim = attention.getHeadDim();
      for (Value value : op->getOperands())
        if (int32_t c = shape.classIndex(value);
            c >= 0 && shape.classes[c].heads == s.heads)
          s.inClass = s.outClass = c;
        else if (c >= 0)
          s.keyClass = c;
    } else {
      if (auto in = classesOf(op->getOperands()); !in.empty())
        s.inClass = in.front();
      if (auto out = classesOf(op->getResults()); !out.empty())
        s.outClass = out.front();
      if (auto reduce = dyn_cast<ReduceOp>(op)) {
        s.overX = reduce.getAxis() != ReduceAxis::Y;
        s.overY = reduce.getAxis() != ReduceAxis::X;
        s.results = op->getNumResults();
      }
      if (auto gather = dyn_cast<GatherOp>(op)) {
        s.backward = gather.getDirection() == Direction::Backward;
        Type table =
            (s.backward ? op->getResult(0) : tableOf(gather)).getType();
        s.rows = cast<RankedTensorType>(table).getDimSize(0);
        s.columns = cast<RankedTensorType>(table).getDimSize(1);
      }
      if (isa<MapOp, ReduceOp>(op)) {
        if (failed(addScalars(s, kernel)))
          return failure();
        const BodyBuffers &buffers = shape.buffers.lookup(op);
        s.temporaries = buffers.temporaries + buffers.reductions;
        s.featureSums = buffers.featureSums;
      }
    }
    shape.shapes.push_back(std::move(s));
    return success();
  }

  static Value tableOf(GatherOp gather) {
    for (Value input : gather.getInputs())
      if (isa<FloatType>(getElementTypeOrSelf(input)))
        return input;
    return gather.getInputs().front();
  }

  /// The classes of some values, the widest first.
  SmallVector<int32_t> classesOf(ValueRange values) const {
    llvm::SmallSetVector<int32_t, 4> classes;
    for (Value value : values)
      if (int32_t cls = shape.classIndex(value); cls >= 0)
        classes.insert(cls);
    SmallVector<int32_t> sorted(classes.begin(), classes.end());
    llvm::sort(sorted, [&](int32_t a, int32_t b) {
      return std::pair(-shape.classes[a].features, a) <
             std::pair(-shape.classes[b].features, b);
    });
    return sorted;
  }

  /// What is done once a token, or less often, every column does; the rest is
  /// shared as the narrowest class is that has room for it.
  LogicalResult addScalars(KernelShape &s, FlowKernel kernel) {
    if (const auto &work = workOf(kernel)) {
      s.scalars = work->scalars;
      s.vectors = work->vectors;
      if (s.kind == "reduce")
        s.results = work->reductions;
      return success();
    }
    SmallVector<Value> values(kernel->getOperands());
    llvm::append_range(values, kernel->getResults());
    SmallVector<int32_t> classes = classesOf(values);
    return forEachScalarOp(kernel, [&](ScalarOp op, int64_t volume) {
      ScalarShape scalar{op, 0, 0, -1};
      bool everyToken = volume % tokens == 0;
      int64_t each = everyToken ? volume / tokens : volume;
      (everyToken ? scalar.perToken : scalar.once) = each;
      for (int32_t cls : classes)
        if (each > 1 && (scalar.cls < 0 || shape.classes[cls].features >= each))
          scalar.cls = cls;
      s.scalars.push_back(scalar);
    });
  }

  /// What the kernel issues; layers have equal kernels, which are looked at
  /// once.
  const std::optional<fabric::ElementWork> &workOf(Operation *kernel) {
    fabric::WorkContext context;
    context.inputs.tokens = tokens;
    context.inputs.seq = seq;
    context.inputs.residentOf =
        [&](Value value) -> std::optional<fabric::Resident> {
      if (shape.classIndex(value) >= 0)
        return fabric::Resident::Activation;
      if (isa<BlockArgument>(value))
        return std::nullopt;
      return cast<RankedTensorType>(value.getType()).getRank() == 0
                 ? fabric::Resident::Scalar
                 : fabric::Resident::RowScalar;
    };
    context.storage = step->getAttrOfType<StepAttr>("flow.step").getType();
    context.classOf = [&](Value value) { return shape.classIndex(value); };
    context.classes = &shape.classes;
    auto alike = [&](Operation *other) {
      auto values = [&](Operation *op) {
        SmallVector<std::pair<int32_t, std::optional<fabric::Resident>>> list;
        for (Value operand : op->getOperands())
          list.push_back(
              {shape.classIndex(operand), context.inputs.residentOf(operand)});
        for (Value result : op->getResults())
          list.push_back({shape.classIndex(result), std::nullopt});
        return list;
      };
      return other->getName() == kernel->getName() &&
             values(other) == values(kernel) &&
             OperationEquivalence::isRegionEquivalentTo(
                 &other->getRegion(0), &kernel->getRegion(0),
                 OperationEquivalence::IgnoreLocations);
    };
    for (const auto &[other, work] : works)
      if (alike(other))
        return work;
    works.push_back({kernel, fabric::elementWork(kernel, context)});
    return works.back().second;
  }

  LogicalResult setClasses(KernelShape &s, Operation *op, Value in, Value out) {
    s.inClass = shape.classIndex(in);
    s.outClass = shape.classIndex(out);
    if (s.inClass < 0 || s.outClass < 0)
      return op->emitOpError("expected activations of ")
             << tokens << " tokens, got " << in.getType() << " and "
             << out.getType();
    return success();
  }

  void setWeight(KernelShape &s, Type type, WeightAttr weight) const {
    auto tensor = cast<RankedTensorType>(type);
    s.rows = tensor.getDimSize(0);
    s.columns = tensor.getDimSize(1);
    s.density = densityOf(weight);
    s.indexFree = !weight.getMask();
    if (auto it = countsOf.find(weight.getName()); it != countsOf.end())
      s.counts = it->second;
  }

  static std::string nameOf(FlowKernel kernel) {
    std::string name;
    if (kernel.getLayer())
      name = "layer " + std::to_string(*kernel.getLayer()) + " ";
    if (kernel.getPhase() == KernelPhase::Recompute)
      name += "recomputed ";
    return name + kernel.getLabel().value_or(kernel.getKindName()).str();
  }

  const void *leader(Value value) {
    return groups.getLeaderValue(value.getAsOpaquePointer());
  }
  int32_t inputId(Value value) {
    return inputIds.try_emplace(value, inputIds.size()).first->second;
  }
  func::FuncOp step;
  int64_t tokens, seq;
  StepShape shape;
  llvm::StringMap<WeightAttr> weights;
  llvm::StringMap<int32_t> countsOf; ///< index into shape.counts, by weight
  llvm::EquivalenceClasses<const void *> groups;
  DenseMap<Value, int32_t> inputIds;
  std::deque<std::pair<Operation *, std::optional<fabric::ElementWork>>> works;
};

} // namespace

FailureOr<StepShape> readStepShape(func::FuncOp step, int64_t tokens,
                                   int64_t seq) {
  return Reader(step, tokens, seq).read();
}

} // namespace waferflow::flow
