//===- ElementOps.cpp - Scalar ops as functions of vector instructions ----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/elements/ElementBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace waferflow::fabric {

/// a < b as a number that is 0 where it does not hold.
static int32_t less(ElementGraph &graph, int32_t a, int32_t b) {
  int32_t zero = graph.constant(0, graph[a].number);
  return graph.apply(Function::Max, graph.apply(Function::Sub, b, a), zero);
}

FailureOr<int32_t> ElementBody::compare(Operation *op,
                                        ArrayRef<int32_t> arguments) {
  int32_t a = arguments[0], b = arguments[1];
  auto bits = [&](int32_t node) {
    return graph[node].number == Number::Truth ? graph.asReal(node) : node;
  };
  a = bits(a);
  b = bits(b);
  auto equal = [&] { return graph.negated(graph.apply(Function::Sub, a, b)); };
  auto differ = [&] { return graph.apply(Function::Sub, a, b); };
  if (auto integer = dyn_cast<arith::CmpIOp>(op)) {
    using P = arith::CmpIPredicate;
    switch (integer.getPredicate()) {
    case P::eq:
      return equal();
    case P::ne:
      return differ();
    case P::slt:
      return less(graph, a, b);
    case P::sgt:
      return less(graph, b, a);
    case P::sle:
      return graph.negated(less(graph, b, a));
    case P::sge:
      return graph.negated(less(graph, a, b));
    default:
      return op->emitOpError("compares numbers without sign");
    }
  }
  using P = arith::CmpFPredicate;
  switch (cast<arith::CmpFOp>(op).getPredicate()) {
  case P::OEQ:
  case P::UEQ:
    return equal();
  case P::ONE:
  case P::UNE:
    return differ();
  case P::OLT:
  case P::ULT:
    return less(graph, a, b);
  case P::OGT:
  case P::UGT:
    return less(graph, b, a);
  case P::OLE:
  case P::ULE:
    return graph.negated(less(graph, b, a));
  case P::OGE:
  case P::UGE:
    return graph.negated(less(graph, a, b));
  default:
    return op->emitOpError("asks for what is no number");
  }
}

FailureOr<int32_t> ElementBody::apply(Operation *op,
                                      ArrayRef<int32_t> arguments) {
  int32_t a = arguments.empty() ? -1 : arguments[0];
  int32_t b = arguments.size() > 1 ? arguments[1] : -1;
  ElementGraph &g = graph;
  auto make = [&](Function function) -> Node {
    return g.apply(function, a, b);
  };
  auto times = [&](int32_t node, double factor) {
    return g.apply(Function::Mul, node, g.constant(factor, g[node].number));
  };
  auto inverse = [&](int32_t node) {
    return g.apply(Function::Reciprocal, node);
  };
  bool truth = op->getNumResults() == 1 &&
               getElementTypeOrSelf(op->getResult(0).getType()).isInteger(1);
  return TypeSwitch<Operation *, Node>(op)
      .Case<arith::CmpIOp, arith::CmpFOp>(
          [&](auto) { return compare(op, arguments); })
      .Case<arith::AndIOp, arith::OrIOp, arith::XOrIOp>([&](auto) -> Node {
        if (!truth)
          return op->emitOpError("works on the bits of a number");
        a = g.asReal(a);
        b = g.asReal(b);
        int32_t zero = g.constant(0), one = g.constant(1);
        if (isa<arith::AndIOp>(op))
          return g.apply(Function::Select, a, b, zero);
        if (isa<arith::OrIOp>(op))
          return g.apply(Function::Select, a, one, b);
        return g.apply(Function::Sub, a, b);
      })
      .Case<arith::SelectOp>([&](auto) -> Node {
        int32_t c = arguments[2];
        if (truth) {
          b = g.asReal(b);
          c = g.asReal(c);
        }
        return g.apply(Function::Select, a, b, c);
      })
      .Case<arith::AddFOp, arith::AddIOp>(
          [&](auto) { return make(Function::Add); })
      .Case<arith::SubFOp, arith::SubIOp>(
          [&](auto) { return make(Function::Sub); })
      .Case<arith::MulFOp, arith::MulIOp>(
          [&](auto) { return make(Function::Mul); })
      .Case<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp>(
          [&](auto) { return make(Function::Max); })
      .Case<arith::MinimumFOp, arith::MinNumFOp, arith::MinSIOp>(
          [&](auto) { return make(Function::Min); })
      .Case<arith::DivFOp>([&](auto) -> Node {
        if (g[a].isConstant() && g[a].value == 1)
          return inverse(b);
        return g.apply(Function::Mul, a, inverse(b));
      })
      .Case<arith::NegFOp>([&](auto) -> Node { return times(a, -1); })
      .Case<math::ExpOp>([&](auto) { return make(Function::Exp); })
      .Case<math::LogOp>([&](auto) { return make(Function::Log); })
      .Case<math::RsqrtOp>([&](auto) { return make(Function::Rsqrt); })
      .Case<math::SqrtOp>([&](auto) -> Node {
        // At 0 its own inverse is infinite.
        int32_t least = g.apply(Function::Max, a, g.constant(1e-37));
        return g.apply(Function::Mul, a, g.apply(Function::Rsqrt, least));
      })
      .Case<math::AbsFOp>(
          [&](auto) -> Node { return g.apply(Function::Max, a, times(a, -1)); })
      .Case<math::TanhOp>([&](auto) -> Node {
        // 1 - 2 / (e^2x + 1)
        int32_t e = g.apply(Function::Exp, times(a, 2));
        int32_t part = inverse(g.apply(Function::Add, e, g.constant(1)));
        return g.apply(Function::Sub, g.constant(1), times(part, 2));
      })
      .Case<math::PowFOp, math::FPowIOp>([&](auto) -> Node {
        double power = g[b].isConstant() ? g[b].value : 0;
        if (power == 2)
          return g.apply(Function::Mul, a, a);
        if (power == 3)
          return g.apply(Function::Mul, g.apply(Function::Mul, a, a), a);
        if (power == 1)
          return a;
        if (power == -1)
          return inverse(a);
        if (power == -0.5)
          return g.apply(Function::Rsqrt, a);
        return op->emitOpError("expected a power of -1, -0.5, 1, 2 or 3");
      })
      .Case<arith::SIToFPOp>([&](auto) { return make(Function::ToReal); })
      .Case<arith::UIToFPOp, arith::ExtUIOp>([&](auto) -> Node {
        if (!getElementTypeOrSelf(op->getOperand(0).getType()).isInteger(1))
          return op->emitOpError("expected a truth value");
        return isa<arith::ExtUIOp>(op) ? g.asInteger(a) : g.asReal(a);
      })
      .Case<arith::ExtFOp, arith::TruncFOp, arith::IndexCastOp, arith::ExtSIOp>(
          [&](auto) -> Node { return a; })
      .Default([&](Operation *) -> Node {
        return op->emitOpError() << "has no form in vector instructions (in a "
                                 << kernel->getName() << ")";
      });
}

} // namespace waferflow::fabric
