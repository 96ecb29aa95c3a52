//===- AttachMachine.cpp - Puts a machine into a module
//-----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/waferflow-opt/AttachMachine.h"

#include "dialects/flow/MachineAttr.h"
#include "simulator/machine/Reader.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace {

struct AttachMachine : PassWrapper<AttachMachine, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(AttachMachine)

  AttachMachine() = default;
  AttachMachine(const AttachMachine &other) : PassWrapper(other) {}

  StringRef getArgument() const override { return "attach-machine"; }
  StringRef getDescription() const override {
    return "Read a machine file into the module's flow.machine";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<waferflow::flow::FlowDialect>();
  }

  void runOnOperation() override {
    waferflow::Result<waferflow::MachineFile> file = waferflow::loadMachine(
        machine, directory, {overrides.begin(), overrides.end()});
    for (const waferflow::Error &error : file.errors)
      emitError(UnknownLoc::get(&getContext())) << error.str();
    if (!file)
      return signalPassFailure();
    getOperation()->setAttr("flow.machine", waferflow::flow::machineToAttr(
                                                &getContext(), file->machine));
  }

  Option<std::string> machine{*this, "machine",
                              llvm::cl::desc("name, or path of a .yaml file"),
                              llvm::cl::init("cs3")};
  Option<std::string> directory{*this, "directory",
                                llvm::cl::desc("where names are looked up"),
                                llvm::cl::init("machines")};
  ListOption<std::string> overrides{*this, "set",
                                    llvm::cl::desc("KEY=VALUE overrides")};
};

} // namespace

void waferflow::registerAttachMachine() { PassRegistration<AttachMachine>(); }
