//===- Spmm.cpp - A streamed weight times resident activations ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights come down every column, row by row, in the order of the rows' owners.
// A nonzero is an AXPY onto the row's partial sum. A control wavelet ends the
// row: its id says where the column stands in the ring. The partial sum goes to
// the ring on a microthread while the next row is added up in a second place;
// the row after that waits until the ring has taken the first.
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/Exchange.h"
#include "compiler/lower-to-fabric/LowerToFabric.h"
#include "compiler/lower-to-fabric/Ring.h"
#include "compiler/lower-to-fabric/ScalarCode.h"

using namespace mlir;

namespace waferflow::fabric {

namespace {

/// Control tasks of a row's end: behind the owner, on the way, owner.
constexpr int64_t firstEnd = 24;
constexpr int64_t begins = 0, adds = 1, owns = 2;
constexpr const char *endNames[] = {"row_begins", "row_adds", "row_owned"};
/// The ring's microthread goes before all else.
constexpr int64_t ringThread = 0;

class SpmmLowering {
public:
  SpmmLowering(StepLowering &lowering, flow::SpmmOp spmm)
      : lowering(lowering), spmm(spmm), tl(lowering.tokensPerCore()),
        element(lowering.storage) {}

  LogicalResult run();

private:
  LogicalResult hold();
  void write(Phase &phase, const Ring &ring, Value weights);
  void writeNonzero(Code &code, Value queue);
  void writeElements(Code &code, Value queue);
  void writeMain(Code &code);
  void writeEnd(Code &code, Value queue, int64_t role);
  /// The ring's instruction for the partial sum at `own`.
  void launch(Emit &e, int64_t role, Value own, Value slot);

  /// The partial sum that is being added up: at element 0, or at tl too where
  /// there is a ring.
  Value partial(Emit &e, Value from) {
    return e.dsd(sumBuffer, from ? address(e, from, 1) : e.at(0), e.at(tl));
  }
  Value current(Emit &e) { return ring ? sum->get(e) : Value(); }
  bool converts() const { return sums.element != produced.element; }

