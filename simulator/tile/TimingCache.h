//===- TimingCache.h - Timings that equal kernels share ---------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_TIMINGCACHE_H
#define WAFERFLOW_SIMULATOR_TILE_TIMINGCACHE_H

#include "simulator/tile/KernelModel.h"

#include <functional>
#include <future>
#include <mutex>

namespace waferflow {

/// Times equal kernels once: identical dense layers, a forward pass that is
/// recomputed. A key says everything that the timing depends on.
class TimingCache {
public:
  /// The timing of `key`; the first caller computes it, others wait for it.
  KernelTiming get(const std::string &key,
                   const std::function<KernelTiming()> &compute);

private:
  std::mutex mutex;
  std::map<std::string, std::shared_future<KernelTiming>> timings;
};

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_TIMINGCACHE_H
