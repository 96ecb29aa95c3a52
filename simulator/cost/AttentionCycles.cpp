//===- AttentionCycles.cpp ------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/AttentionCycles.h"

#include "simulator/cost/Cycles.h"
#include "simulator/cost/Exchange.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace waferflow {

namespace {

// Scalar instructions of the program, a slot each.
constexpr int64_t kSlotsScoresKey = 10;    ///< a key's scores: loop, addresses
constexpr int64_t kSlotsValuesKey = 9;     ///< the same of its value
constexpr int64_t kSlotsGradientsKey = 14; ///< of its gradients
constexpr int64_t kSlotsQuery =
    6; ///< a query's scores: loop, keys that it sees
/// A step of the ring: loop, a chunk to send. Where the next one comes to is
/// found while that is on its way.
constexpr int64_t kSlotsRing = 8;
constexpr int64_t kSlotsBlock = 24; ///< a block of keys: loop, chunk, places
constexpr int64_t kSlotsStep = 14;  ///< a row's keys: loop, which half, whose
constexpr int64_t kUnrolled = 8;    ///< dims of a turn where there are many
constexpr int64_t kSlotsTurn = 6;   ///< such a turn: loop, addresses

/// One key block of one row, in the column with the most to exponentiate.
struct Block {
  int64_t keys = 0;
  int64_t queries = 0; ///< that see the first key
  double chunk = 0;    ///< a: queries of a column after the scatter
  double seen = 0;     ///< scores of these
};

/// Cycles of the instructions of a key block whose length is that of its keys.
class Keys {
public:
  /// Tables up to `longest` queries.
  Keys(const AttentionShape &shape, const AttentionCosts &costs)
      : causal(shape.causal) {
    int64_t longest = shape.tokens(0);
    fill(axpy, longest, costs, costs.axpy);
    fill(product, longest, costs, costs.mulSums);
    fill(dot, longest, costs, costs.dot);
  }
  using Table = std::vector<int64_t>; ///< sums of all shorter ones
  Table axpy, product, dot;

  /// One instruction for every key of a block.
  int64_t over(const Table &table, const Block &block) const {
    if (!causal)
      return block.keys * (table[block.queries] - table[block.queries - 1]);
    return table[block.queries] - table[block.queries - block.keys];
  }

private:
  static void fill(Table &table, int64_t longest, const AttentionCosts &costs,
                   double rate) {
    table.assign(longest + 1, 0);
    for (int64_t n = 1; n <= longest; ++n)
      table[n] = table[n - 1] + costs.vector(static_cast<double>(n), rate);
  }
  bool causal;
};

/// Key blocks of the rows of a sequence, and what they cost.
class Walk {
public:
  Walk(const AttentionShape &shape, HeadPart part, const AttentionCosts &costs)
      : shape(shape), part(part), costs(costs), keys(shape, costs) {}

  AttentionCycles forward() const {
    return run([&](const Block &b) { return forwardBlock(b); });
  }
  AttentionCycles backward() const {
    return run([&](const Block &b) { return backwardBlock(b); });
  }

