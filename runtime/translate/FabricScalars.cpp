//===- FabricScalars.cpp - Scalar arithmetic of a task --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/translate/FabricScalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;

namespace waferflow {

using cycle::ScalarOp;

/// The op of the same sources in the same order.
static std::optional<ScalarOp> sameSources(Operation *op) {
  using R = std::optional<ScalarOp>;
  return llvm::TypeSwitch<Operation *, R>(op)
      .Case<arith::AddIOp, arith::AddFOp>([](auto) { return ScalarOp::Add; })
      .Case<arith::SubIOp, arith::SubFOp>([](auto) { return ScalarOp::Sub; })
      .Case<arith::MulIOp, arith::MulFOp>([](auto) { return ScalarOp::Mul; })
      .Case<arith::DivSIOp, arith::DivFOp>([](auto) { return ScalarOp::Div; })
      .Case<arith::RemSIOp>([](auto) { return ScalarOp::Rem; })
      .Case<arith::MinSIOp, arith::MinimumFOp, arith::MinNumFOp>(
          [](auto) { return ScalarOp::Min; })
      .Case<arith::MaxSIOp, arith::MaximumFOp, arith::MaxNumFOp>(
          [](auto) { return ScalarOp::Max; })
      .Case<arith::AndIOp>([](auto) { return ScalarOp::And; })
      .Case<arith::OrIOp>([](auto) { return ScalarOp::Or; })
      .Case<arith::XOrIOp>([](auto) { return ScalarOp::Xor; })
      .Case<arith::ShLIOp>([](auto) { return ScalarOp::ShiftLeft; })
      .Case<arith::ShRSIOp>([](auto) { return ScalarOp::ShiftRight; })
      .Case<arith::SelectOp>([](auto) { return ScalarOp::Select; })
      .Case<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp,
            arith::SIToFPOp, arith::FPToSIOp, arith::ExtFOp, arith::TruncFOp>(
          [](auto) { return ScalarOp::Copy; })
      .Case<arith::ExtUIOp>([](arith::ExtUIOp op) -> R {
        if (op.getIn().getType().isInteger(1))
          return ScalarOp::Copy; // 0 or 1
        return std::nullopt;
      })
      .Case<math::ExpOp>([](auto) { return ScalarOp::Exp; })
      .Case<math::LogOp>([](auto) { return ScalarOp::Log; })
      .Case<math::RsqrtOp>([](auto) { return ScalarOp::Rsqrt; })
      .Default([](Operation *) { return std::nullopt; });
}

namespace {
struct Comparison {
  ScalarOp op;
  bool swapped = false; ///< sources in the other order
};
} // namespace

static std::optional<Comparison> comparison(Operation *op) {
  if (auto cmp = dyn_cast<arith::CmpIOp>(op)) {
    switch (cmp.getPredicate()) {
    case arith::CmpIPredicate::eq:
      return Comparison{ScalarOp::Equal};
    case arith::CmpIPredicate::ne:
      return Comparison{ScalarOp::NotEqual};
    case arith::CmpIPredicate::slt:
      return Comparison{ScalarOp::Less};
    case arith::CmpIPredicate::sle:
      return Comparison{ScalarOp::LessEqual};
    case arith::CmpIPredicate::sgt:
      return Comparison{ScalarOp::Less, true};
    case arith::CmpIPredicate::sge:
      return Comparison{ScalarOp::LessEqual, true};
    default:
      return std::nullopt;
    }
  }
  auto cmp = dyn_cast<arith::CmpFOp>(op);
  if (!cmp)
    return std::nullopt;
  switch (cmp.getPredicate()) {
  case arith::CmpFPredicate::OEQ:
    return Comparison{ScalarOp::Equal};
  case arith::CmpFPredicate::UNE:
    return Comparison{ScalarOp::NotEqual};
  case arith::CmpFPredicate::OLT:
    return Comparison{ScalarOp::Less};
  case arith::CmpFPredicate::OLE:
    return Comparison{ScalarOp::LessEqual};
  case arith::CmpFPredicate::OGT:
    return Comparison{ScalarOp::Less, true};
  case arith::CmpFPredicate::OGE:
    return Comparison{ScalarOp::LessEqual, true};
  default:
    return std::nullopt;
  }
}

/// Issue slots: one, or as many as an element of the vector instruction takes.
static int64_t cyclesOf(ScalarOp op, cycle::DataType type,
                        const Machine &machine) {
  const char *name = op == ScalarOp::Exp     ? "exp"
                     : op == ScalarOp::Log   ? "log"
                     : op == ScalarOp::Rsqrt ? "rsqrt"
                     : op == ScalarOp::Div   ? "reciprocal"
                                             : nullptr;
  if (!name)
    return 1;
  const char *suffix = type == cycle::DataType::F16    ? ".f16.memory"
                       : type == cycle::DataType::BF16 ? ".bf16.memory"
                                                       : ".f32.memory";
  auto slots = [&](const char *name) {
    return static_cast<int64_t>(
        std::ceil(1 / machine.rate(std::string(name) + suffix)));
  };
  // A division is a reciprocal and a product.
  return slots(name) + (op == ScalarOp::Div ? slots("mul") : 0);
}

/// Whether each core knows the result beforehand; then `values` knows it.
static bool foldKnown(Operation *op, FabricValues &values) {
  Value result = op->getResult(0);
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (auto integer = dyn_cast<IntegerAttr>(constant.getValue())) {
      values.know(result, cycle::CoreInteger(
                              integer.getType().isInteger(1)
                                  ? static_cast<int64_t>(
                                        integer.getValue().getZExtValue())
                                  : integer.getInt()));
      return true;
    }
    auto real = dyn_cast<FloatAttr>(constant.getValue());
    if (real)
      values.know(result, real.getValueAsDouble());
    return static_cast<bool>(real);
  }
  if (isa<arith::IndexCastOp>(op) && values.integer(op->getOperand(0)) &&
      !result.getType().isInteger(16)) {
    cycle::CoreInteger known = *values.integer(op->getOperand(0));
    values.know(result, std::move(known));
    return true;
  }
  if (!isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op) ||
      !result.getType().isIndex())
    return false;
  const cycle::CoreInteger *a = values.integer(op->getOperand(0));
  const cycle::CoreInteger *b = values.integer(op->getOperand(1));
  if (!a || !b)
    return false;
  values.know(result, isa<arith::AddIOp>(op)   ? *a + *b
                      : isa<arith::SubIOp>(op) ? *a - *b
                                               : *a * *b);
  return true;
}

