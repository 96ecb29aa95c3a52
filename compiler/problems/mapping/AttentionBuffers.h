//===- AttentionBuffers.h - What attention keeps while it runs --*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_PROBLEMS_MAPPING_ATTENTIONBUFFERS_H
#define WAFERFLOW_COMPILER_PROBLEMS_MAPPING_ATTENTIONBUFFERS_H

#include <algorithm>
#include <cstdint>

namespace waferflow {

/// How an attention lies on a core: what its buffers depend on.
struct AttentionPlace {
  int64_t slots = 0; ///< features of the queries
  int64_t tokensPerCore = 0;
  int64_t perSequence = 0; ///< tokens of one sequence in a core
  int64_t teamColumns = 1; ///< that share a head
  int64_t mostHeads = 1;   ///< of a core
  int64_t ring = 1;        ///< rows of a sequence
  int64_t keyBlock = 1;    ///< keys whose scores are there at once
  bool backward = false;
};

/// Elements of each buffer, in the storage type (blocks), the accumulation type
/// (scores, gradients) and f32 (the rest).
struct AttentionBuffers {
  int64_t block = 0; ///< keys, or values, or their gradients: of even length
  int64_t blocks = 0;
  int64_t scores = 0, shared = 0, statistics = 0, work = 0;
  int64_t gradients = 0; ///< 0 forward
  int64_t home = 0;      ///< where gradients are when they are home
  int64_t product = 0;   ///< 0 forward
  int64_t logarithms = 0;

  explicit AttentionBuffers(const AttentionPlace &at) {
    // Each part of a block is a buffer of its own elsewhere: on 4 bytes.
    block = (at.slots * at.tokensPerCore + 1) / 2 * 2;
    int64_t places = at.ring > 1 ? 2 : 1;
    blocks = places * 2 * block;
    // Chunks of queries are equal: the last one may end behind the queries.
    shared = at.perSequence + at.teamColumns - 1;
    // Scores, how the sums before them shrink, and in a team the largest
    // score; or the gradients of scores.
    int64_t entries = at.keyBlock + (at.teamColumns > 1 ? 2 : 1);
    if (at.backward)
      entries = std::max(entries, 2 * at.keyBlock);
    scores = shared * entries;
    statistics = at.mostHeads * at.perSequence;
    work = std::max(at.perSequence, at.keyBlock);
    logarithms = at.mostHeads * at.tokensPerCore;
    if (at.backward) {
      gradients = blocks;
      home = at.ring > 1 ? at.ring % 2 * 2 * block : 0;
      product = statistics;
    }
  }
};

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_PROBLEMS_MAPPING_ATTENTIONBUFFERS_H
