//===- MappedStep.cpp - A step with its mapping, read back ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/MappedStep.h"

using namespace mlir;

namespace waferflow::flow {

FailureOr<MappedStep> readMappedStep(ModuleOp module) {
  MappedStep mapped;
  mapped.step = findStep(module);
  if (!mapped.step)
    return failure();
  auto attr = mapped.step->getAttrOfType<StepAttr>("flow.step");
  if (attr.getGt() == 0 || attr.getKeepEvery() == 0)
    return mapped.step.emitOpError(
        "expected gt and keep_every of flow.step to be chosen; run "
        "choose-mapping");
  auto problem =
      buildMappingProblem(mapped.step, mapped.shape, attr.getTokens());
  if (failed(problem))
    return failure();
  mapped.problem = std::move(*problem);
  MappingSolution &solution = mapped.solution;
  solution.tokens =
      layTokens(attr.getTokens(), attr.getSeq(), attr.getGt(),
                mapped.problem.machine.width, mapped.problem.machine.height);
  for (FlowKernel kernel : mapped.shape.kernels) {
    auto mapping = kernel.getMapping();
    if (!mapping)
      return kernel->emitOpError("expected a mapping; run choose-mapping");
    KernelChoice choice;
    choice.outputGroups = mapping->getGo();
    choice.form = mapping->getForm() == "contiguous" ? GroupForm::Contiguous
                                                     : GroupForm::Interleaved;
    choice.buffers = mapping->getBuffers();
    choice.keyBlock = mapping->getKeyBlock();
    choice.broadcast = mapping->getBroadcast() == "input"
                           ? Sddmm::Broadcast::Input
                           : Sddmm::Broadcast::Output;
    solution.choices.push_back(choice);
    solution.headChunks =
        std::max<int64_t>(solution.headChunks, mapping->getChunks());
  }
  mapped.laid = layOut(mapped.problem, solution.tokens, solution.headChunks);
  return mapped;
}

} // namespace waferflow::flow
