//===- SlotCompiler.cpp - Nodes become instructions -----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/elements/SlotCompiler.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

namespace waferflow::fabric {

using Kind = Element::Kind;
using Op = SlotInstruction::Op;

std::vector<int32_t> SlotContext::hoist(const std::vector<int32_t> &ofSlots) {
  std::set<int32_t> seen, hoisted;
  auto look = [&](auto &&self, int32_t node) -> void {
    const Element &element = (*nodes)[node];
    if (element.kind != Kind::Apply || !seen.insert(node).second)
      return;
    if (element.ofToken && !element.ofFeature) {
      hoisted.insert(node);
      return;
    }
    for (int32_t argument : element.arguments)
      if (argument >= 0)
        self(self, argument);
  };
  for (int32_t node : ofSlots)
    look(look, node);
  for (int32_t node : hoisted) {
    bool integer = (*nodes)[node].number == Number::Integer;
    rowTemporaries[node] = integer ? rowIntegers++ : rowReals++;
  }
  return {hoisted.begin(), hoisted.end()};
}

bool runsFlat(const SlotContext &context, const SlotCode &code) {
  for (const SlotInstruction &instruction : code) {
    if (instruction.op != Op::Apply && instruction.op != Op::Mov)
      return false;
    if (instruction.function == Function::ToReal)
      return false;
    llvm::SmallVector<SlotOperand, 3> operands(instruction.from);
    operands.push_back(instruction.to);
    for (const SlotOperand &operand : operands) {
      switch (operand.kind) {
      case SlotOperand::Kind::Leaf:
        if (!(*context.nodes)[operand.index].ofFeature)
          return false;
        break;
      case SlotOperand::Kind::Scalar:
        if ((*context.nodes)[operand.index].ofFeature)
          return false;
        break;
      case SlotOperand::Kind::Sink: {
        SlotTarget target = context.target(operand.index);
        if (!target.ofFeatures || target.kind != SlotTarget::Kind::Store)
          return false;
        break;
      }
      case SlotOperand::Kind::Literal:
        break;
      default:
        return false;
      }
    }
  }
  return true;
}

Type heldType(Type type, Type storage, bool hasFeatures) {
  MLIRContext *context = type.getContext();
  if (type.isInteger(1))
    return IntegerType::get(context, 16);
  if (isa<IntegerType, IndexType>(type))
    return IntegerType::get(context, 32);
  return hasFeatures ? storage : Type(Float32Type::get(context));
}

Type computedType(Number number, MLIRContext *context) {
  return number == Number::Integer ? Type(IntegerType::get(context, 32))
                                   : Type(Float32Type::get(context));
}

bool SlotCompiler::isInner(int32_t node) const {
  const Element &element = at(node);
  return element.kind == Kind::Apply && element.ofToken &&
         element.ofFeature == !ofRows;
}

void SlotCompiler::countUses(int32_t node) {
  if (!isInner(node) || uses[node]++ > 0)
    return;
  for (int32_t argument : at(node).arguments)
    if (argument >= 0)
      countUses(argument);
}

SlotOperand SlotCompiler::temporary(Number number) {
  SlotOperand operand;
  operand.kind = SlotOperand::Kind::Temporary;
  operand.number = number == Number::Integer ? number : Number::Real;
  std::vector<int32_t> &list = free[operand.number];
  if (list.empty()) {
    operand.index = used[operand.number]++;
    int32_t &most =
        operand.number == Number::Integer ? context.integers : context.reals;
    most = std::max(most, operand.index + 1);
  } else {
    operand.index = list.back();
    list.pop_back();
  }
  return operand;
}

void SlotCompiler::release(int32_t node) {
  if (!isInner(node) || --uses[node] > 0)
    return;
  auto it = done.find(node);
  if (it != done.end() && it->second.kind == SlotOperand::Kind::Temporary)
    free[it->second.number].push_back(it->second.index);
}

void SlotCompiler::instruction(Op op, Function function, const SlotOperand &to,
                               Operands from) {
  SlotInstruction instruction;
  instruction.op = op;
  instruction.function = function;
  instruction.to = to;
  instruction.from = std::move(from);
  code.push_back(std::move(instruction));
}

SlotCompiler::Operands SlotCompiler::arguments(int32_t node) {
  Operands operands;
  std::array<int32_t, 3> arguments = at(node).arguments;
  for (int32_t argument : arguments)
    if (argument >= 0)
      operands.push_back(operand(argument));
  for (int32_t argument : arguments)
    if (argument >= 0)
      release(argument);
  return operands;
}

SlotOperand SlotCompiler::operand(int32_t node) {
  const Element &element = at(node);
  SlotOperand result;
  result.index = node;
  result.number = element.number;
  if (element.kind == Kind::Constant) {
    result.kind = SlotOperand::Kind::Literal;
    result.value = element.value;
    return result;
  }
  if (!element.ofToken) {
    result.kind = SlotOperand::Kind::Scalar;
    return result;
  }
  if (element.kind != Kind::Apply) {
    result.kind = SlotOperand::Kind::Leaf;
    return result;
  }
  if (auto it = context.rowTemporaries.find(node);
      it != context.rowTemporaries.end() && (!ofRows || done.count(node))) {
    result.kind = SlotOperand::Kind::Row;
    result.index = it->second;
    return result;
  }
  if (auto it = done.find(node); it != done.end())
    return it->second;
  Function function = element.function;
  Number number = element.number;
  Operands from = arguments(node);
  SlotOperand to = temporary(number);
  instruction(Op::Apply, function, to, std::move(from));
  done[node] = to;
  return to;
}

bool SlotCompiler::fits(Type to, Function function,
                        const Operands &from) const {
  if (to.isF32() || to.isInteger(32))
    return true;
  for (size_t i = function == Function::Select; i < from.size(); ++i) {
    const SlotOperand &source = from[i];
    switch (source.kind) {
    case SlotOperand::Kind::Literal: {
      APFloat value(static_cast<float>(source.value));
      bool loses = true;
      value.convert(cast<FloatType>(to).getFloatSemantics(),
                    APFloat::rmNearestTiesToEven, &loses);
      if (loses)
        return false;
      break;
    }
    case SlotOperand::Kind::Scalar:
      if (at(source.index).kind != Kind::Feature)
        return false;
      break;
    default:
      if (source.kind != SlotOperand::Kind::Leaf ||
          (at(source.index).kind != Kind::Activation &&
           at(source.index).kind != Kind::Positions) ||
          context.typeOf(source) != to)
        return false;
    }
  }
  return true;
}

void SlotCompiler::store(int32_t node, int32_t sink) {
  SlotOperand to;
  to.kind = SlotOperand::Kind::Sink;
  to.index = sink;
  to.number = at(node).number;
  Type element = context.target(sink).element;
  if (element.isInteger(16)) {
    SlotOperand one, zero;
    one.kind = zero.kind = SlotOperand::Kind::Literal;
    one.value = 1;
    SlotOperand truth = operand(node);
    if (truth.kind == SlotOperand::Kind::Literal)
      instruction(Op::Mov, {}, to, {truth.value != 0 ? one : zero});
    else
      instruction(Op::Apply, Function::Select, to, {truth, one, zero});
    return release(node);
  }
  if (!isInner(node) || done.count(node)) {
    instruction(Op::Mov, {}, to, {operand(node)});
    return release(node);
  }
  Function function = at(node).function;
  Number number = at(node).number;
  bool whole = element.isF32() || element.isInteger(32);
  Operands from = arguments(node);
  if (fits(element, function, from) && (whole || uses[node] == 1)) {
    instruction(Op::Apply, function, to, std::move(from));
    done[node] = to;
  } else {
    SlotOperand result = temporary(number);
    instruction(Op::Apply, function, result, std::move(from));
    done[node] = result;
    instruction(Op::Mov, {}, to, {result});
  }
  release(node);
}

void SlotCompiler::reduce(int32_t node, int32_t sink) {
  SlotTarget target = context.target(sink);
  bool overTokens = target.kind == SlotTarget::Kind::OverTokens;
  SlotOperand to;
  to.kind = SlotOperand::Kind::Sink;
  to.index = sink;
  to.number = at(node).number;
  bool product = target.combine == Combine::Add && isInner(node) &&
                 at(node).function == Function::Mul && uses[node] == 1 &&
                 !done.count(node) && at(node).number == Number::Real;
  if (product && overTokens)
    for (int32_t argument : at(node).arguments)
      product &= argument < 0 || at(argument).ofToken;
  if (product) {
    Operands from = arguments(node);
    instruction(overTokens ? Op::Dot : Op::Fmac, {}, to, std::move(from));
    return release(node);
  }
  SlotOperand value = operand(node);
  if (!overTokens) {
    instruction(Op::Apply, functionOf(target.combine), to, {to, value});
    return release(node);
  }
  if (!value.isVector()) {
    SlotOperand copy = temporary(value.number);
    instruction(Op::Mov, {}, copy, {value});
    free[copy.number].push_back(copy.index);
    value = copy;
  }
  instruction(target.combine == Combine::Add ? Op::Sum : Op::MaxOf, {}, to,
              {value});
  release(node);
}

void SlotCompiler::root(int32_t node, int32_t sink) {
  if (context.target(sink).kind == SlotTarget::Kind::Store)
    store(node, sink);
  else
    reduce(node, sink);
}

void SlotCompiler::rows(const std::vector<RowRoot> &roots) {
  ofRows = true;
  for (const RowRoot &root : roots)
    countUses(root.node);
  for (const RowRoot &each : roots) {
    if (each.sink >= 0) {
      root(each.node, each.sink);
      continue;
    }
    if (done.count(each.node))
      continue;
    SlotOperand to;
    to.kind = SlotOperand::Kind::Row;
    to.number = at(each.node).number;
    to.index = context.rowTemporaries.at(each.node);
    Function function = at(each.node).function;
    instruction(Op::Apply, function, to, arguments(each.node));
    done[each.node] = to;
  }
}

void SlotCompiler::slot(const std::vector<int32_t> &form, int32_t firstSink,
                        bool together) {
  for (int32_t node : form)
    countUses(node);
  size_t first = together && !form.empty() ? form.size() - 1 : 0;
  for (size_t i = 0; i < first; ++i)
    operand(form[i]);
  // From the last on, round.
  for (size_t n = 0; n < form.size(); ++n) {
    size_t i = (first + n) % form.size();
    root(form[i], firstSink + static_cast<int32_t>(i));
  }
}

} // namespace waferflow::fabric
