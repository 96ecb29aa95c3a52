//===- ChunkedReduce.cpp - What reductions of a vocabulary do -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/ChunkedReduce.h"

#include "compiler/elements/ElementBody.h"

using namespace mlir;

namespace waferflow::fabric {

namespace {

using Kind = Element::Kind;

/// The graph of a kernel's only result, and what it says of inputs.
class Look {
public:
  Look(StepLowering &lowering, Operation *kernel)
      : foresight(lowering, kernel), kernel(kernel),
        body(lowering.elementInputs(), kernel, graph) {}

  FailureOr<int32_t> result(int64_t feature = 0) {
    return body.result(0, feature);
  }
  const Element &operator[](int32_t node) const { return graph[node]; }

  /// The sum over features that `node` is; null where it is none.
  const Reduction *sum(int32_t node) const {
    if (graph[node].kind != Kind::OverFeatures)
      return nullptr;
    const Reduction &reduction = graph.reduction(graph[node].index);
    bool adds = reduction.combine == Combine::Add && !reduction.overTokens;
    return adds ? &reduction : nullptr;
  }
  bool isFeature(int32_t node, Value value, int64_t feature) const {
    return graph[node].kind == Kind::Activation &&
           graph[node].index == feature && input(node) == value;
  }
  bool isApply(int32_t node, Function function) const {
    return graph[node].kind == Kind::Apply && graph[node].function == function;
  }
  int32_t argument(int32_t node, int index) const {
    return graph[node].arguments[index];
  }
  Value input(int32_t node) const {
    return kernel->getOperand(graph[node].input);
  }
  /// Whether `node` follows from one of `values`.
  bool reads(int32_t node, ArrayRef<Value> values) const {
    const Element &element = graph[node];
    if (element.input >= 0 && llvm::is_contained(values, input(node)))
      return true;
    if (element.kind == Kind::OverFeatures)
      return true; // not looked into
    return llvm::any_of(element.arguments, [&](int32_t argument) {
      return argument >= 0 && reads(argument, values);
    });
  }

private:
  Foresight foresight;
  Operation *kernel;
  ElementGraph graph;
  ElementBody body;
};

} // namespace

LogicalResult findCombination(StepLowering &lowering, flow::ReduceOp reduce,
                              std::optional<Combine> &combine) {
  combine.reset();
  if (reduce->getNumResults() != 1 ||
      cast<RankedTensorType>(reduce->getResult(0).getType()).getRank() == 1)
    return success();
  ElementGraph graph;
  Foresight foresight(lowering, reduce);
  auto node = ElementBody(lowering.elementInputs(), reduce, graph).result(0);
  if (failed(node))
    return failure();
  if (graph[*node].kind == Kind::OverFeatures)
    combine = graph.reduction(graph[*node].index).combine;
  return success();
}

FailureOr<std::optional<Shifted>> asShifted(StepLowering &lowering,
                                            flow::MapOp map) {
  std::optional<Shifted> none, found;
  if (map->getNumResults() != 1)
    return none;
  Look look(lowering, map);
  int64_t features =
      cast<RankedTensorType>(map->getResult(0).getType()).getDimSize(1);
  for (int64_t f = 0; f < features; ++f) {
    auto node = look.result(f);
    if (failed(node))
      return failure();
    if (!look.isApply(*node, Function::Sub))
      return none;
    int32_t logit = look.argument(*node, 0), max = look.argument(*node, 1);
    if (look[logit].kind != Kind::Activation ||
        look[max].kind != Kind::RowScalar || look[max].input < 0)
      return none;
    if (!found)
      found = {look.input(logit), look.input(max)};
    if (!look.isFeature(logit, found->logits, f) ||
        look.input(max) != found->max)
      return none;
  }
  return found;
}

/// Whether `reduce` gives the sum over features of what `isTerm` says.
static FailureOr<bool> isSumOf(
    StepLowering &lowering, flow::ReduceOp reduce,
    llvm::function_ref<bool(const Look &, const Reduction::Term &)> isTerm) {
  if (reduce->getNumResults() != 1)
    return false;
  Look look(lowering, reduce);
  auto node = look.result();
  if (failed(node))
    return failure();
  const Reduction *sum = look.sum(*node);
  return sum && llvm::all_of(sum->terms, [&](const Reduction::Term &term) {
           return isTerm(look, term);
         });
}

FailureOr<bool> isSumOfExp(StepLowering &lowering, flow::ReduceOp reduce,
                           Value shifted) {
  return isSumOf(lowering, reduce,
                 [&](const Look &look, const Reduction::Term &term) {
                   return look.isApply(term.node, Function::Exp) &&
                          look.isFeature(look.argument(term.node, 0), shifted,
                                         term.feature);
                 });
}

FailureOr<bool> isLogProbability(StepLowering &lowering, flow::ReduceOp reduce,
                                 Value shifted, Value sumOfExp) {
  auto isPick = [&](const Look &look, const Reduction::Term &term) {
    if (!look.isApply(term.node, Function::Select))
      return false;
    int32_t differs = look.argument(term.node, 0);
    int32_t otherwise = look.argument(term.node, 1);
    int32_t taken = look.argument(term.node, 2);
    // differs: index - this feature.
    if (!look.isApply(differs, Function::Sub) ||
        look.reads(look.argument(differs, 0), {shifted, sumOfExp}) ||
        look[look.argument(differs, 1)].kind != Kind::FeatureConstant ||
        look[look.argument(differs, 1)].value !=
            static_cast<double>(term.feature))
      return false;
    if (look[otherwise].kind != Kind::Constant || look[otherwise].value != 0 ||
        !look.isApply(taken, Function::Sub) ||
        !look.isFeature(look.argument(taken, 0), shifted, term.feature))
      return false;
    int32_t log = look.argument(taken, 1);
    if (!look.isApply(log, Function::Log))
      return false;
    int32_t of = look.argument(log, 0);
    return look[of].kind == Kind::RowScalar && look[of].input >= 0 &&
           look.input(of) == sumOfExp;
  };
  return isSumOf(lowering, reduce, isPick);
}

} // namespace waferflow::fabric
