//===- Ring.cpp - Ring all-reduce ----------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a good program does about the one issue slot of a core, which a wavelet
// taken and a wavelet given would each need:
//  - Reduce-scatter: one instruction takes a wavelet, adds and passes it on in
//    one slot. Whole parts cannot go round like that, since every core would
//    wait for room for its own part; so the vector is cut into slices, of
//    which a core first sends no more than the way to the next one holds.
//  - All-gather: each core in turn is the root of a multicast to all others,
//    so that a sum is sent once and taken once by each core.
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/collectives/Parts.h"

#include <algorithm>

namespace waferflow::cycle {

using namespace parts;

static constexpr Directions east = bit(Direction::East);
static constexpr Directions west = bit(Direction::West);
static constexpr Directions ramp = bit(Direction::Ramp);

namespace {

/// Colors (0 and 1 join neighbours), and hardware queues, the deepest ones.
enum : int32_t { BackColor = 2, GatherColor = 3 };
enum : int32_t { RingIn = 0, GatherIn = 1 };
enum : int32_t { RingOut = 2, GatherOut = 3 };

class RingCore {
public:
  RingCore(const Machine &machine, const CollectiveShape &shape, int64_t x)
      : shape(shape), n(shape.cores), x(x), part(shape.elements / n),
        slice(ringSlice(machine, shape.type)) {
    int32_t in = x == 0 ? BackColor : static_cast<int32_t>((x + 1) % 2);
    int32_t out = x == n - 1 ? BackColor : static_cast<int32_t>(x % 2);
    text = core("", columns(x, x + 1), shape, in, out, {});
    text.name = "x" + std::to_string(x);
    text.inputs[0].id = RingIn;
    text.outputs[0].id = RingOut;
    text.registers.push_back({DataType::I32, 0});
  }

  CoreProgram build() && {
    reduceScatter();
    allGather();
    return std::move(text);
  }

private:
  /// Core x sends part -x first, then passes on what comes in ascending order,
  /// and ends with the sum of part -x - 1.
  int64_t first() const { return (n - x) % n; }
  int64_t last() const { return n - 1 - x; }

  Vector add(Operand destination, Operand source, Operand own, int64_t extent) {
    return vector(VectorOp::Add, std::move(destination),
                  {std::move(source), std::move(own)}, extent);
  }

  /// One slice, `length` elements of each part from `offset` on, or from
  /// `offset` + register 0 on.
  void round(int64_t offset, bool loop, int64_t length, bool configured) {
    auto at = [&](int64_t number) {
      int64_t base = number * part + offset;
      return loop ? Amount::ofRegister(0, 1, base) : Amount(base);
    };
    auto say = [&](Vector v, int32_t thread) {
      v.thread = thread;
      v.configured = configured;
      text.tasks[0].code.push_back(std::move(v));
    };
    // All instructions that use the ring's queues are kept in order by the
    // priority of their threads: 0 before 1 before the main thread.
    say(vector(VectorOp::Mov, queue(shape), {data(at(first()))}, length), 0);
    int64_t behind = std::min(n - 1 - first(), n - 2); // up to the last part
    int64_t before = n - 2 - behind;                   // from part 0 on
    auto pass = [&](int64_t number, int64_t parts, int32_t thread) {
      MemoryOperand own = data(at(number));
      own.row = length;
      own.rowStride = part;
      say(add(queue(shape), queue(shape), own, parts * length), thread);
    };
    if (behind > 0)
      pass(first() + 1, behind, before > 0 ? 1 : -1);
    if (before > 0)
      pass(0, before, -1);
    Vector end = add(data(at(last())), queue(shape), data(at(last())), length);
    say(end, -1);
  }

