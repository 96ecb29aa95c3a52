//===- Phase.h - Writes one fabric program ----------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_PHASE_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_PHASE_H

#include "compiler/lower-to-fabric/StepLowering.h"
#include "dialects/fabric/CoreSet.h"

#include "mlir/IR/IntegerSet.h"

namespace waferflow::fabric {

/// A fabric.program behind the others of the module: colors, routes, edges.
class Phase {
public:
  /// Made for `kernel`, whose label names it.
  Phase(StepLowering &lowering, mlir::Operation *kernel,
        llvm::StringRef part = {});

  StepLowering &lowering;
  mlir::Operation *kernel;
  ProgramOp program;
  mlir::OpBuilder b; ///< at the end of the program
  mlir::Location loc;

  /// Columns x0 to x1 - 1, rows y0 to y1 - 1, and a set of (x, y) in them.
  SelectAttr cores(int64_t x0, int64_t x1, int64_t y0, int64_t y1,
                   mlir::IntegerSet where = {});
  /// The cores of the rectangle with expression(x) mod n == rest.
  SelectAttr coresWhere(int64_t x0, int64_t x1, int64_t y0, int64_t y1,
                        mlir::AffineExpr expression, int64_t n, int64_t rest);
  mlir::AffineExpr x() const;
  mlir::AffineExpr y() const;

  /// The next color of this program; the verifier knows how many there are.
  mlir::Value color();
  void route(mlir::Value color, SelectAttr where, Link from,
             llvm::ArrayRef<Link> to);
  /// A switch that begins in the first position.
  struct Position {
    Link from;
    llvm::SmallVector<Link> to;
  };
  void route(mlir::Value color, SelectAttr where,
             llvm::ArrayRef<Position> positions);
  /// From the north edge of the fabric down to row `rows` - 1, in columns x0 to
  /// x1 - 1, to every core on the way.
  void routeDown(mlir::Value color, int64_t x0, int64_t x1, int64_t rows);
  InjectOp inject(mlir::Value color, int64_t x0, int64_t x1,
                  llvm::StringRef stream, HostAttr host, mlir::Type element,
                  bool indexed = false, std::optional<int64_t> ends = {},
                  bool roles = false, std::optional<int64_t> places = {});
  /// `extent` elements a lane leave at the south edge.
  DrainOp drain(mlir::Value color, int64_t x0, int64_t x1,
                llvm::StringRef stream, HostAttr host, mlir::Type element,
                int64_t extent);

private:
  int64_t colors = 0;
};

/// A fabric.code: what the cores of a selection run.
class Code {
public:
  Code(Phase &phase, llvm::StringRef name, SelectAttr where);

  Phase &phase;
  SelectAttr where;
  CodeOp code;

  /// The buffer in which `held` lies, as memref<extent>.
  mlir::Value buffer(const Held &held);
  /// A queue of the next free id, for one color or several by selection.
  mlir::Value input(mlir::Value color);
  mlir::Value output(mlir::Value color);
  using ColorAt = std::pair<mlir::Value, SelectAttr>;
  mlir::Value input(llvm::ArrayRef<ColorAt> colors);
  mlir::Value output(llvm::ArrayRef<ColorAt> colors);

  /// Tasks; their code is written by the returned op's body.
  TaskOp local(llvm::StringRef name, bool start = false, bool blocked = false);
  TaskOp data(llvm::StringRef name, mlir::Value queue,
              llvm::ArrayRef<mlir::Type> arguments, bool blocked = false);
  /// A control task with the id that control wavelets name, and an i16.
  TaskOp control(llvm::StringRef name, int64_t id, mlir::Value queue,
                 bool blocked = false);

private:
  mlir::Value queue(QueueKind kind, llvm::ArrayRef<ColorAt> colors);
  TaskOp task(llvm::StringRef name, TaskKind kind, std::optional<int64_t> id,
              mlir::Value queue, bool start, bool blocked, bool configured,
              llvm::ArrayRef<mlir::Type> arguments);

  void beforeTasks();

  mlir::OpBuilder b; ///< at the end of the code
  llvm::SmallVector<std::pair<Held, mlir::Value>> buffers;
  int64_t inputs = 0, outputs = 0, tasks = 0;
};

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_PHASE_H