  /// A collective of chunks of `elements` over the columns of a head.
  int64_t ring(double elements, double send, double receive) const {
    if (part.columns == 1 || elements == 0)
      return 0;
    return (part.columns - 1) *
               (kSlotsRing * costs.slot + costs.launch + costs.dispatch +
                costs.stage + slots(elements, send) +
                slots(elements, receive)) +
           (part.columns - 2) * costs.hop;
  }
  int64_t scatterSums(double elements) const {
    return ring(elements, costs.sendSums, costs.addSums);
  }
  int64_t gatherSums(double elements) const {
    return ring(elements, costs.sendSums, costs.sendSums);
  }
  int64_t scatter32(double elements) const {
    return ring(elements, costs.send32, costs.addArriving32);
  }
  int64_t gather32(double elements) const {
    return ring(elements, costs.send32, costs.send32);
  }
  int64_t vector(double elements, double rate) const {
    return costs.vector(elements, rate);
  }
  double chunkOf(int64_t queries) const {
    return shape.whole ? static_cast<double>(divideUp(queries, part.columns))
                       : static_cast<double>(queries) /
                             static_cast<double>(part.columns);
  }
  /// Slots of loops over dims from `first` on, a key.
  int64_t turns(int64_t first) const {
    int64_t rest = part.dims - first;
    return rest > 2 * kUnrolled ? rest / kUnrolled * kSlotsTurn : 0;
  }

private:
  static int64_t slots(double elements, double rate) {
    return cyclesAt(elements, rate);
  }
  /// Of scalar instructions a query of a chunk.
  int64_t scalars(double queries, int64_t each) const {
    return std::llround(queries * static_cast<double>(each * costs.slot));
  }

  /// A row's keys take as long as in the row that takes longest.
  template <typename Price> AttentionCycles run(Price price) const {
    int64_t rows = std::min(shape.rows, shape.seq);
    // Tokens of the row, keys seen, whether its own key is not: few cases.
    std::map<std::array<int64_t, 3>, AttentionCycles> steps;
    auto step = [&](int64_t y, int64_t from) -> const AttentionCycles & {
      int64_t queries = shape.tokens(y), hidden = shape.causal && from > y;
      int64_t seen = shape.tokens(from);
      if (shape.causal)
        seen = std::min(seen, queries - hidden);
      auto [it, isNew] = steps.try_emplace({queries, seen, hidden});
      for (int64_t key = 0; isNew && key < seen; key += shape.keyBlock)
        it->second +=
            price(blockOf(std::min(shape.keyBlock, seen - key),
                          shape.causal ? queries - hidden - key : queries));
      return it->second;
    };
    // Rows differ where tokens end, in their own row and in that of the keys,
    // and where the keys' row is further south: four kinds at most.
    int64_t full = shape.seq % rows;
    AttentionCycles sum;
    for (int64_t s = 0; s < rows; ++s) {
      const AttentionCycles *slowest = nullptr;
      for (int64_t y : {int64_t(0), s, full, (full + s) % rows}) {
        const AttentionCycles &cycles = step(y, (y - s + rows) % rows);
        if (!slowest || cycles.total() > slowest->total())
          slowest = &cycles;
      }
      sum += *slowest;
      sum.matmul += kSlotsStep * costs.slot;
    }
    return sum;
  }

  Block blockOf(int64_t keys, int64_t queries) const {
    Block block{keys, queries, chunkOf(queries), 0};
    if (!shape.causal) {
      block.seen = block.chunk * static_cast<double>(keys);
      return block;
    }
    // Query p of those here sees p + 1 keys; the last full chunk sees most.
    int64_t chunk = shape.whole ? divideUp(queries, part.columns) : queries;
    int64_t begin = queries / chunk * chunk - chunk;
    int64_t growing = std::clamp<int64_t>(keys - begin, 0, chunk);
    block.seen =
        static_cast<double>(growing * begin + growing * (growing + 1) / 2 +
                            (chunk - growing) * keys);
    if (!shape.whole)
      block.seen /= static_cast<double>(part.columns);
    return block;
  }

  /// Scores, or their gradients, of all keys of a block.
  int64_t scores(const Block &block) const {
    return block.keys *
               ((kSlotsScoresKey + part.dims + turns(1)) * costs.slot) +
           keys.over(keys.product, block) +
           (part.dims - 1) * keys.over(keys.axpy, block);
  }

