//===- SramPlan.cpp - Bytes a core, item by item --------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/mapping/AttentionBuffers.h"
#include "compiler/problems/mapping/MappingProblem.h"
#include "compiler/problems/sram/SramProblem.h"

#include "simulator/cost/Cycles.h"
#include "simulator/cost/Grouping.h"

#include <algorithm>
#include <numeric>

namespace waferflow {

namespace {

/// Buffers do not move, so some bytes between them stay empty: less than one of
/// so many of those in use (compiler/problems/README.md).
constexpr int64_t kGapShare = 48;

/// The bytes of one kernel, as its program takes them: buffers are on 4 bytes.
class KernelPlan {
public:
  KernelPlan(const MappingProblem &problem, const LaidOut &laid, size_t kernel,
             const KernelChoice &choice)
      : problem(problem), laid(laid), shape(problem.kernels[kernel]),
        live(problem.live[kernel]), choice(choice),
        tl(laid.tokens.tokensPerCore), bytes(elementBytes(problem.type)),
        sumBytes(problem.accumulate == Accumulate::F32 ? 4 : bytes) {}

  /// Calls `activation(class, bytes)` for live tensors that are no block inputs
  /// and `add(item, bytes)` for the rest.
  template <typename A, typename F> void visit(A ofClass, F item) const {
    item("code", problem.machine.codeBytes);
    int64_t all = 0;
    auto add = [&](const char *name, int64_t itemBytes) {
      all += itemBytes;
      item(name, itemBytes);
    };
    auto activation = [&](size_t cls, int64_t classBytes) {
      all += classBytes;
      ofClass(cls, classBytes);
    };
    addNonzero("kept_inputs", sum(live.keptInputs), add);
    addNonzero("recomputed_inputs", sum(live.recomputedInputs), add);
    for (size_t i = 0; i < live.tensors.size(); ++i)
      if (int64_t count = live.tensors[i] - away(static_cast<int32_t>(i)))
        activation(i, count * tensor(i));
    if (laid.headChunks > 1) {
      int64_t held = sum(live.loopTensors);
      for (size_t i = 0; i < live.loopSums.size(); ++i)
        held += live.loopSums[i] * onFour(tl * sumBytes * laid.features[i]);
      addNonzero("held_by_loop", held, add);
    }
    addNonzero("row_scalars", live.rowScalars * tl * 4, add);
    int64_t logarithms = 0, tables = live.tokenTables * 4 * (tl + 1);
    for (size_t i = 0; i < live.logarithms.size(); ++i)
      logarithms += live.logarithms[i] * mostHeads(i) * tl * 4;
    for (size_t i = 0; i < live.positionTables.size(); ++i)
      tables += live.positionTables[i] * tensor(i);
    for (size_t i = 0; i < live.featureTables.size(); ++i) {
      int64_t pieces = problem.classes[i].chunked ? laid.headChunks : 1;
      tables += live.featureTables[i] * pieces * laid.features[i] * 4;
    }
    addNonzero("logarithms", logarithms, add);
    addNonzero("tables", tables, add);
    addBuffers(add);
    addNonzero("gaps", all / kGapShare / 4 * 4, item);
  }

private:
  template <typename F>
  static void addNonzero(const char *item, int64_t bytes, F add) {
    if (bytes)
      add(item, bytes);
  }
  int64_t tensor(int64_t cls) const {
    return onFour(tl * bytes * laid.features[cls]);
  }
  int64_t sum(const std::vector<int32_t> &counts) const {
    int64_t all = 0;
    for (size_t i = 0; i < counts.size(); ++i)
      all += counts[i] * tensor(i);
    return all;
  }
  int64_t mostHeads(int64_t cls) const {
    const FeatureClass &heads = problem.classes[cls];
    return heads.heads
               ? std::max<int64_t>(1, laid.features[cls] / heads.headDim)
               : 1;
  }
  int64_t features() const { return laid.features[shape.inClass]; }

