//===- RandomCode.h - A core's tables and code from bytes ------ -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_FUZZ_RANDOMCODE_H
#define WAFERFLOW_TESTS_FUZZ_RANDOMCODE_H

#include "simulator/program/Fabric.h"

#include <fuzzer/FuzzedDataProvider.h>

namespace waferflow::cycle::fuzz {

/// `usual` most of the time, else any.
int64_t number(FuzzedDataProvider &bytes, int64_t least, int64_t most);

/// Fills buffers, registers and tasks of `core`, whose queues are there.
void fillCore(CoreProgram &core, FuzzedDataProvider &bytes);

} // namespace waferflow::cycle::fuzz

#endif // WAFERFLOW_TESTS_FUZZ_RANDOMCODE_H
