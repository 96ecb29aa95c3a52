//===- MappingProblem.h - How shall a step lie on the wafer? ----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An optimisation problem in the manner of scheduling problems: inputs with
// `check()`, a solution with `verify()`, algorithms as free functions. It knows
// nothing of MLIR; the pass `choose-mapping` fills it from IR.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_PROBLEMS_MAPPING_MAPPINGPROBLEM_H
#define WAFERFLOW_COMPILER_PROBLEMS_MAPPING_MAPPINGPROBLEM_H

#include "compiler/problems/mapping/Orders.h"
#include "simulator/machine/Machine.h"
#include "simulator/program/Kernels.h"
#include "simulator/program/Layout.h"

#include <memory>
#include <optional>

namespace waferflow {

/// One instruction of a map or reduce, as a core's code has it.
struct ScalarShape {
  enum class How {
    Flat,       ///< set up once, over all slots and tokens
    EachSlot,   ///< over the tokens of a slot, launched in a loop
    WrittenOut, ///< over the tokens of a slot, set up for each
    NoStart,    ///< what another instruction takes longer
    Scalar,     ///< scalar code, for each slot
    EachToken   ///< scalar code, for each token of a slot
  };
  ScalarOp op = ScalarOp::Add;
  int64_t perToken = 0; ///< executions a token over all columns
  int64_t once = 0;     ///< executions that no number of tokens changes
  /// Class whose features it runs over; -1: values of one scalar a token, which
  /// every column works on.
  int32_t cls = -1;
  std::optional<ElementType> type = {}; ///< none: the storage type
  How how = How::Flat;
  int64_t scalarSlots = 0; ///< of scalar code
};

/// One kernel before it is mapped. Work is counted a token.
struct KernelShape {
  std::string name;
  std::string kind; ///< as in the report: "spmm", "sddmm", ...
  int32_t layer = -1;
  Section section = Section::Block;
  Phase phase = Phase::Forward;
  int32_t inClass = -1;  ///< class of the (reduced) input
  int32_t outClass = -1; ///< class of the result
  int32_t input = -1;    ///< spmm: neighbours with equal inputs and output
                         ///< groups share an all-gather

  // spmm and sddmm: the weight as stored, [rows = out, columns = in].
  int64_t rows = 0, columns = 0;
  double density = 1;    ///< expected, 1 where dense
  bool indexFree = true; ///< dense weights stream without indices
  bool transposed = false;
  bool denseGradient = false;
  int32_t counts = -1; ///< of the weight in MappingProblem::counts, or none

  // attention
  bool backward = false, causal = true;
  int64_t heads = 0, kvHeads = 0, headDim = 0;
  int32_t keyClass = -1; ///< of keys and values

  // map and reduce
  std::vector<ScalarShape> scalars;
  bool overX = false, overY = false; ///< reduce
  int64_t results = 0;               ///< reduce: exchanges, one after the other
  std::vector<int32_t> vectors;      ///< classes of streamed vectors of weights
  /// What a core holds meanwhile: vectors of 4 bytes a token, of f32 a feature.
  int64_t temporaries = 0, featureSums = 0;
};

/// What is resident while kernel i runs, besides its own buffers. Counts are by
/// class.
struct LivePoint {
  /// Live activation tensors, each in one of three: block inputs that wait for
  /// their backward pass; inputs of a segment's later blocks, made again; all
  /// others.
  std::vector<int32_t> keptInputs, recomputedInputs, tensors;
  int32_t rowScalars = 0; ///< live values of one scalar a token
  /// Whether a spmm is the last that reads its input: a replica is in its
  /// place.
  bool inputDies = false;
  /// Inputs of an attention that nobody reads afterwards: keys and values;
  /// queries and the gradient of the output; the forward pass's output.
  int32_t dyingKeys = 0, dyingQueries = 0, dyingOutputs = 0;
  /// Where a vocabulary is in pieces, for all of which loops hold these too;
  /// the second in the type of sums.
  std::vector<int32_t> loopTensors = {}, loopSums = {};
  /// Sums of exponentials that wait for an attention's backward pass.
  std::vector<int32_t> logarithms = {};
  /// Tables of the host: of each place in a sequence and feature, in the
  /// storage type; of each feature, 4 bytes; of each token, 4 bytes.
  std::vector<int32_t> positionTables = {}, featureTables = {};
  int32_t tokenTables = 0;
};

/// Nonzeros of one weight's mask, by feature.
struct WeightCounts {
  FeatureLoads columns; ///< by input feature
  FeatureLoads rows;    ///< by output feature
};

struct MappingProblem {
  Machine machine;
  ElementType type = ElementType::F16;
  Accumulate accumulate = Accumulate::Storage;
  int64_t tokens = 0, seq = 0;
  std::vector<FeatureClass> classes;
  std::vector<KernelShape> kernels;        ///< in order of execution
  std::vector<LivePoint> live;             ///< one a kernel
  std::vector<WeightCounts> counts;        ///< of the masks that were counted
  std::optional<int64_t> fixedGt, fixedGo; ///< `--set mapping.gt=`, `.go=`
  std::optional<int64_t> fixedChunks;      ///< `.chunks=`
  std::optional<OrderKind> fixedOrder;     ///< `.order=`

