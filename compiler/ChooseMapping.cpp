//===- ChooseMapping.cpp - From kernels to a mapping ----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/ChooseMapping.h"

#include "compiler/recompute/Recompute.h"
#include "dialects/flow/MachineAttr.h"

#include "mlir/IR/Builders.h"

#include <limits>
#include <set>

using namespace mlir;

namespace waferflow::flow {

namespace {

ElementType elementTypeOf(Type type) {
  if (type.isBF16())
    return ElementType::BF16;
  return type.isF32() ? ElementType::F32 : ElementType::F16;
}

int64_t countLayers(func::FuncOp step) {
  int64_t layers = 0;
  for (Operation &op : step.front())
    if (auto kernel = dyn_cast<FlowKernel>(op))
      if (auto layer = kernel.getLayer())
        layers = std::max(layers, static_cast<int64_t>(*layer) + 1);
  return layers;
}

bool hasBackward(func::FuncOp step) {
  for (Operation &op : step.front())
    if (auto kernel = dyn_cast<FlowKernel>(op))
      if (kernel.getPhase() == KernelPhase::Backward)
        return true;
  return false;
}

StringRef formName(GroupForm form) {
  return form == GroupForm::Contiguous ? "contiguous" : "interleaved";
}

/// Writes a solution into the IR that its problem was read from.
class Writer {
public:
  Writer(ModuleOp module, const StepShape &shape, const MappingProblem &problem,
         const MappingSolution &solution)
      : module(module), shape(shape), problem(problem), solution(solution),
        builder(module.getContext()) {}

  void write() {
    builder.setInsertionPointToStart(module.getBody());
    for (int32_t cls = 0; cls < static_cast<int32_t>(problem.classes.size());
         ++cls) {
      if (!hasOrderByLayer(cls)) {
        writeOrder(cls, -1);
        continue;
      }
      std::set<int32_t> layers;
      for (const KernelShape &kernel : problem.kernels)
        if (kernel.inClass == cls || kernel.outClass == cls)
          layers.insert(kernel.layer);
      for (int32_t layer : layers)
        writeOrder(cls, layer);
    }
    for (auto [i, kernel] : llvm::enumerate(shape.kernels))
      writeKernel(kernel, problem.kernels[i], solution.choices[i]);
  }

private:
  /// Only what is dealt differs from layer to layer.
  bool hasOrderByLayer(int32_t cls) const {
    return problem.classes[cls].perLayer &&
           solution.orders[cls] == OrderKind::Dealt;
  }

  void writeOrder(int32_t index, int32_t layer) {
    const FeatureClass &cls = problem.classes[index];
    OrderKind kind = solution.orders[index];
    FeatureOrder order =
        layFeatures(problem, index, kind, solution.tokens.groupColumns, layer);
    bool table = kind != OrderKind::Blocked;
    OrderOp::create(
        builder, module.getLoc(), orderName(cls, hasOrderByLayer(index), layer),
        cls.features, order.columns,
        table       ? OrderForm::Table
        : cls.heads ? OrderForm::Heads
                    : OrderForm::Blocked,
        cls.heads ? builder.getI64IntegerAttr(cls.headDim) : IntegerAttr(),
        table ? builder.getDenseI32ArrayAttr(order.column)
              : DenseI32ArrayAttr(),
        table ? builder.getDenseI32ArrayAttr(order.slot) : DenseI32ArrayAttr(),
        DenseI64ArrayAttr());
  }

  LayoutAttr layout(int32_t cls, int32_t layer, int64_t go = 1,
                    StringRef form = "contiguous") {
    return LayoutAttr::get(
        builder.getContext(),
        FlatSymbolRefAttr::get(
            builder.getContext(),
            orderName(problem.classes[cls], hasOrderByLayer(cls), layer)),
        go, form);
  }

  void writeKernel(FlowKernel kernel, const KernelShape &s,
                   const KernelChoice &choice) {
    bool isSddmm = s.kind == "sddmm";
    StringRef broadcast = isSddmm && choice.broadcast == Sddmm::Broadcast::Input
                              ? "input"
                              : "output";
    int64_t chunks = isChunked(s) ? solution.headChunks : 1;
    kernel.setMappingAttr(MappingAttr::get(
        builder.getContext(), choice.outputGroups, formName(choice.form),
        choice.buffers, broadcast, choice.keyBlock, chunks));
    if (s.inClass >= 0)
      kernel.setInLayoutAttr(layout(s.inClass, s.layer, choice.outputGroups,
                                    formName(choice.form)));
    if (s.outClass >= 0)
      kernel.setOutLayoutAttr(layout(s.outClass, s.layer));
  }

