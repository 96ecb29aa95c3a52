// A gradient at its mask on 4 x 5 cores: dY's vectors travel, X's features stay.
// The middle rows differ from the top one by what they add.
//
// RUN: waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines set=fabric.width=4,fabric.height=5" -o %t.mlir
// RUN: waferflow-opt %t.mlir --choose-mapping --insert-relayouts --place-kernels | sed 's/#flow.mapping<[^>]*>/#flow.mapping<broadcast = "output", buffers = 3>/' > %t.placed.mlir
// RUN: waferflow-opt %t.placed.mlir --lower-to-fabric | FileCheck %s
// RUN: sed 's/broadcast = "output"/broadcast = "input"/' %t.placed.mlir | waferflow-opt --lower-to-fabric | FileCheck %s --check-prefix=INPUT
// RUN: sed 's/gt = 1/gt = 2/' %t.mlir | waferflow-opt --choose-mapping --insert-relayouts --place-kernels --lower-to-fabric | FileCheck %s --check-prefix=GROUPS
// RUN: sed 's/seq = 3/seq = 6/' %s | waferflow-opt --attach-machine="machine=tiny directory=%source/machines set=fabric.width=4,fabric.height=6" --choose-mapping --insert-relayouts --place-kernels --lower-to-fabric | FileCheck %s --check-prefix=ODD
// RUN: sed 's/fabric.switch_positions = 4/fabric.switch_positions = 2/' %t.placed.mlir | not waferflow-opt --lower-to-fabric 2>&1 | FileCheck %s --check-prefix=FEW
// RUN: sed 's/"mask"/"dense"/g' %t.placed.mlir | waferflow-opt --lower-to-fabric | FileCheck %s --check-prefix=DENSE

// CHECK: fabric.inject %{{.*}} north on <x 0 to 4, y 0 to 1> "w" ends 24 places 2 host <tensor = "w", form = "mask", features = <order = @features_8>, rows = <order = @features_6>> : i32
// The columns are the root of a multicast one after the other.
// CHECK: fabric.route %[[VECTORS:.*]] on <x 0 to 1, y 0 to 4> [<ramp -> east>, <east -> ramp>]
// CHECK: fabric.route %[[VECTORS]] on <x 1 to 3, y 0 to 4> [<west -> ramp, east>, <ramp -> west, east>, <east -> ramp, west>]
// CHECK: fabric.route %[[VECTORS]] on <x 3 to 4, y 0 to 4> [<west -> ramp>, <ramp -> west>]
// Four rows hold tokens; what leaves them passes the fifth.
// CHECK: fabric.route %[[OUT:.*]] on <x 0 to 4, y 3 to 4> [<ramp -> south>]
// CHECK: fabric.route %[[OUT]] on <x 0 to 4, y 4 to 5> [<north -> south>]
// CHECK: fabric.drain %[[OUT]] south on <x 0 to 4, y 4 to 5> "w.grad" extent {{.*}} host <tensor = "w.grad", form = "gradient", features = <order = @features_8>, rows = <order = @features_6>> : f32
// CHECK: fabric.code @top on <x 0 to 4, y 0 to 1>
// CHECK: %[[ROOT:.*]] = fabric.queue output 0 of %[[VECTORS]]
// CHECK: fabric.task @main
// A column's own vectors: 2 of 2 tokens, or none in the last one.
// CHECK: fabric.param <table = [4, 4, 4, 0
// CHECK: fabric.fabout %[[ROOT]] {{.*}} advance 2 : <output> -> <fabout, f16>
// CHECK: fabric.task @row_end control 24 %{{.*}} blocked configured (%{{.*}}: i16)
// CHECK: fabric.mov %{{.*}} thread 1 unblock @row_end configured : <memory, f16>, !fabric.dsd<fabin, f16>
// The row's results leave; the place of the row before is cleared.
// CHECK: fabric.mov %{{.*}} thread 0 configured : <fabout, f32>, !fabric.dsd<memory, f32>
// CHECK: arith.subi
// CHECK: fabric.mov %{{.*}} configured : <memory, f32>, f32
// CHECK: fabric.task @position data %{{.*}} configured (%{{.*}}: i16, %{{.*}}: i16)
// Nothing is counted for a position.
// CHECK-NOT: memref.store
// CHECK: fabric.dot
// CHECK: fabric.code @below on <x 0 to 4, y 1 to 4>
// CHECK: fabric.add %{{.*}} thread 0 configured : <fabout, f32>, !fabric.dsd<fabin, f32>, !fabric.dsd<memory, f32>

// INPUT: fabric.inject {{.*}} form = "mask", features = <order = @features_6>, rows = <order = @features_8>, transposed = true>
// INPUT: fabric.drain {{.*}} form = "gradient", features = <order = @features_6>, rows = <order = @features_8>, transposed = true>

// The dots of a row are written out, each with its own feature.
// DENSE-NOT: fabric.inject
// DENSE: fabric.task @row local 9 {
// DENSE: fabric.dot
// DENSE: scf.if
// DENSE: fabric.dot
// DENSE: fabric.activate @row_end
// DENSE: fabric.task @row_end local 10 blocked {

// A token group is a broadcast of its own: columns x mod 2.
// GROUPS: #[[FIRST:.*]] = affine_set<(d0, d1) : (d0 mod 2 >= 0, -(d0 mod 2) >= 0)>
// GROUPS: fabric.route %[[VECTORS:.*]] on <x 0 to 4, y 0 to {{.*}}, #[[FIRST]]> [<ramp -> east>, <east -> ramp>]
// GROUPS: fabric.route %[[VECTORS]] on <x 0 to 4, y 0 to {{.*}}> [<west -> ramp>, <ramp -> west>]

// An odd number of 16-bit tokens: each vector of 1 begins in a wavelet of its
// own, which the one behind it fills.
// ODD: fabric.task @main
// ODD: fabric.dsd %{{.*}} [1] rows 2 by 1
// ODD: fabric.fabout {{.*}} advance 2

// FEW: error: 'flow.sddmm' op needs 3 switch positions on 4 columns; the machine has 2
module {
  func.func @step(
      %w: tensor<6x8xf32> {flow.weight = #flow.weight<name = "w", pruned = true,
          mask = #flow.mask<"uniform", sparsity = 5.000000e-01 : f64, seed = 1>>},
      %x: tensor<6x8xf32>, %dy: tensor<6x6xf32>)
      -> (tensor<6x8xf32> {flow.gradient = #flow.gradient<weight = "w", at = "mask">})
      attributes {flow.step = #flow.step<tokens = 6, seq = 3, type = f16, gt = 1>} {
    %dw = flow.sddmm %dy, %x at "mask" {label = "dW", layer = 0 : i64, phase = #flow.phase<backward>, section = #flow.section<block>, weight = "w"}
        : (tensor<6x6xf32>, tensor<6x8xf32>) -> tensor<6x8xf32>
    return %dw : tensor<6x8xf32>
  }
}
