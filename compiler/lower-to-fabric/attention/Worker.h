//===- Worker.h - The code of cores that hold heads -------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_WORKER_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_WORKER_H

#include "compiler/lower-to-fabric/Emit.h"
#include "compiler/lower-to-fabric/attention/Plan.h"
#include "compiler/lower-to-fabric/attention/Ring.h"

namespace waferflow::fabric::attention {

/// SRAM that the programs of one attention share, besides inputs and results.
struct Memory {
  /// Two blocks of keys and values, [slots, Tl] each: the one at work, and the
  /// one that arrives. One block where a sequence has one row.
  Held blocks;
  int64_t keyElements = 0; ///< of a block's keys; its values are behind them
  bool isScaled = false;   ///< whether the first block's keys are
  /// The same of their gradients, in the accumulation type.
  Held gradients;
  int64_t gradientElements = 0;
  /// Where the own block's gradients are when they are home: an element.
  int64_t home = 0;
  /// [queries, entries]: what the columns of a team sum up and share, and room
  /// for the last chunk's end. A query's entries are neighbours.
  Held scores;
  Held shared; ///< [queries] in f32, with such room: sums over a team
  Held output; ///< [slots, Tl] in the accumulation type: o, then dq
  Held most;   ///< [heads, queries] in f32: the largest score of a query
  /// [heads, queries] in f32: of its exponentials, those taken in this column.
  Held sum;
  Held product; ///< [heads, queries] in f32: of its output and the gradient of
                ///< it
  Held work;    ///< [queries], or the keys of a block, in f32
  Held pin;     ///< one element
  /// The logarithm of a query's sum of exponentials of scores: what the forward
  /// pass leaves for the backward one. [sequences, heads, queries] in f32.
  std::optional<Held> logarithms;
  mlir::Value forwardOutput; ///< backward: of the pass that left them
  bool overOutput = false;   ///< whether dq takes its place
};

/// A head of a core at work: where its slots and its statistics begin.
struct HeadAt {
  Emit::At slots; ///< element of [slots, Tl], at the sequence's first token
  Emit::At statistics;
  Emit::At logarithms;
};

/// Keys first to first + count of a block, and who sees them.
struct KeysAt {
  Emit::At count;
  Emit::At key;   ///< element of the block's keys: first slot of the head
  Emit::At value; ///< the same of its values
  Emit::At gradientKey, gradientValue;
  Emit::At firstQuery; ///< that sees the first key; each further key one less
  int64_t entries;     ///< of a query among the scores
};

/// Writes the task of the cores of a rectangle: what forward and backward
/// passes share.
class Worker {
  Rows rows;
  mlir::Value teamIn, teamOut, rowIn, rowOut, pin;
  /// Dims of a head that some column has, ascending; and whether this core has
  /// more than the first, the second, ...
  std::vector<int64_t> dimCounts;
  std::vector<mlir::Value> hasMore;

public:
  Worker(const Plan &plan, const Memory &memory, Code &code, Ring &x, Ring &y,
         int64_t group, const Rows &rows);

  using At = Emit::At;
  const Plan &plan;
  const Memory &memory;
  // Buffers.
  mlir::Value q, gradient, blocks, gradients, scores, shared, output, most, sum,
      product, work;
  mlir::Value logarithms, forwardOutput; ///< where there are any
  mlir::Value k, v;                      ///< where they are not in the block
  mlir::Value result;                    ///< o or dq
  Emit e;                                ///< at the end of the task
  // Numbers of a core.
  At row;     ///< of its sequence
  At queries; ///< of a sequence here
  At member;  ///< in its team
  At dims;    ///< of a head
  At heads;

  int64_t tl() const { return plan.lowering.tokensPerCore(); }
  int64_t team() const { return plan.places.teamColumns; }

  At min(At a, At c);
  At max(At a, At c);
  At rest(At a, int64_t n);

  /// Entry `entry` of `count` queries from `first`.
  mlir::Value scoresOf(const KeysAt &keys, At entry, At first, At count) {
    return e.dsd(scores, e.add(e.mul(first, e.at(keys.entries)), entry), count,
                 keys.entries);
  }
  /// The first query that sees key `i` of `keys`, and how many do.
  At firstOf(const KeysAt &keys, At i) {
    return plan.causal() ? e.add(keys.firstQuery, i) : keys.firstQuery;
  }

