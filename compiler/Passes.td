//===- Passes.td - From a graph to kernels, in pipeline order --*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_PASSES
#define WAFERFLOW_COMPILER_PASSES

include "mlir/Pass/PassBase.td"

def AttachWeights : Pass<"attach-weights", "::mlir::ModuleOp"> {
  let summary = "Name the weights and gradients of an imported graph";
  let description = [{
    An importer's text has no names; a JSON file beside it lists them:
    `{"ins": [[kind, graph name, name], ...], "outs": [...]}`, one an argument and
    result. Parameters become `flow.weight`, their gradients `flow.gradient`;
    projections of decoder layers are pruned. Buffers of rotary frequencies become
    constants with the option `theta`; bounds checks (`cf.assert`) go.
  }];
  let options = [
    Option<"names", "names", "std::string", "\"\"", "JSON file of names">,
    Option<"theta", "theta", "double", "10000", "base of the rotary frequencies">];
  let dependentDialects = ["::waferflow::flow::FlowDialect",
      "::mlir::arith::ArithDialect"];
}

def VerifyWeights : Pass<"verify-weights", "::mlir::ModuleOp"> {
  let summary = "Check the roles of weights and their gradients";
  let description = [{
    Walks from each argument with `flow.weight` through reshapes, transposes and
    calls. A pruned weight is a matrix that only products use, forward (its inputs
    are summed) or dX (its outputs are). Names are unique; each `flow.gradient`
    names a weight, has its type, is its only gradient, and is `at = "mask"` only
    for a pruned one.
  }];
}

