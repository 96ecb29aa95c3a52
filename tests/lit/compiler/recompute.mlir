// Backward kernels read clones of forward kernels, made right before their first
// use; the clones share what they can, and the forward pass is left alone.
//
// RUN: waferflow-opt %S/Inputs/mlp-step.mlir --recompute | FileCheck %s
// RUN: waferflow-opt %S/Inputs/mlp-step.mlir --recompute --recompute | FileCheck %s
// RUN: %python %S/../models/Inputs/build.py tiny 2 8 num_hidden_layers=4 | waferflow-opt --graph-to-flow --recompute=keep-every=2 \
// RUN:   | grep -o 'flow[.][a-z]*.*layer = .*phase<[a-z]*>' | sed 's/(.*layer/ layer/;s/ %.*layer/ layer/' | FileCheck %s --check-prefix=SEGMENT
// RUN: %python %S/../models/Inputs/build.py tiny 2 8 step=forward | waferflow-opt --graph-to-flow > %t.forward.mlir
// RUN: waferflow-opt %t.forward.mlir --recompute | diff %t.forward.mlir -

// CHECK: %[[X:.*]] = flow.gather
// The forward products are read by nobody any more, but are no maps: they stay
// until dead code goes.
// CHECK: flow.spmm %[[X]], %{{.*}} {label = "up", layer = 0 : i64, phase = #flow.phase<recompute>
// CHECK-NEXT: flow.spmm %[[X]], %{{.*}} {label = "gate", layer = 0 : i64, phase = #flow.phase<recompute>
// CHECK-NEXT: %[[H:.*]] = flow.map({{.*}}phase = #flow.phase<recompute>
// CHECK: flow.sddmm %[[H]], %[[X]] at "mask"

// Of four blocks, those of one segment are made again from its first input: the
// backward pass of block 3 first runs block 2 and then block 3.
// SEGMENT: flow.spmm layer = 3{{.*}}phase<forward>
// SEGMENT-NOT: phase<backward>
// SEGMENT: flow.attention layer = 2{{.*}}phase<recompute>
// SEGMENT-NOT: layer = 1
// SEGMENT: flow.attention layer = 3{{.*}}phase<recompute>
// SEGMENT-NOT: layer = 1
// SEGMENT: flow.attention layer = 3{{.*}}phase<backward>
// Block 2's interior is made once more for its own backward pass.
// SEGMENT: flow.attention layer = 2{{.*}}phase<recompute>
// SEGMENT: flow.attention layer = 2{{.*}}phase<backward>
// SEGMENT: flow.attention layer = 0{{.*}}phase<recompute>
// SEGMENT: flow.attention layer = 1{{.*}}phase<recompute>
