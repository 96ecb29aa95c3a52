//===- VectorRate.h - Elements a cycle, from ports and datapath  -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_VECTORRATE_H
#define WAFERFLOW_SIMULATOR_CYCLE_VECTORRATE_H

#include "simulator/program/Fabric.h"

namespace waferflow::cycle {

/// Time of a vector instruction between its first and its last element.
struct VectorRate {
  int32_t perSlot = 1;   ///< elements of one issue slot
  int32_t cost256 = 256; ///< cycles of that slot, in 1/256
  bool cached = false;   ///< the partial sum is in the cache, not in SRAM
};

/// What bounds an instruction: SRAM ports of `core.sram_*` shared by its memory
/// streams (a partial sum in the cache takes none), lanes of the datapath, the
/// machine's rate for what is slower than the lanes, and a wavelet a slot.
double elementsPerCycle(const Vector &vector, const CoreProgram &core,
                        const Machine &machine);
VectorRate vectorRate(const Vector &vector, const CoreProgram &core,
                      const Machine &machine);

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_VECTORRATE_H