  /// For every sequence of the core: body(its first local token).
  void eachSequence(llvm::function_ref<void(At base)> body);
  /// For every head of the core.
  void eachHead(At base, llvm::function_ref<void(HeadAt)> body);
  /// For every slot of a head from `first` on: body(where elements at `firsts`
  /// of the head's first slot are in this one).
  void eachDim(llvm::ArrayRef<At> firsts,
               llvm::function_ref<void(llvm::ArrayRef<At>)> body,
               int64_t first = 0);

  /// The blocks of keys and values of all rows of the sequence come by, the own
  /// one first. Calls body for as many keys of a head as fit, all of which some
  /// query here sees.
  struct Tour {
    bool home = false;    ///< blocks go on until the own one is back
    bool carries = false; ///< gradients travel behind the blocks, and home
    int64_t half = 0;     ///< where the own block is
    int64_t entries = 0;  ///< of a query among the scores
  };
  void eachKeys(At base, const Tour &tour,
                llvm::function_ref<void(const HeadAt &, const KeysAt &)> body);

  /// Entry `entry` + i = sum over the slots of this column of the block's
  /// element `at` + i and `buffer`, for the queries that see key i.
  void partialScores(const HeadAt &head, const KeysAt &keys, At at,
                     int64_t entry, mlir::Value buffer);

  /// Queries from `first` on, dealt to the columns of a team: `chunk`
  /// neighbouring ones to each, so that all have as much to exponentiate.
  struct Share {
    At first, chunk;
    At begin, end, count; ///< those of this column, if any
  };
  Share share(At first);
  /// The queries of this column, one by one: body(the query, how many of `keys`
  /// it sees).
  void eachQuery(const Share &share, const KeysAt &keys,
                 llvm::function_ref<void(At, At)> body);
  /// For a share that may be empty.
  void whenAny(const Share &share, llvm::function_ref<void()> body);

  /// Sums what a buffer has of queries, `entries` each, over the columns of a
  /// team, each chunk in the column that has it.
  void reduceScatter(mlir::Value buffer, int64_t entries, const Share &share);
  /// Every column gets what the others' chunks have.
  void allGather(mlir::Value buffer, int64_t entries, const Share &share);
  /// Waits until what was sent to the team has left this memory.
  void settleTeam();

  /// The own block of keys and values. Keys are scaled: scores come out scaled,
  /// and so does dq.
  void beginBlocks();
  void clear(mlir::Value buffer);
  /// Clears a sequence's tokens of `output`.
  void clearOutput(At base);
  /// No key seen yet.
  void begin();
  /// The softmax of the keys' scores so far, in place of the scores; behind
  /// them by how much earlier sums shrink, and the largest score. Of this
  /// core's chunk.
  void onlineSoftmax(const HeadAt &head, const KeysAt &keys,
                     const Share &share);
  /// Other columns' queries: what they found.
  void followSoftmax(const HeadAt &head, const KeysAt &keys,
                     const Share &share);
  /// o = o shrunk + values, of all queries that see keys.
  void addValues(const HeadAt &head, const KeysAt &keys);
  /// All of that for all keys: `output` is o but for the division by `sum`.
  void softmaxOverKeys(At base, bool home);
  /// Divides what a head has summed up by the sum of its exponentials, and
  /// keeps the logarithms of the sums where they are wanted.
  void normalize(const HeadAt &head);
  /// `output` in the storage type, where the result lies.
  void storeOutput();

private:
  void transfer(mlir::Value buffer, int64_t entries, const Share &share,
                bool add);
  void eachDimBehind(llvm::ArrayRef<At> firsts,
                     llvm::function_ref<void(llvm::ArrayRef<At>)> body,
                     size_t part);
  void sendRow(mlir::Value buffer, At from, int64_t elements);
  void receiveRow(mlir::Value buffer, At to, int64_t elements,
                  std::optional<int64_t> thread);
  void settle(int64_t thread);
};

void writeForward(Worker &worker);
void writeBackward(Worker &worker);

} // namespace waferflow::fabric::attention

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_WORKER_H
