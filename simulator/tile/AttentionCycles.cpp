//===- AttentionCycles.cpp ------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/AttentionCycles.h"

#include "simulator/cost/Cycles.h"

#include <algorithm>
#include <functional>
#include <map>

namespace waferflow {

namespace {

/// The columns of a head lie side by side; their ring is folded, so that no
/// wire returns the long way.
constexpr int64_t foldedDistance = 2;

/// Cycles of a vector of L elements, for every L up to a row's tokens.
std::vector<int64_t> table(int64_t longest,
                           const std::function<int64_t(int64_t)> &cycles) {
  std::vector<int64_t> result(longest + 1, 0); // no element: no instruction
  for (int64_t length = 1; length <= longest; ++length)
    result[length] = cycles(length);
  return result;
}

/// One key block of one row.
struct BlockOfRow {
  int64_t axpys = 0;   ///< cycles of one AXPY into scores a key
  int64_t outputs = 0; ///< cycles of one AXPY into outputs a key
  int64_t dots = 0;    ///< cycles of one dot a key
  int64_t keys = 0;    ///< of the block
  int64_t owned = 0;   ///< keys of the block that this row holds
  int64_t unseen = 0;  ///< other rows' keys that no query here looks at
  int64_t share = 0;   ///< A: scores in this column after the scatter
  int64_t queries = 0; ///< that look at a key of the block
};

/// Walks over key blocks and rows; `cost` prices a block of a row.
class Walk {
public:
  Walk(const AttentionShape &shape, HeadPart part, const AttentionCosts &costs)
      : shape(shape), part(part) {
    int64_t longest = shape.tokens(0);
    axpy = table(longest, [&](int64_t n) {
      return costs.launch + cyclesAt(n, costs.scoreAxpy(n));
    });
    output = table(longest, [&](int64_t n) {
      return costs.launch + cyclesAt(n, costs.outputAxpy);
    });
    dot = table(longest, [&](int64_t n) {
      return costs.launch + cyclesAt(n, costs.dot);
    });
    share =
        table(longest, [&](int64_t n) { return divideUp(n, part.columns); });
  }

  template <typename Cost> AttentionCycles run(Cost cost) const {
    AttentionCycles sum;
    int64_t rows = std::min(shape.rows, shape.seq);
    for (int64_t first = 0; first < shape.seq; first += shape.keyBlock) {
      AttentionCycles slowest;
      for (int64_t y = 0; y < rows; ++y) {
        AttentionCycles cycles = cost(block(first, y), first == 0);
        if (y == 0 || cycles.total() > slowest.total())
          slowest = cycles;
      }
      sum += slowest;
    }
    return sum;
  }

private:
  BlockOfRow block(int64_t first, int64_t y) const {
    BlockOfRow result;
    int64_t end = std::min(first + shape.keyBlock, shape.seq);
    result.keys = end - first;
    result.queries = shape.queries(y, first);
    int64_t queries = result.queries;
    // Where key j is row y's own, the next key is one query shorter.
    int64_t phase = (first - y) % shape.rows;
    if (phase < 0)
      phase += shape.rows;
    for (int64_t key = first; key < end; ++key) {
      bool own = phase == 0;
      result.axpys += axpy[queries];
      result.outputs += output[queries];
      result.dots += dot[queries];
      result.share += share[queries];
      result.owned += own;
      result.unseen += !own && queries == 0;
      if (own && shape.causal)
        --queries;
      if (++phase == shape.rows)
        phase = 0;
    }
    return result;
  }

