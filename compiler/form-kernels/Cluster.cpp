//===- Cluster.cpp - Reductions and maximal element-wise groups -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Backwards through the program, an op joins the kernel of its consumers where
// that is one map or reduction; else its value is wanted by several, and a map
// kernel makes it. Absorbing an op whose every use is in a kernel can't close a
// cycle. Then maps of one level that touch are one kernel; a level is the
// number of other kernels on the longest way to a map, so no way between two
// maps of one level leaves that level, and joining them can't close a cycle
// either.
//
// Only uses of the same pass count. The backward pass computes again what the
// forward pass had no reason to keep, from what it kept.
//
//===----------------------------------------------------------------------===//
#include "compiler/form-kernels/Plan.h"

#include "llvm/ADT/IntEqClasses.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace waferflow;

namespace waferflow {
class Clusters {
public:
  explicit Clusters(KernelPlan &plan) : plan(plan), graph(plan.graph) {}
  void assign();
  void merge();

private:
  void assign(Operation *op);
  bool joins(int kernel, Value value, Consumer use) const;
  void findInputs();
  void collect(int kernel, Value value, llvm::DenseSet<Value> &seen);
  void computeLevels();
  llvm::SmallSet<int, 4> readers(int id, Value output) const;
  bool isMap(int id) const;
  bool unite(llvm::IntEqClasses &classes);
  bool mergeLevels();
  bool mergeChains();
  void dropOutputs();

  KernelPlan &plan;
  Graph &graph;
  std::vector<llvm::SmallSetVector<Value, 8>>
      inputs; ///< by kernel, made by others
  std::vector<int> levels;
};
} // namespace waferflow

/// A use that pulls its operand into the using kernel.
bool Clusters::joins(int kernel, Value value, Consumer use) const {
  const PlannedKernel &user = plan.kernels[kernel];
  if (user.kind == KernelKind::Map || user.kind == KernelKind::Reduce)
    return true;
  // The one-hot side of an embedding's gradient.
  return user.kind == KernelKind::Gather && isOneHot(graph, value);
}

void Clusters::assign(Operation *op) {
  if (graph.kind(op) == OpKind::Reduction) {
    PlannedKernel kernel(KernelKind::Reduce);
    kernel.backward = !graph.isForward(op);
    kernel.members = {op};
    for (Value result : op->getResults())
      if (!result.use_empty())
        kernel.outputs.push_back(result);
    plan.add(std::move(kernel));
    return;
  }
  llvm::SmallSet<int, 4> users;
  bool wanted = false;
  for (Value result : op->getResults())
    for (Consumer use : graph.consumers(result)) {
      int user = plan.owner(use.op);
      if (user < 0 || !joins(user, result, use))
        wanted = true;
      else if (graph.isForward(use.op) == graph.isForward(op))
        users.insert(user);
    }
  if (!wanted && users.size() == 1)
    return plan.addMember(*users.begin(), op);
  PlannedKernel kernel(KernelKind::Map);
  kernel.backward = !graph.isForward(op);
  kernel.members = {op};
  llvm::append_range(kernel.outputs, op->getResults());
  plan.add(std::move(kernel));
}

void Clusters::assign() {
  for (Operation &op :
       llvm::reverse(graph.entry.getBody().front().without_terminator())) {
    OpKind kind = graph.kind(&op);
    if ((kind == OpKind::Elementwise || kind == OpKind::Reduction) &&
        plan.owner(&op) < 0 && !op.use_empty())
      assign(&op);
  }
}

void Clusters::collect(int kernel, Value value, llvm::DenseSet<Value> &seen) {
  value = graph.root(value);
  Operation *op = value.getDefiningOp();
  if (!op || graph.isSource(value) || !seen.insert(value).second)
    return;
  int maker = plan.maker(value);
  if (maker >= 0 && maker != kernel) {
    inputs[kernel].insert(value);
    return;
  }
  for (Value input : Graph::inputs(op))
    collect(kernel, input, seen);
}

void Clusters::findInputs() {
  inputs.assign(plan.kernels.size(), {});
  for (auto [id, kernel] : llvm::enumerate(plan.kernels)) {
    llvm::DenseSet<Value> seen;
    for (Value output : kernel.outputs)
      for (Value input : Graph::inputs(output.getDefiningOp()))
        collect(id, input, seen);
  }
}

