//===- Kernels.h - What a region of cores is asked to do --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One struct a kernel kind. Indices name entries of the Program's tables
// (weights, orders). Work is for one token group; every group does the same.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_PROGRAM_KERNELS_H
#define WAFERFLOW_SIMULATOR_PROGRAM_KERNELS_H

#include "simulator/program/Types.h"

#include <optional>
#include <variant>
#include <vector>

namespace waferflow {

/// How output groups divide the columns of a token group: neighbours together,
/// or column x in group x mod Go.
enum class GroupForm { Contiguous, Interleaved };

/// y[t, r] = sum_i w[r, i] x[t, i] over streamed weights: one AXPY a nonzero,
/// partial sums reduced over the columns of a ring. Transposed: the rows that
/// stream are the weight's input features (dX).
struct Spmm {
  int32_t weight = -1;
  bool transposed = false;
  int32_t inOrder = -1;     ///< order of the reduced features
  int32_t outOrder = -1;    ///< order of the produced features: who owns a row
  int64_t outputGroups = 1; ///< Go
  GroupForm form = GroupForm::Contiguous;
  int64_t buffers = 8; ///< B partial-sum buffers a core
};

/// dW[o, i] = sum_t dY[t, o] X[t, i] at the mask's positions (or all): one
/// side's vectors are broadcast along x, the f32 dots chained down y and
/// drained at the south edge.
struct Sddmm {
  enum class Broadcast { Input, Output };
  int32_t weight = -1;
  int32_t inOrder = -1;                    ///< order of X's features
  int32_t outOrder = -1;                   ///< order of dY's features
  Broadcast broadcast = Broadcast::Output; ///< whose vectors travel along x
  bool dense = false;  ///< every position, whatever the mask
  int64_t buffers = 8; ///< B travelling vectors a core
};

/// Blocked attention with online softmax over the columns of a head. Forward is
/// two matmuls (Q K^T, P V), backward five (Q K^T again, dP, dV, dQ, dK).
struct Attention {
  bool backward = false;
  bool causal = true;
  int64_t heads = 0, kvHeads = 0, headDim = 0;
  int32_t order = -1;    ///< a head order: who holds which dims of a head
  int64_t keyBlock = 0;  ///< keys whose scores are resident at once
  int32_t keyOrder = -1; ///< of keys and values; -1: they lie as queries do
  /// Forward: the sums of exponentials are kept for a backward pass. Backward:
  /// such and the output are at hand, else a forward pass comes first.
  bool statistics = true;
};

/// What scalar operations cost is looked up by these names in the machine.
enum class ScalarOp {
  Add,
  Mul,
  Max,
  Exp,
  Log,
  Rsqrt,
  Reciprocal,
  Select,
  Copy,
  Axpy,
  MixedAxpy, ///< 16-bit factors, f32 sum
  Dot        ///< and sums and maxima of a vector's elements
};

/// Equal vector instructions of a kernel on the fullest core.
struct ScalarWork {
  ScalarOp op = ScalarOp::Add;
  int64_t perCore = 0; ///< executions on the fullest core
  double useful = 0;   ///< executions over all cores without padding
  std::optional<ElementType> type = {}; ///< none: the step's storage type
  int64_t instructions = 1;             ///< that share the executions evenly
  bool configured = false;              ///< launched in a loop, not set up
  int64_t scalarSlots = 0;              ///< of scalar code beside them
};

/// A weight of one dimension on its way into every core of its columns.
struct StreamedVector {
  int64_t features = 0;  ///< of all columns
  int64_t perColumn = 0; ///< of the fullest one
};

/// Element-wise work; of communication only vectors of weights.
struct Map {
  std::vector<ScalarWork> work;
  std::vector<StreamedVector> vectors;
};

/// Element-wise work, then a reduction over columns (features), rows (tokens)
/// or both of `vectorPerCore` partial values a core, broadcast back to all.
struct Reduce {
  bool overX = false, overY = false;
  bool broadcastBack = true;
  bool drain = false; ///< the result leaves at the south edge (a gradient)
  int64_t columns = 1, rows = 1; ///< cores that take part, in x and in y
  int64_t vectorPerCore = 0;     ///< partial results a core before a reduction
  int64_t times = 1;             ///< reductions, one after the other
  ElementType type = ElementType::F16;
  std::vector<ScalarWork> work;
  std::vector<StreamedVector> vectors;
};

/// Embedding rows: the table streams once over all columns, each core keeps the
/// rows of its tokens. Backward: rows chained down y and drained.
struct Gather {
  bool backward = false;
  int32_t weight = -1;
  int32_t order = -1; ///< order of the hidden features
};

/// A change of layout between a producer and a consumer. `allGather`: every
/// column of a set gets all features of the set (replicas for output groups);
/// `regroup`: features move to other columns; `transpose`: tokens and features
/// change axes.
struct Relayout {
  enum class Form { AllGather, Regroup, Transpose };
  Form form = Form::Regroup;
  int32_t fromOrder = -1, toOrder = -1;
  int64_t outputGroups = 1; ///< of the consumer, for AllGather
  GroupForm groupForm = GroupForm::Contiguous;
};

struct Kernel {
  int32_t id = -1;    ///< position in Program::kernels, the order of execution
  std::string name;   ///< a label for people; nothing depends on it
  int32_t layer = -1; ///< block number, -1 outside blocks
  Phase phase = Phase::Forward;
  Section section = Section::Block;
  std::vector<int32_t> dependsOn;
  std::variant<Spmm, Sddmm, Attention, Map, Reduce, Gather, Relayout> body;
};

/// "spmm", "sddmm", ... as reports print it.
const char *kindName(const Kernel &kernel);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_PROGRAM_KERNELS_H
