// A gradient at its mask on 4 x 5 cores: dY's vectors travel, X's features stay.
// The middle rows differ from the top one by what they add.
//
// RUN: waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines set=fabric.width=4,fabric.height=5" -o %t.mlir
// RUN: waferflow-opt %t.mlir --choose-mapping --insert-relayouts --place-kernels | sed 's/#flow.mapping<[^>]*>/#flow.mapping<broadcast = "output", buffers = 3>/' > %t.placed.mlir
// RUN: waferflow-opt %t.placed.mlir --lower-to-fabric | FileCheck %s
// RUN: sed 's/broadcast = "output"/broadcast = "input"/' %t.placed.mlir | waferflow-opt --lower-to-fabric | FileCheck %s --check-prefix=INPUT
// RUN: sed 's/"mask"/"dense"/g' %t.placed.mlir | waferflow-opt --lower-to-fabric | FileCheck %s --check-prefix=DENSE

// CHECK: fabric.inject %{{.*}} north on <x 0 to 4, y 0 to 1> "w" ends 24 host <tensor = "w", form = "mask", features = <order = @features_8>, rows = <order = @features_6>> : i32
// Four rows hold tokens; what leaves them passes the fifth.
// CHECK: fabric.route %[[OUT:.*]] on <x 0 to 4, y 3 to 4> [<ramp -> south>]
// CHECK: fabric.route %[[OUT]] on <x 0 to 4, y 4 to 5> [<north -> south>]
// CHECK: fabric.drain %[[OUT]] south on <x 0 to 4, y 4 to 5> "w.grad" extent {{.*}} host <tensor = "w.grad", form = "gradient", features = <order = @features_8>, rows = <order = @features_6>> : f32
// CHECK: fabric.code @top on <x 0 to 4, y 0 to 1>
// CHECK: fabric.task @taken local 9
// CHECK: fabric.mov %{{.*}} thread 0 activate @taken configured : <fabout, f32>, !fabric.dsd<memory, f32>
// CHECK: fabric.task @arrived local 10
// CHECK: fabric.mov %{{.*}} thread 2 activate @sent configured : <fabout, f16>
// CHECK: fabric.mov %{{.*}} thread 1 activate @arrived configured : <memory, f16>, !fabric.dsd<fabin, f16>
// CHECK: fabric.task @row_end control 24
// CHECK: fabric.task @position data %{{.*}} blocked configured (%{{.*}}: i32)
// CHECK: fabric.dot
// CHECK: fabric.code @below on <x 0 to 4, y 1 to 4>
// CHECK: fabric.add %{{.*}} thread 0 activate @taken configured : <fabout, f32>, !fabric.dsd<fabin, f32>, !fabric.dsd<memory, f32>

// INPUT: fabric.inject {{.*}} form = "mask", features = <order = @features_6>, rows = <order = @features_8>, transposed = true>
// INPUT: fabric.drain {{.*}} form = "gradient", features = <order = @features_6>, rows = <order = @features_8>, transposed = true>

// DENSE-NOT: fabric.inject
// DENSE: fabric.task @row local 12 blocked
// DENSE: fabric.dot
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
