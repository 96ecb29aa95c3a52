//===- Estimate.cpp - Closed forms of one kernel --------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/mapping/MappingProblem.h"

#include "simulator/cost/Expected.h"

#include <algorithm>
#include <cmath>

namespace waferflow {

namespace {

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

class Estimate {
public:
  Estimate(const MappingProblem &problem, const LaidOut &laid,
           const KernelShape &shape, const KernelChoice &choice)
      : problem(problem), machine(problem.machine), laid(laid), shape(shape),
        choice(choice) {}

  double cycles() const {
    if (shape.kind == "spmm")
      return pieces() *
             (cost::expectedSpmm(machine, laid.tokens, spmm()) + allGather());
    if (shape.kind == "sddmm")
      return pieces() * cost::expectedSddmm(machine, laid.tokens, sddmm());
    if (shape.kind == "attention")
      return attention();
    return 0; // the same under every choice but the token groups', and small
  }

private:
  bool isChunked(int32_t cls) const { return problem.classes[cls].chunked; }

  /// Runs of the kernel: one a piece of the vocabulary.
  double pieces() const {
    bool chunked = isChunked(shape.inClass) || isChunked(shape.outClass);
    return chunked ? static_cast<double>(laid.headChunks) : 1;
  }

  int64_t features(int32_t cls) const {
    int64_t all = problem.classes[cls].features;
    return isChunked(cls) ? ceilDiv(all, laid.headChunks) : all;
  }

  cost::StreamShape stream(int32_t resident, int32_t streamed) const {
    cost::StreamShape stream;
    stream.rows = features(streamed);
    stream.features = features(resident);
    stream.featureColumns = laid.columns[resident];
    stream.rowColumns = laid.columns[streamed];
    stream.density = shape.density;
    stream.indexFree = shape.indexFree;
    stream.buffers = choice.buffers;
    stream.types = {problem.type, problem.accumulate};
    return stream;
  }

  cost::StreamShape spmm() const {
    cost::StreamShape result = stream(shape.inClass, shape.outClass);
    result.outputGroups = choice.outputGroups;
    result.form = choice.form;
    return result;
  }

  cost::StreamShape sddmm() const {
    bool output = choice.broadcast == Sddmm::Broadcast::Output;
    cost::StreamShape result = output ? stream(shape.inClass, shape.outClass)
                                      : stream(shape.outClass, shape.inClass);
    if (shape.denseGradient) {
      result.density = 1;
      result.indexFree = true;
    }
    return result;
  }

  /// This kernel's share of the gather that makes its replicas.
  double allGather() const {
    int64_t go = choice.outputGroups;
    if (go == 1)
      return 0;
    double vector = static_cast<double>(
        ceilDiv(laid.tokens.tokensPerCore, elementsPerWavelet(problem.type)));
    double f = static_cast<double>(laid.features[shape.inClass]);
    double link = choice.form == GroupForm::Contiguous
                      ? static_cast<double>(features(shape.inClass)) *
                            static_cast<double>(go - 1) /
                            static_cast<double>(go)
                      : static_cast<double>(go - 1) * f;
    double core = static_cast<double>(go) * f;
    return (std::max(link / machine.linkWaveletsPerCycle, core) * vector +
            static_cast<double>(machine.rerouteCycles)) /
           shape.readers;
  }

  /// mapping.md's attention: AXPYs (and backward dots) over the local dims for
  /// each key, scores scattered and gathered over a head's columns,
  /// exponentials once.
  double attention() const {
    const TokenLayout &tokens = laid.tokens;
    double columns = static_cast<double>(laid.columns[shape.inClass]);
    double heads = static_cast<double>(shape.heads);
    double span = std::max(1.0, std::floor(columns / heads));
    double perColumn = std::ceil(heads * span / columns);
    double dims = std::ceil(static_cast<double>(shape.headDim) / span);
    double keys = static_cast<double>(tokens.seq * tokens.sequencesPerRow);
    double queries = static_cast<double>(tokens.tokensPerCore) /
                     static_cast<double>(tokens.sequencesPerRow) *
                     (shape.causal ? 0.5 : 1);
    cost::StepTypes types{problem.type, problem.accumulate};
    auto launch = static_cast<double>(machine.launchCycles);
    double axpy = launch + queries / cost::axpyRate(machine, types, queries);
    double dot = launch + queries / cost::dotRate(machine, types);
    double scatter = queries * (1 - 1 / span) /
                     static_cast<double>(elementsPerWavelet(problem.type));
    const char *type = problem.type == ElementType::F32    ? "f32"
                       : problem.type == ElementType::BF16 ? "bf16"
                                                           : "f16";
    double exponentials =
        queries / span / machine.rate(std::string("exp.") + type + ".memory");
    double axpys = shape.backward ? 3 : 2, dots = shape.backward ? 2 : 0;
    double streams = shape.backward ? 4 : 2;
    return keys * perColumn *
           (dims * (axpys * axpy + dots * dot) + streams * scatter +
            exponentials);
  }

  const MappingProblem &problem;
  const Machine &machine;
  const LaidOut &laid;
  const KernelShape &shape;
  const KernelChoice &choice;
};

} // namespace

double estimateKernel(const MappingProblem &problem, const LaidOut &laid,
                      size_t kernel, const KernelChoice &choice) {
  return Estimate(problem, laid, problem.kernels[kernel], choice).cycles();
}

} // namespace waferflow
