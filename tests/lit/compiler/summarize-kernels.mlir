// What kernels cost, by hand. RUN lines split the cases.
// RUN: split-file %s %t
// RUN: waferflow-opt %t/costs.mlir --summarize-kernels -o %t.mlir | FileCheck %s
// RUN: not waferflow-opt %t/unknown.mlir --summarize-kernels 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// 4 tokens by 3 x 2 weights.
// CHECK: {"inputs":["tensor<4x2xf32>","tensor<3x2xf32>"],"kind":"spmm","multiply_adds":24,"outputs":["tensor<4x3xf32>"],"scalar_ops":{},"transposed":false,"weight":"w"}
// A row's reciprocal once a row, the product with it everywhere; a division by
// a constant is a product; constants alone cost nothing.
// CHECK: "kind":"map","multiply_adds":0,{{.*}}"scalar_ops":{"mul":24,"reciprocal":4}
// Every element compares once and adds once.
// CHECK: "axis":"x",{{.*}}"kind":"reduce",{{.*}}"scalar_ops":{"add":12,"max":12}
// Concatenation copies what it makes, slices and transposes nothing.
// CHECK: "kind":"map",{{.*}}"scalar_ops":{"copy":12}
// UNKNOWN: error: expected a scalar operation with a cost, got 'math.sinh'

//--- costs.mlir
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0, 0)>
func.func @step(%x: tensor<4x2xf32>, %w: tensor<3x2xf32> {flow.weight = #flow.weight<name = "w">}, %s: tensor<4x1xf32>)
    -> (tensor<4x3xf32>, tensor<4x1xf32>, tensor<4x3xf32>) {
  %y = flow.spmm %x, %w : (tensor<4x2xf32>, tensor<3x2xf32>) -> tensor<4x3xf32>
  %z = flow.map(%y, %s) : (tensor<4x3xf32>, tensor<4x1xf32>) -> tensor<4x3xf32> {
  ^bb0(%a: tensor<4x3xf32>, %b: tensor<4x1xf32>):
    %half = arith.constant 0.5 : f32
    %e = tensor.empty() : tensor<4x3xf32>
    %r = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
        ins(%a, %b : tensor<4x3xf32>, tensor<4x1xf32>) outs(%e : tensor<4x3xf32>) {
    ^bb0(%p: f32, %q: f32, %out: f32):
      %quarter = arith.mulf %half, %half : f32
      %d = arith.divf %p, %q : f32
      %h = arith.divf %d, %half : f32
      linalg.yield %h : f32
    } -> tensor<4x3xf32>
    flow.yield %r : tensor<4x3xf32>
  }
  %m = flow.reduce(%z) axis x : (tensor<4x3xf32>) -> tensor<4x1xf32> {
  ^bb0(%a: tensor<4x3xf32>):
    %one = arith.constant 1.0 : f32
    %e = tensor.empty() : tensor<4x1xf32>
    %f = linalg.fill ins(%one : f32) outs(%e : tensor<4x1xf32>) -> tensor<4x1xf32>
    %r = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
        ins(%a : tensor<4x3xf32>) outs(%f : tensor<4x1xf32>) {
    ^bb0(%p: f32, %out: f32):
      %plus = arith.addf %p, %one : f32
      %max = arith.maximumf %plus, %out : f32
      linalg.yield %max : f32
    } -> tensor<4x1xf32>
    flow.yield %r : tensor<4x1xf32>
  }
  %c = flow.map(%z) : (tensor<4x3xf32>) -> tensor<4x3xf32> {
  ^bb0(%a: tensor<4x3xf32>):
    %low = tensor.extract_slice %a[0, 0] [4, 1] [1, 1] : tensor<4x3xf32> to tensor<4x1xf32>
    %high = tensor.extract_slice %a[0, 1] [4, 2] [1, 1] : tensor<4x3xf32> to tensor<4x2xf32>
    %turned = tensor.concat dim(1) %high, %low : (tensor<4x2xf32>, tensor<4x1xf32>) -> tensor<4x3xf32>
    flow.yield %turned : tensor<4x3xf32>
  }
  return %z, %m, %c : tensor<4x3xf32>, tensor<4x1xf32>, tensor<4x3xf32>
}

//--- unknown.mlir
func.func @step(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %z = flow.map(%x) : (tensor<4x2xf32>) -> tensor<4x2xf32> {
  ^bb0(%a: tensor<4x2xf32>):
    %s = math.sinh %a : tensor<4x2xf32>
    flow.yield %s : tensor<4x2xf32>
  }
  return %z : tensor<4x2xf32>
}
