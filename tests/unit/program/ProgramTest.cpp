//===- ProgramTest.cpp - Is a program that cannot run refused, with its reason?
//-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/program/Program.h"
#include "simulator/machine/Reader.h"

#include <gtest/gtest.h>

using namespace waferflow;

namespace {

class Ones : public MaskSource {
public:
  Ones(int64_t rows, int64_t columns) : height(rows), width(columns) {}
  int64_t rows() const override { return height; }
  int64_t columns() const override { return width; }
  void row(int64_t, uint64_t *words) const override {
    for (int64_t c = 0; c < wordsPerRow() * 64; ++c) {
      uint64_t bit = uint64_t(1) << (c % 64);
      words[c / 64] = c % 64 == 0 ? 0 : words[c / 64];
      words[c / 64] |= c < width ? bit : 0;
    }
  }
  std::string describe() const override { return "ones"; }

private:
  int64_t height, width;
};

/// One kernel of each kind on the tiny machine: hidden 24, MLP 36, 2 heads.
Program valid() {
  Program p;
  p.model = "hand-made";
  p.machine = loadMachine("tiny", WAFERFLOW_MACHINES)->machine;
  p.tokens = layTokens(32, 8, 1, p.machine.width, p.machine.height);
  p.weights = {{"up", 36, 24, true, std::make_shared<Ones>(36, 24)},
               {"table", 100, 24, false, nullptr}};
  p.orders = {blockedOrder("residual", 24, 12), blockedOrder("mlp", 36, 12),
              headOrder("heads", 2, 12, 12)};
  auto add = [&](const char *name, auto body) {
    Kernel kernel;
    kernel.id = static_cast<int32_t>(p.kernels.size());
    kernel.name = name;
    if (kernel.id > 0)
      kernel.dependsOn = {kernel.id - 1};
    kernel.body = body;
    p.kernels.push_back(kernel);
  };
  Gather gather;
  gather.weight = 1;
  gather.order = 0;
  add("embedding", gather);
  Reduce reduce;
  reduce.overX = true;
  reduce.columns = 12;
  reduce.rows = 8;
  reduce.vectorPerCore = 4;
  add("norm", reduce);
  Spmm spmm;
  spmm.weight = 0;
  spmm.inOrder = 0;
  spmm.outOrder = 1;
  add("up", spmm);
  Map map;
  map.work = {{ScalarOp::Mul, 12, 1152}};
  add("silu", map);
  Relayout relayout;
  relayout.fromOrder = 0;
  relayout.toOrder = 2;
  add("regroup", relayout);
  Attention attention;
  attention.heads = 2;
  attention.kvHeads = 1;
  attention.headDim = 12;
  attention.order = 2;
  attention.keyBlock = 8;
  add("attention", attention);
  Spmm transposed = spmm;
  transposed.transposed = true;
  transposed.inOrder = 1;
  transposed.outOrder = 0;
  add("up dX", transposed);
  Sddmm sddmm;
  sddmm.weight = 0;
  sddmm.inOrder = 0;
  sddmm.outOrder = 1;
  add("up dW", sddmm);
  p.sram = {{"code", 12288}, {"inputs", 1000}};
  return p;
}

std::string errorsOf(const Program &program) {
  std::string text;
  for (const Error &error : check(program))
    text += (text.empty() ? "" : "\n") + error.str();
  return text;
}

template <typename T> T &body(Program &program, int kernel) {
  return std::get<T>(program.kernels[kernel].body);
}

TEST(Check, AcceptsAProgramWithEveryKind) { EXPECT_EQ(errorsOf(valid()), ""); }

TEST(Check, NamesEveryKind) {
  std::vector<std::string> names;
  for (const Kernel &kernel : valid().kernels)
    names.push_back(kindName(kernel));
  EXPECT_EQ(names, (std::vector<std::string>{"gather", "reduce", "spmm", "map",
                                             "relayout", "attention", "spmm",
                                             "sddmm"}));
}

TEST(Check, RefusesIndicesOutsideTheTables) {
  Program p = valid();
  body<Spmm>(p, 2).weight = 2;
  EXPECT_EQ(errorsOf(p),
            "kernel 2 'up' (spmm): expected weight below 2, got 2");
  p = valid();
  body<Spmm>(p, 2).outOrder = -1;
  EXPECT_EQ(errorsOf(p),
            "kernel 2 'up' (spmm): expected outOrder below 3, got -1");
  p = valid();
  body<Relayout>(p, 4).toOrder = 3;
  EXPECT_EQ(errorsOf(p),
            "kernel 4 'regroup' (relayout): expected toOrder below 3, got 3");
  p = valid();
  body<Gather>(p, 0).weight = -1;
  EXPECT_EQ(errorsOf(p),
            "kernel 0 'embedding' (gather): expected weight below 2, got -1");
}

TEST(Check, RefusesOrdersThatDoNotFitTheWeight) {
  Program p = valid();
  std::swap(body<Spmm>(p, 2).inOrder, body<Spmm>(p, 2).outOrder);
  EXPECT_EQ(errorsOf(p), "kernel 2 'up' (spmm): expected inOrder of 24 "
                         "features, got 'mlp' of 36\n"
                         "kernel 2 'up' (spmm): expected outOrder of 36 "
                         "features, got 'residual' of 24");
  p = valid();
  body<Spmm>(p, 6).transposed = false;
  EXPECT_EQ(errorsOf(p), "kernel 6 'up dX' (spmm): expected inOrder of 24 "
                         "features, got 'mlp' of 36\n"
                         "kernel 6 'up dX' (spmm): expected outOrder of 36 "
                         "features, got 'residual' of 24");
  p = valid();
  body<Sddmm>(p, 7).inOrder = 1;
  EXPECT_EQ(errorsOf(p), "kernel 7 'up dW' (sddmm): expected inOrder of 24 "
                         "features, got 'mlp' of 36");
  p = valid();
  body<Gather>(p, 0).order = 1;
  EXPECT_EQ(errorsOf(p), "kernel 0 'embedding' (gather): expected order of 24 "
                         "features, got 'mlp' of 36");
  p = valid();
  body<Relayout>(p, 4).toOrder = 1;
  EXPECT_EQ(errorsOf(p), "kernel 4 'regroup' (relayout): expected toOrder of "
                         "24 features, got 'mlp' of 36");
  p = valid();
  body<Attention>(p, 5).headDim = 18;
  EXPECT_EQ(errorsOf(p), "kernel 5 'attention' (attention): expected order of "
                         "36 features, got 'heads' of 24");
}

TEST(Check, RefusesCountsOutsideTheirRange) {
  Program p = valid();
  body<Spmm>(p, 2).buffers = 0;
  body<Spmm>(p, 2).outputGroups = 13;
  EXPECT_EQ(errorsOf(p),
            "kernel 2 'up' (spmm): expected buffers of at least 1, got 0\n"
            "kernel 2 'up' (spmm): expected outputGroups between 1 and 12, got "
            "13");
  p = valid();
  body<Sddmm>(p, 7).buffers = 0;
  EXPECT_EQ(errorsOf(p),
            "kernel 7 'up dW' (sddmm): expected buffers of at least 1, got 0");
  p = valid();
  body<Attention>(p, 5).keyBlock = 9;
  EXPECT_EQ(errorsOf(p), "kernel 5 'attention' (attention): expected keyBlock "
                         "between 1 and 8, got 9");
  p = valid();
  body<Attention>(p, 5).heads = 3;
  body<Attention>(p, 5).kvHeads = 2;
  body<Attention>(p, 5).headDim = 8;
  EXPECT_EQ(errorsOf(p), "kernel 5 'attention' (attention): expected kvHeads "
                         "to divide the 3 heads, got 2");
  p = valid();
  body<Reduce>(p, 1).overX = false;
  body<Reduce>(p, 1).rows = 11;
  body<Reduce>(p, 1).vectorPerCore = 0;
  EXPECT_EQ(errorsOf(p),
            "kernel 1 'norm' (reduce): expected a reduction over x, y or both, "
            "got neither\n"
            "kernel 1 'norm' (reduce): expected rows between 1 and 10, got 11\n"
            "kernel 1 'norm' (reduce): expected vectorPerCore of at least 1, "
            "got 0");
  p = valid();
  body<Map>(p, 3).work[0].perCore = -1;
  EXPECT_EQ(errorsOf(p), "kernel 3 'silu' (map): expected no negative count of "
                         "scalar operations");
}

TEST(Check, RefusesKernelsOutOfOrder) {
  Program p = valid();
  p.kernels[2].dependsOn = {2};
  EXPECT_EQ(errorsOf(p), "kernel 2 'up' (spmm): expected to depend on earlier "
                         "kernels only, got 2");
  p = valid();
  p.kernels[2].id = 7;
  EXPECT_EQ(errorsOf(p), "kernel 2 'up' (spmm): expected id 2, got 7");
  p = valid();
  p.kernels.clear();
  EXPECT_EQ(errorsOf(p), "program: expected at least one kernel, got none");
}

TEST(Check, RefusesALayoutThatIsNotTheMachines) {
  Program p = valid();
  p.tokens.tokensPerCore = 3;
  EXPECT_EQ(errorsOf(p), "tokens: expected tokensPerCore = 4, got 3");
  p = valid();
  p.tokens.groups = 13;
  EXPECT_EQ(errorsOf(p), "tokens: expected groups between 1 and 12, got 13");
  p = valid();
  p.tokens.tokens = 33;
  EXPECT_EQ(errorsOf(p), "tokens: expected a positive multiple of the sequence "
                         "length 8, got 33");
  p = valid();
  p.keepEvery = 0;
  EXPECT_EQ(errorsOf(p), "program: expected keepEvery of at least 1, got 0");
}

TEST(Check, RefusesWrongMasksAndOrders) {
  Program p = valid();
  p.weights[0].mask = std::make_shared<Ones>(24, 36);
  EXPECT_EQ(errorsOf(p),
            "weight 'up': expected a mask of 36 x 24, got 24 x 36");
  p = valid();
  p.orders[0].column[5] = 12;
  EXPECT_EQ(errorsOf(p), "order 'residual': expected the column of feature 5 "
                         "below 12, got 12");
  p = valid();
  p.orders[0].slot[3] = 0;
  EXPECT_EQ(errorsOf(p), "order 'residual': expected the slots of column 1 to "
                         "be 0 to 1, once each, got 0 for feature 3");
  p = valid();
  p.orders[0].slot.pop_back();
  EXPECT_EQ(errorsOf(p), "order 'residual': expected a slot for each of 24 "
                         "features, got 23");
  p = valid();
  p.orders[0].columns = 13;
  EXPECT_EQ(errorsOf(p),
            "order 'residual': expected columns between 1 and 12, got 13");
}

TEST(Check, SaysWhatDoesNotFitInSramAndByHowMuch) {
  Program p = valid();
  p.sram = {{"code", 12288}, {"inputs", 43776}, {"partial_sums", 1824}};
  EXPECT_EQ(errorsOf(p), "sram: expected at most 49152 bytes a core, got "
                         "57888, 8736 over: inputs 43776, code 12288, "
                         "partial_sums 1824");
  p.sram = {{"code", 12288}, {"inputs", 49152 - 12288}};
  EXPECT_EQ(errorsOf(p), ""); // exactly full
  p.sram["inputs"] += 1;
  EXPECT_EQ(errorsOf(p), "sram: expected at most 49152 bytes a core, got "
                         "49153, 1 over: inputs 36865, code 12288");
  p.sram = {{"code", -1}};
  EXPECT_EQ(errorsOf(p), "sram: expected 'code' of at least 0 bytes, got -1");
}

TEST(Check, RefusesABrokenMachineFirst) {
  Program p = valid();
  p.machine.colors = 0;
  p.kernels.clear();
  EXPECT_EQ(errorsOf(p),
            "machine 'tiny': expected 'fabric.colors' between 1 and 1024 "
            "colors, got 0\n"
            "machine 'tiny': expected 'fabric.reserved_colors' below the 0 of "
            "'fabric.colors', got 3");
}

} // namespace
