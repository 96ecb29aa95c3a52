//===- HandOver.cpp - Vectors wait for the fabric in buffers --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/HandOver.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace waferflow::fabric {

using arith::CmpIPredicate;

Count::Count(Code &code) {
  OpBuilder b = OpBuilder::atBlockEnd(&code.code.getBody().front());
  auto type = MemRefType::get({}, b.getI32Type(), MemRefLayoutAttrInterface(),
                              SramAttr::get(b.getContext()));
  reg = BufferOp::create(b, code.phase.loc, type, StringAttr(), IntegerAttr());
}

Value Count::get(Emit &e) const {
  return memref::LoadOp::create(e.b, e.loc, reg, ValueRange());
}
void Count::set(Emit &e, Value value) const {
  memref::StoreOp::create(e.b, e.loc, value, reg, ValueRange());
}
void Count::set(Emit &e, int64_t value) const { set(e, integer(e, value)); }

Value Count::add(Emit &e, int64_t amount) const {
  Value sum = plus(e, get(e), integer(e, amount));
  set(e, sum);
  return sum;
}

Value integer(Emit &e, int64_t value) {
  return arith::ConstantOp::create(e.b, e.loc, e.b.getI32IntegerAttr(value));
}
Value plus(Emit &e, Value a, Value b) {
  return arith::AddIOp::create(e.b, e.loc, a, b);
}
Value is(Emit &e, CmpIPredicate predicate, Value a, int64_t b) {
  return arith::CmpIOp::create(e.b, e.loc, predicate, a, integer(e, b));
}

Value next(Emit &e, Value number, int64_t n) {
  Value sum = plus(e, number, integer(e, 1));
  if (llvm::isPowerOf2_64(n))
    return arith::AndIOp::create(e.b, e.loc, sum, integer(e, n - 1));
  return arith::SelectOp::create(e.b, e.loc, is(e, CmpIPredicate::slt, sum, n),
                                 sum, integer(e, 0));
}

Emit::At address(Emit &e, Value number, int64_t scale) {
  Value index =
      arith::IndexCastOp::create(e.b, e.loc, e.b.getIndexType(), number);
  return e.mul(index, e.at(scale));
}

void Gate::change(Emit &e, bool block) const {
  for (const std::string &task : tasks) {
    if (block)
      BlockOp::create(e.b, e.loc, task);
    else
      UnblockOp::create(e.b, e.loc, task);
  }
}

void Gate::open(Emit &e) const { change(e, false); }

void Gate::take(Emit &e, Count count) const {
  Value left = count.add(e, -1);
  e.when(is(e, CmpIPredicate::slt, left, 0), [&] { change(e, true); });
}

void Gate::give(Emit &e, Count count) const {
  Value left = count.add(e, 1);
  e.when(is(e, CmpIPredicate::eq, left, 0), [&] {
    // All counts are at least 0, this one included, if their least is.
    Value least;
    if (counts.size() == 1)
      return change(e, false);
    for (Count other : counts) {
      Value value = other.get(e);
      least = least
                  ? arith::MinSIOp::create(e.b, e.loc, least, value).getResult()
                  : value;
    }
    e.when(is(e, CmpIPredicate::sge, least, 0), [&] { change(e, false); });
  });
}

HandOver::HandOver(Code &code, Gate &gate, Value waiting, int64_t buffers)
    : gate(gate), memory(waiting), buffers(buffers), head(code), tail(code),
      waiting(code), clean(code) {
  gate.need(clean);
}

void HandOver::begin(Emit &e) const { clean.set(e, buffers - 1); }

void HandOver::pass(Emit &e, Value what, Body launch) const {
  Value number = head.get(e);
  Value at = e.value(address(e, number, 1));
  memref::StoreOp::create(e.b, e.loc, what, memory, ValueRange{at});
  Value all = waiting.add(e, 1);
  e.when(is(e, CmpIPredicate::eq, all, 1), [&] { launch(e, number); });
  head.set(e, next(e, number, buffers));
  gate.take(e, clean);
}

Value HandOver::what(Emit &e, Value number) const {
  Value at = e.value(address(e, number, 1));
  return memref::LoadOp::create(e.b, e.loc, memory, ValueRange{at});
}

void HandOver::taken(Emit &e, Body launch, Body clear) const {
  Value done = tail.get(e);
  Value following = next(e, done, buffers);
  tail.set(e, following);
  Value left = waiting.add(e, -1);
  e.when(is(e, CmpIPredicate::sgt, left, 0), [&] { launch(e, following); });
  clear(e, done);
  gate.give(e, clean);
}

} // namespace waferflow::fabric
