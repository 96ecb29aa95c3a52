//===- FabricSelection.cpp - Which cores, and integers per core -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/program/FabricSelection.h"

#include <cstddef>
#include <utility>

namespace waferflow::cycle {

CoreInteger CoreInteger::postfix(std::vector<Step> steps) {
  CoreInteger result;
  result.steps = std::move(steps);
  return result;
}

CoreInteger CoreInteger::table(Rectangle where, std::vector<int64_t> values) {
  CoreInteger result;
  result.steps.clear();
  result.where = where;
  result.values = std::move(values);
  return result;
}

CoreInteger CoreInteger::join(const CoreInteger &other, Code code) const {
  if (steps.empty() || other.steps.empty())
    return joinTables(other, code);
  CoreInteger result = *this;
  result.steps.insert(result.steps.end(), other.steps.begin(),
                      other.steps.end());
  result.steps.push_back({code, 0});
  return result;
}

/// A table of what the operation gives for each core of both.
CoreInteger CoreInteger::joinTables(const CoreInteger &other, Code code) const {
  // What is malformed stays so: `valid` finds no steps that fit.
  bool divides = code != Code::Add && code != Code::Mul;
  if (!valid() || !other.valid() ||
      (divides && (!other.constant() || other.at(0, 0) < 1)))
    return CoreInteger(code);
  Rectangle both = steps.empty() ? where : other.where;
  if (steps.empty() && other.steps.empty()) {
    int64_t x = std::max(where.x, other.where.x);
    int64_t y = std::max(where.y, other.where.y);
    both.width = std::max<int64_t>(
        0,
        std::min(where.x + where.width, other.where.x + other.where.width) - x);
    both.height =
        std::max<int64_t>(0, std::min(where.y + where.height,
                                      other.where.y + other.where.height) -
                                 y);
    both.x = x;
    both.y = y;
  }
  std::vector<int64_t> result;
  for (int64_t y = both.y; y < both.y + both.height; ++y)
    for (int64_t x = both.x; x < both.x + both.width; ++x)
      result.push_back(
          (CoreInteger(at(x, y)).join(other.at(x, y), code)).at(0, 0));
  return table(both, std::move(result));
}

bool CoreInteger::valid() const {
  if (steps.empty()) {
    constexpr int64_t farthest = 1 << 20;
    for (int64_t number : {where.x, where.y, where.width, where.height})
      if (number < 0 || number > farthest)
        return false;
    return static_cast<int64_t>(values.size()) == where.width * where.height;
  }
  int64_t depth = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Code code = steps[i].code;
    if (code == Code::Constant || code == Code::X || code == Code::Y) {
      ++depth;
      continue;
    }
    if (--depth < 1)
      return false;
    bool divides = code != Code::Add && code != Code::Mul;
    if (divides &&
        (steps[i - 1].code != Code::Constant || steps[i - 1].value < 1))
      return false;
  }
  return depth == 1;
}

/// What 64 bits don't hold becomes the nearest that they do: an error of the
/// run where the integer itself is beyond 32.
static int64_t saturated(bool over, int64_t result, bool negative) {
  return !over ? result : negative ? INT64_MIN : INT64_MAX;
}

static int64_t add(int64_t a, int64_t b) {
  int64_t sum = 0;
  return saturated(__builtin_add_overflow(a, b, &sum), sum, a < 0);
}

static int64_t multiply(int64_t a, int64_t b) {
  int64_t product = 0;
  return saturated(__builtin_mul_overflow(a, b, &product), product,
                   (a < 0) != (b < 0));
}

/// `b` is positive.
static int64_t floorDivide(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t CoreInteger::at(int64_t x, int64_t y) const {
  if (steps.empty())
    return where.contains(x, y)
               ? values[(y - where.y) * where.width + (x - where.x)]
               : 0;
  std::vector<int64_t> stack;
  for (const Step &step : steps) {
    switch (step.code) {
    case Code::Constant:
      stack.push_back(step.value);
      continue;
    case Code::X:
      stack.push_back(x);
      continue;
    case Code::Y:
      stack.push_back(y);
      continue;
    default:
      break;
    }
    int64_t b = stack.back();
    stack.pop_back();
    int64_t &a = stack.back();
    switch (step.code) {
    case Code::Add:
      a = add(a, b);
      break;
    case Code::Mul:
      a = multiply(a, b);
      break;
    case Code::FloorDiv:
      a = floorDivide(a, b);
      break;
    case Code::CeilDiv:
      a = a / b + (a % b > 0);
      break;
    default: // Mod, never negative
      a = a % b < 0 ? a % b + b : a % b;
      break;
    }
  }
  return stack.back();
}

bool CoreInteger::covers(const Rectangle &cores) const {
  return !steps.empty() || cores.width == 0 || cores.height == 0 ||
         (where.contains(cores.x, cores.y) &&
          where.contains(cores.x + cores.width - 1,
                         cores.y + cores.height - 1));
}

bool Selection::contains(int64_t x, int64_t y) const {
  if (!cores.contains(x, y))
    return false;
  for (const Constraint &constraint : constraints) {
    int64_t value = constraint.expression.at(x, y);
    if (constraint.equality ? value != 0 : value < 0)
      return false;
  }
  return true;
}

} // namespace waferflow::cycle
