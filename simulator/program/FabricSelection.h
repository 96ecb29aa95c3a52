//===- FabricSelection.h - Which cores, and integers per core ---*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A fabric program says the same thing to many cores. What differs is an
// integer expression of the core's coordinates, or a table.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_PROGRAM_FABRICSELECTION_H
#define WAFERFLOW_SIMULATOR_PROGRAM_FABRICSELECTION_H

#include <cstdint>
#include <vector>

namespace waferflow::cycle {

/// A rectangle of cores; x counts columns from the west, y rows from the north.
struct Rectangle {
  int64_t x = 0, y = 0, width = 0, height = 0;
  bool contains(int64_t cx, int64_t cy) const {
    return cx >= x && cx < x + width && cy >= y && cy < y + height;
  }
};

/// An integer per core: an expression of (x, y) in postfix order, as an affine
/// map with mod and floordiv would give it, or a table over a rectangle (rows
/// of x, north first). Coordinates are those of the whole fabric.
class CoreInteger {
public:
  enum class Code { Constant, X, Y, Add, Mul, FloorDiv, CeilDiv, Mod };
  struct Step {
    Code code = Code::Constant;
    int64_t value = 0; ///< of a Constant
  };

  CoreInteger(int64_t value = 0) : steps{{Code::Constant, value}} {}
  static CoreInteger x() { return CoreInteger(Code::X); }
  static CoreInteger y() { return CoreInteger(Code::Y); }
  /// The postfix steps leave exactly one value.
  static CoreInteger postfix(std::vector<Step> steps);
  static CoreInteger table(Rectangle where, std::vector<int64_t> values);

  CoreInteger operator+(const CoreInteger &o) const {
    return join(o, Code::Add);
  }
  CoreInteger operator*(const CoreInteger &o) const {
    return join(o, Code::Mul);
  }
  CoreInteger operator-(const CoreInteger &o) const {
    return *this + o * CoreInteger(-1);
  }
  CoreInteger mod(int64_t n) const { return join(n, Code::Mod); }
  CoreInteger floorDiv(int64_t n) const { return join(n, Code::FloorDiv); }
  CoreInteger ceilDiv(int64_t n) const { return join(n, Code::CeilDiv); }

  /// Well formed: postfix leaves one value, divisors are positive constants, a
  /// table has as many values as its rectangle has cores.
  bool valid() const;
  /// The value at a core. A core outside a table gets 0; `check` of a program
  /// has rejected such a use.
  int64_t at(int64_t x, int64_t y) const;
  /// One value for all cores.
  bool constant() const {
    return steps.size() == 1 && steps[0].code == Code::Constant;
  }
  /// Whether every core of the rectangle has a value.
  bool covers(const Rectangle &cores) const;

private:
  explicit CoreInteger(Code code) : steps{{code, 0}} {}
  CoreInteger join(const CoreInteger &other, Code code) const;
  CoreInteger joinTables(const CoreInteger &other, Code code) const;

  std::vector<Step> steps;     ///< empty: a table
  Rectangle where;             ///< of the table
  std::vector<int64_t> values; ///< of the table
};

/// `expression == 0`, or `expression >= 0`.
struct Constraint {
  CoreInteger expression;
  bool equality = false;
};

/// The cores of a rectangle where all constraints hold.
struct Selection {
  Rectangle cores;
  std::vector<Constraint> constraints;

  bool contains(int64_t x, int64_t y) const;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_PROGRAM_FABRICSELECTION_H
