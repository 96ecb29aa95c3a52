//===- Limits.cpp - Checks against single numbers of the machine ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/fabric/Limits.h"

#include "dialects/flow/Flow.h"

using namespace mlir;

namespace waferflow::fabric {

std::optional<Limits> limitsOf(Operation *op) {
  flow::MachineAttr machine;
  for (; op && !machine; op = op->getParentOp())
    machine = op->getAttrOfType<flow::MachineAttr>("flow.machine");
  if (!machine)
    return std::nullopt;
  DictionaryAttr params = machine.getParams();
  auto number = [&](StringRef key) {
    return params.getAs<IntegerAttr>(key).getInt();
  };
  auto count = [&](StringRef key) {
    return static_cast<int64_t>(params.getAs<DenseI64ArrayAttr>(key).size());
  };
  Limits limits;
  limits.width = number("fabric.width");
  limits.height = number("fabric.height");
  limits.colors = number("fabric.colors");
  limits.reservedColors = number("fabric.reserved_colors");
  limits.switchPositions = number("fabric.switch_positions");
  limits.inputQueues = count("core.input_queues_wavelets");
  limits.outputQueues = count("core.output_queues_wavelets");
  limits.microthreads = number("core.microthreads");
  limits.taskIds = number("core.task_ids");
  limits.sramBytes = number("pe.sram_bytes");
  limits.codeBytes = number("pe.code_bytes");
  return limits;
}

ColorOp colorOf(Value value) { return value.getDefiningOp<ColorOp>(); }

LogicalResult checkColor(Operation *user, Value value) {
  auto limits = limitsOf(user);
  if (!limits)
    return success();
  ColorOp color = colorOf(value);
  int64_t id = color.getId();
  int64_t usable = limits->colors - limits->reservedColors;
  if (id < usable)
    return success();
  InFlightDiagnostic error = user->emitOpError() << "uses color " << id;
  if (id >= limits->colors)
    error << "; the machine has " << limits->colors;
  else
    error << "; the machine reserves " << usable << " to "
          << limits->colors - 1;
  error.attachNote(color.getLoc()) << "the color is declared here";
  return error;
}

LogicalResult checkOnFabric(Operation *op, SelectAttr cores) {
  auto limits = limitsOf(op);
  if (!limits)
    return success();
  if (cores.getXEnd() <= limits->width && cores.getYEnd() <= limits->height)
    return success();
  return op->emitOpError() << "selects x " << cores.getXBegin() << " to "
                           << cores.getXEnd() << ", y " << cores.getYBegin()
                           << " to " << cores.getYEnd() << "; the machine has "
                           << limits->width << " x " << limits->height
                           << " cores";
}

} // namespace waferflow::fabric