  /// Sizes positive, indices in range, one live point a kernel, fixed groups
  /// that every spmm has the columns for, fixed pieces of what has so many
  /// features.
  std::optional<Error> check() const;
};

struct KernelChoice {
  int64_t outputGroups = 1;
  GroupForm form = GroupForm::Contiguous;
  int64_t buffers = 1;  ///< spmm, sddmm
  int64_t keyBlock = 0; ///< attention: keys whose scores are resident at once
  Sddmm::Broadcast broadcast = Sddmm::Broadcast::Output;
  double cycles = 0; ///< closed form, with the all-gather where it pays one
};

/// Bytes a core at the fullest kernel, by item.
using SramPlan = std::map<std::string, int64_t>;

struct MappingSolution {
  TokenLayout tokens;
  int64_t headChunks = 1;            ///< pieces of the vocabulary
  std::vector<KernelChoice> choices; ///< one a kernel
  std::vector<OrderKind> orders;     ///< one a class
  double cycles = 0;                 ///< of the whole step, closed forms
  SramPlan sram;
  std::vector<std::string> reasons; ///< for people: what was compared
};

class OrderLoads;

/// A problem's classes laid on one candidate of token groups.
struct LaidOut {
  TokenLayout tokens;
  int64_t headChunks = 1;
  std::vector<int64_t> features; ///< by class: most in a column
  std::vector<int64_t> columns;  ///< by class: columns that hold features
  std::vector<OrderKind> orders; ///< by class
  std::shared_ptr<OrderLoads> loads;
};

/// All classes blocked, unless `orders` says otherwise.
LaidOut layOut(const MappingProblem &problem, const TokenLayout &tokens,
               int64_t headChunks, std::vector<OrderKind> orders = {});

/// The order of class `cls` on `columns` columns: of layer `layer` where each
/// layer has its own, by the counts of the kernels that hold its features.
FeatureOrder layFeatures(const MappingProblem &problem, int32_t cls,
                         OrderKind kind, int64_t columns, int32_t layer);

/// The kinds of order that class `cls` may have: all, the one that is fixed, or
/// blocked where no other can matter (chunked, or nothing was counted).
std::vector<OrderKind> orderCandidates(const MappingProblem &problem,
                                       int32_t cls);

/// The plan of one kernel: code, live activations, partial sums, replica...
SramPlan planKernel(const MappingProblem &problem, const LaidOut &laid,
                    size_t kernel, const KernelChoice &choice);

/// planBytes(planKernel(...)) without making the plan.
int64_t kernelBytes(const MappingProblem &problem, const LaidOut &laid,
                    size_t kernel, const KernelChoice &choice);

/// Executions of every scalar instruction of a map or reduce on the fullest
/// core.
std::vector<ScalarWork> scalarWork(const MappingProblem &problem,
                                   const LaidOut &laid, size_t kernel);

/// Adding what a piece of the vocabulary gives to a transposed product to that
/// of the pieces before, in the type of sums.
std::vector<ScalarWork> sumOfPieces(const MappingProblem &problem,
                                    const LaidOut &laid, size_t kernel);

/// The vectors of weights that a map or reduce takes in.
std::vector<StreamedVector> streamedVectors(const MappingProblem &problem,
                                            const LaidOut &laid, size_t kernel);

/// The exchange of a reduce: its axes, cores and partial values a core.
Reduce reduceWork(const MappingProblem &problem, const LaidOut &laid,
                  size_t kernel);

/// Cycles of the all-gather that makes the replicas of a spmm's input; 0 with
/// one output group.
double estimateGather(const MappingProblem &problem, const LaidOut &laid,
                      size_t kernel, const KernelChoice &choice);

/// Whether `kernel` finds its replicas where the kernel before left them: both
/// are spmms, of one input, in the same output groups.
bool sharesGather(const MappingProblem &problem, size_t kernel,
                  const KernelChoice &before, const KernelChoice &choice);

/// Cycles of one kernel by the closed forms of simulator/cost, without the
/// all-gather before it.
double estimateKernel(const MappingProblem &problem, const LaidOut &laid,
                      size_t kernel, const KernelChoice &choice);

/// "code 12288, kept_inputs 1368".
std::string listItems(const SramPlan &plan);

/// Sum of a plan's items.
int64_t planBytes(const SramPlan &plan);

/// The rings of a spmm's output groups and its stream of weights have a color
/// each on `machine`; otherwise an error that says how many it needs. Columns
/// that are alone in their group have no ring.
std::optional<Error> checkColors(const Machine &machine, const LaidOut &laid,
                                 int64_t outputGroups, GroupForm form);

/// One choice a kernel, all within SRAM and within their limits.
std::optional<Error> verify(const MappingProblem &problem,
                            const MappingSolution &solution);

/// Why no mapping exists: what does not fit, where and by how many bytes (0
/// where the problem itself is wrong).
struct MappingFailure {
  Error error;
  int64_t overBytes = 0;
};

/// Tries every token group count of a small set, every combination of the
/// classes' orders and, kernel by kernel, every output group count, form,
/// buffer count and broadcast side that fits, and keeps the cheapest by closed
/// forms.
std::variant<MappingSolution, MappingFailure>
searchExhaustive(const MappingProblem &problem);

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_PROBLEMS_MAPPING_MAPPINGPROBLEM_H
