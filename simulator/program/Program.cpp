//===- Program.cpp - Is a program one that a simulator can run?
//---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/program/Program.h"

#include "simulator/machine/Parameters.h"

#include <algorithm>

namespace waferflow {

const char *kindName(const Kernel &kernel) {
  struct Namer {
    const char *operator()(const Spmm &) const { return "spmm"; }
    const char *operator()(const Sddmm &) const { return "sddmm"; }
    const char *operator()(const Attention &) const { return "attention"; }
    const char *operator()(const Map &) const { return "map"; }
    const char *operator()(const Reduce &) const { return "reduce"; }
    const char *operator()(const Gather &) const { return "gather"; }
    const char *operator()(const Relayout &) const { return "relayout"; }
  };
  return std::visit(Namer(), kernel.body);
}

namespace {

std::string text(int64_t number) { return std::to_string(number); }

class Checker {
public:
  explicit Checker(const Program &program) : program(program) {}

  std::vector<Error> run() {
    errors = check(program.machine);
    if (!errors.empty())
      return errors; // nothing else can be judged
    checkLayout();
    for (const Weight &weight : program.weights)
      checkWeight(weight);
    for (const FeatureOrder &order : program.orders)
      checkOrder(order);
    // Kernels look into weights and orders.
    if (errors.empty())
      for (size_t i = 0; i < program.kernels.size(); ++i)
        checkKernel(program.kernels[i], static_cast<int64_t>(i));
    if (program.kernels.empty())
      error("program", "expected at least one kernel, got none");
    checkSram();
    return errors;
  }

  // One overload a kernel kind.
  void operator()(const Spmm &spmm) {
    atLeastOne("buffers", spmm.buffers);
    range("outputGroups", spmm.outputGroups, 1, program.tokens.groupColumns);
    if (!weight(spmm.weight))
      return;
    const Weight &w = program.weights[spmm.weight];
    order("inOrder", spmm.inOrder, spmm.transposed ? w.rows : w.columns);
    order("outOrder", spmm.outOrder, spmm.transposed ? w.columns : w.rows);
  }

  void operator()(const Sddmm &sddmm) {
    atLeastOne("buffers", sddmm.buffers);
    if (!weight(sddmm.weight))
      return;
    const Weight &w = program.weights[sddmm.weight];
    order("inOrder", sddmm.inOrder, w.columns);
    order("outOrder", sddmm.outOrder, w.rows);
  }

  void operator()(const Attention &attention) {
    atLeastOne("heads", attention.heads);
    atLeastOne("headDim", attention.headDim);
    range("kvHeads", attention.kvHeads, 1, attention.heads);
    if (attention.kvHeads >= 1 && attention.heads % attention.kvHeads != 0)
      error(where, "expected kvHeads to divide the " + text(attention.heads) +
                       " heads, got " + text(attention.kvHeads));
    range("keyBlock", attention.keyBlock, 1, program.tokens.seq);
    order("order", attention.order, attention.heads * attention.headDim);
    if (attention.keyOrder >= 0)
      order("keyOrder", attention.keyOrder,
            attention.kvHeads * attention.headDim);
  }

  void operator()(const Map &map) { checkWork(map.work); }

  void operator()(const Reduce &reduce) {
    if (!reduce.overX && !reduce.overY)
      error(where, "expected a reduction over x, y or both, got neither");
    range("columns", reduce.columns, 1, program.machine.width);
    range("rows", reduce.rows, 1, program.machine.height);
    atLeastOne("vectorPerCore", reduce.vectorPerCore);
    checkWork(reduce.work);
  }

  void operator()(const Gather &gather) {
    if (weight(gather.weight))
      order("order", gather.order, program.weights[gather.weight].columns);
  }

  void operator()(const Relayout &relayout) {
    range("outputGroups", relayout.outputGroups, 1,
          program.tokens.groupColumns);
    bool from = index("fromOrder", relayout.fromOrder, program.orders.size());
    if (!index("toOrder", relayout.toOrder, program.orders.size()) || !from ||
        relayout.form == Relayout::Form::Transpose)
      return;
    order("toOrder", relayout.toOrder,
          program.orders[relayout.fromOrder].features());
  }

private:
  void error(const std::string &place, const std::string &what) {
    errors.push_back({place, what});
  }

  void range(const char *name, int64_t value, int64_t low, int64_t high) {
    if (value < low || value > high)
      error(where, std::string("expected ") + name + " between " + text(low) +
                       " and " + text(high) + ", got " + text(value));
  }

  void atLeastOne(const char *name, int64_t value) {
    if (value < 1)
      error(where, std::string("expected ") + name + " of at least 1, got " +
                       text(value));
  }

  bool index(const char *name, int32_t value, size_t size) {
    if (value >= 0 && static_cast<size_t>(value) < size)
      return true;
    error(where, std::string("expected ") + name + " below " +
                     std::to_string(size) + ", got " + text(value));
    return false;
  }

  bool weight(int32_t value) {
    return index("weight", value, program.weights.size());
  }

  void order(const char *name, int32_t value, int64_t features) {
    if (!index(name, value, program.orders.size()))
      return;
    const FeatureOrder &order = program.orders[value];
    if (order.features() != features)
      error(where, std::string("expected ") + name + " of " + text(features) +
                       " features, got '" + order.name + "' of " +
                       text(order.features()));
  }

