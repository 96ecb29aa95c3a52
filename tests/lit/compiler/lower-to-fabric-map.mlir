// Element-wise work: one code for all slots that do the same.
//
// RUN: waferflow-opt %s --split-input-file --attach-machine="machine=tiny directory=%source/machines set=fabric.width=4,fabric.height=3" --form-kernels --label-kernels --choose-mapping --insert-relayouts --place-kernels --lower-to-fabric | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// Nothing but stored values: one instruction over the slots of a column.
// CHECK-LABEL: fabric.argument "arg1"
// CHECK: fabric.program @k000
// CHECK: fabric.code @all on <x 0 to 4, y 0 to 3>
// CHECK: %[[N:.*]] = fabric.param <table = [6, 6, 3, 0], cores = <x 0 to 4, y 0 to 3>>
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

// -----

#token = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#place = affine_map<(d0, d1, d2) -> (d0, d2)>

// Both heads have the same table of places: the host has one head's.
// CHECK-LABEL: fabric.argument "arg0"
// CHECK: fabric.write <form = "positions", features = <order = @{{.*}}>, value = dense<{{.*}}> : tensor<3x2xf32>>
func.func @heads(%x: tensor<3x4xf32>) -> tensor<3x4xf32>
    attributes {flow.step = #flow.step<tokens = 3, seq = 3, type = f16>} {
  %t = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %h = tensor.expand_shape %x [[0], [1, 2]] output_shape [3, 2, 2] : tensor<3x4xf32> into tensor<3x2x2xf32>
  %e = tensor.empty() : tensor<3x2x2xf32>
  %m = linalg.generic {indexing_maps = [#token, #place, #token],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%h, %t : tensor<3x2x2xf32>, tensor<3x2xf32>) outs(%e : tensor<3x2x2xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %p = arith.mulf %a, %b : f32
      linalg.yield %p : f32
  } -> tensor<3x2x2xf32>
  %r = tensor.collapse_shape %m [[0], [1, 2]] : tensor<3x2x2xf32> into tensor<3x4xf32>
  return %r : tensor<3x4xf32>
}
