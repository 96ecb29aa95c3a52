//===- StepLowering.h - A placed step on its way to the fabric --*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_STEPLOWERING_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_STEPLOWERING_H

#include "compiler/MappedStep.h"
#include "compiler/elements/ElementInputs.h"
#include "compiler/lower-to-fabric/SramTimeline.h"
#include "dialects/fabric/Fabric.h"
#include "dialects/flow/Orders.h"

#include <map>
#include <tuple>

namespace waferflow::fabric {

/// Where a value of the step lies in SRAM: at the same address on every core.
struct Held {
  enum class Kind {
    Activation, ///< [slots, Tl]: a slot's tokens are neighbours
    RowScalar,  ///< [Tl]: one scalar a token, the same in every column
    Scalar,     ///< one element, the same on every core
    Scratch     ///< what a kernel uses while it runs
  };
  Kind kind = Kind::Scratch;
  int64_t address = 0; ///< bytes
  mlir::Type element;
  int64_t slots = 1;
  int64_t extent = 1;      ///< elements
  flow::LayoutAttr layout; ///< of an activation
};

/// What a kernel leaves in SRAM for a later one, beside its results: a buffer,
/// and a value that lives as long.
struct Left {
  mlir::Operation *reader;
  mlir::Value value;
  Held memory;
};

/// What the lowering of every kernel shares: the machine, where tokens and
/// features lie, what SRAM holds at this point of the step, and the module that
/// programs are appended to.
class StepLowering {
public:
  /// Reads the placed step; errors where something isn't mapped.
  static mlir::FailureOr<StepLowering> of(mlir::ModuleOp module);

  // MLIR's handles have no const methods.
  mutable mlir::ModuleOp module;
  mutable mlir::func::FuncOp step;
  Machine machine;
  TokenLayout tokens;
  mlir::Type storage; ///< of activations and streamed weights
  mlir::Type sums;    ///< of partial sums: storage, or f32
  /// Tables of numbers of each place in a sequence and feature, by what stands
  /// in them: constant, index, stride of each feature.
  using Positions = std::vector<std::tuple<const void *, int64_t, int64_t>>;
  std::map<Positions, mlir::DenseElementsAttr> positions;
  /// Where the next op of the host or program goes.
  std::unique_ptr<mlir::OpBuilder> builder;

  int64_t columns() const { return tokens.groups * tokens.groupColumns; }
  int64_t rows() const { return tokens.rowsUsed; }
  int64_t tokensPerCore() const { return tokens.tokensPerCore; }
  /// All cores that hold tokens.
  SelectAttr everywhere() const;

  /// The order of a layout's features. Layouts of the step have been checked.
  FeatureOrder orderOf(flow::LayoutAttr layout) const;
  /// The features of each column of a token group.
  ColumnLayout layoutOf(flow::LayoutAttr layout) const;
  /// The layout in which `value` was made; none for what has no features.
  flow::LayoutAttr layoutOf(mlir::Value value) const;

  /// Pieces of the vocabulary, and whether only pieces of `value` are held.
  int64_t chunks() const { return mapped.solution.headChunks; }
  bool isChunked(mlir::Value value) const;
  /// Of a value that the placed step does not have: its layout, and the step's
  /// result that it is a part of.
  void setLayout(mlir::Value value, flow::LayoutAttr layout);
  void setResultName(mlir::Value value, std::string name);
  /// An activation that is held in the type of sums: one that is added up.
  void setSummed(mlir::Value value) { summed.insert(value); }
  /// The host reads the result `name` of the step in pieces, of which `value`
  /// is one; those of a kernel's result; whether there are any.
  void addPiece(mlir::Value value, std::string name);
  std::vector<std::string> piecesOf(mlir::Value value) const;
  bool isInPieces(llvm::StringRef name) const;

