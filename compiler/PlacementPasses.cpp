//===- PlacementPasses.cpp - Mapping and placement as passes --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/MappedStep.h"
#include "compiler/Passes.h"
#include "compiler/recompute/Recompute.h"

namespace waferflow {

#define GEN_PASS_DEF_RECOMPUTE
#define GEN_PASS_DEF_CHOOSEMAPPING
#define GEN_PASS_DEF_INSERTRELAYOUTS
#define GEN_PASS_DEF_PLANSRAM
#define GEN_PASS_DEF_PLACEKERNELS
#include "compiler/Passes.h.inc"

namespace {

struct RecomputePass : impl::RecomputeBase<RecomputePass> {
  using RecomputeBase::RecomputeBase;
  void runOnOperation() override {
    auto entry = entryFunction(getOperation());
    if (mlir::failed(entry))
      return signalPassFailure();
    if (keepEvery < 1) {
      entry->emitOpError("expected keep-every of at least 1, got ")
          << keepEvery.getValue();
      return signalPassFailure();
    }
    flow::materializeRecomputation(*entry, keepEvery);
  }
};

struct ChooseMappingPass : impl::ChooseMappingBase<ChooseMappingPass> {
  using ChooseMappingBase::ChooseMappingBase;
  void runOnOperation() override {
    flow::FixedMapping fixed;
    if (go != 0)
      fixed.go = go;
    if (chunks != 0)
      fixed.chunks = chunks;
    if (!order.empty()) {
      fixed.order = orderKindOf(order);
      if (!fixed.order) {
        getOperation().emitError("expected order blocked, striped or dealt, "
                                 "got '")
            << order.getValue() << "'";
        return signalPassFailure();
      }
    }
    if (mlir::failed(flow::chooseMapping(getOperation(), fixed)))
      signalPassFailure();
  }
};

struct InsertRelayoutsPass : impl::InsertRelayoutsBase<InsertRelayoutsPass> {
  void runOnOperation() override {
    if (mlir::failed(flow::insertRelayouts(getOperation())))
      signalPassFailure();
  }
};

struct PlanSramPass : impl::PlanSramBase<PlanSramPass> {
  void runOnOperation() override {
    if (mlir::failed(flow::planSram(getOperation())))
      signalPassFailure();
  }
};

struct PlaceKernelsPass : impl::PlaceKernelsBase<PlaceKernelsPass> {
  void runOnOperation() override {
    if (mlir::failed(flow::placeKernels(getOperation())))
      signalPassFailure();
  }
};

} // namespace

} // namespace waferflow