  AttentionCycles forwardBlock(const Block &block) const {
    AttentionCycles cycles;
    cycles.matmul =
        scores(block) +
        block.keys * ((kSlotsValuesKey + part.dims + turns(0)) * costs.slot) +
        part.dims * keys.over(keys.axpy, block);
    double stream =
        block.chunk *
        static_cast<double>(shape.keyBlock + (part.columns > 1 ? 2 : 1));
    cycles.exchange = scatterSums(stream) + gatherSums(stream);
    double seen = block.seen, chunk = block.chunk;
    cycles.softmax =
        kSlotsBlock * costs.slot +
        scalars(chunk, 2 * kSlotsQuery + 1) + // twice, and a maximum
        eachQuery(chunk, seen, costs.maxOf) +
        eachQuery(chunk, seen, costs.add32) + // minus the maximum
        eachQuery(chunk, seen, costs.exp) +
        (costs.narrow ? eachQuery(chunk, seen, costs.copy32) : 0) +
        eachQuery(chunk, seen, costs.sumOf) +
        // How earlier sums shrink.
        vector(chunk, costs.copy32) + vector(chunk, costs.add32) +
        vector(chunk, costs.exp) + vector(chunk, costs.mul32) +
        vector(chunk, costs.copy32) +
        part.dims * vector(block.queries, costs.mulSums);
    if (part.columns > 1) // the largest score; other columns' sums
      cycles.softmax +=
          vector(chunk, costs.copy32) + vector(block.queries, costs.copy32) +
          costs.launch +
          vector(static_cast<double>(block.queries) - chunk, costs.mul32);
    return cycles;
  }

  AttentionCycles backwardBlock(const Block &block) const {
    AttentionCycles cycles;
    // S and dP; then dQ, dV and dK.
    cycles.matmul =
        2 * scores(block) +
        block.keys *
            ((kSlotsGradientsKey + part.dims + turns(0)) * costs.slot) +
        part.dims *
            (keys.over(keys.axpy, block) + 2 * keys.over(keys.dot, block));
    double stream = block.chunk * static_cast<double>(2 * shape.keyBlock);
    cycles.exchange = scatterSums(stream) + gatherSums(stream);
    double seen = block.seen, chunk = block.chunk;
    cycles.softmax =
        kSlotsBlock * costs.slot + scalars(chunk, kSlotsQuery + 2) +
        eachQuery(chunk, seen, costs.add32) + // minus the logarithm
        eachQuery(chunk, seen, costs.exp) +
        eachQuery(chunk, seen, costs.add32) + // dP - sum(dO O)
        eachQuery(chunk, seen, costs.mul32) +
        (costs.narrow ? 2 * eachQuery(chunk, seen, costs.copy32) : 0);
    return cycles;
  }

  /// One instruction a query over the scores that it sees.
  int64_t eachQuery(double queries, double seen, double rate) const {
    return std::llround(queries * static_cast<double>(costs.launch)) +
           cyclesAt(seen, rate);
  }

  const AttentionShape &shape;
  HeadPart part;
  const AttentionCosts &costs;
  Keys keys;
};

} // namespace

AttentionCycles forwardCycles(const AttentionShape &shape, HeadPart part,
                              const AttentionCosts &costs) {
  Walk walk(shape, part, costs);
  AttentionCycles sum = walk.forward();
  // O / sum, and the log of the sum plus the maximum where it is kept.
  int64_t tokens = shape.tokens(0);
  double mine = walk.chunkOf(tokens);
  sum.softmax += walk.vector(tokens, costs.copy32) +
                 walk.vector(mine, costs.reciprocal32) +
                 walk.vector(mine, costs.copy32) +
                 part.dims * walk.vector(tokens, costs.mulSums);
  sum.exchange += walk.scatter32(mine) + walk.gatherSums(mine);
  if (shape.statistics) {
    sum.softmax += walk.vector(mine, costs.log32) +
                   walk.vector(mine, costs.add32) +
                   walk.vector(tokens, costs.copy32);
    sum.exchange += walk.gather32(mine);
  }
  return sum;
}

