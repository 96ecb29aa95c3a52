//===- Estimate.cpp - Closed forms of one kernel --------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/mapping/OrderLoads.h"

#include "simulator/cost/AttentionCycles.h"
#include "simulator/cost/Collective.h"
#include "simulator/cost/Cycles.h"
#include "simulator/cost/Exchange.h"
#include "simulator/cost/Expected.h"
#include "simulator/cost/Grouping.h"
#include "simulator/cost/ScalarCycles.h"

#include <algorithm>
#include <cmath>

namespace waferflow {

namespace {

/// Runs of the kernel: one a piece of the vocabulary.
int64_t piecesOf(const MappingProblem &problem, const LaidOut &laid,
                 const KernelShape &shape) {
  auto isChunked = [&](int32_t cls) {
    return cls >= 0 && problem.classes[cls].chunked;
  };
  return isChunked(shape.inClass) || isChunked(shape.outClass) ? laid.headChunks
                                                               : 1;
}

class Estimate {
public:
  Estimate(const MappingProblem &problem, const LaidOut &laid, size_t kernel,
           const KernelChoice &choice)
      : problem(problem), machine(problem.machine), laid(laid), kernel(kernel),
        shape(problem.kernels[kernel]), choice(choice) {}

  double cycles() const {
    if (shape.kind == "spmm")
      return pieces() * cost::expectedSpmm(machine, laid.tokens, spmm()) +
             sums();
    if (shape.kind == "sddmm")
      return pieces() * cost::expectedSddmm(machine, laid.tokens, sddmm());
    if (shape.kind == "attention")
      return attention();
    if (shape.kind == "reduce")
      return elementwise() + reduction();
    if (shape.kind == "gather")
      return embedding();
    return elementwise();
  }

  /// The gather that makes the replicas of this kernel's input.
  double allGather() const {
    int64_t go = choice.outputGroups;
    if (go == 1)
      return 0;
    int64_t f = laid.features[shape.inClass];
    cost::Travel travel =
        cost::gatherTravel(laid.tokens.groupColumns, go, choice.form, f);
    return pieces() *
           (cost::exchangeCycles(machine, travel, f, laid.tokens.tokensPerCore,
                                 problem.type) +
            static_cast<double>(machine.rerouteCycles));
  }

private:
  bool isChunked(int32_t cls) const { return problem.classes[cls].chunked; }

  /// A product that reduces the vocabulary is added up over its pieces.
  double sums() const {
    if (!shape.transposed)
      return 0;
    return (pieces() - 1) *
           static_cast<double>(scalarCycles(sumOfPieces(problem, laid, kernel),
                                            problem.type, machine));
  }

  double pieces() const {
    return static_cast<double>(piecesOf(problem, laid, shape));
  }

  int64_t features(int32_t cls) const {
    int64_t all = problem.classes[cls].features;
    return isChunked(cls) ? divideUp(all, laid.headChunks) : all;
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
    result.rows = choice.outputGroups * rowsOfLargestGroup();
    result.outputGroups = choice.outputGroups;
    result.form = choice.form;
    if (isCounted(shape)) {
      // Nonzeros of a row where every group has its share of the rows.
      cost::RowLoad even = load(/*inputIsResident=*/true);
      double share = static_cast<double>(features(shape.outClass)) /
                     static_cast<double>(result.rows);
      result.counted = {even.mean * share, even.fullest * share};
    }
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
    if (isCounted(shape))
      result.counted = load(output);
    return result;
  }

  /// Rows that the output group with most of them streams: columns rarely
  /// divide by groups.
  int64_t rowsOfLargestGroup() const {
    int64_t columns = laid.columns[shape.outClass];
    int64_t members = membersOf(std::max(laid.columns[shape.inClass], columns),
                                choice.outputGroups, laid.tokens.groupColumns);
    int64_t last = columns - (choice.outputGroups - 1) * members;
    int64_t most = choice.form == GroupForm::Interleaved
                       ? divideUp(columns, choice.outputGroups)
                       : std::min(columns, std::max(members, last));
    return std::min(features(shape.outClass),
                    most * laid.features[shape.outClass]);
  }

