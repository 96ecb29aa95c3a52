// RUN: waferflow-opt %s --split-input-file --fold-constants | FileCheck %s

#row = affine_map<(d0, d1) -> (d0, 0)>
#column = affine_map<(d0, d1) -> (0, d1)>
#all = affine_map<(d0, d1) -> (d0, d1)>

// A mask that only looks back becomes a comparison of positions.
// CHECK-LABEL: func.func @mask
// CHECK: linalg.generic
// CHECK: %[[Q:.*]] = linalg.index 0
// CHECK: %[[K:.*]] = linalg.index 1
// CHECK: arith.cmpi ule, %[[K]], %[[Q]]
// CHECK: linalg.add
// CHECK-NOT: linalg.generic
func.func @mask(%scores: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant -3.40282347E+38 : f32
  %e = tensor.empty() : tensor<8xi64>
  %positions = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%e : tensor<8xi64>) {
  ^bb0(%out: i64):
    %i = linalg.index 0 : index
    %c = arith.index_cast %i : index to i64
    linalg.yield %c : i64
  } -> tensor<8xi64>
  %q = tensor.expand_shape %positions [[0, 1]] output_shape [8, 1] : tensor<8xi64> into tensor<8x1xi64>
  %k = tensor.expand_shape %positions [[0, 1]] output_shape [1, 8] : tensor<8xi64> into tensor<1x8xi64>
  %m = tensor.empty() : tensor<8x8xf32>
  %mask = linalg.generic {indexing_maps = [#row, #column, #all], iterator_types = ["parallel", "parallel"]}
      ins(%q, %k : tensor<8x1xi64>, tensor<1x8xi64>) outs(%m : tensor<8x8xf32>) {
  ^bb0(%a: i64, %b: i64, %out: f32):
    %sees = arith.cmpi sle, %b, %a : i64
    %v = arith.select %sees, %zero, %lowest : f32
    linalg.yield %v : f32
  } -> tensor<8x8xf32>
  %r = linalg.add ins(%scores, %mask : tensor<8x8xf32>, tensor<8x8xf32>) outs(%m : tensor<8x8xf32>) -> tensor<8x8xf32>
  return %r : tensor<8x8xf32>
}

// -----

// One hidden pair before the diagonal: no causal mask, a constant.
// CHECK-LABEL: func.func @window
// CHECK: arith.constant dense<{{\[\[}}0.000000e+00, -1.000000e+09, -1.000000e+09]
// CHECK-NOT: linalg.index
func.func @window(%scores: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant -1.0e9 : f32
  %c1 = arith.constant 1 : index
  %m = tensor.empty() : tensor<3x3xf32>
  %mask = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} outs(%m : tensor<3x3xf32>) {
  ^bb0(%out: f32):
    %q = linalg.index 0 : index
    %k = linalg.index 1 : index
    %first = arith.addi %k, %c1 : index
    %near = arith.cmpi sge, %first, %q : index
    %back = arith.cmpi sle, %k, %q : index
    %sees = arith.andi %near, %back : i1
    %v = arith.select %sees, %zero, %low : f32
    linalg.yield %v : f32
  } -> tensor<3x3xf32>
  %r = linalg.add ins(%scores, %mask : tensor<3x3xf32>, tensor<3x3xf32>) outs(%m : tensor<3x3xf32>) -> tensor<3x3xf32>
  return %r : tensor<3x3xf32>
}

// -----

// A table is evaluated; position numbers stay a loop; what is large is a resource.
// CHECK-LABEL: func.func @tables
// CHECK-DAG: arith.constant dense<[1.000000e+00, 0.540302
// CHECK-DAG: arith.constant dense_resource<constant> : tensor<32768xf32>
// CHECK: linalg.index 0
// CHECK-NOT: math.cos
func.func @tables(%x: tensor<4xf32>, %y: tensor<32768xf32>, %n: tensor<4xi64>) -> (tensor<4xf32>, tensor<32768xf32>, tensor<4xi64>) {
  %e = tensor.empty() : tensor<4xf32>
  %cos = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%e : tensor<4xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %c = arith.index_cast %i : index to i64
    %f = arith.sitofp %c : i64 to f32
    %v = math.cos %f : f32
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %big = tensor.empty() : tensor<32768xf32>
  %square = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%big : tensor<32768xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %c = arith.index_cast %i : index to i64
    %f = arith.sitofp %c : i64 to f32
    %v = arith.mulf %f, %f : f32
    linalg.yield %v : f32
  } -> tensor<32768xf32>
  %ints = tensor.empty() : tensor<4xi64>
  %iota = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%ints : tensor<4xi64>) {
  ^bb0(%out: i64):
    %i = linalg.index 0 : index
    %c = arith.index_cast %i : index to i64
    linalg.yield %c : i64
  } -> tensor<4xi64>
  %a = linalg.mul ins(%x, %cos : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %b = linalg.mul ins(%y, %square : tensor<32768xf32>, tensor<32768xf32>) outs(%big : tensor<32768xf32>) -> tensor<32768xf32>
  %c = linalg.add ins(%n, %iota : tensor<4xi64>, tensor<4xi64>) outs(%ints : tensor<4xi64>) -> tensor<4xi64>
  return %a, %b, %c : tensor<4xf32>, tensor<32768xf32>, tensor<4xi64>
}