  void reduceScatter() {
    int64_t whole = part / slice, rest = part % slice;
    auto &code = text.tasks[0].code;
    if (whole > 0)
      round(0, false, slice, false);
    if (whole > 1) {
      // Register 0 counts from minus what the loop does up to 0.
      int64_t steps = (whole - 1) * slice;
      text.registers[0].initial = -steps;
      int32_t top = static_cast<int32_t>(code.size());
      round(slice + steps, true, slice, true);
      Scalar next;
      next.op = ScalarOp::Add;
      next.destination = 0;
      next.sources = {{0}, {-1, slice}};
      code.push_back(next);
      code.push_back(Branch{0, top});
    }
    if (rest > 0)
      round(whole * slice, false, rest, false);
  }

  /// `extent` elements from the last one before `end` on downwards: in the
  /// order of the roots, since the sum of part p is in core n - 1 - p.
  MemoryOperand below(int64_t end) const {
    MemoryOperand result = data(end * part - 1);
    result.stride = -1;
    return result;
  }

  /// The cores are the roots of a multicast to both sides one after the other,
  /// from the west. What they send waits in the own ramp for the switch, which
  /// the control wavelet behind the sum of the core before moves.
  void allGather() {
    auto &code = text.tasks[0].code;
    text.inputs.push_back({GatherIn, GatherColor});
    text.outputs.push_back({GatherOut, GatherColor});
    auto take = [&](int64_t end, int64_t parts) {
      if (parts == 0)
        return;
      Vector v =
          vector(VectorOp::Mov, below(end), {queue(shape, 1)}, parts * part);
      v.thread = 1;
      code.push_back(std::move(v));
    };
    take(n, x);
    code.push_back(
        vector(VectorOp::Mov, queue(shape, 1), {below(last() + 1)}, part));
    if (x == n - 1)
      return;
    SendControl on;
    on.queue = 1;
    on.control.change = Control::Switch::Advance;
    on.control.routers = 2; // the own one, and the next root's
    code.push_back(on);
    take(n - 1 - x, n - 1 - x);
  }

  CollectiveShape shape;
  int64_t n, x, part, slice;
  CoreProgram text;
};

} // namespace

int64_t ringSlice(const Machine &machine, DataType type) {
  auto depth = [&](const char *key, int32_t queue) {
    return static_cast<int64_t>(machine.facts.at(key).at(queue));
  };
  int64_t wavelets = depth("core.output_queues_wavelets", RingOut) +
                     depth("core.input_queues_wavelets", RingIn) +
                     2 * machine.rampCycles;
  return wavelets * 4 / dataBytes(type);
}

FabricProgram ringAllReduce(const Machine &machine,
                            const CollectiveShape &asked) {
  CollectiveShape shape = asked;
  int64_t n = shape.cores;
  int64_t part = (shape.elements + n - 1) / n;
  if (dataBytes(shape.type) == 2)
    part += part % 2; // whole wavelets
  shape.elements = part * n;
  FabricProgram program = line("ring", machine, n);
  for (int32_t p = 0; p < 2; ++p) {
    route(program, columns(p, n - 1, 2), p, Direction::Ramp, east);
    route(program, columns(p + 1, n, 2), p, Direction::West, ramp);
  }
  route(program, columns(n - 1, n), BackColor, Direction::Ramp, west);
  route(program, columns(1, n - 1), BackColor, Direction::East, west);
  route(program, columns(0, 1), BackColor, Direction::East, ramp);

  // Until the own sum is sent the roots are in the west, then in the east.
  RoutePosition fromWest{Direction::West, east | ramp};
  RoutePosition own{Direction::Ramp, east | west};
  RoutePosition fromEast{Direction::East, west | ramp};
  for (int64_t x = 0; x < n; ++x) {
    Route gather{columns(x, x + 1), GatherColor, {}, 0};
    Directions links = (x > 0 ? west : 0) | (x < n - 1 ? east : 0);
    for (RoutePosition position : {fromWest, own, fromEast}) {
      position.tx &= links | ramp;
      if (position.rx == Direction::Ramp || (bit(position.rx) & links))
        gather.positions.push_back(position);
    }
    program.routes.push_back(std::move(gather));
  }
  for (int64_t x = 0; x < n; ++x)
    program.cores.push_back(RingCore(machine, shape, x).build());
  return program;
}

} // namespace waferflow::cycle
