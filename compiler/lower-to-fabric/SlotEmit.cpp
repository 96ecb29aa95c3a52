//===- SlotEmit.cpp - Instructions of a slot plan become code -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/SlotPlan.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace waferflow::fabric {

using Kind = Element::Kind;

class SlotEmitter {
public:
  SlotEmitter(SlotPlan &plan, Code &code, Emit &e)
      : plan(plan), code(code), e(e), tl(plan.lowering.tokensPerCore()) {}

  void run() {
    for (const SlotPlan::Vector &vector : plan.vectors)
      receive(vector);
    for (const Sink &sink : plan.sinks)
      if (sink.kind != Sink::Kind::Store)
        e.mov(e.dsd(code.buffer(sink.held), e.at(0), e.at(sink.held.extent)),
              e.real(sink.held.element, start(sink)), once);
    scalarsOf(plan.rowCode);
    for (const SlotPlan::Job &job : plan.jobs)
      for (const auto &form : job.codes)
        scalarsOf(form);
    for (const SlotInstruction &each : plan.rowCode)
      emit(each, e.at(0), e.at(tl), once);
    for (auto [node, sink] : plan.scalarStores)
      storeScalar(node, plan.sinks[sink].held);
    for (const SlotPlan::Job &job : plan.jobs)
      slots(job);
  }

private:
  static constexpr How once = {{}, {}, {}, {}, /*configured=*/false, false};

  double start(const Sink &sink) const {
    if (isa<FloatType>(sink.held.element) || sink.combine == Combine::Add)
      return identityOf(sink.combine);
    return sink.combine == Combine::Max ? -2147483648.0 : 2147483647.0;
  }

  /// The slots of each column in which it computes something.
  SmallVector<int64_t> counts(const SlotPlan::Job &job) {
    SmallVector<int64_t> counts;
    for (const auto &column : job.form)
      counts.push_back(llvm::find(column, -1) - column.begin());
    return counts;
  }

  void receive(const SlotPlan::Vector &vector) {
    ColumnLayout layout = plan.lowering.layoutOf(vector.layout);
    SmallVector<int64_t> slots;
    for (int64_t c = 0; c < layout.columns(); ++c)
      slots.push_back(layout.slotsOf(c));
    Emit::At count = e.perColumn(plan.lowering, slots);
    Value queue = code.input(vector.color);
    e.mov(e.dsd(code.buffer(vector.held), e.at(0), count),
          e.fabin(queue, count, vector.held.element), once);
  }

  //===------------------------------------------------------------------===//
  // Numbers of a core or slot
  //===------------------------------------------------------------------===//

  /// What holds for all slots is computed before them.
  void scalarsOf(const SlotCode &instructions) {
    for (const SlotInstruction &instruction : instructions)
      for (const SlotOperand &operand : instruction.from)
        if (operand.kind == SlotOperand::Kind::Scalar)
          ofAllSlots(operand.index);
  }
  void ofAllSlots(int32_t node) {
    const Element &element = plan.nodes[node];
    if (!element.ofFeature)
      scalar(node, e.at(0));
    else if (element.kind == Kind::Apply)
      for (int32_t argument : element.arguments)
        if (argument >= 0)
          ofAllSlots(argument);
  }

  Value scalar(int32_t node, Emit::At slot) {
    const Element &element = plan.nodes[node];
    auto &known = element.ofFeature ? ofSlot : ofCore;
    if (auto it = known.find(node); it != known.end())
      return it->second;
    Value value = compute(element, slot);
    known[node] = value;
    return value;
  }

  Value compute(const Element &element, Emit::At slot) {
    OpBuilder &b = e.b;
    Type f32 = b.getF32Type();
    Type type = element.number == Number::Integer ? Type(b.getI32Type()) : f32;
    if (element.kind == Kind::Constant)
      return e.real(type, element.value);
    if (element.kind != Kind::Apply) {
      Emit::At at = element.kind == Kind::Feature
                        ? e.add(slot, e.at(element.index))
                    : element.kind == Kind::FeatureConstant ? slot
                                                            : e.at(0);
      return widened(e.load(code.buffer(plan.heldOf(element)), at));
    }
    SmallVector<Value> args;
    for (int32_t argument : element.arguments)
      if (argument >= 0)
        args.push_back(scalar(argument, slot));
    bool real = isa<FloatType>(type);
    auto both = [&](auto ofReals, auto ofIntegers) -> Value {
      using R = decltype(ofReals);
      using I = decltype(ofIntegers);
      return real ? Value(R::create(b, e.loc, args[0], args[1]))
                  : Value(I::create(b, e.loc, args[0], args[1]));
    };
    switch (element.function) {
    case Function::Add:
      return both(arith::AddFOp(), arith::AddIOp());
    case Function::Sub:
      return both(arith::SubFOp(), arith::SubIOp());
    case Function::Mul:
      return both(arith::MulFOp(), arith::MulIOp());
    case Function::Max:
      return both(arith::MaximumFOp(), arith::MaxSIOp());
    case Function::Min:
      return both(arith::MinimumFOp(), arith::MinSIOp());
    case Function::Exp:
      return math::ExpOp::create(b, e.loc, args[0]);
    case Function::Log:
      return math::LogOp::create(b, e.loc, args[0]);
    case Function::Rsqrt:
      return math::RsqrtOp::create(b, e.loc, args[0]);
    case Function::Reciprocal:
      return arith::DivFOp::create(b, e.loc, e.real(f32, 1), args[0]);
    case Function::ToReal:
      return arith::SIToFPOp::create(b, e.loc, f32, args[0]);
    case Function::Select: {
      Value zero = e.real(args[0].getType(), 0);
      Value holds =
          isa<FloatType>(args[0].getType())
              ? Value(arith::CmpFOp::create(b, e.loc, arith::CmpFPredicate::UNE,
                                            args[0], zero))
              : Value(arith::CmpIOp::create(b, e.loc, arith::CmpIPredicate::ne,
                                            args[0], zero));
      return arith::SelectOp::create(b, e.loc, holds, args[1], args[2]);
    }
    }
    return Value();
  }

