//===- MaskSpec.h - Which mask a weight gets --------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_MASKS_MASKSPEC_H
#define WAFERFLOW_MODELS_MASKS_MASKSPEC_H

#include "models/checkpoints/TensorView.h"
#include "models/masks/MaskSource.h"

#include <memory>

namespace waferflow {

class Checkpoint;

/// A mask as a program names it: a source and its parameters, never the bits.
/// What a kind does not use is 0.
struct MaskSpec {
  std::string kind; ///< "uniform", "magnitude", "nm" or "checkpoint"
  double sparsity =
      0; ///< fraction of zeros; nm and checkpoint fix it (0: unsaid)
  int64_t n = 0, m = 0; ///< nm: n nonzeros of every m input features
  uint64_t seed = 0;    ///< uniform, and nm without weights
  std::string weight;   ///< the weight's name: its random key, and for messages
  std::string file;     ///< the checkpoint, for whoever opens it
  std::string tensor;   ///< its tensor; "" the one called `weight`
  std::string hash;     ///< the tensor's content hash; "" unchecked
};

/// The first thing that is wrong with a spec by itself.
std::vector<Error> checkMaskSpec(const MaskSpec &spec);

/// The mask of a weight of `rows` x `columns`. `checkpoint` may be null for
/// uniform and nm (then random). Errors: whatever checkMaskSpec says; a kind
/// that needs weights without a checkpoint; a missing tensor, another shape or
/// type, another hash; a checkpoint whose zeros are not the sparsity asked for
/// (to 0.01).
Result<std::shared_ptr<const MaskSource>>
makeMask(const MaskSpec &spec, int64_t rows, int64_t columns,
         const Checkpoint *checkpoint);

/// The same from one tensor at hand, null for none.
Result<std::shared_ptr<const MaskSource>> makeMaskOf(const MaskSpec &spec,
                                                     int64_t rows,
                                                     int64_t columns,
                                                     const TensorView *weights);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_MASKS_MASKSPEC_H