  bool grouped() const {
    return shape.kind == "spmm" && choice.outputGroups > 1;
  }
  int32_t keyClass() const {
    return shape.keyClass >= 0 ? shape.keyClass : shape.inClass;
  }
  bool exchangesKeys() const { return shape.kvHeads < shape.heads; }
  /// Live tensors of class `cls` that are not there while the kernel does its
  /// main work: an input in whose place a replica is, keys and values that have
  /// been copied, gradients of them that come later.
  int32_t away(int32_t cls) const {
    if (grouped())
      return live.inputDies && shape.inClass == cls;
    if (shape.kind != "attention")
      return 0;
    int32_t keys = shape.backward || exchangesKeys() ? live.dyingKeys : 0;
    keys += shape.backward ? 2 : 0;
    return (cls == keyClass() ? keys : 0) +
           (cls == shape.inClass ? live.dyingOutputs : 0);
  }
  /// All features of a token group, shared by the columns of an output group.
  int64_t replica() const {
    const FeatureClass &cls = problem.classes[shape.inClass];
    int64_t here =
        cls.chunked ? divideUp(cls.features, laid.headChunks) : cls.features;
    int64_t members = membersOf(laid.columns[shape.inClass],
                                choice.outputGroups, laid.tokens.groupColumns);
    return onFour(divideUp(here, members) * tl * bytes);
  }
  /// What exchanges pass on, twice.
  int64_t passing(int64_t features, int64_t width) const {
    return onFour(2 * features * tl * width);
  }

  /// The buffers that exist only while the kernel runs.
  template <typename F> void addBuffers(F add) const {
    if (shape.kind == "spmm")
      addProduct(add);
    else if (shape.kind == "relayout")
      addRelayout(add);
    else if (shape.kind == "sddmm")
      addGradient(add);
    else if (shape.kind == "attention")
      addAttention(add);
    else if (shape.kind == "gather")
      addRow(add);
    else
      addElementwise(add);
  }

  template <typename F> void addProduct(F add) const {
    int64_t sums = onFour(choice.buffers * tl * sumBytes), handed = 0;
    // Columns behind the groups': their rows are made by others.
    int64_t go = choice.outputGroups;
    int64_t inGroups = laid.tokens.groupColumns / go * go;
    if (shape.outClass >= 0 && laid.columns[shape.outClass] > inGroups) {
      int64_t made = 2 * laid.features[shape.outClass];
      handed = onFour(made * tl * bytes) + passing(made, bytes);
      add("handed_on", handed);
    }
    add("partial_sums", sums);
    if (!grouped())
      return;
    add("replica", replica());
    // The gather before it has no sums and no result yet, but its input.
    int64_t own = shape.outClass >= 0 ? tensor(shape.outClass) : 0;
    int64_t input = live.inputDies ? tensor(shape.inClass) : 0;
    addNonzero("gather",
               std::max<int64_t>(0, passing(features(), bytes) + input - own -
                                        sums - handed),
               add);
  }

  template <typename F> void addRelayout(F add) const {
    if (choice.outputGroups > 1)
      add("replica", replica());
    add("passing", passing(features(), bytes));
  }

  /// Travelling vectors, which run ahead of the dots and fill whole wavelets,
  /// and the dots of the row in hand and of the one before it: at most one f32
  /// a resident feature.
  template <typename F> void addGradient(F add) const {
    bool output = choice.broadcast == Sddmm::Broadcast::Output;
    int32_t resident = output ? shape.inClass : shape.outClass;
    int64_t buffers = std::max<int64_t>(2, choice.buffers);
    add("broadcast", buffers * onFour(tl * bytes));
    add("results", 2 * 4 * laid.features[resident]);
  }