  bool isChunked(const KernelShape &s) const {
    return (s.inClass >= 0 && problem.classes[s.inClass].chunked) ||
           (s.outClass >= 0 && problem.classes[s.outClass].chunked);
  }

  ModuleOp module;
  const StepShape &shape;
  const MappingProblem &problem;
  const MappingSolution &solution;
  OpBuilder builder;
};

} // namespace

func::FuncOp findStep(ModuleOp module) {
  func::FuncOp step;
  for (auto func : module.getOps<func::FuncOp>()) {
    if (!func->hasAttr("flow.step"))
      continue;
    if (step) {
      func.emitOpError("expected one function with flow.step, got a second");
      return {};
    }
    step = func;
  }
  if (!step)
    module.emitError("expected a function with the attribute flow.step");
  return step;
}

FailureOr<Machine> findMachine(ModuleOp module) {
  auto attr = module->getAttrOfType<MachineAttr>("flow.machine");
  if (!attr)
    return module.emitError("expected the attribute flow.machine");
  return machineFromAttr(attr);
}

std::string orderName(const FeatureClass &cls, bool byLayer, int32_t layer) {
  return byLayer ? cls.name + "_layer_" + std::to_string(layer) : cls.name;
}

std::vector<int64_t> keepEveryCandidates(int64_t layers) {
  std::vector<int64_t> candidates;
  for (int64_t k = 1; k < layers; k += k < 4 ? 1 : k < 8 ? 2 : k / 4)
    candidates.push_back(k);
  candidates.push_back(std::max<int64_t>(layers, 1));
  return candidates;
}

FailureOr<MappingProblem>
buildMappingProblem(func::FuncOp step, StepShape &shape, int64_t tokens) {
  auto attr = step->getAttrOfType<StepAttr>("flow.step");
  auto module = step->getParentOfType<ModuleOp>();
  auto machine = findMachine(module);
  if (failed(machine))
    return failure();
  auto read = readStepShape(step, attr.getTokens(), attr.getSeq());
  if (failed(read))
    return failure();
  shape = std::move(*read);
  MappingProblem problem;
  problem.machine = *machine;
  problem.type = elementTypeOf(attr.getType());
  problem.accumulate =
      attr.getAccumulate() == "f32" ? Accumulate::F32 : Accumulate::Storage;
  problem.tokens = tokens;
  problem.seq = attr.getSeq();
  problem.classes = shape.classes;
  problem.kernels = shape.shapes;
  problem.live = shape.live;
  problem.counts = std::move(shape.counts);
  if (attr.getGt() != 0)
    problem.fixedGt = attr.getGt();
  return problem;
}

namespace {

/// The values of keep_every that a mapping may have.
std::vector<int64_t> allowedKeepEvery(func::FuncOp step) {
  int64_t asked = step->getAttrOfType<StepAttr>("flow.step").getKeepEvery();
  if (asked != 0)
    return {asked};
  if (!hasBackward(step))
    return {1};
  return keepEveryCandidates(countLayers(step));
}

/// The step with what `keepEvery` computes again, behind it in the module.
func::FuncOp recompute(func::FuncOp step, int64_t keepEvery) {
  func::FuncOp clone = step.clone();
  step->getBlock()->getOperations().insertAfter(step->getIterator(), clone);
  materializeRecomputation(clone, keepEvery);
  return clone;
}

std::string ordinal(int64_t k) {
  return std::to_string(k) + (k == 1   ? "st"
                              : k == 2 ? "nd"
                              : k == 3 ? "rd"
                                       : "th");
}

/// The cheapest mapping of one step, and the step that it is of.
struct Best {
  int64_t keepEvery = 0;
  func::FuncOp step;
  StepShape shape;
  MappingProblem problem;
  MappingSolution solution;
};

/// One mapping a value of keep_every, of which the cheapest is kept; of equally
/// cheap ones that with the fewest recomputations.
class KeepEverySearch {
public:
  KeepEverySearch(func::FuncOp step, const FixedMapping &fixed)
      : step(step), fixed(fixed),
        tokens(step->getAttrOfType<StepAttr>("flow.step").getTokens()) {}