  cost::RowLoad load(bool inputIsResident) const {
    return laid.loads->load(
        problem, kernel, inputIsResident, laid.orders, choice,
        std::max(laid.columns[shape.inClass], laid.columns[shape.outClass]));
  }

  double elementwise() const {
    return static_cast<double>(
        scalarCycles(scalarWork(problem, laid, kernel), problem.type, machine) +
        streamedCycles(streamedVectors(problem, laid, kernel), problem.type,
                       machine));
  }

  /// The exchange of a reduce, and its way out where it is a gradient.
  double reduction() const {
    Reduce reduce = reduceWork(problem, laid, kernel);
    int64_t cycles = 0;
    auto over = [&](int64_t cores, int64_t distance, bool back) {
      cycles +=
          reduce.times * chainOver(machine, cores, distance,
                                   reduce.vectorPerCore, reduce.type, back)
                             .cycles;
    };
    if (reduce.overX)
      over(reduce.columns, 1, reduce.broadcastBack);
    if (reduce.overY)
      over(reduce.rows, 1, reduce.broadcastBack);
    if (reduce.drain)
      over(laid.tokens.groups, laid.tokens.groupColumns, false);
    double drain =
        reduce.drain
            ? static_cast<double>(elementBytes(reduce.type) * reduce.times *
                                  reduce.vectorPerCore * reduce.columns) /
                  machine.edgeBytesPerCycle()
            : 0;
    return static_cast<double>(cycles) + drain;
  }

  /// The table past every core; backward, its gradient out.
  double embedding() const {
    int32_t cls = std::max(shape.inClass, shape.outClass);
    ElementType type = shape.backward ? ElementType::F32 : problem.type;
    auto rows = static_cast<double>(shape.rows);
    double edge = rows * static_cast<double>(shape.columns) *
                  static_cast<double>(elementBytes(type)) /
                  machine.edgeBytesPerCycle();
    double core =
        rows * static_cast<double>(laid.features[cls]) /
            rateOf(machine, shape.backward ? "add" : "copy", type, "fabric") +
        static_cast<double>(laid.tokens.tokensPerCore * machine.taskCycles);
    return std::max(edge, core);
  }

  /// As fidelity tile prices it, in the column with most dims. The exchange of
  /// keys and values that query heads share is the same for all key blocks and
  /// not in it.
  double attention() const {
    const TokenLayout &tokens = laid.tokens;
    int64_t columns = laid.columns[shape.inClass];
    HeadPart part{shape.headDim, std::max<int64_t>(1, columns / shape.heads)};
    if (part.columns > 1)
      part.dims = laid.features[shape.inClass];
    AttentionShape lies;
    lies.seq = problem.seq;
    lies.rows = tokens.rowsPerSequence;
    lies.sequencesPerRow = tokens.sequencesPerRow;
    lies.causal = shape.causal;
    lies.keyBlock = std::clamp<int64_t>(choice.keyBlock, 1, lies.tokens(0));
    lies.columns = {
        std::vector<HeadPart>(divideUp(shape.heads, columns), part)};
    AttentionCosts costs(machine, problem.type, problem.accumulate, {});
    return static_cast<double>(
        criticalColumn(lies, shape.backward, costs).total());
  }