  const AttentionShape &shape;
  HeadPart part;
  std::vector<int64_t> axpy, output, dot, share;
};

/// A stream of every column's share round the columns of a head: the first
/// send, then one receive a column.
int64_t ringStream(const AttentionCosts &costs, HeadPart part, int64_t elements,
                   double rate) {
  if (part.columns == 1 || elements == 0)
    return 0;
  return part.columns * (costs.launch + cyclesAt(elements, rate)) +
         (part.columns - 1) * costs.stage;
}

/// One vector instruction over `elements`, started from scalar code.
int64_t vectorOp(const AttentionCosts &costs, int64_t elements, double rate) {
  return elements == 0 ? 0 : costs.setup + cyclesAt(elements, rate);
}

/// The same vector instruction for every local dim, restarted for each.
int64_t eachDim(const AttentionCosts &costs, HeadPart part, int64_t elements,
                double rate) {
  return elements == 0 ? 0
                       : part.dims * (costs.launch + cyclesAt(elements, rate));
}

/// Wavelets of keys or values: a row sends its own and drops the unseen.
int64_t vectorWavelets(const AttentionCosts &costs, HeadPart part,
                       const BlockOfRow &block) {
  return (block.owned + block.unseen) * divideUp(part.dims, costs.perWavelet);
}

} // namespace

AttentionCosts::AttentionCosts(const Machine &machine, ElementType type,
                               Accumulate accumulate,
                               const CostSwitches &switches)
    : machine(&machine) {
  bool wide = accumulate == Accumulate::F32 && type != ElementType::F32;
  ElementType sums = wide ? ElementType::F32 : type;
  auto axpy = [&](const char *operands) {
    return wide ? machine.rate(std::string("axpy.mixed.") + operands)
                : rateOf(machine, "axpy", type, operands);
  };
  memoryAxpy = axpy("memory");
  cacheAxpy = axpy("cache");
  outputAxpy = memoryAxpy;
  sumBytes = elementBytes(sums);
  dot = switches[Cost::DotRate] ? rateOf(machine, "dot", type, "memory") : 4;
  exchangeAdd = rateOf(machine, "add", sums, "fabric");
  exchangeCopy = rateOf(machine, "copy", type, "fabric");
  chainAdd = rateOf(machine, "add", ElementType::F32, "fabric");
  add = rateOf(machine, "add", type, "memory");
  mul = rateOf(machine, "mul", type, "memory");
  max = rateOf(machine, "max", type, "memory");
  exp = rateOf(machine, "exp", type, "memory");
  log = rateOf(machine, "log", type, "memory");
  reciprocal = rateOf(machine, "reciprocal", type, "memory");
  launch = switches[Cost::Launch] ? machine.launchCycles : 0;
  setup = switches[Cost::Launch] ? machine.setupCycles : 0;
  stage = switches[Cost::Ring] ? stageCycles(machine, foldedDistance) : 0;
  perWavelet = elementsPerWavelet(type);
}

double AttentionCosts::scoreAxpy(int64_t elements) const {
  bool cached =
      machine->psumInCache && elements * sumBytes <= machine->cacheBytes;
  return cached ? cacheAxpy : memoryAxpy;
}

AttentionCycles forwardCycles(const AttentionShape &shape, HeadPart part,
                              const AttentionCosts &costs) {
  AttentionCycles sum =
      Walk(shape, part, costs).run([&](const BlockOfRow &block, bool first) {
        AttentionCycles cycles;
        cycles.matmul = part.dims * (block.axpys + block.outputs) +
                        2 * vectorWavelets(costs, part, block);
        // The first block has no running maximum and sum to correct.
        int64_t corrected = first ? 0 : divideUp(block.queries, part.columns);
        cycles.exchange =
            ringStream(costs, part, block.share, costs.exchangeAdd) +
            ringStream(costs, part, block.share + corrected,
                       costs.exchangeCopy);
        cycles.softmax =
            vectorOp(costs, block.share, costs.mul) + // 1 / sqrt(headDim)
            vectorOp(costs, block.share, costs.max) +
            vectorOp(costs, block.share, costs.add) + // minus the maximum
            vectorOp(costs, block.share, costs.exp) +
            vectorOp(costs, block.share, costs.add) + // the sum
            vectorOp(costs, corrected, costs.max) +
            vectorOp(costs, corrected, costs.add) +
            vectorOp(costs, corrected, costs.exp) +
            vectorOp(costs, corrected, costs.mul) +
            eachDim(costs, part, first ? 0 : block.queries, costs.mul);
        return cycles;
      });

  // O / sum, and the log of the sum plus the maximum for the backward pass.
  int64_t tokens = shape.tokens(0), mine = divideUp(tokens, part.columns);
  sum.softmax += vectorOp(costs, mine, costs.reciprocal) +
                 vectorOp(costs, mine, costs.log) +
                 vectorOp(costs, mine, costs.add) +
                 eachDim(costs, part, tokens, costs.mul);
  sum.exchange += ringStream(costs, part, mine, costs.exchangeCopy);

  // Grouped queries: K and V come to every group of columns of their heads.
  if (int64_t groups = shape.keyValueGroups; groups > 1) {
    int64_t core = cyclesAt(part.dims * tokens, costs.exchangeCopy);
    double through = static_cast<double>(shape.headDim * tokens) *
                     static_cast<double>(groups - 1) /
                     static_cast<double>(groups * costs.perWavelet);
    sum.exchange +=
        2 * (costs.setup + std::max(core, linkCycles(*costs.machine, through)));
  }
  return sum;
}

AttentionCycles backwardCycles(const AttentionShape &shape, HeadPart part,
                               const AttentionCosts &costs) {
  int64_t rows = std::min(shape.rows, shape.seq);
  AttentionCycles sum =
      Walk(shape, part, costs).run([&](const BlockOfRow &block, bool) {
        AttentionCycles cycles;
        // S and dP, then dQ; dV and dK.
        cycles.matmul = part.dims * (2 * block.axpys + block.outputs) +
                        2 * part.dims * block.dots +
                        3 * vectorWavelets(costs, part, block);
        cycles.exchange =
            ringStream(costs, part, 2 * block.share, costs.exchangeAdd) +
            ringStream(costs, part, 2 * block.share, costs.exchangeCopy);
        if (rows > 1)
          cycles.exchange +=
              2 *
              (costs.launch + cyclesAt(block.keys * part.dims, costs.chainAdd));
        cycles.softmax =
            2 * vectorOp(costs, block.share, costs.mul) + // scale S and dS
            vectorOp(costs, block.share, costs.add) +     // minus log sum
            vectorOp(costs, block.share, costs.exp) +
            vectorOp(costs, block.share, costs.add) + // dP - sum(dO O)
            vectorOp(costs, block.share, costs.mul);  // times P
        return cycles;
      });

  // sum(dO O) a query: local dims first, then over the columns of the head.
  int64_t tokens = shape.tokens(0), mine = divideUp(tokens, part.columns);
  sum.softmax += eachDim(costs, part, tokens, costs.mul) +
                 eachDim(costs, part, tokens, costs.add);
  sum.exchange += ringStream(costs, part, mine, costs.exchangeAdd);

  // Grouped queries: dK and dV are added over the groups of columns.
  if (int64_t groups = shape.keyValueGroups; groups > 1) {
    int64_t hop =
        costs.stage == 0 ? 0 : stageCycles(*costs.machine, part.columns);
    sum.exchange +=
        2 * (costs.setup + cyclesAt(part.dims * tokens, costs.chainAdd)) +
        (groups - 1) * hop;
  }
  return sum;
}

AttentionCycles criticalColumn(const AttentionShape &shape, bool backward,
                               const AttentionCosts &costs) {
  // Columns differ in few ways: price each head part once.
  std::map<HeadPart, AttentionCycles> parts;
  AttentionCycles slowest;
  for (const std::vector<HeadPart> &column : shape.columns) {
    AttentionCycles sum;
    for (HeadPart part : column) {
      auto found = parts.find(part);
      if (found == parts.end())
        found = parts
                    .emplace(part, backward ? backwardCycles(shape, part, costs)
                                            : forwardCycles(shape, part, costs))
                    .first;
      sum += found->second;
    }
    if (sum.total() > slowest.total())
      slowest = sum;
  }
  slowest.matmul *= shape.sequencesPerRow;
  slowest.exchange *= shape.sequencesPerRow;
  slowest.softmax *= shape.sequencesPerRow;
  return slowest;
}

} // namespace waferflow
