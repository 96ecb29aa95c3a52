// Products of one input right behind each other share its replicas; others
// gather on their own. One output group needs none.
//
// RUN: waferflow-opt %S/Inputs/mlp-step.mlir --attach-machine="machine=tiny directory=%source/machines" -o %t.mlir
// RUN: waferflow-opt %t.mlir --choose-mapping=go=3 --insert-relayouts | FileCheck %s
// RUN: waferflow-opt %t.mlir --choose-mapping=go=1 --insert-relayouts | FileCheck %s --check-prefix=ONE

// CHECK: %[[X:.*]] = flow.gather
// CHECK: %[[UP:.*]] = flow.relayout %[[X]] from <order = @features_64> to <order = @features_64, go = 3{{.*}}> {label = "gather for up", layer = 0 : i64, mapping = #flow.mapping<go = 3{{.*}}, phase = #flow.phase<recompute>, section = #flow.section<block>} : tensor<16x64xf32>
// CHECK-NEXT: flow.spmm %[[UP]], %arg0
// CHECK-NEXT: flow.spmm %[[UP]], %arg1
// CHECK-NOT: flow.relayout
// CHECK: %[[H:.*]] = flow.map
// CHECK: flow.sddmm %[[H]], %[[X]]
// CHECK: %[[DX:.*]] = flow.relayout %{{.*}} from <order = @features_172> to <order = @features_172, go = 3
// CHECK-NEXT: flow.spmm %[[DX]], %arg0 transposed
// CHECK-NOT: flow.relayout

// ONE-NOT: flow.relayout