  template <typename F> void addAttention(F add) const {
    AttentionPlace at;
    at.slots = features();
    at.tokensPerCore = tl;
    at.perSequence = tl / laid.tokens.sequencesPerRow;
    at.teamColumns =
        std::max<int64_t>(1, laid.columns[shape.inClass] / shape.heads);
    at.mostHeads = mostHeads(shape.inClass);
    at.ring = laid.tokens.rowsPerSequence;
    at.keyBlock = std::clamp<int64_t>(choice.keyBlock, 1, at.perSequence);
    at.backward = shape.backward;
    AttentionBuffers buffers(at);
    int64_t blocks = onFour(buffers.blocks * bytes);
    int64_t gradients = onFour(buffers.gradients * sumBytes);
    int64_t scores =
        onFour(buffers.scores * sumBytes) + 4 * (buffers.shared + 1);
    int64_t softmax =
        4 * (2 * buffers.statistics + buffers.work + buffers.product);
    int64_t output = sumBytes != bytes ? onFour(at.slots * tl * sumBytes) : 0;
    add("keys_and_values", blocks);
    add("scores", scores);
    add("softmax", softmax);
    addNonzero("gradients", gradients, add);
    addNonzero("output", output, add);
    // Before that keys and values are copied, after it their gradients.
    int64_t query = tensor(shape.inClass), key = tensor(keyClass());
    int64_t dying = live.dyingKeys * key;
    int64_t main = scores + softmax + gradients + output;
    int64_t before = 0, after = 0;
    if (shape.backward || exchangesKeys())
      before = dying - (query - live.dyingOutputs * query) - main;
    if (exchangesKeys())
      before += passing(laid.features[keyClass()], bytes);
    if (shape.backward) {
      bool direct = sumBytes == bytes || !exchangesKeys();
      after = 2 * key - live.dyingQueries * query -
              (main + blocks - (direct ? gradients : blocks));
      if (exchangesKeys())
        after += passing(at.slots, direct ? sumBytes : bytes);
    }
    addNonzero("exchange", std::max<int64_t>({0, before, after}), add);
  }

  /// Of the result, else of the inputs; -1 where neither has features.
  int32_t anyClass() const {
    return shape.outClass >= 0 ? shape.outClass : shape.inClass;
  }

  /// A row of the table on its way; backward a sum in f32.
  template <typename F> void addRow(F add) const {
    if (int32_t cls = anyClass(); cls >= 0)
      add("row", onFour(laid.features[cls] * (shape.backward ? 4 : bytes)));
  }

  template <typename F> void addElementwise(F add) const {
    addNonzero("temporaries", shape.temporaries * tl * 4, add);
    int64_t vectors = 0;
    for (int32_t cls : shape.vectors)
      vectors += onFour(laid.features[cls] * bytes);
    if (int32_t cls = anyClass(); cls >= 0)
      vectors += shape.featureSums * laid.features[cls] * 4;
    addNonzero("vectors", vectors, add);
  }

  const MappingProblem &problem;
  const LaidOut &laid;
  const KernelShape &shape;
  const LivePoint &live;
  const KernelChoice &choice;
  int64_t tl, bytes, sumBytes;
};

} // namespace

SramPlan planKernel(const MappingProblem &problem, const LaidOut &laid,
                    size_t kernel, const KernelChoice &choice) {
  SramPlan plan;
  KernelPlan(problem, laid, kernel, choice)
      .visit(
          [&](size_t cls, int64_t bytes) {
            plan["activations." + problem.classes[cls].name] = bytes;
          },
          [&](const char *item, int64_t bytes) { plan[item] = bytes; });
  return plan;
}

int64_t kernelBytes(const MappingProblem &problem, const LaidOut &laid,
                    size_t kernel, const KernelChoice &choice) {
  int64_t sum = 0;
  KernelPlan(problem, laid, kernel, choice)
      .visit([&](size_t, int64_t bytes) { sum += bytes; },
             [&](const char *, int64_t bytes) { sum += bytes; });
  return sum;
}

std::string listItems(const SramPlan &plan) {
  std::string items;
  for (const auto &[item, bytes] : plan)
    items += (items.empty() ? "" : ", ") + item + " " + std::to_string(bytes);
  return items;
}

int64_t planBytes(const SramPlan &plan) {
  return std::accumulate(
      plan.begin(), plan.end(), int64_t{0},
      [](int64_t sum, const auto &item) { return sum + item.second; });
}

} // namespace waferflow