AttentionCycles backwardCycles(const AttentionShape &shape, HeadPart part,
                               const AttentionCosts &costs) {
  Walk walk(shape, part, costs);
  AttentionCycles sum = walk.backward();
  // sum(dO O) a query: local dims first, then over the columns of the head.
  int64_t tokens = shape.tokens(0);
  double mine = walk.chunkOf(tokens);
  sum.softmax += 2 * walk.vector(tokens, costs.copy32) +
                 part.dims * walk.vector(tokens, costs.rowProduct);
  sum.exchange += walk.scatter32(mine) + walk.gather32(mine);
  if (!shape.statistics) {
    AttentionShape first = shape;
    first.statistics = true;
    sum += forwardCycles(first, part, costs);
  }
  return sum;
}

AttentionCycles travelCycles(const AttentionShape &shape, int64_t dims,
                             bool backward, const AttentionCosts &costs) {
  int64_t rows = std::min(shape.rows, shape.seq);
  int64_t elements = dims * shape.tokens(0);
  auto slots = [](int64_t count, double rate) {
    return cyclesAt(static_cast<double>(count), rate);
  };
  AttentionCycles cycles;
  // Keys are scaled and values copied, O (or dQ, dK, dV) cleared and stored.
  cycles.softmax = costs.vector(elements, costs.mulSums) +
                   costs.vector(elements, costs.copyStorage) +
                   costs.vector(elements, costs.copySums);
  if (backward)
    cycles.softmax += costs.vector(4 * elements, costs.copySums) +
                      costs.vector(elements, costs.mulSums) +
                      costs.vector(elements, costs.copySums);
  if (costs.convert)
    cycles.softmax += costs.vector(elements, costs.copySums);
  if (rows == 1)
    return cycles;
  // Sent and taken in while the core computes, in its slots.
  int64_t steps = backward ? rows : rows - 1;
  if (backward && !shape.statistics)
    steps += rows;
  cycles.matmul += steps * (2 * costs.launch + costs.dispatch +
                            2 * slots(2 * elements, costs.sendStorage));
  if (backward) // a step's gradients go when they are whole, and are waited for
    cycles.exchange += rows * (costs.launch + costs.dispatch + costs.stage +
                               2 * slots(2 * elements, costs.sendSums)) +
                       (rows - 2) * costs.hop;
  return cycles;
}

int64_t spreadCycles(const AttentionShape &shape, bool backward,
                     const Machine &machine, ElementType type) {
  if (shape.spread.hops() == 0)
    return 0;
  // Keys and values; backward their gradients, by the same way.
  double each =
      cost::exchangeCycles(machine, shape.spread, shape.keyFeatures,
                           shape.tokens(0) * shape.sequencesPerRow, type);
  double back = 0;
  if (backward) {
    cost::Travel travel = shape.spread;
    std::swap(travel.east, travel.west);
    back = cost::exchangeCycles(machine, travel, shape.mostDims(),
                                shape.tokens(0) * shape.sequencesPerRow, type);
  }
  return std::llround(2 * (each + back));
}

AttentionCycles criticalColumn(const AttentionShape &shape, bool backward,
                               const AttentionCosts &costs) {
  // Columns differ in few ways: price each head part once.
  std::map<HeadPart, AttentionCycles> parts;
  AttentionCycles slowest;
  for (const std::vector<HeadPart> &column : shape.columns) {
    int64_t dims = 0;
    AttentionCycles sum;
    for (HeadPart part : column) {
      auto found = parts.find(part);
      if (found == parts.end())
        found = parts
                    .emplace(part, backward ? backwardCycles(shape, part, costs)
                                            : forwardCycles(shape, part, costs))
                    .first;
      sum += found->second;
      dims += part.dims;
    }
    sum += travelCycles(shape, dims, backward, costs);
    if (sum.total() > slowest.total())
      slowest = sum;
  }
  slowest.matmul *= shape.sequencesPerRow;
  slowest.exchange *= shape.sequencesPerRow;
  slowest.softmax *= shape.sequencesPerRow;
  return slowest;
}

} // namespace waferflow
