//===- TimeKernels.cpp ----------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/TimeKernels.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <sstream>
#include <thread>

namespace waferflow {

namespace {

/// Writes what a kernel's time depends on.
struct KeyWriter {
  const Program &program;
  std::ostringstream key;

  template <typename... Fields> void add(const Fields &...fields) {
    ((key << ' ' << fields), ...);
  }
  void weight(int32_t index) {
    const Weight &weight = program.weights[index];
    add(weight.rows, weight.columns,
        static_cast<const void *>(weight.mask.get()));
  }
  void work(const std::vector<ScalarWork> &items) {
    for (const ScalarWork &item : items)
      add(static_cast<int>(item.op), item.perCore,
          item.type ? static_cast<int>(*item.type) : -1, item.instructions,
          item.configured, item.scalarSlots);
  }
  void vectors(const std::vector<StreamedVector> &items) {
    for (const StreamedVector &item : items)
      add(item.features, item.perColumn);
  }

  void operator()(const Spmm &body) {
    weight(body.weight);
    add(body.transposed, body.inOrder, body.outOrder, body.outputGroups,
        static_cast<int>(body.form), body.buffers);
  }
  void operator()(const Sddmm &body) {
    weight(body.weight);
    add(body.inOrder, body.outOrder, static_cast<int>(body.broadcast),
        body.dense, body.buffers);
  }
  void operator()(const Attention &body) {
    add(body.backward, body.causal, body.heads, body.kvHeads, body.headDim,
        body.order, body.keyBlock, body.keyOrder, body.statistics);
  }
  void operator()(const Map &body) {
    work(body.work);
    vectors(body.vectors);
  }
  void operator()(const Reduce &body) {
    add(body.overX, body.overY, body.broadcastBack, body.drain, body.columns,
        body.rows, body.vectorPerCore, body.times, static_cast<int>(body.type));
    work(body.work);
    vectors(body.vectors);
  }
  void operator()(const Gather &body) {
    weight(body.weight);
    add(body.backward, body.order);
  }
  void operator()(const Relayout &body) {
    add(static_cast<int>(body.form), body.fromOrder, body.toOrder,
        body.outputGroups, static_cast<int>(body.groupForm));
  }
};

/// Calls the model of the kernel's kind.
struct Model {
  const Kernel &kernel;
  TileContext &context;

  KernelTiming operator()(const Spmm &body) {
    return timeSpmm(kernel, body, context);
  }
  KernelTiming operator()(const Sddmm &body) {
    return timeSddmm(kernel, body, context);
  }
  KernelTiming operator()(const Attention &body) {
    return timeAttention(kernel, body, context);
  }
  KernelTiming operator()(const Map &body) {
    return timeMap(kernel, body, context);
  }
  KernelTiming operator()(const Reduce &body) {
    return timeReduce(kernel, body, context);
  }
  KernelTiming operator()(const Gather &body) {
    return timeGather(kernel, body, context);
  }
  KernelTiming operator()(const Relayout &body) {
    return timeRelayout(kernel, body, context);
  }
};

} // namespace

std::string timingKey(const Kernel &kernel, const Program &program) {
  KeyWriter writer{program, {}};
  writer.add(kernel.body.index());
  std::visit(writer, kernel.body);
  return writer.key.str();
}

std::variant<std::vector<KernelTiming>, Error>
timeKernels(const Program &program, const CostSwitches &switches, int threads) {
  std::map<std::string, size_t> places;
  std::vector<const Kernel *> distinct;
  std::vector<size_t> placeOf;
  for (const Kernel &kernel : program.kernels) {
    auto [place, isNew] =
        places.emplace(timingKey(kernel, program), distinct.size());
    if (isNew)
      distinct.push_back(&kernel);
    placeOf.push_back(place->second);
  }

  // Kernels go to threads as they come free; each result has its own place, so
  // that who computed it doesn't show.
  int64_t count = static_cast<int64_t>(distinct.size());
  int workers = static_cast<int>(
      std::clamp<int64_t>(threads, 1, std::max<int64_t>(count, 1)));
  TileContext context(program, switches, std::max(1, threads / workers));
  std::vector<KernelTiming> timings(distinct.size());
  std::vector<std::string> failures(distinct.size());
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i = next++; i < distinct.size(); i = next++) {
      try {
        timings[i] =
            std::visit(Model{*distinct[i], context}, distinct[i]->body);
      } catch (const std::exception &exception) {
        failures[i] = exception.what();
      }
    }
  };
  std::vector<std::thread> pool;
  for (int i = 1; i < workers; ++i)
    pool.emplace_back(work);
  work();
  for (std::thread &thread : pool)
    thread.join();

  for (size_t i = 0; i < distinct.size(); ++i)
    if (!failures[i].empty())
      return Error{"kernel '" + distinct[i]->name + "'", failures[i]};
  std::vector<KernelTiming> all;
  all.reserve(placeOf.size());
  for (size_t place : placeOf)
    all.push_back(timings[place]);
  return all;
}

} // namespace waferflow