def FoldConstants : Pass<"fold-constants", "::mlir::ModuleOp"> {
  let summary = "Evaluate what depends on no argument";
  let description = [{
    Rotary tables and masks become constants, computed by the dense lowering that
    also is the oracle. A mask of two values that only looks back is written as a
    comparison of positions, never as a tensor of seq x seq elements:

    ```mlir
    %mask = linalg.generic {...} outs(%e : tensor<1x1x16x16xf32>) {
    ^bb0(%out: f32):
      %query = linalg.index 2 : index
      %key = linalg.index 3 : index
      %sees = arith.cmpi ule, %key, %query : index
      %value = arith.select %sees, %zero, %lowest : f32
      linalg.yield %value : f32
    } -> tensor<1x1x16x16xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
      "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def FormKernels : Pass<"form-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn the entry function's ops into flow kernels";
  let description = [{
    Structural, never by name. Contractions are found by their indexing maps and
    told apart by their roots: a weight (`flow.spmm`), two activations over their
    tokens (`flow.sddmm`, or a backward `flow.gather` where one is a one-hot of
    ids), attention scores (`flow.attention`). The rest becomes `flow.reduce` with
    its exclusive element-wise producers, and maximal `flow.map` groups. Values
    between kernels are [tokens, features]. What fits no kernel is an error that
    names the op.

    The backward pass reads what forward kernels made for forward kernels, and
    computes the rest of what it needs again.
  }];
  let dependentDialects = ["::waferflow::flow::FlowDialect",
      "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def LabelKernels : Pass<"label-kernels", "::mlir::ModuleOp"> {
  let summary = "Say where in the model each kernel is";
  let description = [{
    `phase`: forward is what the results that are no gradients depend on. `section`
    and `layer`: the forward pass is cut where one activation carries everything
    on; a block is a stretch with attention and the following stretches that add
    to the stream; what is before is the embedding, what is after the head.
    Backward kernels belong where the weights and forward values belong that they
    use. `label` is a name for people.
  }];
  let dependentDialects = ["::waferflow::flow::FlowDialect"];
}

def InlineKernels : Pass<"inline-kernels", "::mlir::ModuleOp"> {
  let summary = "Put kernels back as upstream ops: the inverse of form-kernels";
  let description = [{
    Bodies are inlined; products with weights and their gradients become
    `linalg.matmul` with transposes, a relayout its input. The CPU oracle runs the
    result.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
      "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def SummarizeKernels : Pass<"summarize-kernels", "::mlir::ModuleOp"> {
  let summary = "Write one line of JSON a kernel";
  let description = [{
    Kind, types of inputs and outputs, weight, multiply-adds, scalar operations and
    the labels, in program order. Tests compare two graphs by it.
  }];
  let options = [Option<"output", "output", "std::string", "\"-\"", "file to write">];
}

def Recompute : Pass<"recompute", "::mlir::ModuleOp"> {
  let summary = "Clone the forward kernels that the backward pass needs again";
  let description = [{
    Backward kernels take nothing from the forward pass but every `keep-every`-th
    block input, the last block's output and, in the head, scalars a token; clones
    of forward kernels (`phase = recompute`) make the rest right before its first
    use. `choose-mapping` does the same for each k that it tries.
  }];
  let options = [Option<"keepEvery", "keep-every", "int64_t", "1",
                        "every k-th block input is kept">];
}

def ChooseMapping : Pass<"choose-mapping", "::mlir::ModuleOp"> {
  let summary = "Choose Gt, k, orders of features, and every kernel's groups, buffers and sides";
  let description = [{
    Reads `flow.machine` of the module and `flow.step` of the entry function.
    Exhaustive over small sets by the closed forms of simulator/cost: the same
    candidates for a dense and a sparse step. k is the smallest with which some
    mapping fits. What doesn't fit is an error: what, where, by how many bytes.

    An order of features is blocked, striped, or dealt by the nonzeros of masks
    that were counted (`flow.counts` of the weights, which this pass removes). Two
    features of one column that hold most nonzeros are parted here:

    ```mlir
    flow.order @features_4 features 4 columns 2 table {
        column = array<i32: 0, 1, 1, 0>, slot = array<i32: 0, 0, 1, 1>}
    ```
  }];
  let options = [Option<"go", "go", "int64_t", "0",
                        "output groups of every spmm, 0: choose">,
                 Option<"order", "order", "std::string", "\"\"",
                        "blocked, striped or dealt for every class, empty: choose">,
                 Option<"chunks", "chunks", "int64_t", "0",
                        "pieces of the vocabulary, 0: the fewest that fit">];
}

def InsertRelayouts : Pass<"insert-relayouts", "::mlir::ModuleOp"> {
  let summary = "Insert a relayout wherever a kernel reads another layout";
  let description = [{
    Replicas of a spmm's input for its output groups. Keys and values that
    several query heads share are spread by the attention kernel itself.
  }];
}

def PlanSram : Pass<"plan-sram", "::mlir::ModuleOp"> {
  let summary = "Plan the SRAM of every kernel in bytes a core";
  let description = [{
    Leaves the fullest kernel's plan on the step as `flow.sram`; an overflow is an
    error with every item.
  }];
}

def PlaceKernels : Pass<"place-kernels", "::mlir::ModuleOp"> {
  let summary = "Give every kernel its rectangle of cores";
  let description = [{
    Kernels run one after another on all columns of all token groups and all rows
    that hold tokens. A kernel that reads another layout than its producer made is
    an error.
  }];
}

def LowerToFabric : Pass<"lower-to-fabric", "::mlir::ModuleOp"> {
  let summary = "Turn placed kernels into fabric programs and the host's part";
  let description = [{
    One or several programs a kernel, in the order of execution; SRAM carries values
    between them at addresses that this pass plans. `fabric.argument` and
    `fabric.result` name the step's tensors; the step itself goes.
  }];
  let options = [Option<"sramRemarks", "sram-remarks", "bool", "false",
      "say of each kernel how many bytes it holds and what was planned">];
  let dependentDialects = ["::waferflow::fabric::FabricDialect",
      "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
      "::mlir::scf::SCFDialect"];
}

def RouteConnections : Pass<"route-connections", "::waferflow::fabric::ProgramOp"> {
  let summary = "Route every fabric.connect";
  let description = [{
    All connections of a program at once: first along x, then along y, or round the
    links that others load, whichever leaves the busiest link less. Paths of one
    connection that meet in a router are an error.
  }];
  let dependentDialects = ["::waferflow::fabric::FabricDialect"];
}

def AssignColors : Pass<"assign-colors", "::waferflow::fabric::ProgramOp"> {
  let summary = "Let channels that meet in no router share a color";
  let description = [{
    Every fabric.color of a program is a channel; two interfere where a router has
    routes of both. The interference graph is colored; more colors than the machine
    has is an error.
  }];
  let dependentDialects = ["::waferflow::fabric::FabricDialect"];
}

#endif // WAFERFLOW_COMPILER_PASSES
