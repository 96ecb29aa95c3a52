//===- HandMade.h - Small programs whose cycles can be counted --*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_UNIT_TILE_HANDMADE_H
#define WAFERFLOW_TESTS_UNIT_TILE_HANDMADE_H

#include "simulator/tile/KernelModel.h"

namespace waferflow::test {

/// A mask written out: one string a row, '1' where nonzero.
class TextMask : public MaskSource {
public:
  explicit TextMask(std::vector<std::string> rows) : text(std::move(rows)) {}
  int64_t rows() const override { return static_cast<int64_t>(text.size()); }
  int64_t columns() const override {
    return static_cast<int64_t>(text[0].size());
  }
  void row(int64_t r, uint64_t *words) const override {
    for (int64_t w = 0; w < wordsPerRow(); ++w)
      words[w] = 0;
    for (int64_t c = 0; c < columns(); ++c)
      if (text[r][c] == '1')
        words[c / 64] |= uint64_t(1) << (c % 64);
  }
  std::string describe() const override { return "written out"; }

private:
  std::vector<std::string> text;
};

/// Round numbers: a 1 GHz machine of `width` x `height` cores on which a
/// wavelet at the edge takes one cycle and a stage between neighbours 5.
inline Machine handMadeMachine(int64_t width, int64_t height) {
  Machine m;
  m.name = "hand-made";
  m.clockGhz = 1;
  m.width = width;
  m.height = height;
  m.hopCycles = 2;
  m.rampCycles = 1;
  m.linkWaveletsPerCycle = 1;
  m.bufferWavelets = 2;
  m.switchAdvanceCycles = 3;
  m.rerouteCycles = 11;
  m.sramBytes = 49152;
  m.cacheBytes = 512;
  m.launchCycles = 2;
  m.rowEndCycles = 8;
  m.dispatchCycles = 7;
  m.completeCycles = 3;
  m.inputQueueWavelets = 4;
  m.edgeBytesPerSecond = 4e9;
  m.edgeColumnFifo = 12;
  m.instructions = {{"axpy.f16.memory", 4},   {"axpy.f16.cache", 8},
                    {"axpy.f32.memory", 0.5}, {"axpy.mixed.memory", 2},
                    {"add.f16.fabric", 2},    {"add.f32.fabric", 1},
                    {"copy.f16.fabric", 2},   {"copy.f16.memory", 8},
                    {"copy.f32.memory", 4},   {"dot.f16.memory", 2},
                    {"dot.f32.memory", 0.5}};
  return m;
}

/// `tokens` tokens, one sequence on every row of cores.
inline Program handMadeProgram(int64_t width, int64_t height, int64_t tokens) {
  Program program;
  program.machine = handMadeMachine(width, height);
  program.tokens = layTokens(tokens, tokens, 1, width, height);
  return program;
}

inline int64_t entry(const KernelTiming &timing, Cost cost) {
  int i = static_cast<int>(cost);
  return timing.cumulative[i + 1] - timing.cumulative[i];
}

/// Switches with one cost off.
inline CostSwitches without(Cost cost) {
  CostSwitches switches;
  switches.on[static_cast<int>(cost)] = false;
  return switches;
}

} // namespace waferflow::test

#endif // WAFERFLOW_TESTS_UNIT_TILE_HANDMADE_H
