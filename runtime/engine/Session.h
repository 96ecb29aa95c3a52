//===- Session.h - One model on one machine ---------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_SESSION_H
#define WAFERFLOW_RUNTIME_ENGINE_SESSION_H

#include "models/checkpoints/Checkpoint.h"
#include "models/llama/LlamaConfig.h"
#include "runtime/engine/Request.h"
#include "runtime/translate/FlowToProgram.h"
#include "simulator/machine/Reader.h"
#include "simulator/program/Program.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <map>

namespace waferflow {

using Module = mlir::OwningOpRef<mlir::ModuleOp>;

/// Masks by weight and how they are made, and the files they came from.
struct MaskCache {
  std::map<std::string, std::shared_ptr<const MaskSource>> masks;
  std::map<std::string, std::shared_ptr<const Checkpoint>> files;
};

/// A context with every dialect that a program may use.
std::unique_ptr<mlir::MLIRContext> makeContext();

/// Makes the masks of weights once each, kept in `cache`, which must outlive
/// it.
MaskFactory maskFactory(MaskCache &cache);

/// A file's tensors, opened once.
Result<std::shared_ptr<const Checkpoint>> cachedFile(const std::string &path,
                                                     MaskCache &cache);

/// A placed module's program; masks come from the weights' attributes, values
/// from the checkpoints these name.
Result<Program> loadProgram(mlir::ModuleOp module, MaskCache &masks);

/// What the points of a run share: the model's configuration, its weights, the
/// machine, the step in flow form. Every function reports what is wrong as one
/// error.
class Session {
public:
  /// `sized`: the step has the request's tokens, or the most that fit; else one
  /// sequence, which is enough to count by.
  static Result<std::unique_ptr<Session>> open(const Request &request,
                                               bool sized = true);

  const Request &request() const { return asked; }
  const MachineFile &machine() const { return machineFile; }
  int64_t tokens() const { return stepTokens; }
  int64_t seq() const { return stepSeq; }
  MaskKind maskKind() const { return mask; }
  /// The sparsity of a point; 2:4 and checkpoint masks fix it.
  Result<double> pointSparsity(double asked);
  /// "uniform 0.7, seed 0 (synthetic)"; "dense" at sparsity 0.
  std::string describeMask(double sparsity) const;

  /// The step as the builder makes it: linalg on tensors.
  Result<Module> graph();
  /// The step as kernels, weights masked for a point.
  Result<Module> flow(double sparsity);
  /// Mapped and placed on the session's machine. Leaves the masks that it had
  /// to count in `masks`.
  Result<Module> placed(double sparsity, MaskCache &masks);
  /// Fabric programs and the host's part in them; weights name the checkpoint
  /// that has their values.
  Result<Module> fabric(double sparsity);

private:
  Session() = default;
  std::optional<Error> chooseTokens();
  std::optional<Error> maskWeights(mlir::ModuleOp module, double sparsity);
  std::optional<Error> countMasks(mlir::ModuleOp module, MaskCache &masks);
  std::optional<Error> readModel();
  Result<double> ownSparsity();
  Result<flow::SourceAttr> sourceOf(const std::string &weight);
  Result<Module> buildGraph(int64_t batch);
  Result<Module> buildFlow(int64_t batch);

  Request asked;
  MachineFile machineFile;
  LlamaConfig config;
  std::shared_ptr<const Checkpoint> checkpoint;
  MaskKind mask = MaskKind::Uniform;
  int64_t stepTokens = 0, stepSeq = 0;
  std::unique_ptr<mlir::MLIRContext> context;
  Module flowModule;                         ///< unmasked, for stepTokens
  std::map<std::string, std::string> hashes; ///< of the checkpoint's tensors
};

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_SESSION_H
