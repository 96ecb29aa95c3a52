//===- SlotCode.h - The code of a slot --------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ELEMENTS_SLOTCODE_H
#define WAFERFLOW_COMPILER_ELEMENTS_SLOTCODE_H

#include "compiler/elements/ElementGraph.h"

#include "mlir/IR/Types.h"
#include "llvm/ADT/SmallVector.h"

#include <functional>
#include <map>
#include <set>

namespace waferflow::fabric {

/// The type in which SRAM holds elements of `type`, with features or without;
/// the one in which numbers are computed.
mlir::Type heldType(mlir::Type type, mlir::Type storage, bool hasFeatures);
mlir::Type computedType(Number number, mlir::MLIRContext *context);

/// Where a value goes: to its place in a result, or into a sum (or maximum) a
/// token over the features of a core, or one over its tokens.
struct SlotTarget {
  enum class Kind { Store, OverFeatures, OverTokens };
  Kind kind = Kind::Store;
  Combine combine = Combine::Add;
  mlir::Type element;
  bool ofFeatures = false; ///< a place for each slot and token
};

/// An operand of an instruction on the tokens of a core.
struct SlotOperand {
  enum class Kind {
    None,
    Literal, ///< `value`
    Scalar,  ///< node: a number of the core or of the slot
    Leaf,    ///< node: what SRAM holds of the tokens
    Row,     ///< temporary `index`, the same for all slots
    Temporary,
    Sink
  };
  Kind kind = Kind::None;
  int32_t index = -1;
  Number number = Number::Real;
  double value = 0;

  bool isVector() const {
    return kind != Kind::Literal && kind != Kind::Scalar;
  }
};

struct SlotInstruction {
  enum class Op { Apply, Mov, Fmac, Sum, MaxOf, Dot };
  Op op = Op::Apply;
  Function function = Function::Add; ///< of Apply
  SlotOperand to;
  llvm::SmallVector<SlotOperand, 3> from;
};

using SlotCode = std::vector<SlotInstruction>;

/// What code is written from, and with which temporaries. A user fills the
/// first three; nodes have their places relative to the slot.
struct SlotContext {
  const ElementGraph *nodes = nullptr;
  std::function<mlir::Type(const SlotOperand &)> typeOf; ///< of leaves
  std::function<SlotTarget(int32_t sink)> target;

  /// Temporaries of rows by node, and how many vectors they and the slots need.
  std::map<int32_t, int32_t> rowTemporaries;
  int32_t rowReals = 0, rowIntegers = 0, reals = 0, integers = 0;

  /// What these nodes of slots need of their tokens alone becomes row
  /// temporaries; gives their nodes.
  std::vector<int32_t> hoist(const std::vector<int32_t> &ofSlots);
};

/// Whether one instruction may run over all slots as over tokens.
bool runsFlat(const SlotContext &context, const SlotCode &code);

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_ELEMENTS_SLOTCODE_H
