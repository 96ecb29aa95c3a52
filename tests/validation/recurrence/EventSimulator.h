//===- EventSimulator.h - The rules played cycle by cycle -------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A slow, plain simulator of what simulator/cost/README.md says: every core,
// every stream and every wavelet steps from cycle to cycle. It shares nothing
// with the recurrences but the struct that describes a problem.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_VALIDATION_RECURRENCE_EVENTSIMULATOR_H
#define WAFERFLOW_TESTS_VALIDATION_RECURRENCE_EVENTSIMULATOR_H

#include "simulator/cost/Recurrence.h"

namespace waferflow::test {

/// Which of a core's issue slots a stream takes. Next: from its head on, the
/// next `slots` of them, as the recurrence says. AsSent: that of the cycle in
/// which a wavelet leaves, as a core does it (`slots` == `stream` expected).
enum class Slots { Next, AsSent };

/// Cycles of variant `v`, whose costs are whole cycles (cyclesPerWavelet in
/// sixteenths).
int64_t playSpmm(const RecurrenceProblem &problem, int v,
                 Slots slots = Slots::Next);
int64_t playSddmm(const RecurrenceProblem &problem, int v,
                  Slots slots = Slots::Next);

} // namespace waferflow::test

#endif // WAFERFLOW_TESTS_VALIDATION_RECURRENCE_EVENTSIMULATOR_H
