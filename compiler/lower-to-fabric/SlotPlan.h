//===- SlotPlan.h - Element-wise work, slot by slot -------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_SLOTPLAN_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_SLOTPLAN_H

#include "compiler/elements/SlotCode.h"
#include "compiler/lower-to-fabric/Emit.h"

#include <set>

namespace waferflow::fabric {

/// Where a value goes: to its place in a result, or into a sum (or maximum) a
/// token over the features of a core, or one over its tokens.
struct Sink {
  using Kind = SlotTarget::Kind;
  Kind kind = Kind::Store;
  Held held; ///< [slots, Tl], [Tl], [slots] or one element
  Combine combine = Combine::Add;
};

/// What the cores of a program compute by themselves. First everything that is
/// to be computed is said, then `prepare` finds one code for all slots that do
/// the same, and gives it SRAM; `receive` and `emit` write it into each code.
class SlotPlan {
public:
  SlotPlan(StepLowering &lowering, mlir::Operation *kernel,
           const ElementGraph &graph)
      : lowering(lowering), kernel(kernel), graph(graph) {}

  /// What a reduction of the graph gave.
  void bind(int32_t node, const Held &held) { bound[node] = held; }

  /// For every feature of `layout`, a node for each sink.
  struct Slots {
    flow::LayoutAttr layout;
    std::vector<Sink> sinks;
    std::vector<std::vector<int32_t>> nodes; ///< [feature][sink]
    /// A feature that lies in several columns is only computed in the first.
    bool once = false;
    /// Sinks take the place of what their nodes read: all are computed before
    /// any is stored.
    bool together = false;
  };
  void add(Slots slots) {
    jobs.emplace_back();
    jobs.back().slots = std::move(slots);
  }
  /// One value a token, or one for all.
  void add(int32_t node, const Sink &sink) { rows.push_back({node, sink}); }

  mlir::LogicalResult prepare();

  /// Streams of weight vectors that the code takes in.
  void inject(Phase &phase);
  /// The code of the cores of `code`; once a code.
  void emit(Code &code, Emit &e);

private:
  friend class SlotEmitter;

  /// A table of constants that differ by feature, filled by the host.
  struct Table {
    bool positions = false; ///< and by place in the sequence
    Number number = Number::Real;
    std::vector<double> values;  ///< by feature
    std::vector<Element> places; ///< by feature
    Held held;
  };
  struct Job {
    Slots slots;
    std::vector<std::vector<int32_t>> form;  ///< [column][slot]: index, or -1
    std::vector<std::vector<int32_t>> forms; ///< nodes of the sinks
    std::vector<SlotCode> codes;             ///< of each form
    std::map<std::tuple<bool, int, int64_t>, int32_t> tables;
    int32_t firstSink = 0;
    int64_t period = 0; ///< of forms over slots; 0: written out one by one
  };
  /// A weight vector in the places of a layout.
  struct Vector {
    int32_t input;
    flow::LayoutAttr layout;
    Held held;
    mlir::Value color;
  };

  using Slot = std::pair<int64_t, int64_t>;
  struct Where {
    Job *job = nullptr;
    int64_t column = 0, slot = 0, feature = 0;
    std::map<int32_t, int32_t> known;
    std::map<std::pair<bool, int>, int64_t> ordinals;
  };
  mlir::FailureOr<int32_t> relative(int32_t node, Where &where);
  mlir::FailureOr<Element> relativeLeaf(int32_t node, Where &where);
  mlir::FailureOr<int64_t> slotOf(flow::LayoutAttr layout, int64_t column,
                                  int64_t feature, int32_t input);
  int32_t table(Where &where, const Element &constant);
  int32_t vector(int32_t input, flow::LayoutAttr layout);
  mlir::LogicalResult formJob(Job &job);
  void findPeriod(Job &job);
  mlir::DenseElementsAttr positionsOf(const Table &table);
  mlir::LogicalResult fillTables(Job &job);
  mlir::LogicalResult allocate();
  /// Where a leaf of the tokens lies, and the slot from which it is taken.
  const Held &heldOf(const Element &leaf) const;
  mlir::Type typeOf(const SlotOperand &operand) const;
  /// What the compiler of its code asks; looks into this plan.
  SlotContext context() const;

  StepLowering &lowering;
  mlir::Operation *kernel;
  const ElementGraph &graph;
  std::map<int32_t, Held> bound;
  std::vector<Job> jobs;
  std::vector<std::pair<int32_t, Sink>> rows;

  ElementGraph nodes; ///< with places relative to the slot
  std::vector<Sink> sinks;
  std::vector<Held> results; ///< of reductions, by index of their leaf
  std::vector<Table> tables;
  std::vector<Vector> vectors;
  std::map<std::tuple<int32_t, int64_t, int64_t, int64_t>, Held> tokens;
  /// By layout and column, the slot of each feature.
  std::map<const void *, std::vector<llvm::SmallDenseMap<int64_t, int64_t, 8>>>
      slotMaps;
  SlotCode rowCode;                                      ///< before the slots
  std::vector<std::pair<int32_t, int32_t>> scalarStores; ///< node, sink
  int32_t rowReals = 0, rowIntegers = 0, reals = 0, integers = 0;
  Held realBuffer, integerBuffer;
};

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_SLOTPLAN_H
