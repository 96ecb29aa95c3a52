//===- Helpers.h - What the mask tests share --------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_UNIT_MASKS_HELPERS_H
#define WAFERFLOW_TESTS_UNIT_MASKS_HELPERS_H

#include "models/checkpoints/TensorView.h"
#include "models/masks/MaskSource.h"

#include <cstring>
#include <vector>

namespace waferflow::testing {

/// The mask as one bool an element, and a check that nothing lies past a row's
/// end.
inline std::vector<bool> elements(const MaskSource &mask,
                                  bool *clean = nullptr) {
  std::vector<bool> all;
  // One guard word: a source that writes past wordsPerRow() is caught.
  std::vector<uint64_t> words(mask.wordsPerRow() + 1, 0x5a5a5a5a5a5a5a5a);
  for (int64_t r = 0; r < mask.rows(); ++r) {
    mask.row(r, words.data());
    for (int64_t c = 0; c < mask.columns(); ++c)
      all.push_back(words[c / 64] >> (c % 64) & 1);
    if (clean)
      *clean = *clean && words.back() == 0x5a5a5a5a5a5a5a5a &&
               !(words[words.size() - 2] & ~mask.lastWord());
  }
  return all;
}

/// A matrix of f32, or of 16-bit patterns; at an odd address, as files have it.
template <typename T>
TensorView matrix(DType dtype, int64_t rows, int64_t columns,
                  const std::vector<T> &values) {
  auto bytes =
      std::make_shared<std::vector<uint8_t>>(values.size() * sizeof(T) + 1);
  std::memcpy(bytes->data() + 1, values.data(), values.size() * sizeof(T));
  TensorView view;
  view.file = "model.safetensors";
  view.name = "w";
  view.dtype = dtype;
  view.shape = {rows, columns};
  view.data = bytes->data() + 1;
  view.owner = bytes;
  return view;
}

} // namespace waferflow::testing

#endif // WAFERFLOW_TESTS_UNIT_MASKS_HELPERS_H
