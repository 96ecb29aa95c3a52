//===- Report.cpp - What one run says -------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/report/Report.h"

#include <tuple>

namespace waferflow {

bool operator==(const KernelReport &a, const KernelReport &b) {
  auto all = [](const KernelReport &k) {
    return std::tie(k.id, k.name, k.kind, k.layer, k.phase, k.section, k.cycles,
                    k.nonzeros, k.multiplyAdds, k.usefulMultiplyAdds,
                    k.cumulative, k.pruned, k.bottleneck, k.mapping);
  };
  return all(a) == all(b);
}

bool operator==(const Report &a, const Report &b) {
  auto all = [](const Report &r) {
    return std::tie(r.fidelity, r.cycles, r.seconds, r.cores, r.tokens,
                    r.kernels, r.cumulative, r.counters);
  };
  return all(a) == all(b);
}

} // namespace waferflow