  void checkWork(const std::vector<ScalarWork> &work) {
    for (const ScalarWork &item : work)
      if (item.perCore < 0 || !(item.useful >= 0) || item.instructions < 0 ||
          item.scalarSlots < 0)
        error(where, "expected no negative count of scalar operations");
  }

  void checkLayout() {
    const TokenLayout &tokens = program.tokens;
    const Machine &machine = program.machine;
    if (auto wrong = checkTokens(tokens.tokens, tokens.seq)) {
      errors.push_back(*wrong);
      return;
    }
    where = "tokens";
    range("groups", tokens.groups, 1, machine.width);
    if (tokens.groups < 1 || tokens.groups > machine.width)
      return;
    TokenLayout right = layTokens(tokens.tokens, tokens.seq, tokens.groups,
                                  machine.width, machine.height);
    auto same = [&](const char *name, int64_t expected, int64_t got) {
      if (expected != got)
        error(where, std::string("expected ") + name + " = " + text(expected) +
                         ", got " + text(got));
    };
    same("sequencesPerGroup", right.sequencesPerGroup,
         tokens.sequencesPerGroup);
    same("rowsPerSequence", right.rowsPerSequence, tokens.rowsPerSequence);
    same("sequencesPerRow", right.sequencesPerRow, tokens.sequencesPerRow);
    same("tokensPerCore", right.tokensPerCore, tokens.tokensPerCore);
    same("rowsUsed", right.rowsUsed, tokens.rowsUsed);
    same("groupColumns", right.groupColumns, tokens.groupColumns);
    where = "program";
    atLeastOne("keepEvery", program.keepEvery);
  }

  void checkWeight(const Weight &weight) {
    where = "weight '" + weight.name + "'";
    atLeastOne("rows", weight.rows);
    atLeastOne("columns", weight.columns);
    if (weight.mask && (weight.mask->rows() != weight.rows ||
                        weight.mask->columns() != weight.columns))
      error(where, "expected a mask of " + text(weight.rows) + " x " +
                       text(weight.columns) + ", got " +
                       text(weight.mask->rows()) + " x " +
                       text(weight.mask->columns()));
  }

  void checkOrder(const FeatureOrder &order) {
    where = "order '" + order.name + "'";
    atLeastOne("features", order.features());
    range("columns", order.columns, 1, program.tokens.groupColumns);
    if (order.slot.size() != order.column.size())
      return error(where, "expected a slot for each of " +
                              text(order.features()) + " features, got " +
                              std::to_string(order.slot.size()));
    std::vector<std::vector<bool>> taken(std::max<int64_t>(order.columns, 0));
    for (int64_t i = 0; i < order.features(); ++i) {
      int64_t column = order.column[i];
      if (column < 0 || column >= order.columns)
        return error(where, "expected the column of feature " + text(i) +
                                " below " + text(order.columns) + ", got " +
                                text(column));
      taken[column].push_back(false);
    }
    for (int64_t i = 0; i < order.features(); ++i) {
      std::vector<bool> &slots = taken[order.column[i]];
      int64_t slot = order.slot[i];
      if (slot < 0 || slot >= static_cast<int64_t>(slots.size()) || slots[slot])
        return error(where, "expected the slots of column " +
                                text(order.column[i]) + " to be 0 to " +
                                std::to_string(slots.size() - 1) +
                                ", once each, got " + text(slot) +
                                " for feature " + text(i));
      slots[slot] = true;
    }
  }

  void checkKernel(const Kernel &kernel, int64_t position) {
    where = "kernel " + text(position) + " '" + kernel.name + "' (" +
            kindName(kernel) + ")";
    if (kernel.id != position)
      error(where,
            "expected id " + text(position) + ", got " + text(kernel.id));
    if (kernel.layer < -1)
      error(where, "expected layer of at least -1, got " + text(kernel.layer));
    for (int32_t before : kernel.dependsOn)
      if (before < 0 || before >= position)
        error(where, "expected to depend on earlier kernels only, got " +
                         text(before));
    std::visit([this](const auto &body) { (*this)(body); }, kernel.body);
  }

  /// Items by size: what is over is usually the first.
  void checkSram() {
    int64_t limit = program.machine.sramBytes, sum = 0;
    std::vector<std::pair<int64_t, std::string>> items;
    for (const auto &[name, bytes] : program.sram) {
      if (bytes < 0)
        error("sram", "expected '" + name + "' of at least 0 bytes, got " +
                          text(bytes));
      sum += bytes;
      items.push_back({-bytes, name});
    }
    if (sum <= limit)
      return;
    std::sort(items.begin(), items.end());
    std::string list;
    for (const auto &[negative, name] : items)
      list += (list.empty() ? ": " : ", ") + name + " " + text(-negative);
    error("sram", "expected at most " + text(limit) + " bytes a core, got " +
                      text(sum) + ", " + text(sum - limit) + " over" + list);
  }

  const Program &program;
  std::string where;
  std::vector<Error> errors;
};

} // namespace

std::vector<Error> check(const Program &program) {
  return Checker(program).run();
}

} // namespace waferflow
