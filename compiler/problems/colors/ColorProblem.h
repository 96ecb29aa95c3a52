//===- ColorProblem.h - Which channels may share a color? -------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_PROBLEMS_COLORS_COLORPROBLEM_H
#define WAFERFLOW_COMPILER_PROBLEMS_COLORS_COLORPROBLEM_H

#include "simulator/machine/Machine.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace waferflow {

/// The interference graph of a program's channels. A channel is what a program
/// declares as a color: routes in a set of routers. Two interfere where a
/// router has a route of both; others may have one color of the machine.
struct ColorProblem {
  int64_t colors = 0;                ///< of the machine that are not reserved
  std::vector<std::string> channels; ///< names, for errors
  std::vector<std::pair<int32_t, int32_t>> interferences;

  /// Colors and pairs in range, no channel interferes with itself.
  std::optional<Error> check() const;
};

struct ColorSolution {
  std::vector<int32_t> color; ///< by channel
  int64_t used() const;       ///< different colors
};

/// A color in range for each channel, different ones where two interfere.
std::optional<Error> verify(const ColorProblem &problem,
                            const ColorSolution &solution);

/// Channels in the order given, each with the lowest color that is free.
ColorSolution colorInOrder(const ColorProblem &problem);

/// The same in smallest-last order (Matula, Beck 1983), which on sparse graphs
/// such as these needs few colors.
ColorSolution colorSmallestLast(const ColorProblem &problem);

/// The better of the two (the order given where they are equal), verified; an
/// error with both numbers where it needs more colors than there are.
std::optional<Error> assignColors(const ColorProblem &problem,
                                  ColorSolution &solution);

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_PROBLEMS_COLORS_COLORPROBLEM_H
