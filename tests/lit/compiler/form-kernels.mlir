// RUN: waferflow-opt %s --split-input-file --form-kernels --verify-diagnostics | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0, 0)>

// Forward, dX and dW of one weight: the products are told apart by what they sum
// over. A product that makes [in, out] is turned round for a gradient of [out, in].
// CHECK-LABEL: func.func @linear
// CHECK: %[[Y:.*]] = flow.spmm %arg0, %arg2 : (tensor<4x2xf32>, tensor<3x2xf32>) -> tensor<4x3xf32>
// CHECK: flow.spmm %arg1, %arg2 transposed : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
// CHECK: flow.sddmm %arg1, %arg0 at "mask" {weight = "w"} : (tensor<4x3xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
// CHECK-NOT: linalg.matmul
func.func @linear(%x: tensor<4x2xf32>, %dy: tensor<4x3xf32>,
    %w: tensor<3x2xf32> {flow.weight = #flow.weight<name = "w", pruned = true>})
    -> (tensor<4x3xf32>, tensor<4x2xf32>, tensor<3x2xf32> {flow.gradient = #flow.gradient<weight = "w", at = "mask">})
    attributes {flow.step = #flow.step<tokens = 4, seq = 4, type = f32>} {
  %e0 = tensor.empty() : tensor<2x3xf32>
  %wt = linalg.transpose ins(%w : tensor<3x2xf32>) outs(%e0 : tensor<2x3xf32>) permutation = [1, 0]
  %e1 = tensor.empty() : tensor<4x3xf32>
  %y = linalg.matmul ins(%x, %wt : tensor<4x2xf32>, tensor<2x3xf32>) outs(%e1 : tensor<4x3xf32>) -> tensor<4x3xf32>
  %e2 = tensor.empty() : tensor<4x2xf32>
  %dx = linalg.matmul ins(%dy, %w : tensor<4x3xf32>, tensor<3x2xf32>) outs(%e2 : tensor<4x2xf32>) -> tensor<4x2xf32>
  %e3 = tensor.empty() : tensor<2x4xf32>
  %xt = linalg.transpose ins(%x : tensor<4x2xf32>) outs(%e3 : tensor<2x4xf32>) permutation = [1, 0]
  %dwt = linalg.matmul ins(%xt, %dy : tensor<2x4xf32>, tensor<4x3xf32>) outs(%e0 : tensor<2x3xf32>) -> tensor<2x3xf32>
  %e4 = tensor.empty() : tensor<3x2xf32>
  %dw = linalg.transpose ins(%dwt : tensor<2x3xf32>) outs(%e4 : tensor<3x2xf32>) permutation = [1, 0]
  return %y, %dx, %dw : tensor<4x3xf32>, tensor<4x2xf32>, tensor<3x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0, 0)>

// The squares are the reduction's own; x is read by the reduction and the map.
// CHECK-LABEL: func.func @norm
// CHECK: %[[S:.*]] = flow.reduce(%arg0) axis x : (tensor<4x8xf32>) -> tensor<4x1xf32>
// CHECK: linalg.mul
// CHECK: flow.map(%arg0, %[[S]]) : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
// CHECK: linalg.rsqrt
// CHECK: arith.mulf
// CHECK-NOT: flow.map
func.func @norm(%x: tensor<4x8xf32>) -> tensor<4x8xf32>
    attributes {flow.step = #flow.step<tokens = 4, seq = 4, type = f32>} {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x8xf32>
  %sq = linalg.mul ins(%x, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %r = tensor.empty() : tensor<4x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%r : tensor<4x1xf32>) -> tensor<4x1xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%sq : tensor<4x8xf32>) outs(%f : tensor<4x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<4x1xf32>
  %scale = linalg.rsqrt ins(%sum : tensor<4x1xf32>) outs(%r : tensor<4x1xf32>) -> tensor<4x1xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %scale : tensor<4x8xf32>, tensor<4x1xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %s = arith.mulf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// Generalized attention over two sequences: one kernel, heads from the sizes.
// CHECK-LABEL: func.func @attention
// CHECK: flow.attention(%{{.*}}, %{{.*}}, %{{.*}}) forward heads 2 kv 1 dim 8 batch 2 seq 4 : (tensor<2x4x16xf32>, tensor<2x4x8xf32>, tensor<2x4x8xf32>) -> tensor<8x16xf32>
// CHECK-NOT: flow.
// CHECK: flow.yield
// CHECK-NOT: flow.
// CHECK: return
#q = affine_map<(b, h, m, n, k) -> (b, m, h, k)>
#kv = affine_map<(b, h, m, n, k) -> (b, n, k)>
#s = affine_map<(b, h, m, n, k) -> (b, h, m, n)>
#p = affine_map<(b, h, m, d, n) -> (b, h, m, n)>
#v = affine_map<(b, h, m, d, n) -> (b, n, d)>
#o = affine_map<(b, h, m, d, n) -> (b, m, h, d)>
func.func @attention(%ids: tensor<2x4xi64>,
    %x: tensor<2x4x16xf32>, %k: tensor<2x4x8xf32>, %v: tensor<2x4x8xf32>) -> tensor<2x4x16xf32> {
  %heads = tensor.expand_shape %x [[0], [1], [2, 3]] output_shape [2, 4, 2, 8] : tensor<2x4x16xf32> into tensor<2x4x2x8xf32>
  %e = tensor.empty() : tensor<2x2x4x4xf32>
  %scores = linalg.generic {indexing_maps = [#q, #kv, #s], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%heads, %k : tensor<2x4x2x8xf32>, tensor<2x4x8xf32>) outs(%e : tensor<2x2x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %r = arith.addf %c, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x2x4x4xf32>
  %exp = linalg.exp ins(%scores : tensor<2x2x4x4xf32>) outs(%e : tensor<2x2x4x4xf32>) -> tensor<2x2x4x4xf32>
  %f = tensor.empty() : tensor<2x4x2x8xf32>
  %mixed = linalg.generic {indexing_maps = [#p, #v, #o], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%exp, %v : tensor<2x2x4x4xf32>, tensor<2x4x8xf32>) outs(%f : tensor<2x4x2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %r = arith.addf %c, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x4x2x8xf32>
  %y = tensor.collapse_shape %mixed [[0], [1], [2, 3]] : tensor<2x4x2x8xf32> into tensor<2x4x16xf32>
  return %y : tensor<2x4x16xf32>
}

// -----

// A lookup and its gradient, a product with the one-hot of the ids.
// CHECK-LABEL: func.func @embedding
// CHECK: flow.gather(%arg0, %arg1) forward : (tensor<6x3xf32>, tensor<1x4xi64>) -> tensor<4x3xf32>
// CHECK: flow.gather(%arg1, %{{.*}}) backward {weight = "table"} : (tensor<1x4xi64>, tensor<4x3xf32>) -> tensor<6x3xf32>
#ids = affine_map<(d0, d1, d2) -> (d0, d1)>
#all = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
func.func @embedding(%table: tensor<6x3xf32> {flow.weight = #flow.weight<name = "table">}, %ids: tensor<1x4xi64>)
    -> (tensor<1x4x3xf32>, tensor<6x3xf32> {flow.gradient = #flow.gradient<weight = "table", at = "dense">}) {
  %e = tensor.empty() : tensor<1x4x3xf32>
  %rows = linalg.generic {indexing_maps = [#ids, #all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%ids : tensor<1x4xi64>) outs(%e : tensor<1x4x3xf32>) {
  ^bb0(%id: i64, %out: f32):
    %row = arith.index_cast %id : i64 to index
    %column = linalg.index 2 : index
    %value = tensor.extract %table[%row, %column] : tensor<6x3xf32>
    linalg.yield %value : f32
  } -> tensor<1x4x3xf32>
  %g = tensor.collapse_shape %rows [[0, 1], [2]] : tensor<1x4x3xf32> into tensor<4x3xf32>
  %h = tensor.empty() : tensor<6x4xf32>
  %onehot = linalg.generic {indexing_maps = [affine_map<(v, t) -> (0, t)>, affine_map<(v, t) -> (v, t)>],
      iterator_types = ["parallel", "parallel"]} ins(%ids : tensor<1x4xi64>) outs(%h : tensor<6x4xf32>) {
  ^bb0(%id: i64, %out: f32):
    %v = linalg.index 0 : index
    %word = arith.index_cast %v : index to i64
    %same = arith.cmpi eq, %id, %word : i64
    %one = arith.uitofp %same : i1 to f32
    linalg.yield %one : f32
  } -> tensor<6x4xf32>
  %z = tensor.empty() : tensor<6x3xf32>
  %dt = linalg.matmul ins(%onehot, %g : tensor<6x4xf32>, tensor<4x3xf32>) outs(%z : tensor<6x3xf32>) -> tensor<6x3xf32>
  return %rows, %dt : tensor<1x4x3xf32>, tensor<6x3xf32>
}

// -----

func.func @leftover(%x: tensor<4x8xf32>) -> tensor<4x8xf32>
    attributes {flow.step = #flow.step<tokens = 4, seq = 4, type = f32>} {
  %e = tensor.empty() : tensor<4x8xf32>
  // expected-error @below {{expected an op that a flow kernel can hold (linalg, tensor or element-wise), got 'linalg.softmax'}}
  %y = linalg.softmax dimension(1) ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

func.func @product(%x: tensor<4x8xf32>, %a: tensor<8x3xf32>) -> tensor<4x3xf32>
    attributes {flow.step = #flow.step<tokens = 4, seq = 4, type = f32>} {
  %e = tensor.empty() : tensor<4x3xf32>
  // expected-error @below {{expected a product with a weight, of two activations over their tokens, or of attention scores, got a product of 'tensor<4x8xf32>' and 'tensor<8x3xf32>'}}
  %y = linalg.matmul ins(%x, %a : tensor<4x8xf32>, tensor<8x3xf32>) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

// expected-error @below {{expected an integer argument [batch, seq] or flow.step with sequences of at least 2 tokens, got 0}}
func.func @tokens(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  return %x : tensor<4x8xf32>
}

// -----

// expected-error @below {{expected integer arguments of 1 x 4 tokens, got 'tensor<2x2xi64>' as argument 1}}
func.func @disagree(%ids: tensor<1x4xi64>, %labels: tensor<2x2xi64>) -> tensor<1x4xi64> {
  return %ids : tensor<1x4xi64>
}

// -----

// Scores that a result wants can't stay in a kernel.
func.func @scores(%x: tensor<4x8xf32>, %k: tensor<8x4xf32>, %kt: tensor<4x8xf32>) -> tensor<4x4xf32>
    attributes {flow.step = #flow.step<tokens = 4, seq = 4, type = f32>} {
  %t = linalg.transpose ins(%kt : tensor<4x8xf32>) outs(%k : tensor<8x4xf32>) permutation = [1, 0]
  %e = tensor.empty() : tensor<4x4xf32>
  // expected-error @below {{expected attention scores to stay in one kernel, got a use of 'tensor<4x4xf32>' outside}}
  %y = linalg.matmul ins(%x, %t : tensor<4x8xf32>, tensor<8x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}
