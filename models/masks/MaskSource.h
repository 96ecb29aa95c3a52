//===- MaskSource.h - Which weights of a matrix are nonzero -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_MASKS_MASKSOURCE_H
#define WAFERFLOW_MODELS_MASKS_MASKSOURCE_H

#include <cstdint>
#include <string>

namespace waferflow {

/// The nonzero positions of one weight matrix [rows = output features,
/// columns = input features], produced a row at a time on demand, so that no
/// mask need ever be held whole. Thread-safe and deterministic: the same row
/// always has the same bits.
class MaskSource {
public:
  virtual ~MaskSource() = default;

  virtual int64_t rows() const = 0;
  virtual int64_t columns() const = 0;

  /// Writes row `r`: bit c % 64 of words[c / 64] is set where weight (r, c) is
  /// nonzero. `words` has wordsPerRow() entries; bits past columns() are 0.
  virtual void row(int64_t r, uint64_t *words) const = 0;

  /// What a report says of it: "magnitude 0.7 of model.safetensors",
  /// "uniform 0.7, seed 1 (synthetic)".
  virtual std::string describe() const = 0;

  int64_t wordsPerRow() const { return (columns() + 63) / 64; }
  /// The bits of a row's last word that are columns.
  uint64_t lastWord() const { return ~uint64_t(0) >> (-columns() & 63); }
};

} // namespace waferflow

#endif // WAFERFLOW_MODELS_MASKS_MASKSOURCE_H