  LogicalResult run() {
    for (int64_t k : allowedKeepEvery(step))
      if (failed(consider(k)))
        return failure();
    if (!best)
      return step.emitError() << least->error.str();
    return success();
  }

  std::optional<Best> best;
  std::string compared; ///< "4: 2338180839, 6: 1986185641"

private:
  LogicalResult consider(int64_t k) {
    func::FuncOp clone = recompute(step, k);
    StepShape shape;
    auto problem = buildMappingProblem(clone, shape, tokens);
    if (failed(problem)) {
      clone.erase();
      return failure();
    }
    problem->fixedGo = fixed.go;
    problem->fixedOrder = fixed.order;
    problem->fixedChunks = fixed.chunks;
    auto result = searchExhaustive(*problem);
    if (auto *failed = std::get_if<MappingFailure>(&result)) {
      if (!least || failed->overBytes < least->overBytes)
        least = *failed;
      clone.erase();
      return success();
    }
    auto &solution = std::get<MappingSolution>(result);
    compared += (compared.empty() ? "" : ", ") + std::to_string(k) + ": " +
                std::to_string(static_cast<int64_t>(solution.cycles));
    if (best && best->solution.cycles <= solution.cycles) {
      clone.erase();
      return success();
    }
    if (best)
      best->step.erase();
    best = Best{k, clone, std::move(shape), std::move(*problem),
                std::move(solution)};
    return success();
  }

  func::FuncOp step;
  const FixedMapping &fixed;
  int64_t tokens;
  std::optional<MappingFailure> least;
};

} // namespace

FailureOr<int64_t> findLargestTokens(ModuleOp module, int64_t most) {
  func::FuncOp step = findStep(module);
  if (!step)
    return failure();
  int64_t seq = step->getAttrOfType<StepAttr>("flow.step").getSeq();
  int64_t largest = 0; // in sequences
  for (int64_t k : allowedKeepEvery(step)) {
    func::FuncOp clone = recompute(step, k);
    StepShape shape;
    auto read = buildMappingProblem(clone, shape, seq);
    clone.erase();
    if (failed(read))
      return failure();
    MappingProblem &problem = *read;
    auto fits = [&](int64_t sequences) {
      problem.tokens = sequences * seq;
      return std::holds_alternative<MappingSolution>(searchExhaustive(problem));
    };
    // Rows are shared out by floors and ceilings, so fitting is not monotone to
    // the last sequence: bisect, then look a little further.
    int64_t low = largest, high = most / seq + 1;
    while (high - low > 1) {
      int64_t middle = low + (high - low) / 2;
      (fits(middle) ? low : high) = middle;
    }
    for (int64_t more = low + 1; more <= low + low / 16 && more * seq <= most;
         ++more)
      if (fits(more))
        low = more;
    largest = std::max(largest, low);
  }
  return largest * seq;
}

LogicalResult chooseMapping(ModuleOp module, const FixedMapping &fixed) {
  func::FuncOp step = findStep(module);
  if (!step)
    return failure();
  KeepEverySearch search(step, fixed);
  if (failed(search.run()))
    return failure();
  auto attr = step->getAttrOfType<StepAttr>("flow.step");
  auto &[k, mapped, shape, problem, solution] = *search.best;
  Writer(module, shape, problem, solution).write();
  Builder builder(module.getContext());
  mapped->setAttr("flow.step",
                  StepAttr::get(module.getContext(), attr.getTokens(),
                                attr.getSeq(), attr.getType(),
                                attr.getAccumulate(), solution.tokens.groups,
                                k));
  SmallVector<Attribute> reasons;
  for (const std::string &reason : solution.reasons)
    reasons.push_back(builder.getStringAttr(reason));
  reasons.push_back(builder.getStringAttr(
      "every " + ordinal(k) +
      " block input is kept; estimated cycles by what fits: " +
      search.compared));
  mapped->setAttr("flow.reasons", builder.getArrayAttr(reasons));
  for (unsigned i = 0; i < mapped.getNumArguments(); ++i)
    mapped.removeArgAttr(i, "flow.counts");
  mapped.setName(step.getName());
  step.erase();
  return success();
}

} // namespace waferflow::flow