  Value widened(Value value) {
    if (isa<FloatType>(value.getType()) && !value.getType().isF32())
      return arith::ExtFOp::create(e.b, e.loc, e.b.getF32Type(), value);
    return value;
  }

  void storeScalar(int32_t node, const Held &held) {
    Value value = scalar(node, e.at(0));
    if (value.getType() != held.element && held.element.isInteger(16))
      value = arith::TruncIOp::create(e.b, e.loc, held.element, value);
    e.store(value, code.buffer(held), e.at(0));
  }

  //===------------------------------------------------------------------===//
  // Instructions
  //===------------------------------------------------------------------===//

  Value vector(const SlotOperand &operand, Emit::At slot, Emit::At extent) {
    switch (operand.kind) {
    case SlotOperand::Kind::Leaf: {
      const Element &leaf = plan.nodes[operand.index];
      Emit::At offset = e.at(0);
      if (leaf.kind == Kind::Activation)
        offset = e.mul(e.add(slot, e.at(leaf.index)), e.at(tl));
      else if (leaf.kind == Kind::Positions)
        offset = e.mul(slot, e.at(tl));
      return e.dsd(code.buffer(plan.heldOf(leaf)), offset, extent);
    }
    case SlotOperand::Kind::Row:
    case SlotOperand::Kind::Temporary: {
      bool integer = operand.number == Number::Integer;
      int64_t first = operand.kind == SlotOperand::Kind::Row ? 0
                      : integer                              ? plan.rowIntegers
                                                             : plan.rowReals;
      return e.dsd(code.buffer(integer ? plan.integerBuffer : plan.realBuffer),
                   e.at((first + operand.index) * tl), extent);
    }
    default: {
      const Sink &sink = plan.sinks[operand.index];
      Value buffer = code.buffer(sink.held);
      if (sink.kind == Sink::Kind::OverTokens)
        return e.dsd(buffer, sink.held.extent == 1 ? e.at(0) : slot, e.at(1));
      bool slots = sink.held.kind == Held::Kind::Activation;
      return e.dsd(buffer, slots ? e.mul(slot, e.at(tl)) : e.at(0), extent);
    }
    }
  }

  Value source(const SlotOperand &operand, Type to, Emit::At slot,
               Emit::At extent) {
    if (operand.kind == SlotOperand::Kind::Literal)
      return e.real(to, operand.value);
    if (operand.kind != SlotOperand::Kind::Scalar)
      return vector(operand, slot, extent);
    const Element &element = plan.nodes[operand.index];
    if (to.isF32() || isa<IntegerType>(to) || element.kind != Kind::Feature)
      return scalar(operand.index, slot);
    // A weight in its own type.
    return e.load(code.buffer(plan.heldOf(element)),
                  e.add(slot, e.at(element.index)));
  }