void Clusters::computeLevels() {
  levels.assign(plan.kernels.size(), -1);
  // Depth first over makers; -1 is unvisited. Kernels form no cycle.
  SmallVector<int> stack;
  for (int start = 0, end = plan.kernels.size(); start < end; ++start) {
    stack.push_back(start);
    while (!stack.empty()) {
      int id = stack.back();
      if (levels[id] >= 0) {
        stack.pop_back();
        continue;
      }
      int level = 0;
      size_t pending = stack.size();
      for (Value input : inputs[id]) {
        int maker = plan.maker(input);
        if (levels[maker] < 0)
          stack.push_back(maker);
        else
          level = std::max(level, levels[maker] + (plan.kernels[maker].kind !=
                                                   KernelKind::Map));
      }
      if (stack.size() > pending)
        continue;
      levels[id] = level;
      stack.pop_back();
    }
  }
}

/// The kernels that read an output of `id` and keep it in memory: of its own
/// pass, or such that compute nothing again. -1 stands for the function's
/// result.
llvm::SmallSet<int, 4> Clusters::readers(int id, Value output) const {
  llvm::SmallSet<int, 4> found;
  for (Consumer use : graph.consumers(output)) {
    int user = plan.owner(use.op);
    bool again = user >= 0 && joins(user, output, use) &&
                 plan.kernels[user].backward != plan.kernels[id].backward;
    if (user != id && !again)
      found.insert(user);
  }
  return found;
}

bool Clusters::isMap(int id) const {
  return plan.kernels[id].kind == KernelKind::Map &&
         !plan.kernels[id].outputs.empty();
}

bool Clusters::unite(llvm::IntEqClasses &classes) {
  size_t count = plan.kernels.size();
  classes.compress();
  if (classes.getNumClasses() == count)
    return false;
  std::vector<int> first(classes.getNumClasses(), -1);
  for (size_t id = 0; id < count; ++id) {
    int &target = first[classes[id]];
    if (target < 0) {
      target = id;
      continue;
    }
    PlannedKernel from = std::move(plan.kernels[id]);
    plan.kernels[id] = PlannedKernel(KernelKind::Map);
    for (Operation *op : from.members)
      plan.addMember(target, op);
    for (Value output : from.outputs) {
      plan.makers[output] = target;
      plan.kernels[target].outputs.push_back(output);
    }
  }
  return true;
}

/// Joins the maps of one level that feed each other or read the same value of
/// the level before, the one that they wait for.
bool Clusters::mergeLevels() {
  findInputs();
  computeLevels();
  size_t count = plan.kernels.size();
  llvm::IntEqClasses classes(count);
  llvm::DenseMap<Value, SmallVector<int>> waiting;
  for (size_t id = 0; id < count; ++id) {
    if (!isMap(id))
      continue;
    auto join = [&](int other) {
      if (levels[other] == levels[id] &&
          plan.kernels[other].backward == plan.kernels[id].backward)
        classes.join(other, id);
    };
    for (Value input : inputs[id]) {
      int maker = plan.maker(input);
      if (isMap(maker)) {
        join(maker);
      } else if (levels[maker] + 1 == levels[id]) {
        for (int other : waiting[input])
          join(other);
        waiting[input].push_back(id);
      }
    }
  }
  return unite(classes);
}

/// Joins a map with the map that is its only reader.
bool Clusters::mergeChains() {
  size_t count = plan.kernels.size();
  llvm::IntEqClasses classes(count);
  for (size_t id = 0; id < count; ++id) {
    if (!isMap(id))
      continue;
    llvm::SmallSet<int, 4> users;
    for (Value output : plan.kernels[id].outputs)
      for (int user : readers(id, output))
        users.insert(user);
    int user = users.size() == 1 ? *users.begin() : -1;
    if (user >= 0 && isMap(user) &&
        plan.kernels[user].backward == plan.kernels[id].backward)
      classes.join(id, user);
  }
  return unite(classes);
}

/// Outputs that no other kernel keeps are made where they are needed.
void Clusters::dropOutputs() {
  for (size_t id = 0; id < plan.kernels.size(); ++id) {
    if (!isMap(id))
      continue;
    SmallVector<Value> kept;
    for (Value output : plan.kernels[id].outputs)
      if (!readers(id, output).empty())
        kept.push_back(output);
      else
        plan.makers.erase(output);
    llvm::sort(kept, [&](Value a, Value b) {
      return graph.position(a.getDefiningOp()) <
             graph.position(b.getDefiningOp());
    });
    plan.kernels[id].outputs = std::move(kept);
  }
}

void Clusters::merge() {
  do {
    while (mergeLevels()) {
    }
    dropOutputs();
  } while (mergeChains());
}

LogicalResult waferflow::clusterElementwise(KernelPlan &plan) {
  Clusters clusters(plan);
  clusters.assign();
  clusters.merge();
  return success();
}
