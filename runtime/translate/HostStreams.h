//===- HostStreams.h - What enters and leaves at the edge -------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The wavelets of a lane from host tensors, and host tensors from the wavelets
// of a lane. The forms are those of `#fabric.host`.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_TRANSLATE_HOSTSTREAMS_H
#define WAFERFLOW_RUNTIME_TRANSLATE_HOSTSTREAMS_H

#include "runtime/translate/HostSide.h"
#include "simulator/program/Fabric.h"

namespace waferflow {

/// One row of a weight as a lane carries it.
struct LaneRow {
  struct Element {
    int32_t slot = 0;      ///< where the lane's cores hold the feature
    int64_t position = -1; ///< in the tensor, row-major; -1: an empty slot
  };
  OutputGroup::Row row;
  int32_t role =
      0; ///< 0: behind the owner in the ring, 1: on the way, 2: owner
  std::vector<Element> elements; ///< by slot
};

/// A lane's wavelets, and how many elements of a weight are among them.
struct LaneStream {
  std::vector<cycle::Wavelet> wavelets;
  int64_t nonzeros = 0;
};

class HostStreams {
public:
  explicit HostStreams(HostSide &side) : side(side) {}

  /// The stream of lane `lane` (a column of the fabric). Lanes of columns that
  /// no token group has are empty.
  Result<LaneStream> stream(fabric::InjectOp inject, int64_t lane,
                            const HostTensors &tensors);

  /// Wavelets that leave at lane `lane` of a drain whose host says what they
  /// are. Its `extent` is for drains that have no host.
  Result<int64_t> expectedWavelets(fabric::DrainOp drain, int64_t lane);
  /// Adds what left there to the drain's result: token groups, and several
  /// drains of one result, give parts of a sum.
  std::optional<Error> collect(fabric::DrainOp drain, int64_t lane,
                               const std::vector<uint32_t> &wavelets,
                               HostTensors &results);

  /// The rows of a weight (forms weights, mask and gradient) on a lane, in the
  /// order of the stream.
  Result<std::vector<LaneRow>> rows(fabric::HostAttr host, int64_t lane);

private:
  /// Positions in the tensor of all elements of a lane of a drain, row by row.
  Result<std::vector<std::vector<int64_t>>> drained(fabric::DrainOp drain,
                                                    int64_t lane);
  /// The same of the forms without rows of a weight: tables and features.
  Result<std::vector<std::vector<int64_t>>>
  slotPositions(fabric::HostAttr host, const std::vector<int64_t> &shape,
                int64_t lane);

  HostSide &side;
};

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_TRANSLATE_HOSTSTREAMS_H
