//===- HostSide.h - What a fabric module says of its host -------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which tensors a module of fabric programs takes and gives, and where their
// elements lie: streams (HostStreams) and buffers (HostBuffers) both ask here.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_TRANSLATE_HOSTSIDE_H
#define WAFERFLOW_RUNTIME_TRANSLATE_HOSTSIDE_H

#include "dialects/fabric/Fabric.h"
#include "dialects/flow/Flow.h"
#include "runtime/translate/FlowToProgram.h"
#include "runtime/translate/HostTensor.h"
#include "simulator/program/ColumnLayout.h"

#include "mlir/IR/BuiltinOps.h"

namespace waferflow {

/// A tensor that the host gives or gets.
struct HostDeclaration {
  std::string name;
  std::vector<int64_t> shape;
  bool integer = false;
  flow::WeightAttr weight;     ///< of arguments that are weights
  flow::GradientAttr gradient; ///< of results that are gradients
};

/// The positions of a weight that exist, row-major; no bits: all of them.
struct LivePositions {
  int64_t rows = 0, columns = 0;
  std::vector<bool> bits;
  std::string description; ///< of the mask; empty without one

  bool live(int64_t row, int64_t column) const {
    return bits.empty() || bits[row * columns + column];
  }
};

/// How the features of a layout and the rows of a stream lie over the columns
/// of a token group.
struct HostLayout {
  ColumnLayout features;
  OutputGroups rows;           ///< of forms with rows
  std::vector<int32_t> group;  ///< of each column, -1 where it has none
  std::vector<int32_t> member; ///< of each column in its group
  int64_t featureCount = 0, rowCount = 0;
};

class HostSide {
public:
  /// Reads a module's machine, step, orders, arguments and results.
  static Result<std::shared_ptr<HostSide>> of(mlir::ModuleOp module,
                                              MaskFactory makeMask);

  const Machine &machine() const { return itsMachine; }
  const TokenLayout &tokens() const { return tokenLayout; }
  flow::StepAttr step() const { return itsStep; }
  const std::vector<HostDeclaration> &arguments() const { return given; }
  const std::vector<HostDeclaration> &results() const { return wanted; }
  const HostDeclaration *argument(const std::string &name) const;
  const HostDeclaration *result(const std::string &name) const;

  /// Whether column `x` of the fabric belongs to a token group, which one, and
  /// its column there.
  bool hasGroup(int64_t x) const {
    return x < tokenLayout.groups * tokenLayout.groupColumns;
  }
  int64_t groupOf(int64_t x) const { return x / tokenLayout.groupColumns; }
  int64_t columnOf(int64_t x) const { return x % tokenLayout.groupColumns; }

  /// Where the elements of `host` lie; made once for equal layouts.
  Result<std::shared_ptr<const HostLayout>> layout(fabric::HostAttr host);
  /// The positions of the weight called `name`. A gradient's are those of its
  /// weight, or all where it is wanted dense.
  Result<std::shared_ptr<const LivePositions>>
  positions(const std::string &name);
  /// A given tensor, or the value in `host`.
  Result<const HostTensor *> tensor(fabric::HostAttr host,
                                    const HostTensors &given);

private:
  HostSide() = default;
  std::optional<Error> read(mlir::ModuleOp module);
  Result<FeatureOrder> orderOf(flow::LayoutAttr layout) const;

  mlir::ModuleOp module;
  MaskFactory makeMask;
  Machine itsMachine;
  flow::StepAttr itsStep;
  TokenLayout tokenLayout;
  std::vector<HostDeclaration> given, wanted;
  std::map<std::string, std::shared_ptr<const LivePositions>> masks;
  llvm::DenseMap<std::pair<mlir::Attribute, mlir::Attribute>,
                 std::shared_ptr<const HostLayout>>
      layouts;
  llvm::DenseMap<mlir::Attribute, std::shared_ptr<const HostTensor>> constants;
};

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_TRANSLATE_HOSTSIDE_H
