//===- Rows.cpp - Some rows of a mask -------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/Rows.h"

namespace waferflow {

namespace {

class MaskRows : public MaskSource {
public:
  MaskRows(std::shared_ptr<const MaskSource> mask, int64_t first, int64_t count)
      : whole(std::move(mask)), first(first), count(count) {}

  int64_t rows() const override { return count; }
  int64_t columns() const override { return whole->columns(); }
  void row(int64_t r, uint64_t *words) const override {
    whole->row(first + r, words);
  }
  std::string describe() const override { return whole->describe(); }

private:
  std::shared_ptr<const MaskSource> whole;
  int64_t first, count;
};

} // namespace

std::unique_ptr<MaskSource> maskRows(std::shared_ptr<const MaskSource> whole,
                                     int64_t first, int64_t count) {
  return std::make_unique<MaskRows>(std::move(whole), first, count);
}

} // namespace waferflow