  /// Where a value that is alive lies.
  const Held &held(mlir::Value value) const;
  bool isHeld(mlir::Value value) const;
  /// What a kernel's body asks of its inputs (ElementBody).
  ElementInputs elementInputs() const;
  /// Gives a kernel's result its SRAM until its last use; an error with the
  /// bytes that are missing where it does not fit. Integers are held as i32,
  /// booleans as i16, scalars a token and scalars as f32, activations in the
  /// storage type.
  mlir::FailureOr<Held> hold(mlir::Value result);
  /// Whether `value` is held and `kernel` the last one that reads it.
  bool diesIn(mlir::Value value, mlir::Operation *kernel) const;
  /// How a value would be held, at no address.
  Held shapeOf(mlir::Value value) const;
  /// The same for a value that was renamed, or written over one that is held
  /// alike and that nobody reads afterwards: `result` is where `source` is.
  void alias(mlir::Value result, mlir::Value source);
  /// SRAM until the end of the kernel that is being lowered.
  mlir::FailureOr<Held> scratch(mlir::Operation *kernel, mlir::Type element,
                                int64_t extent);
  /// SRAM until the end of `reader`, a later kernel, until when `value` is held
  /// too; and what was left for a kernel, or null.
  mlir::FailureOr<Held> leave(mlir::Operation *kernel, mlir::Operation *reader,
                              mlir::Value value, mlir::Type element,
                              int64_t extent);
  const Left *leftFor(mlir::Operation *reader) const;
  /// SRAM that the host fills before the first kernel that asks for it and that
  /// stays until the last one: one place for equal contents.
  mlir::FailureOr<Held> resident(mlir::Operation *kernel, HostAttr contents,
                                 mlir::Type element, int64_t extent);
  /// Frees scratch and what `kernel` used last.
  void finish(mlir::Operation *kernel);
  /// Frees what one program of several needs.
  void freeScratch(const Held &freed);
  /// Frees all scratch but these.
  void keepScratch(llvm::ArrayRef<Held> kept);
  /// Frees `value` before the end of `kernel`, if it is the last that reads it
  /// and has done so.
  void drop(mlir::Value value, mlir::Operation *kernel);
  /// Gives everything its place in SRAM and writes it into the module, behind
  /// the last kernel.
  mlir::LogicalResult placeSram();
  /// A remark at each kernel: the most bytes that it holds behind the code, and
  /// what was planned for it.
  void remarkSram() const;

  /// "k012_q_proj", unique in the module.
  std::string nextName(mlir::Operation *kernel, llvm::StringRef part = {});
  /// The name by which the host knows an argument of the step.
  std::string argumentName(mlir::BlockArgument argument) const;
  /// The name of the step's result `index`: "<weight>.grad", "loss" (the first
  /// scalar), "logits" (the first product of the head), "result2"; of a
  /// value that the step returns.
  std::string resultName(unsigned index) const { return names[index]; }
  std::optional<std::string> resultName(mlir::Value value) const;

private:
  friend class Foresight;

  /// The last kernel that uses what is held as `value`, by any name; what made
  /// it where none does.
  mlir::Operation *lastUse(mlir::Value value) const;
  /// The name by which SRAM holds what `value` names.
  mlir::Value holderOf(mlir::Value value) const {
    auto it = renamed.find(value);
    return it == renamed.end() ? value : it->second;
  }
  mlir::FailureOr<int64_t> allocate(mlir::Operation *kernel, int64_t bytes,
                                    const char *what);

  StepLowering() = default;
  void nameResults();

  flow::MappedStep mapped;
  SramTimeline sram;
  llvm::DenseMap<mlir::Value, Held> values;
  llvm::DenseMap<mlir::Value, mlir::Value> renamed;      ///< to what holds it
  llvm::DenseMap<mlir::Value, flow::LayoutAttr> layouts; ///< of new values
  llvm::DenseSet<mlir::Value> summed;                    ///< of these
  std::vector<std::string> names; ///< of the step's results
  llvm::DenseMap<mlir::Value, std::string> resultNames; ///< of new values
  std::vector<std::pair<mlir::Value, std::string>> resultPieces;
  std::vector<Held> scratches;
  std::vector<Left> lefts;
  /// What stays to the end of the step, and the kernels that read it last.
  struct HostTable {
    HostAttr contents;
    Held memory;
    mlir::Operation *reader;
  };
  std::vector<HostTable> residents;
  int64_t programs = 0;

  int64_t bytesOf(const Held &held) const;
};

/// While it lives, the inputs of a kernel count as held, so that its body can
/// be looked at (ElementBody) before it is its turn.
class Foresight {
public:
  Foresight(StepLowering &lowering, mlir::Operation *kernel);
  ~Foresight();
  Foresight(const Foresight &) = delete;
  Foresight &operator=(const Foresight &) = delete;

private:
  StepLowering &lowering;
  llvm::SmallVector<mlir::Value> added;
};

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_STEPLOWERING_H
