//===- SlotCompiler.h - Nodes become instructions ---------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ELEMENTS_SLOTCOMPILER_H
#define WAFERFLOW_COMPILER_ELEMENTS_SLOTCOMPILER_H

#include "compiler/elements/SlotCode.h"

namespace waferflow::fabric {

/// A value of the tokens that goes to a sink, or (-1) to its row temporary.
struct RowRoot {
  int32_t node = -1, sink = -1;
};

/// Writes the instructions of one piece of code, each node once; temporaries
/// are taken as late and given back as early as the order allows.
class SlotCompiler {
public:
  SlotCompiler(SlotContext &context, SlotCode &code)
      : context(context), code(code) {}

  void rows(const std::vector<RowRoot> &roots);
  /// One node for each sink from `firstSink` on; `together`: sinks take the
  /// place of what nodes read, so all are computed before any is stored.
  void slot(const std::vector<int32_t> &form, int32_t firstSink, bool together);

private:
  using Operands = llvm::SmallVector<SlotOperand, 3>;

  const Element &at(int32_t node) const { return (*context.nodes)[node]; }
  /// Whether the node is computed by this code.
  bool isInner(int32_t node) const;
  void countUses(int32_t node);
  SlotOperand operand(int32_t node);
  Operands arguments(int32_t node);
  SlotOperand temporary(Number number);
  void release(int32_t node);
  void instruction(SlotInstruction::Op op, Function function,
                   const SlotOperand &to, Operands from);

  void store(int32_t node, int32_t sink);
  void reduce(int32_t node, int32_t sink);
  void root(int32_t node, int32_t sink);
  /// Whether an instruction may give elements of `to` from these operands.
  bool fits(mlir::Type to, Function function, const Operands &from) const;

  SlotContext &context;
  SlotCode &code;
  bool ofRows = false;
  std::map<int32_t, int32_t> uses;
  std::map<int32_t, SlotOperand> done;
  std::map<Number, std::vector<int32_t>> free; ///< lowest last
  std::map<Number, int32_t> used;
};

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_ELEMENTS_SLOTCOMPILER_H
