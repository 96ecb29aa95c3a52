//===- Sddmm.cpp - A weight's gradient at its mask, or dense --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One side stays: columns hold its features. The other side's vectors, the rows
// of the stream, travel along x one after the other: each column copies its own
// into a buffer when it is their turn and takes all others from the column to
// the west, handing them on to the east (Relay). A position of the mask is a
// dot; the dots of a row are one vector, added up down y and drained.
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/HandOver.h"
#include "compiler/lower-to-fabric/LowerToFabric.h"
#include "compiler/lower-to-fabric/Ring.h"

using namespace mlir;

namespace waferflow::fabric {

namespace {

constexpr int64_t rowEnd = 24; ///< control task
/// Microthreads, the first one before all else.
constexpr int64_t chainThread = 0, receiveThread = 1, sendThread = 2;
/// Vectors of the other side in a core: one in use, one that arrives.
constexpr int64_t vectors = 2;

/// A pruned weight of a dense run has no mask: all its positions are wanted.
bool hasMask(StepLowering &lowering, flow::SddmmOp sddmm) {
  for (unsigned i = 0; i < lowering.step.getNumArguments(); ++i)
    if (auto weight =
            lowering.step.getArgAttrOfType<flow::WeightAttr>(i, "flow.weight");
        weight && weight.getName() == sddmm.getWeight())
      return static_cast<bool>(weight.getMask());
  return false;
}

class SddmmLowering {
public:
  SddmmLowering(StepLowering &lowering, flow::SddmmOp sddmm)
      : lowering(lowering), sddmm(sddmm), tl(lowering.tokensPerCore()),
        dense(sddmm.getAt() == "dense" || !hasMask(lowering, sddmm)) {}

  LogicalResult run();

private:
  LogicalResult hold();
  void writeCodes(Phase &phase, const Ring &ring, Value positions);
  struct Colors {
    Value even, odd, out;
  };
  Colors routeChain(Phase &phase);
  void write(Phase &phase, const Ring &ring, Value positions,
             const Colors &chain, bool top);
  void writeMain(Code &code);
  void writePosition(Code &code, Value queue);
  void writeRow(Code &code);
  void writeRowEnd(Code &code, Value queue);
  void endRow(Emit &e);
  void writeTaken(Code &code);
  void writeArrived(Code &code);
  void writeSent(Code &code);
  void receive(Emit &e);
  void send(Emit &e);
  void dot(Emit &e, Emit::At feature);
  void launch(Emit &e, Value number, Value count);

  Value result(Emit &e, Value number, Emit::At extent) {
    return e.dsd(outBuffer, address(e, number, slots), extent);
  }
  Value vector(Emit &e, Value number) {
    return e.dsd(vectorBuffer, address(e, number, tl), e.at(tl));
  }
  Value perColumn(Emit &e, ArrayRef<int64_t> table) {
    return arith::IndexCastOp::create(e.b, e.loc, e.b.getI32Type(),
                                      e.perColumn(lowering, table));
  }
  Value compare(Emit &e, arith::CmpIPredicate predicate, Value a, Value b) {
    return arith::CmpIOp::create(e.b, e.loc, predicate, a, b);
  }

  StepLowering &lowering;
  flow::SddmmOp sddmm;
  int64_t tl;
  bool dense;
  bool inputTravels = false; ///< X's vectors do, and not dY's
  std::string name;
  Held staying, travelling, passing, results, waiting;
  int64_t slots = 1, buffers = 2, rows = 0;
  /// By column: slots of the staying side; rows of columns before it, its own
  /// ones, and those that the next column owns, from and to.
  SmallVector<int64_t> slotsOf, before, behind, nextFrom, nextTo;

