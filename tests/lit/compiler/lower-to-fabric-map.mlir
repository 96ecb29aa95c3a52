// Element-wise work: one code for all slots that do the same.
//
// RUN: waferflow-opt %s --split-input-file --attach-machine="machine=tiny directory=%source/machines set=fabric.width=4,fabric.height=3" --form-kernels --label-kernels --choose-mapping --insert-relayouts --place-kernels --lower-to-fabric | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// Nothing but stored values: one instruction over the slots of a column.
// CHECK-LABEL: fabric.argument "arg1"
// CHECK: fabric.program @k000
// CHECK: fabric.code @all on <x 0 to 4, y 0 to 3>
// CHECK: %[[N:.*]] = fabric.param <table = [6, 6, 3, 0
// CHECK: fabric.dsd %{{.*}}[0] [%[[N]]] [1]
// CHECK: fabric.add %{{.*}} : <memory, f16>, !fabric.dsd<memory, f16>, !fabric.dsd<memory, f16>
// CHECK-NOT: scf.for
func.func @sum(%a: tensor<9x5xf32>, %b: tensor<9x5xf32>) -> tensor<9x5xf32>
    attributes {flow.step = #flow.step<tokens = 9, seq = 9, type = f16>} {
  %e = tensor.empty() : tensor<9x5xf32>
  %r = linalg.add ins(%a, %b : tensor<9x5xf32>, tensor<9x5xf32>) outs(%e : tensor<9x5xf32>) -> tensor<9x5xf32>
  return %r : tensor<9x5xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#feature = affine_map<(d0, d1) -> (d1)>

// A vector of weights comes down the columns; values are f32 until they are
// stored. The loop is over the slots of the column.
// CHECK-LABEL: fabric.argument "w"
// CHECK: fabric.program @k000
// CHECK: fabric.inject %[[C:.*]] north on <x 0 to 4, y 0 to 1> "w" host <tensor = "w", form = "features", features = <order = @features_5>> : f16
// CHECK: fabric.mov %{{.*}} : <memory, f16>, !fabric.dsd<fabin, f16>
// CHECK: scf.for
// CHECK: memref.load
// CHECK: fabric.mul %{{.*}} configured : <memory, f32>, !fabric.dsd<memory, f16>
// CHECK: fabric.exp %{{.*}} configured : <memory, f32>
// CHECK: fabric.mov %{{.*}} configured : <memory, f16>, !fabric.dsd<memory, f32>
func.func @scaled(%w: tensor<5xf32> {flow.weight = #flow.weight<name = "w">}, %a: tensor<9x5xf32>) -> tensor<9x5xf32>
    attributes {flow.step = #flow.step<tokens = 9, seq = 9, type = f16>} {
  %e = tensor.empty() : tensor<9x5xf32>
  %r = linalg.generic {indexing_maps = [#id, #feature, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %w : tensor<9x5xf32>, tensor<5xf32>) outs(%e : tensor<9x5xf32>) {
  ^bb0(%x: f32, %c: f32, %out: f32):
    %m = arith.mulf %x, %c : f32
    %y = math.exp %m : f32
    linalg.yield %y : f32
  } -> tensor<9x5xf32>
  return %r : tensor<9x5xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// Nobody reads a afterwards: the result is written over it.
// CHECK-LABEL: fabric.argument "arg0"
// CHECK: fabric.write <tensor = "arg0", {{.*}} at [[A:[0-9]+]]
// CHECK: fabric.read <tensor = "result0", {{.*}} at [[A]] :
func.func @over(%a: tensor<9x4xf32>) -> tensor<9x4xf32>
    attributes {flow.step = #flow.step<tokens = 9, seq = 9, type = f16>} {
  %e = tensor.empty() : tensor<9x4xf32>
  %r = linalg.add ins(%a, %a : tensor<9x4xf32>, tensor<9x4xf32>) outs(%e : tensor<9x4xf32>) -> tensor<9x4xf32>
  return %r : tensor<9x4xf32>
}
