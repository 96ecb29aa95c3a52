//===- MasterStore.h - Master weights and their optimizer ------ -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the weight store keeps between steps, with values: for every weight its
// f32 master and AdamW's two moments. Of a pruned weight only the positions of
// its mask exist here (a bit mask and the values that it marks), so zeros stay
// zero and cost nothing.
//
//   MasterStore store = *MasterStore::create(options);
//   store.add("lm_head.weight", values, ElementType::F16);
//   store.add("model.layers.0.mlp.up_proj.weight", values, ElementType::F16,
//             positions);
//   each step: stream store.streamed(name) and a loss times store.scale();
//              store.step(gradients).
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_STORE_MASTERSTORE_H
#define WAFERFLOW_SIMULATOR_STORE_MASTERSTORE_H

#include "simulator/program/Result.h"
#include "simulator/store/AdamW.h"
#include "simulator/store/LossScale.h"

#include <map>

namespace waferflow::store {

struct StoreOptions {
  AdamWOptions adamw;
  LossScaleOptions lossScale;
  /// Largest L2 norm of all gradients together, which are scaled down to it as
  /// torch.nn.utils.clip_grad_norm_ does; 0: not clipped.
  double clipNorm = 0;
};

/// Row-major, as many as the weight has elements; or, of a pruned weight, only
/// those at its mask's positions, in their order.
using Gradients = std::map<std::string, std::vector<float>>;

struct StepOutcome {
  bool applied = false;    ///< false: left out, a gradient was not finite
  double scale = 1;        ///< that these gradients were scaled by
  double gradientNorm = 0; ///< L2, unscaled, before clipping; f64
  double clipFactor = 1;
  int64_t updates = 0; ///< of single values
  std::string culprit; ///< if left out: the weight and element
};

class MasterStore {
public:
  static Result<MasterStore> create(const StoreOptions &options);

  /// `values` are row-major. `positions`: the mask, ascending; everywhere else
  /// the value must be 0. Without it every position exists.
  std::optional<Error>
  add(const std::string &name, const std::vector<float> &values,
      ElementType storage,
      const std::optional<std::vector<int64_t>> &positions = std::nullopt);

  /// In alphabetical order.
  std::vector<std::string> names() const;
  /// What goes to the fabric: the master rounded to the storage type, 0 outside
  /// the mask; row-major.
  Result<std::vector<float>> streamed(const std::string &name) const;
  /// The f32 master, 0 outside the mask; row-major.
  Result<std::vector<float>> master(const std::string &name) const;
  /// Positions that exist.
  Result<int64_t> stored(const std::string &name) const;

  /// What the loss of the next step is to be multiplied by.
  double scale() const { return lossScale.scale(); }
  int64_t steps() const { return stepsApplied; }

  /// Whether no update may begin before the last gradient has come: clipping
  /// needs their norm, loss scaling to know that all are finite.
  bool waitsForAllGradients() const;

  /// One update of all weights from scaled gradients, which must be given for
  /// every weight. Nothing changes when there is an error. Sums run in f64 in
  /// the order of names and positions.
  Result<StepOutcome> step(const Gradients &gradients);

private:
  struct Weight {
    ElementType storage = ElementType::F32;
    int64_t elements = 0;
    std::vector<uint64_t> mask; ///< a bit an element; empty: all exist
    AdamWState state;
  };

  explicit MasterStore(const StoreOptions &options)
      : options(options), lossScale(options.lossScale) {}
  Result<const Weight *> find(const std::string &name) const;
  static std::vector<float> spread(const Weight &weight,
                                   const std::vector<float> &values);
  static Result<std::vector<float>> taken(const std::string &name,
                                          const Weight &weight,
                                          const std::vector<float> &gradient);

  StoreOptions options;
  LossScale lossScale;
  std::map<std::string, Weight> weights;
  int64_t stepsApplied = 0;
};

} // namespace waferflow::store

#endif // WAFERFLOW_SIMULATOR_STORE_MASTERSTORE_H