  // Of the code that is being written.
  const Ring *ring = nullptr;
  bool top = false;
  Value staysBuffer, travelsBuffer, vectorBuffer, outBuffer;
  Value ringIn, ringOut, chainIn, chainOut;
  std::unique_ptr<Gate> gate;
  std::unique_ptr<HandOver> handOver;
  struct Counts {
    Count ready;    ///< vectors behind the one in use; -1: not even that one
    Count inUse;    ///< its buffer
    Count place;    ///< of the next dot among the results
    Count received; ///< rows whose vector has come
    Count sent;     ///< of those, rows that were handed on or need not be
    Count done;     ///< rows whose dots are complete
    Count receives, sends; ///< 1 while the microthread is busy
    explicit Counts(Code &code)
        : ready(code), inUse(code), place(code), received(code), sent(code),
          done(code), receives(code), sends(code) {}
  };
  std::optional<Counts> counts;
};

LogicalResult SddmmLowering::hold() {
  auto mapping = sddmm.getMapping();
  if (!mapping)
    return sddmm.emitOpError() << "expected a mapping, got none";
  inputTravels = mapping->getBroadcast() == "input";
  auto result = lowering.resultName(sddmm.getResult());
  if (!result)
    return sddmm.emitOpError()
           << "expected a gradient that the step returns, got another value";
  name = *result;
  staying = lowering.held(inputTravels ? sddmm.getDy() : sddmm.getX());
  travelling = lowering.held(inputTravels ? sddmm.getX() : sddmm.getDy());
  for (const Held *held : {&staying, &travelling})
    if (!held->layout || held->layout.getGo() != 1)
      return sddmm.emitOpError()
             << "expected both sides in one output group, got "
             << (held->layout ? held->layout.getGo() : 0);

  int64_t width = lowering.tokens.groupColumns;
  ColumnLayout stays = lowering.layoutOf(staying.layout);
  ColumnLayout travels = lowering.layoutOf(travelling.layout);
  slots = std::max<int64_t>(1, stays.slots());
  for (int64_t c = 0; c < width; ++c) {
    slotsOf.push_back(stays.slotsOf(c));
    before.push_back(rows);
    rows += travels.slotsOf(c);
    behind.push_back(rows);
  }
  for (int64_t c = 0; c < width; ++c) {
    nextFrom.push_back(before[(c + 1) % width]);
    nextTo.push_back(behind[(c + 1) % width]);
  }
  buffers = std::max<int64_t>(2, mapping->getBuffers());
  Builder b(sddmm.getContext());
  struct Need {
    Held *held;
    Type type;
    int64_t extent;
  };
  for (auto [held, type, extent] :
       {Need{&passing, travelling.element, vectors * tl},
        Need{&results, b.getF32Type(), buffers * slots},
        Need{&waiting, b.getI32Type(), buffers}}) {
    auto memory = lowering.scratch(sddmm, type, extent);
    if (failed(memory))
      return failure();
    *held = *memory;
  }
  return success();
}

LogicalResult SddmmLowering::run() {
  if (failed(hold()))
    return failure();
  Phase phase(lowering, sddmm);
  int64_t columns = lowering.columns();
  Value positions;
  MLIRContext *context = sddmm.getContext();
  auto host = [&](StringRef tensor, StringRef form) {
    return HostAttr::get(context, tensor, form, staying.layout,
                         travelling.layout, inputTravels, 0, 0, {});
  };
  if (!dense) {
    StringAttr weight = sddmm.getWeightAttr();
    if (!weight)
      return sddmm.emitOpError() << "expected the name of its weight, got none";
    positions = phase.color();
    phase.routeDown(positions, 0, columns, lowering.rows());
    phase.inject(positions, 0, columns, weight.getValue(),
                 host(weight.getValue(), "mask"), IntegerType::get(context, 32),
                 false, rowEnd);
  }
  auto made = Ring::create(phase, 1, GroupForm::Contiguous, dense ? 3 : 4);
  if (failed(made))
    return failure();
  Colors chain = routeChain(phase);
  // The host counts what a lane gives.
  phase.drain(chain.out, 0, columns, name, host(name, "gradient"),
              Float32Type::get(context), std::max<int64_t>(1, rows * slots));
  write(phase, *made, positions, chain, true);
  if (lowering.rows() > 1)
    write(phase, *made, positions, chain, false);
  return success();
}

/// Down y from core to core, then through the routers of rows without tokens to
/// the south edge.
SddmmLowering::Colors SddmmLowering::routeChain(Phase &phase) {
  int64_t columns = lowering.columns(), last = lowering.rows() - 1;
  int64_t height = lowering.machine.height;
  Colors colors{phase.color(), phase.color(), phase.color()};
  for (int64_t odd : {0, 1}) {
    Value color = odd ? colors.odd : colors.even;
    if (last > odd)
      phase.route(color,
                  phase.coresWhere(0, columns, 0, last, phase.y(), 2, odd),
                  Link::Ramp, {Link::South});
    if (last > odd)
      phase.route(
          color,
          phase.coresWhere(0, columns, 1, last + 1, phase.y(), 2, 1 - odd),
          Link::North, {Link::Ramp});
  }
  phase.route(colors.out, phase.cores(0, columns, last, last + 1), Link::Ramp,
              {Link::South});
  if (last + 1 < height)
    phase.route(colors.out, phase.cores(0, columns, last + 1, height),
                Link::North, {Link::South});
  return colors;
}

void SddmmLowering::write(Phase &phase, const Ring &made, Value positions,
                          const Colors &chain, bool isTop) {
  top = isTop;
  int64_t columns = lowering.columns(), last = lowering.rows() - 1;
  int64_t y0 = top ? 0 : 1, y1 = top ? 1 : last + 1;
  Code code(phase, top ? "top" : "below", phase.cores(0, columns, y0, y1));
  ring = made.exists() ? &made : nullptr;
  staysBuffer = code.buffer(staying);
  travelsBuffer = code.buffer(travelling);
  vectorBuffer = code.buffer(passing);
  outBuffer = code.buffer(results);
  Value queue = dense ? Value() : code.input(positions);
  if (ring) {
    ringIn = ring->input(code);
    ringOut = ring->output(code);
  }
  auto parity = [&](int64_t begin, int64_t end, int64_t odd) {
    return phase.coresWhere(0, columns, begin, end, phase.y(), 2, odd);
  };
  // A core receives in its predecessor's color.
  if (!top)
    chainIn = code.input({{chain.even, parity(1, last + 1, 1)},
                          {chain.odd, parity(1, last + 1, 0)}});
  SmallVector<Code::ColorAt> out;
  for (int64_t odd : {0, 1})
    if (last > odd)
      out.push_back({odd ? chain.odd : chain.even, parity(0, last, odd)});
  out.push_back({chain.out, phase.cores(0, columns, last, last + 1)});
  chainOut = code.output(out);

  std::vector<std::string> tasks = {"row_end"};
  if (dense)
    tasks = {"row"};
  else
    tasks.push_back("position");
  gate = std::make_unique<Gate>(tasks);
  handOver =
      std::make_unique<HandOver>(code, *gate, code.buffer(waiting), buffers);
  counts.emplace(code);
  gate->need(counts->ready);

  writeMain(code);
  writeTaken(code);
  writeArrived(code);
  if (ring)
    writeSent(code);
  if (dense) {
    writeRow(code);
  } else {
    writeRowEnd(code, queue);
    writePosition(code, queue);
  }
}

void SddmmLowering::writeMain(Code &code) {
  Emit e(code.local("main", /*start=*/true));
  counts->ready.set(e, -1);
  handOver->begin(e);
  e.mov(e.dsd(outBuffer, e.at(0), e.at(results.extent)),
        e.real(results.element, 0));
  if (dense)
    ActivateOp::create(e.b, e.loc, "row");
  receive(e);
}

/// Starts on the next row's vector, if there is one and a buffer for it.
void SddmmLowering::receive(Emit &e) {
  using arith::CmpIPredicate;
  Value busy = counts->receives.get(e), row = counts->received.get(e);
  auto start = [&] {
    counts->receives.set(e, 1);
    Value to = vector(
        e, arith::AndIOp::create(e.b, e.loc, row, integer(e, vectors - 1)));
    How how;
    how.thread = receiveThread;
    how.activate = "arrived";
    auto copyOwn = [&] {
      Value own = arith::SubIOp::create(e.b, e.loc, row, perColumn(e, before));
      e.mov(to, e.dsd(travelsBuffer, address(e, own, tl), e.at(tl)), how);
    };
    if (!ring)
      return copyOwn();
    // Rows of this column are from `before` to `behind`.
    Value own = arith::AndIOp::create(
        e.b, e.loc, compare(e, CmpIPredicate::sge, row, perColumn(e, before)),
        compare(e, CmpIPredicate::slt, row, perColumn(e, behind)));
    e.when(own, copyOwn, [&] {
      e.mov(to, e.fabin(ringIn, e.at(tl), travelling.element), how);
    });
  };
  // A buffer is free when its row is done and sent.
  Value oldest = counts->done.get(e);
  if (ring)
    oldest = arith::MinSIOp::create(e.b, e.loc, oldest, counts->sent.get(e));
  Value held = arith::SubIOp::create(e.b, e.loc, row, oldest);
  e.when(is(e, CmpIPredicate::eq, busy, 0), [&] {
    e.when(is(e, CmpIPredicate::slt, held, vectors),
           [&] { e.when(is(e, CmpIPredicate::slt, row, rows), start); });
  });
}

/// Hands on the vector of the next row that came, unless the next column owns
/// it: then it has been everywhere. One row a call is enough: of two that have
/// come, one is being sent.
void SddmmLowering::send(Emit &e) {
  using arith::CmpIPredicate;
  if (!ring)
    return;
  Value row = counts->sent.get(e);
  Value came = compare(e, CmpIPredicate::slt, row, counts->received.get(e));
  Value idle = is(e, CmpIPredicate::eq, counts->sends.get(e), 0);
  e.when(arith::AndIOp::create(e.b, e.loc, came, idle), [&] {
    Value ends = arith::AndIOp::create(
        e.b, e.loc, compare(e, CmpIPredicate::sge, row, perColumn(e, nextFrom)),
        compare(e, CmpIPredicate::slt, row, perColumn(e, nextTo)));
    e.when(
        ends, [&] { counts->sent.add(e, 1); },
        [&] {
          counts->sends.set(e, 1);
          How how;
          how.thread = sendThread;
          how.activate = "sent";
          Value from = vector(e, arith::AndIOp::create(
                                     e.b, e.loc, row, integer(e, vectors - 1)));
          e.mov(e.fabout(ringOut, e.at(tl), travelling.element), from, how);
        });
  });
}

void SddmmLowering::writeArrived(Code &code) {
  Emit e(code.local("arrived"));
  counts->receives.set(e, 0);
  counts->received.add(e, 1);
  gate->give(e, counts->ready);
  send(e);
  receive(e);
}

void SddmmLowering::writeSent(Code &code) {
  Emit e(code.local("sent"));
  counts->sends.set(e, 0);
  counts->sent.add(e, 1);
  send(e);
  receive(e);
}

/// One more dot of the row in hand, over tokens: padding may hold what is no
/// number.
void SddmmLowering::dot(Emit &e, Emit::At feature) {
  Value tokens = e.realTokens(lowering);
  Emit::At place = address(e, counts->place.get(e), 1);
  Emit::At from = address(e, counts->inUse.get(e), tl);
  e.binary<DotOp>(e.dsd(outBuffer, place, e.at(1)),
                  e.dsd(vectorBuffer, from, tokens),
                  e.dsd(staysBuffer, feature, tokens));
  counts->place.add(e, 1);
}

void SddmmLowering::writePosition(Code &code, Value queue) {
  TaskOp task = code.data("position", queue,
                          {IntegerType::get(sddmm.getContext(), 32)}, true);
  Emit e(task);
  dot(e, address(e, task.getBody().getArgument(0), tl));
}

void SddmmLowering::writeRowEnd(Code &code, Value queue) {
  Emit e(code.control("row_end", rowEnd, queue, true));
  endRow(e);
}

/// All slots of the column with the vector in hand.
void SddmmLowering::writeRow(Code &code) {
  Emit e(code.local("row", false, /*blocked=*/true));
  e.loop(e.at(0), e.perColumn(lowering, slotsOf),
         [&](Emit::At slot) { dot(e, e.mul(slot, e.at(tl))); });
  endRow(e);
  e.when(is(e, arith::CmpIPredicate::slt, counts->done.get(e), rows),
         [&] { ActivateOp::create(e.b, e.loc, "row"); });
}

/// The row's dots go down y, if there are any; the next row's vector is used.
void SddmmLowering::endRow(Emit &e) {
  auto base = [&]() -> Value {
    return arith::MulIOp::create(e.b, e.loc, handOver->current(e),
                                 integer(e, slots));
  };
  Value count = arith::SubIOp::create(e.b, e.loc, counts->place.get(e), base());
  e.when(is(e, arith::CmpIPredicate::sgt, count, 0), [&] {
    handOver->pass(e, count,
                   [&](Emit &e, Value number) { launch(e, number, count); });
    counts->place.set(e, base());
  });
  counts->inUse.set(e, next(e, counts->inUse.get(e), vectors));
  counts->done.add(e, 1);
  gate->take(e, counts->ready);
  receive(e);
}

/// Adds what comes from the north to a row's dots, on to the south.
void SddmmLowering::launch(Emit &e, Value number, Value count) {
  How how;
  how.thread = chainThread;
  how.activate = "taken";
  Emit::At extent = address(e, count, 1);
  Value own = result(e, number, extent);
  Value south = e.fabout(chainOut, extent, results.element);
  if (top)
    return e.mov(south, own, how);
  e.binary<AddOp>(south, e.fabin(chainIn, extent, results.element), own, how);
}

void SddmmLowering::writeTaken(Code &code) {
  Emit e(code.local("taken"));
  handOver->taken(
      e,
      [&](Emit &e, Value number) {
        launch(e, number, handOver->what(e, number));
      },
      [&](Emit &e, Value number) {
        Emit::At extent = address(e, handOver->what(e, number), 1);
        e.mov(result(e, number, extent), e.real(results.element, 0));
      });
}

} // namespace

LogicalResult lowerSddmm(StepLowering &lowering, flow::SddmmOp sddmm) {
  return SddmmLowering(lowering, sddmm).run();
}

} // namespace waferflow::fabric
