//===- AttachMachine.h - Puts a machine into a module ------------*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_WAFERFLOWOPT_ATTACHMACHINE_H
#define WAFERFLOW_RUNTIME_WAFERFLOWOPT_ATTACHMACHINE_H

namespace waferflow {

/// `attach-machine{machine=tiny directory=machines set=pe.sram_bytes=65536}`
/// sets the module's `flow.machine`. A pass of the tool alone: `waferflow
/// compile` reads the machine itself, before there is a module.
void registerAttachMachine();

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_WAFERFLOWOPT_ATTACHMACHINE_H
