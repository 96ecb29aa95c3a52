// A masked weight of 6 x 6 on 4 x 3 cores, two interleaved output groups, after
// its input has gone to both groups' columns. The ring's hops from a column to
// the second next take three colors in turn, the ways back one a group.
//
// RUN: waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines set=fabric.width=4,fabric.height=3" -o %t.mlir
// RUN: waferflow-opt %t.mlir --choose-mapping=go=2 --insert-relayouts --place-kernels | sed -e 's/#flow.mapping<[^>]*>/#flow.mapping<go = 2, form = "interleaved", buffers = 2>/' -e 's/go = 2>/go = 2, form = "interleaved">/g' > %t.placed.mlir
// RUN: waferflow-opt %t.placed.mlir --lower-to-fabric | FileCheck %s
// RUN: sed 's/, mask = .* : f64, seed = 1>//' %t.placed.mlir | waferflow-opt --lower-to-fabric | FileCheck %s --check-prefix=DENSE
// RUN: sed 's/buffers = 2/buffers = 8/' %t.placed.mlir | not waferflow-opt --lower-to-fabric 2>&1 | FileCheck %s --check-prefix=DEEP
// RUN: sed 's/type = f16/type = f16, accumulate = "f32"/' %t.placed.mlir | waferflow-opt --lower-to-fabric | FileCheck %s --check-prefix=WIDE

// CHECK: fabric.argument "w" weight
// CHECK: fabric.result "result0" : tensor<6x6xf32>
// CHECK: fabric.write <tensor = "arg1", form = "activations"
// CHECK-LABEL: fabric.program @k000_gather_for_up
// CHECK-LABEL: fabric.program @k001_up
// From columns 0 and 1, past columns 1 and 2, to columns 2 and 3; and back.
// CHECK-COUNT-2: [<west -> east>]
// CHECK-COUNT-2: [<east -> west>]
// Weights come down every column with the roles of rows' ends.
// CHECK: fabric.route %[[W:.*]] on <x 0 to 4, y 0 to 2> [<north -> ramp, south>]
// CHECK-NEXT: fabric.route %[[W]] on <x 0 to 4, y 2 to 3> [<north -> ramp>]
// CHECK-NEXT: fabric.inject %[[W]] north on <x 0 to 4, y 0 to 1> "w" indexed ends 24 roles host <tensor = "w", form = "weights", features = <order = @features_6, go = 2, form = "interleaved">, rows = <order = @features_6, go = 2, form = "interleaved">> : f16
// CHECK: fabric.code @member on <x 0 to 4, y 0 to 3>
// CHECK: fabric.task @main local 8 start
// CHECK: fabric.unblock @weight
// CHECK: fabric.task @row_begins control 24 %{{.*}} blocked configured
// CHECK: fabric.mov %{{.*}} thread 0 configured : <fabout, f16>, !fabric.dsd<memory, f16>
// Then the other place is cleared.
// CHECK: arith.subi
// CHECK: fabric.mov %{{.*}}, %{{.*}} configured : <memory, f16>, f16
// CHECK: fabric.task @row_adds control 25
// CHECK: fabric.add %{{.*}} thread 0 configured : <fabout, f16>, !fabric.dsd<fabin, f16>
// CHECK: fabric.task @row_owned control 26 %{{.*}} blocked configured (%[[SLOT:.*]]: i16)
// CHECK: fabric.add %{{.*}} thread 0 configured : <memory, f16>, !fabric.dsd<fabin, f16>
// One AXPY a nonzero.
// CHECK: fabric.task @weight data %{{.*}} blocked configured (%[[VALUE:.*]]: f16, %[[INDEX:.*]]: i16)
// CHECK: fabric.fmac %{{.*}}, %[[VALUE]], %{{.*}} configured
// CHECK-NOT: fabric.fmac
// CHECK: fabric.read <tensor = "result0", form = "activations"

// Without a mask two weights in a wavelet, in order.
// DENSE: fabric.inject %{{.*}} "w" ends 24 roles
// DENSE: fabric.task @weight data %{{.*}} (%[[A:.*]]: f16, %[[B:.*]]: f16)
// DENSE: fabric.fmac %{{.*}}, %[[A]]
// DENSE: fabric.fmac %{{.*}}, %[[B]]

// Sums of f32 cross the ring as such, and are rounded by a move of their own.
// WIDE: fabric.task @row_owned
// WIDE: fabric.add %{{.*}} thread 0 configured : <memory, f32>, !fabric.dsd<fabin, f32>
// WIDE: fabric.mov %{{.*}}, %{{.*}} thread 0 configured : <memory, f16>, !fabric.dsd<memory, f32>

// DEEP: error: 'flow.spmm' op expected buffers = 2 in the mapping, one partial sum that is added up and one that is passed on, got 8
module {
  func.func @step(
      %w: tensor<6x6xf32> {flow.weight = #flow.weight<name = "w", pruned = true,
          mask = #flow.mask<"uniform", sparsity = 5.000000e-01 : f64, seed = 1>>},
      %x: tensor<6x6xf32>) -> tensor<6x6xf32>
      attributes {flow.step = #flow.step<tokens = 6, seq = 6, type = f16, gt = 1>} {
    %y = flow.spmm %x, %w {label = "up", layer = 0 : i64, phase = #flow.phase<forward>, section = #flow.section<block>}
        : (tensor<6x6xf32>, tensor<6x6xf32>) -> tensor<6x6xf32>
    return %y : tensor<6x6xf32>
  }
}