  const MappingProblem &problem;
  const Machine &machine;
  const LaidOut &laid;
  size_t kernel;
  const KernelShape &shape;
  const KernelChoice &choice;
};

} // namespace

double estimateKernel(const MappingProblem &problem, const LaidOut &laid,
                      size_t kernel, const KernelChoice &choice) {
  return Estimate(problem, laid, kernel, choice).cycles();
}

double estimateGather(const MappingProblem &problem, const LaidOut &laid,
                      size_t kernel, const KernelChoice &choice) {
  if (problem.kernels[kernel].kind != "spmm")
    return 0;
  return Estimate(problem, laid, kernel, choice).allGather();
}

bool sharesGather(const MappingProblem &problem, size_t kernel,
                  const KernelChoice &before, const KernelChoice &choice) {
  if (kernel == 0 || choice.outputGroups == 1)
    return false;
  const KernelShape &last = problem.kernels[kernel - 1];
  const KernelShape &shape = problem.kernels[kernel];
  return last.kind == "spmm" && shape.kind == "spmm" &&
         last.input == shape.input && last.input >= 0 &&
         before.outputGroups == choice.outputGroups &&
         before.form == choice.form;
}

std::vector<ScalarWork> scalarWork(const MappingProblem &problem,
                                   const LaidOut &laid, size_t kernel) {
  using How = ScalarShape::How;
  const KernelShape &shape = problem.kernels[kernel];
  // What is done for tokens alone is done again for each piece of the
  // vocabulary.
  int64_t pieces = piecesOf(problem, laid, shape);
  std::vector<ScalarWork> work;
  for (const ScalarShape &scalar : shape.scalars) {
    int64_t share = scalar.perToken * pieces, once = scalar.once * pieces;
    if (scalar.cls >= 0) {
      const FeatureClass &cls = problem.classes[scalar.cls];
      int64_t inColumn =
          laid.features[scalar.cls] * (cls.chunked ? laid.headChunks : pieces);
      share = divideUp(scalar.perToken * inColumn, cls.features);
      once = divideUp(scalar.once * inColumn, cls.features);
    }
    ScalarWork item;
    item.op = scalar.op;
    item.type = scalar.type;
    item.perCore = share * laid.tokens.tokensPerCore + once;
    item.useful = static_cast<double>(scalar.perToken * laid.tokens.tokens) +
                  static_cast<double>(scalar.once);
    item.instructions = pieces;
    switch (scalar.how) {
    case How::Flat:
      break;
    case How::EachSlot:
      item.configured = true;
      item.instructions = share;
      break;
    case How::WrittenOut:
      item.instructions = share;
      break;
    case How::NoStart:
      item.instructions = 0;
      break;
    case How::Scalar:
      item.scalarSlots = scalar.scalarSlots * share;
      item.perCore = share;
      item.instructions = 0;
      item.useful = 0;
      break;
    case How::EachToken:
      item.scalarSlots = scalar.scalarSlots * item.perCore;
      item.instructions = 0;
      item.useful = 0;
      break;
    }
    work.push_back(item);
  }
  return work;
}

std::vector<ScalarWork> sumOfPieces(const MappingProblem &problem,
                                    const LaidOut &laid, size_t kernel) {
  int32_t cls = problem.kernels[kernel].outClass;
  ScalarWork add;
  add.op = ScalarOp::Add;
  if (problem.accumulate == Accumulate::F32)
    add.type = ElementType::F32;
  add.perCore = laid.features[cls] * laid.tokens.tokensPerCore;
  add.useful =
      static_cast<double>(problem.classes[cls].features * laid.tokens.tokens);
  return {add};
}

std::vector<StreamedVector> streamedVectors(const MappingProblem &problem,
                                            const LaidOut &laid,
                                            size_t kernel) {
  std::vector<StreamedVector> vectors;
  for (int32_t cls : problem.kernels[kernel].vectors)
    vectors.push_back({problem.classes[cls].features, laid.features[cls]});
  return vectors;
}

Reduce reduceWork(const MappingProblem &problem, const LaidOut &laid,
                  size_t kernel) {
  const KernelShape &shape = problem.kernels[kernel];
  bool wide = shape.inClass >= 0;
  Reduce reduce;
  reduce.overX = shape.overX;
  reduce.overY = shape.overY;
  reduce.columns = wide ? laid.columns[shape.inClass] : 1;
  reduce.rows = laid.tokens.rowsUsed;
  reduce.times = shape.results * piecesOf(problem, laid, shape);
  reduce.vectorPerCore = 1;
  if (!shape.overY)
    reduce.vectorPerCore = laid.tokens.tokensPerCore;
  else if (!shape.overX && wide)
    reduce.vectorPerCore = laid.features[shape.inClass];
  // Sums are f32, whatever is stored.
  reduce.type = ElementType::F32;
  // A gradient leaves; everything else is read again on the wafer.
  reduce.drain = shape.overY && !shape.overX && wide;
  reduce.broadcastBack = !reduce.drain;
  reduce.work = scalarWork(problem, laid, kernel);
  reduce.vectors = streamedVectors(problem, laid, kernel);
  return reduce;
}

} // namespace waferflow
