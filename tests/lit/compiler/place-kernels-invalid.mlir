// Replicas that nobody made.
//
// RUN: waferflow-opt %S/Inputs/mlp-step.mlir --attach-machine="machine=tiny directory=%source/machines" -o %t.mlir
// RUN: not waferflow-opt %t.mlir --choose-mapping=go=2 --place-kernels 2>&1 | FileCheck %s
// RUN: waferflow-opt %t.mlir --choose-mapping=go=2 --insert-relayouts | sed '/flow.spmm.*"gate"/s/go = 2/go = 3/g' > %t.mix.mlir
// RUN: not waferflow-opt %t.mix.mlir --place-kernels 2>&1 | FileCheck %s --check-prefix=MIX

// CHECK: error: 'flow.spmm' op expected its input in 2 output groups, got 1; run insert-relayouts
// CHECK: note: the input is made here
// MIX: error: 'flow.spmm' op expected its input in 3 output groups, got 2; run insert-relayouts
// MIX: note: the input is made here
