//===- HostModule.h - A module's host side on a small fabric ----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_UNIT_HOST_HOSTMODULE_H
#define WAFERFLOW_TESTS_UNIT_HOST_HOSTMODULE_H

#include "dialects/flow/MachineAttr.h"
#include "models/masks/Bits.h"
#include "runtime/engine/Session.h"
#include "runtime/translate/HostSide.h"
#include "simulator/machine/Reader.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

namespace waferflow {

/// 4 x 3 cores, in features over 3 or 2 columns, out features over 3 or 2; the
/// weight "w" [3, 5] keeps (0, 0), (0, 3), (0, 4), (1, 1) and (1, 2).
class HostModule : public testing::Test {
protected:
  HostModule() : context(makeContext()) {}

  static std::string declarations() {
    return R"(
flow.order @in features 5 columns 3 blocked
flow.order @out features 3 columns 3 blocked
flow.order @in2 features 5 columns 2 blocked
flow.order @out2 features 3 columns 2 blocked
flow.order @front features 5 columns 2 blocked {part = array<i64: 0, 3>}
flow.order @rear features 5 columns 2 blocked {part = array<i64: 3, 5>}
fabric.argument "w" weight <name = "w", pruned = true, mask = <"uniform", sparsity = 0.66 : f64>> : tensor<3x5xf32>
fabric.argument "d" weight <name = "d"> : tensor<3x5xf32>
fabric.argument "table" weight <name = "table"> : tensor<2x5xf32>
fabric.argument "norm" weight <name = "norm"> : tensor<5xf32>
fabric.argument "ids" : tensor<2x5xi64>
fabric.argument "x" : tensor<10x5xf32>
fabric.result "dw" gradient <weight = "w", at = "mask"> : tensor<3x5xf32>
fabric.result "dd" gradient <weight = "w", at = "dense"> : tensor<3x5xf32>
fabric.result "dtable" gradient <weight = "table", at = "dense"> : tensor<2x5xf32>
fabric.result "dnorm" gradient <weight = "norm", at = "dense"> : tensor<5xf32>
fabric.result "y" : tensor<2x5x5xf32>
fabric.result "heads" : tensor<2x5x1x5xf32>
fabric.result "loss" : tensor<f32>
fabric.result "ids_back" : tensor<2x5xi64>
)";
  }

  /// Parses declarations and `body`, two sequences of five tokens in `groups`
  /// token groups. Places are those of `layTokens` on 4 x 3 cores.
  void parse(const std::string &body, int groups = 1) {
    module = mlir::parseSourceString<mlir::ModuleOp>(
        "module attributes {flow.step = #flow.step<tokens = 10, seq = 5, type "
        "= f16, gt = " +
            std::to_string(groups) + ">} {" + declarations() + body + "}",
        mlir::ParserConfig(context.get()));
    ASSERT_TRUE(module);
    // Before it has a machine: lanes are looked at, not run, and nothing need
    // take what they carry.
    ASSERT_TRUE(mlir::succeeded(mlir::verify(*module)));
    auto file = loadMachine("tiny", WAFERFLOW_MACHINES,
                            {"fabric.width=4", "fabric.height=3"});
    ASSERT_TRUE(file) << file.str();
    (*module)->setAttr("flow.machine",
                       flow::machineToAttr(context.get(), file->machine));
    auto made = HostSide::of(
        *module, [](flow::WeightAttr, int64_t rows, int64_t columns) {
          std::vector<uint64_t> words = {0b11001, 0b00110, 0};
          return Result<std::shared_ptr<const MaskSource>>(
              bitsMask(rows, columns, words, "by hand"));
        });
    ASSERT_TRUE(made) << made.str();
    side = *made;
    HostTensor w = HostTensor::zeros({3, 5}, false);
    for (int64_t r = 0; r < 3; ++r)
      for (int64_t c = 0; c < 5; ++c)
        w.floats()[r * 5 + c] = static_cast<float>(10 * r + c + 1);
    tensors["d"] = w;
    w.floats()[3] = 0; // of the mask, and zero
    tensors["w"] = w;
  }

  template <typename OpT> OpT first() {
    OpT found;
    module->walk([&](OpT op) {
      found = op;
      return mlir::WalkResult::interrupt();
    });
    return found;
  }

  std::unique_ptr<mlir::MLIRContext> context;
  Module module;
  std::shared_ptr<HostSide> side;
  HostTensors tensors;
};

} // namespace waferflow

#endif // WAFERFLOW_TESTS_UNIT_HOST_HOSTMODULE_H
