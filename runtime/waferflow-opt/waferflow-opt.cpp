//===- waferflow-opt.cpp - All upstream passes and ours -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Passes.h"
#include "dialects/fabric/Fabric.h"
#include "dialects/flow/Flow.h"
#include "runtime/waferflow-opt/AttachMachine.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  waferflow::registerAttachMachine();
  waferflow::registerWaferflowPasses();
  waferflow::registerWaferflowPipelines();
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry
      .insert<waferflow::fabric::FabricDialect, waferflow::flow::FlowDialect>();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "waferflow optimizer driver\n", registry));
}