  void emit(const SlotInstruction &instruction, Emit::At slot, Emit::At extent,
            How how) {
    using Op = SlotInstruction::Op;
    bool overTokens = instruction.op == Op::Sum || instruction.op == Op::Dot ||
                      instruction.op == Op::MaxOf;
    if (overTokens)
      extent = e.realTokens(plan.lowering);
    if (instruction.op == Op::Apply && instruction.function == Function::ToReal)
      return toReal(instruction, slot);
    Value to = vector(instruction.to, slot, extent);
    Type element = cast<DsdType>(to.getType()).getElement();
    SmallVector<Value> from;
    for (auto [i, operand] : llvm::enumerate(instruction.from)) {
      bool condition = instruction.op == Op::Apply &&
                       instruction.function == Function::Select && i == 0;
      from.push_back(source(
          operand, condition ? Type(e.b.getF32Type()) : element, slot, extent));
    }
    switch (instruction.op) {
    case Op::Mov:
      return e.mov(to, from[0], how);
    case Op::Fmac:
      return e.binary<FmacOp>(to, from[0], from[1], how);
    case Op::Dot:
      return e.binary<DotOp>(to, from[0], from[1], how);
    case Op::Sum:
      return e.unary<SumOp>(to, from[0], how);
    case Op::MaxOf:
      return e.unary<MaxOfOp>(to, from[0], how);
    case Op::Apply:
      break;
    }
    switch (instruction.function) {
    case Function::Add:
      return e.binary<AddOp>(to, from[0], from[1], how);
    case Function::Sub:
      return e.binary<SubOp>(to, from[0], from[1], how);
    case Function::Mul:
      return e.binary<MulOp>(to, from[0], from[1], how);
    case Function::Max:
      return e.binary<MaxOp>(to, from[0], from[1], how);
    case Function::Min:
      return e.binary<MinOp>(to, from[0], from[1], how);
    case Function::Exp:
      return e.unary<ExpOp>(to, from[0], how);
    case Function::Log:
      return e.unary<LogOp>(to, from[0], how);
    case Function::Rsqrt:
      return e.unary<RsqrtOp>(to, from[0], how);
    case Function::Reciprocal:
      return e.unary<ReciprocalOp>(to, from[0], how);
    case Function::Select:
      return e.select(to, from[0], from[1], from[2], how);
    case Function::ToReal:
      return;
    }
  }

  /// No vector instruction turns integers into reals.
  void toReal(const SlotInstruction &instruction, Emit::At slot) {
    auto place = [&](const SlotOperand &operand) {
      auto dsd = vector(operand, slot, e.at(tl)).getDefiningOp<DsdOp>();
      Emit::At offset = dsd.getOffset().empty() ? e.at(dsd.getStaticOffset()[0])
                                                : Emit::At(dsd.getOffset()[0]);
      return std::pair(dsd.getBuffer(), offset);
    };
    auto [from, fromOffset] = place(instruction.from[0]);
    auto [to, toOffset] = place(instruction.to);
    Type element = cast<MemRefType>(to.getType()).getElementType();
    e.loop(e.at(0), e.at(tl),
           [&, from = from, fromOffset = fromOffset, to = to,
            toOffset = toOffset](Emit::At i) {
             Value integer = e.load(from, e.add(fromOffset, i));
             e.store(arith::SIToFPOp::create(e.b, e.loc, element, integer), to,
                     e.add(toOffset, i));
           });
  }

  //===------------------------------------------------------------------===//
  // Slots
  //===------------------------------------------------------------------===//

  void slot(const SlotPlan::Job &job, int32_t form, Emit::At slot,
            Emit::At extent, How how) {
    ofSlot.clear();
    for (const SlotInstruction &instruction : job.codes[form])
      emit(instruction, slot, extent, how);
    ofSlot.clear();
  }

  void slots(const SlotPlan::Job &job) {
    if (job.forms.empty())
      return;
    if (job.period == 1 && runsFlat(plan.context(), job.codes[0])) {
      SmallVector<int64_t> elements = counts(job);
      for (int64_t &count : elements)
        count *= tl;
      slot(job, 0, e.at(0), e.perColumn(plan.lowering, elements), once);
      return;
    }
    if (job.period) {
      Emit::At end = e.perColumn(plan.lowering, counts(job));
      e.loop(
          e.at(0), end,
          [&](Emit::At first) {
            for (int64_t i = 0; i < job.period; ++i)
              slot(job, formAt(job, i), e.add(first, e.at(i)), e.at(tl), How());
          },
          job.period);
      return;
    }
    for (size_t s = 0; s < job.form.front().size(); ++s)
      for (size_t form = 0; form < job.forms.size(); ++form) {
        SmallVector<int64_t> has;
        for (const auto &column : job.form)
          has.push_back(column[s] == static_cast<int32_t>(form));
        if (llvm::all_of(has, [](int64_t h) { return h == 0; }))
          continue;
        auto write = [&] {
          slot(job, static_cast<int32_t>(form), e.at(static_cast<int64_t>(s)),
               e.at(tl), once);
        };
        if (llvm::all_of(has, [](int64_t h) { return h == 1; }))
          write();
        else
          e.when(e.compare(arith::CmpIPredicate::ne,
                           e.perColumn(plan.lowering, has), e.at(0)),
                 write);
      }
  }

  int32_t formAt(const SlotPlan::Job &job, int64_t slot) {
    for (const auto &column : job.form)
      if (slot < static_cast<int64_t>(column.size()) && column[slot] >= 0)
        return column[slot];
    return 0;
  }

  SlotPlan &plan;
  Code &code;
  Emit &e;
  int64_t tl;
  std::map<int32_t, Value> ofCore, ofSlot;
};

void SlotPlan::emit(Code &code, Emit &e) { SlotEmitter(*this, code, e).run(); }

} // namespace waferflow::fabric