/// Types that a register holds.
static bool fits(Type type) {
  return type.isF16() || type.isBF16() || type.isF32() || type.isIndex() ||
         type.isInteger(1) || type.isInteger(16) || type.isInteger(32);
}

LogicalResult translateScalar(Operation *op, FabricValues &values,
                              const Machine &machine, cycle::Task &task) {
  auto unknown = [&]() {
    return op->emitOpError() << "has no translation to a program";
  };
  if (op->getNumResults() != 1)
    return unknown();
  for (Type type :
       llvm::concat<const Type>(SmallVector<Type>(op->getOperandTypes()),
                                SmallVector<Type>(op->getResultTypes())))
    if (!fits(type))
      return op->emitOpError()
             << "expected f16, bf16, f32, i1, i16, i32 or index in a register, "
                "got "
             << type;
  if (foldKnown(op, values))
    return success();

  cycle::Scalar scalar;
  scalar.type = toDataType(op->getResult(0).getType());
  SmallVector<Value> sources(op->getOperands());
  if (auto compare = comparison(op)) {
    scalar.op = compare->op;
    scalar.type = toDataType(op->getOperand(0).getType());
    if (compare->swapped)
      std::swap(sources[0], sources[1]);
  } else if (auto same = sameSources(op)) {
    scalar.op = *same;
    // A known number has one type: an integer's stays an integer's.
    if (isa<arith::FPToSIOp>(op) && values.real(sources[0]))
      scalar.type = toDataType(sources[0].getType());
    if (isa<arith::SIToFPOp>(op) && values.integer(sources[0]))
      scalar.type = cycle::DataType::I32;
  } else if (isa<arith::NegFOp>(op)) {
    scalar.op = ScalarOp::Mul; // -0 stays -0
  } else {
    return unknown();
  }
  for (Value source : sources)
    scalar.sources.push_back(values.scalar(source));
  if (isa<arith::NegFOp>(op)) {
    scalar.sources.emplace_back();
    scalar.sources.back().real = -1;
  }
  scalar.cycles = isa<FloatType>(op->getResult(0).getType())
                      ? cyclesOf(scalar.op, scalar.type, machine)
                      : 1;
  scalar.destination = values.reg(op->getResult(0));
  task.code.push_back(std::move(scalar));
  return success();
}

} // namespace waferflow
