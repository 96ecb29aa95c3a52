//===- Fabric.h - What the fabric is told, core by core ---------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A program at fidelity `cycle`: routes, core programs and streams at the edge,
// each for a selection of cores. The translation in runtime/ fills it from the
// dialect `fabric`; tests and the library of collectives fill it by hand.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_PROGRAM_FABRIC_H
#define WAFERFLOW_SIMULATOR_PROGRAM_FABRIC_H

#include "simulator/machine/Machine.h"
#include "simulator/program/FabricCode.h"

#include <memory>
#include <string>

namespace waferflow::cycle {

/// Ports of a router. y grows to the south.
enum class Direction { North, East, South, West, Ramp };

/// The name in errors and traces: "N", "E", "S", "W", "R".
const char *directionName(Direction direction);

/// One bit a direction.
using Directions = uint8_t;
constexpr Directions bit(Direction direction) {
  return static_cast<Directions>(1u << static_cast<unsigned>(direction));
}

/// Where wavelets of a color come from and go to (several: multicast) while a
/// switch is in this position.
struct RoutePosition {
  Direction rx = Direction::West;
  Directions tx = 0;
};

/// The route of one color in the routers of a selection.
struct Route {
  Selection where;
  int32_t color = -1;
  std::vector<RoutePosition> positions; ///< one: a fixed route
  int32_t initial = 0;                  ///< position at the start
  bool cyclic = false; ///< Advance in the last position goes to the first
  /// Whether control wavelets of this color move this switch.
  bool listens = true;
};

struct Buffer {
  std::string name; ///< unique in the core program; how inputs are given
  DataType type = DataType::F32;
  int64_t extent = 0;   ///< elements
  int64_t address = -1; ///< in bytes; -1: behind the buffers before it
};

/// A 16-bit or 32-bit scalar; registers count in SRAM only where a program has
/// more of them than the core.
struct Register {
  DataType type = DataType::I32;
  CoreInteger initial = 0; ///< of integers; floats start at 0
};

/// One color a queue. The depth is the machine's for this queue id.
struct Queue {
  int32_t id = -1; ///< hardware queue
  int32_t color = -1;
};

/// Bits of the wavelets that activate a data task, as registers.
struct Field {
  enum class Bits { All, Low, High };
  int32_t reg = -1;
  DataType type = DataType::F32; ///< how the bits are read
  int32_t wavelet = 0;           ///< of the task's wavelets
  Bits bits = Bits::All;
};

/// A task runs on the main thread, one at a time, the first ready one of the
/// list first. Data: ready when `wavelets` data wavelets are at the head of its
/// input queue, which it takes. Control: ready when a control wavelet with its
/// id is at the head of its queue, which it takes. Local: ready when activated.
/// None is ready while blocked.
struct Task {
  enum class Kind { Data, Control, Local };
  std::string name;
  Kind kind = Kind::Local;
  int32_t id = -1;    ///< task id of the hardware, unique in the core
  int32_t input = -1; ///< index in inputs, of data and control tasks
  int32_t wavelets = 1;
  std::vector<Field> fields; ///< data tasks; a control's 16 bits are Low of 0
  /// Triggered by hardware: a data task starts at once (its vector instructions
  /// pay pe.launch_cycles) and a control task after pe.row_end_cycles. In
  /// software both start after pe.task_cycles. A local task always starts
  /// pe.complete_cycles after its activation.
  bool configured = false;
  bool activated = false; ///< at cycle 0, of local tasks
  bool blocked = false;   ///< at cycle 0
  std::vector<Instruction> code;
};

/// What every core of a selection runs. A core has at most one.
struct CoreProgram {
  std::string name;
  Selection where;
  int64_t codeBytes = 0; ///< in SRAM; the machine's pe.code_bytes when 0
  std::vector<Buffer> buffers;
  std::vector<Register> registers;
  std::vector<Queue> inputs, outputs;
  std::vector<Task> tasks;
};

/// 32 bits of data and one of control. The color is the stream's.
struct Wavelet {
  uint32_t data = 0;
  bool control = false;
};

/// The wavelets that enter at one core of the edge, on one color, in order.
/// Lanes share the machine's edge bandwidth round robin by wavelet and have a
/// fifo of edge.column_fifo wavelets each.
struct EdgeInput {
  std::string name;
  Direction side = Direction::North; ///< where the wavelets come from
  int64_t lane = 0; ///< column (north, south) or row (east, west)
  int32_t color = -1;
  int64_t start = 0; ///< cycle at which the store begins to send it
  std::shared_ptr<const std::vector<Wavelet>> wavelets;
  /// Number of an input before it whose wavelets these are too: the edge copies
  /// them for another token group, the store sends them once.
  int32_t copyOf = -1;
  /// Its wavelets were sent while the program before ran: none waits for the
  /// store's latency.
  bool sentAhead = false;
};

/// What leaves at one core of the edge on one color, kept in order. The run is
/// complete only when `expected` wavelets have come.
struct EdgeOutput {
  std::string name;
  Direction side = Direction::South;
  int64_t lane = 0;
  int32_t color = -1;
  int64_t expected = 0;
  /// Number of an output before it to whose wavelets the edge adds these, which
  /// then take no bandwidth to the store.
  int32_t addedTo = -1;
};

struct FabricProgram {
  std::string name;
  Machine machine;
  int64_t width = 0, height = 0; ///< cores that are simulated, from (0, 0)
  std::vector<Route> routes;
  std::vector<CoreProgram> cores;
  std::vector<EdgeInput> inputs;
  std::vector<EdgeOutput> outputs;
};

/// Bytes of a buffer laid out as the simulator does it (4-byte aligned unless
/// `address` says otherwise), per buffer, and the end of the last one.
struct SramLayout {
  std::vector<int64_t> addresses;
  int64_t codeBytes = 0;
  int64_t dataEnd = 0; ///< code + data are codeBytes + dataEnd
};
SramLayout layOut(const CoreProgram &core, const Machine &machine);

/// Everything that can be known before running: indices and types, one program
/// a core, one route a color and core, one direction from which a color arrives
/// (two are "two arrivals"), routes that end nowhere, colors, queues, task ids,
/// microthreads and SRAM within the machine. All errors; each names a core.
std::vector<Error> check(const FabricProgram &program);

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_PROGRAM_FABRIC_H