  StepLowering &lowering;
  flow::SpmmOp spmm;
  int64_t tl;
  Type element;
  bool masked = false;
  flow::LayoutAttr in, out;
  ColumnLayout inColumns, outColumns;
  OutputGroups groups;
  Held input, result, produced, sums;
  // Of the code that is being written.
  const Ring *ring = nullptr; ///< null: there is nobody to send to
  Value xBuffer, yBuffer, sumBuffer, ringIn, ringOut;
  std::vector<std::string> tasks; ///< wait until all is clear
  std::optional<Count> sum;       ///< where the present row is added up
  std::optional<Count> place;     ///< in a stream without indices
};

LogicalResult SpmmLowering::hold() {
  in = spmm.getInLayout().value_or(flow::LayoutAttr());
  out = spmm.getOutLayout().value_or(flow::LayoutAttr());
  if (!in || !out || !spmm.getMapping())
    return spmm.emitOpError() << "expected a mapping and layouts, got none";
  input = lowering.held(spmm.getX());
  inColumns = lowering.layoutOf(in);
  FeatureOrder order = lowering.orderOf(out);
  int64_t width = lowering.tokens.groupColumns;
  outColumns = columnLayout(order, width);
  groups = shareRows(order, in.getGo(), flow::groupForm(in), width);
  auto held = lowering.hold(spmm.getResult());
  if (failed(held))
    return failure();
  result = produced = *held;
  if (!(groups.produced == outColumns)) {
    auto scratch =
        lowering.scratch(spmm, result.element, groups.produced.slots() * tl);
    if (failed(scratch))
      return failure();
    produced = *scratch;
    produced.slots = groups.produced.slots();
  }
  // Alone, a column stores its sums at once.
  int64_t buffers = width / in.getGo() > 1 ? 2 : 1;
  if (buffers == 2 && spmm.getMapping()->getBuffers() != buffers)
    return spmm.emitOpError()
           << "expected buffers = 2 in the mapping, one partial sum that is "
              "added up and one that is passed on, got "
           << spmm.getMapping()->getBuffers();
  auto memory = lowering.scratch(spmm, lowering.sums, buffers * tl);
  if (failed(memory))
    return failure();
  sums = *memory;
  return success();
}

LogicalResult SpmmLowering::run() {
  auto weight = dyn_cast<BlockArgument>(spmm.getWeight());
  auto marked = weight ? lowering.step.getArgAttrOfType<flow::WeightAttr>(
                             weight.getArgNumber(), "flow.weight")
                       : flow::WeightAttr();
  if (!marked)
    return spmm.emitOpError()
           << "expected a weight among the step's arguments, got another value";
  masked = static_cast<bool>(marked.getMask());
  if (failed(hold()))
    return failure();
  Phase phase(lowering, spmm);
  Value weights = phase.color();
  auto made = Ring::create(phase, in.getGo(), flow::groupForm(in), 1);
  if (failed(made))
    return failure();
  phase.routeDown(weights, 0, lowering.columns(), lowering.rows());
  MLIRContext *context = spmm.getContext();
  auto rows =
      flow::LayoutAttr::get(context, out.getOrder(), in.getGo(), in.getForm());
  phase.inject(weights, 0, lowering.columns(), marked.getName(),
               HostAttr::get(context, marked.getName(), "weights", in, rows,
                             spmm.getTransposed(), 0, 0, {}),
               element, masked, firstEnd, /*roles=*/true);
  write(phase, *made, weights);
  if (produced.address == result.address)
    return success();
  return exchange(lowering, spmm, produced, result,
                  movesBetween(groups.produced, outColumns), false, "gather");
}

void SpmmLowering::write(Phase &phase, const Ring &made, Value weights) {
  int64_t rows = lowering.rows();
  if (SelectAttr others = made.otherCores(0, rows)) {
    Code idle(phase, "left_over", others);
    idle.input(weights);
  }
  Code code(phase, "member", made.memberCores(0, rows));
  ring = made.exists() ? &made : nullptr;
  xBuffer = code.buffer(input);
  yBuffer = code.buffer(produced);
  sumBuffer = code.buffer(sums);
  Value queue = code.input(weights);
  tasks = {"weight"};
  if (ring) {
    ringIn = ring->input(code);
    ringOut = ring->output(code);
    tasks.insert(tasks.end(), endNames, endNames + 3);
  } else {
    tasks.push_back(endNames[owns]);
  }
  if (ring)
    sum.emplace(code);
  if (!masked)
    place.emplace(code);
  writeMain(code);
  for (int64_t role : {begins, adds, owns})
    if (ring || role == owns)
      writeEnd(code, queue, role);
  if (masked)
    writeNonzero(code, queue);
  else
    writeElements(code, queue);
}

/// Clears partial sums and the slots that no row goes to.
void SpmmLowering::writeMain(Code &code) {
  Emit e(code.local("main", /*start=*/true));
  e.mov(e.dsd(sumBuffer, e.at(0), e.at(sums.extent)), e.real(sums.element, 0));
  SmallVector<int64_t> used, unused;
  for (int64_t c = 0; c < groups.produced.columns(); ++c) {
    used.push_back(groups.produced.slotsOf(c) * tl);
    unused.push_back(produced.extent - used.back());
  }
  if (llvm::any_of(unused, [](int64_t extent) { return extent > 0; }))
    e.mov(e.dsd(yBuffer, e.perColumn(lowering, used),
                e.perColumn(lowering, unused)),
          e.real(produced.element, 0));
  for (const std::string &task : tasks)
    UnblockOp::create(e.b, e.loc, task);
}

void SpmmLowering::writeNonzero(Code &code, Value queue) {
  MLIRContext *context = element.getContext();
  bool wide = element.isF32();
  Type index = IntegerType::get(context, wide ? 32 : 16);
  TaskOp task = wide ? code.data("weight", queue, {index, element}, true)
                     : code.data("weight", queue, {element, index}, true);
  Emit e(task);
  Value value = task.getBody().getArgument(wide ? 1 : 0);
  Value feature = task.getBody().getArgument(wide ? 0 : 1);
  e.binary<FmacOp>(partial(e, current(e)), value,
                   e.dsd(xBuffer, address(e, feature, tl), e.at(tl)));
}

/// Weights of all slots in order, two in a wavelet where they are narrow. What
/// fills up a row's last wavelet is not used.
void SpmmLowering::writeElements(Code &code, Value queue) {
  int64_t inWavelet = element.isF32() ? 1 : 2;
  TaskOp task =
      code.data("weight", queue, SmallVector<Type>(inWavelet, element), true);
  Emit e(task);
  Value from = current(e), first = place->get(e);
  auto axpy = [&](int64_t i, int64_t slots) {
    Emit::At offset = e.add(address(e, first, tl), e.at(slots * tl));
    e.binary<FmacOp>(partial(e, from), task.getBody().getArgument(i),
                     e.dsd(xBuffer, offset, e.at(tl)));
  };
  bool odd = false;
  SmallVector<int64_t> slots;
  for (int64_t c = 0; c < inColumns.columns(); ++c) {
    slots.push_back(inColumns.slotsOf(c));
    odd |= slots.back() % inWavelet != 0;
  }
  axpy(0, 0);
  if (!odd) {
    if (inWavelet == 2)
      axpy(1, 1);
    place->add(e, inWavelet);
    return;
  }
  first = place->add(e, inWavelet);
  Value last = arith::IndexCastOp::create(e.b, e.loc, e.b.getI32Type(),
                                          e.perColumn(lowering, slots));
  Value more =
      arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::sle, first, last);
  e.when(more, [&] { axpy(1, -1); });
}

/// The microthread takes rows in order: a second instruction for it waits.
void SpmmLowering::launch(Emit &e, int64_t role, Value own, Value slot) {
  How how;
  how.thread = ringThread;
  Emit::At extent = e.at(tl);
  if (role == begins)
    return e.mov(e.fabout(ringOut, extent, sums.element), own, how);
  Value before = e.fabin(ringIn, extent, sums.element);
  if (role == adds)
    return e.binary<AddOp>(e.fabout(ringOut, extent, sums.element), before, own,
                           how);
  Value result = e.dsd(yBuffer, address(e, slot, tl), extent);
  if (!converts())
    return e.binary<AddOp>(result, before, own, how);
  // The sum is rounded by a move of its own.
  e.binary<AddOp>(own, before, own, how);
  e.mov(result, own, how);
}

void SpmmLowering::writeEnd(Code &code, Value queue, int64_t role) {
  TaskOp task = code.control(endNames[role], firstEnd + role, queue, true);
  Emit e(task);
  Value data = task.getBody().getArgument(0);
  Value from = current(e);
  Value own = partial(e, from);
  if (ring) {
    launch(e, role, own, data);
    // The ring has taken the row before: its place is free.
    Value next = minus(e, integer(e, tl), from);
    sum->set(e, next);
    own = partial(e, next);
  } else {
    e.mov(e.dsd(yBuffer, address(e, data, tl), e.at(tl)), own);
  }
  e.mov(own, e.real(sums.element, 0));
  if (place)
    place->set(e, 0);
}

} // namespace

LogicalResult lowerSpmm(StepLowering &lowering, flow::SpmmOp spmm) {
  return SpmmLowering(lowering, spmm).run();
}

} // namespace waferflow::fabric
