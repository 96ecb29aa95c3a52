//===- RandomFabric.h - A fabric program from a fuzzer's bytes -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_FUZZ_RANDOMFABRIC_H
#define WAFERFLOW_TESTS_FUZZ_RANDOMFABRIC_H

#include "simulator/program/Fabric.h"

#include <fuzzer/FuzzedDataProvider.h>

namespace waferflow::cycle::fuzz {

/// A few cores, colors that walk from a core or an edge to cores and edges, and
/// random code. Most numbers are in range, so that many programs are accepted;
/// any can be anything.
FabricProgram randomFabric(const Machine &machine, FuzzedDataProvider &bytes);

} // namespace waferflow::cycle::fuzz

#endif // WAFERFLOW_TESTS_FUZZ_RANDOMFABRIC_H
