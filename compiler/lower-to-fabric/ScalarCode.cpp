//===- ScalarCode.cpp - Counts that the tasks of a core share -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/ScalarCode.h"

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
Value minus(Emit &e, Value a, Value b) {
  return arith::SubIOp::create(e.b, e.loc, a, b);
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

} // namespace waferflow::fabric
