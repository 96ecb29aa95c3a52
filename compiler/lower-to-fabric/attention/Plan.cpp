//===- Plan.cpp - Where heads lie, and what attention keeps ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/attention/Plan.h"

#include <algorithm>

using namespace mlir;

namespace waferflow::fabric::attention {

bool Plan::inPlace() const {
  if (lowering.held(body.k).slots != places.slots)
    return false;
  return llvm::all_of(spread, [](const Move &move) {
    return move.fromColumn == move.toColumn && move.fromSlot == move.toSlot;
  });
}

std::vector<Rows> Plan::rowsOf(int64_t group) const {
  const TokenLayout &tokens = lowering.tokens;
  int64_t before = group * tokens.sequencesPerGroup;
  int64_t here = std::clamp<int64_t>(tokens.tokens / tokens.seq - before, 0,
                                     tokens.sequencesPerGroup);
  std::vector<Rows> rows;
  int64_t full = here / tokens.sequencesPerRow * tokens.rowsPerSequence;
  if (full)
    rows.push_back({0, full, tokens.sequencesPerRow});
  if (int64_t rest = here % tokens.sequencesPerRow)
    rows.push_back({full, full + 1, rest});
  return rows;
}

FailureOr<HeadPlaces> placesOf(flow::AttentionOp kernel,
                               const ColumnLayout &layout) {
  int64_t dim = kernel.getHeadDim();
  auto other = [&](int64_t column) {
    return kernel.emitOpError()
           << "expected heads that own neighbouring columns, or columns that "
              "hold whole heads one behind the other; column "
           << column << " of the queries is different";
  };
  HeadPlaces places;
  places.slots = layout.slots();
  places.heads.assign(layout.columns(), 0);
  places.dims.assign(layout.columns(), 0);
  std::vector<int64_t> firstHead(layout.columns(), -1);
  for (int64_t c = 0; c < layout.columns(); ++c) {
    const std::vector<int32_t> &features = layout.features[c];
    if (features.empty())
      continue;
    if (c != places.columns)
      return other(c);
    places.columns = c + 1;
    std::vector<int64_t> heads;
    for (int32_t feature : features) {
      if (feature < 0)
        return other(c);
      if (heads.empty() || heads.back() != feature / dim)
        heads.push_back(feature / dim);
    }
    firstHead[c] = heads.front();
    places.heads[c] = static_cast<int64_t>(heads.size());
    places.dims[c] = static_cast<int64_t>(features.size() / heads.size());
    places.mostHeads = std::max(places.mostHeads, places.heads[c]);
    if (heads.size() > 1 &&
        static_cast<int64_t>(features.size()) != dim * places.heads[c])
      return other(c);
    for (size_t s = 0; heads.size() > 1 && s < features.size(); ++s)
      if (features[s] / dim != heads[s / dim])
        return other(c);
  }
  places.headSlots = places.mostHeads > 1 ? dim : places.slots;
  // Teams of one width: as wide as the first head.
  while (places.teamColumns < places.columns &&
         firstHead[places.teamColumns] == firstHead[0])
    ++places.teamColumns;
  if (places.columns % places.teamColumns ||
      (places.teamColumns > 1 && places.mostHeads > 1))
    return other(0);
  for (int64_t c = 0; c < places.columns; ++c) {
    int64_t first = c / places.teamColumns * places.teamColumns;
    if (firstHead[c] != firstHead[first] ||
        (c == first && c > 0 && firstHead[c] == firstHead[c - 1]))
      return other(c);
  }
  return places;
}

FailureOr<Plan> planAttention(StepLowering &lowering,
                              flow::AttentionOp kernel) {
  auto body = flow::readBody(kernel);
  if (failed(body))
    return failure();
  ColumnLayout queries = lowering.layoutOf(lowering.held(body->q).layout);
  auto places = placesOf(kernel, queries);
  if (failed(places))
    return failure();
  auto layoutOf = [&](Value value) {
    return lowering.layoutOf(lowering.isHeld(value)
                                 ? lowering.held(value).layout
                                 : lowering.layoutOf(value));
  };
  for (Value value : {body->gradient, body->o, body->dq})
    if (value && !(layoutOf(value) == queries))
      return kernel.emitOpError()
             << "expected queries, output and their gradients in one layout";
  ColumnLayout keys = layoutOf(body->k);
  for (Value value : {body->v, body->dk, body->dv})
    if (value && !(layoutOf(value) == keys))
      return kernel.emitOpError()
             << "expected keys, values and their gradients in one layout";

  // The feature of the keys that each feature of the queries meets.
  int64_t dim = kernel.getHeadDim();
  int64_t share = kernel.getHeads() / kernel.getKvHeads();
  ColumnLayout wanted = queries;
  for (std::vector<int32_t> &column : wanted.features)
    for (int32_t &feature : column)
      feature =
          static_cast<int32_t>(feature / dim / share * dim + feature % dim);
  const TokenLayout &tokens = lowering.tokens;
  Plan plan{lowering, kernel, *body, *places, movesBetween(keys, wanted)};
  plan.ring = tokens.rowsPerSequence;
  plan.perSequence = tokens.tokensPerCore / tokens.sequencesPerRow;
  int64_t block = kernel.getMapping() ? kernel.getMapping()->getKeyBlock() : 0;
  plan.keyBlock = std::clamp<int64_t>(block, 1, plan.perSequence);
  return plan;
}

} // namespace waferflow::fabric::attention
