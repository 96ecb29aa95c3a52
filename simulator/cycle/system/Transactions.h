//===- Transactions.h - What the sockets carry ---------------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_TRANSACTIONS_H
#define WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_TRANSACTIONS_H

#include "simulator/cycle/Edge.h"
#include "simulator/cycle/system/FabricSystem.h"
#include "simulator/systemc/Payload.h"

namespace waferflow::cycle {

/// Host to region: run this program; the delay comes back as its end.
struct ProgramStart : systemc::Rider<ProgramStart> {
  const FabricProgram *program = nullptr;
  SramImage *image = nullptr;
  const CycleOptions *options = nullptr;
  // On the way back.
  std::optional<Error> error;
  Counters counters;
  std::vector<std::vector<TimedWavelet>> outputs;
};

/// Region to edge: a program begins (`program`), somebody at the edge has a
/// turn, or (`collect`) tell what has happened.
struct EdgeTurn : systemc::Rider<EdgeTurn> {
  const FabricProgram *program = nullptr;
  EdgeNode node = 0;
  bool collect = false;
  Edge *edge = nullptr; ///< on the way back of `collect`
};

/// Edge to region.
struct BorderAccess : systemc::Rider<BorderAccess> {
  enum class Kind { Offer, Waiting, Take, Wake };
  Kind kind = Kind::Offer;
  uint32_t place = 0; ///< lane, sink or edge node
  int64_t cycles = 0; ///< Wake: from the beginning of the program
  Wavelet wavelet;    ///< offered, or taken
  bool yes = false;   ///< accepted, or waiting
};

/// Edge to weight store: a program begins, or what do the lanes get?
struct StoreTurn : systemc::Rider<StoreTurn> {
  const FabricProgram *program = nullptr;
  const std::vector<int64_t> *held = nullptr;
  std::vector<Dealt> *dealt = nullptr;
  int64_t next = -1; ///< on the way back, as of StreamSource::deal
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_TRANSACTIONS_H
