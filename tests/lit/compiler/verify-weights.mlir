// RUN: waferflow-opt %s --split-input-file --verify-weights --verify-diagnostics

// Forward and dX through reshapes and a call; a gradient of the weight's type.
func.func private @linear(%x: tensor<4x2xf32>, %w: tensor<3x2xf32>) -> tensor<4x3xf32> {
  %e = tensor.empty() : tensor<2x3xf32>
  %t = linalg.transpose ins(%w : tensor<3x2xf32>) outs(%e : tensor<2x3xf32>) permutation = [1, 0]
  %y = tensor.empty() : tensor<4x3xf32>
  %r = linalg.matmul ins(%x, %t : tensor<4x2xf32>, tensor<2x3xf32>) outs(%y : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %r : tensor<4x3xf32>
}
func.func @legal(%x: tensor<4x2xf32>, %dw: tensor<3x2xf32>,
    %w: tensor<3x2xf32> {flow.weight = #flow.weight<name = "w", pruned = true>})
    -> (tensor<4x2xf32>, tensor<3x2xf32> {flow.gradient = #flow.gradient<weight = "w", at = "mask">}) {
  %y = call @linear(%x, %w) : (tensor<4x2xf32>, tensor<3x2xf32>) -> tensor<4x3xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %dx = linalg.matmul ins(%y, %w : tensor<4x3xf32>, tensor<3x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %dx, %dw : tensor<4x2xf32>, tensor<3x2xf32>
}

// -----

func.func private @add(%w: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %e = tensor.empty() : tensor<3x2xf32>
  // expected-error @below {{expected weight 'w' to be used by products that sum over its inputs (forward) or its outputs (dX), got 'linalg.add'}}
  %r = linalg.add ins(%w, %w : tensor<3x2xf32>, tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %r : tensor<3x2xf32>
}
// expected-note @below {{the weight}}
func.func @elementwise(%w: tensor<3x2xf32> {flow.weight = #flow.weight<name = "w", pruned = true>}) -> tensor<3x2xf32> {
  %r = call @add(%w) : (tensor<3x2xf32>) -> tensor<3x2xf32>
  return %r : tensor<3x2xf32>
}

// -----

// expected-note @below {{the weight}}
func.func @both(%x: tensor<4x6xf32>, %w: tensor<3x2xf32> {flow.weight = #flow.weight<name = "w", pruned = true>}) -> tensor<4xf32> {
  // expected-error @below {{got a reshape that mixes its dimensions}}
  %flat = tensor.collapse_shape %w [[0, 1]] : tensor<3x2xf32> into tensor<6xf32>
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.matvec ins(%x, %flat : tensor<4x6xf32>, tensor<6xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// expected-note @below {{the weight}}
func.func @returned(%w: tensor<3x2xf32> {flow.weight = #flow.weight<name = "w", pruned = true>}) -> tensor<3x2xf32> {
  // expected-error @below {{got 'func.return'}}
  return %w : tensor<3x2xf32>
}

// -----

// expected-note @below {{the weight}}
func.func @frobenius(%x: tensor<3x2x4xf32>, %w: tensor<3x2xf32> {flow.weight = #flow.weight<name = "w", pruned = true>}) -> tensor<1x4xf32> {
  %v = tensor.expand_shape %w [[0], [1, 2]] output_shape [3, 2, 1] : tensor<3x2xf32> into tensor<3x2x1xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  // expected-error @below {{got a product that sums over both}}
  %r = linalg.generic {indexing_maps = [affine_map<(i, j, m, n) -> (i, j, m)>, affine_map<(i, j, m, n) -> (i, j, n)>, affine_map<(i, j, m, n) -> (m, n)>],
      iterator_types = ["reduction", "reduction", "parallel", "parallel"]}
      ins(%v, %x : tensor<3x2x1xf32>, tensor<3x2x4xf32>) outs(%e : tensor<1x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x4xf32>
  return %r : tensor<1x4xf32>
}

// -----

// expected-error @below {{expected one weight 'w', got arguments 0 and 1}}
func.func @twice(%a: tensor<2x2xf32> {flow.weight = #flow.weight<name = "w">}, %b: tensor<2x2xf32> {flow.weight = #flow.weight<name = "w">}) {
  return
}

// -----

// expected-error @below {{expected pruned weight 'w' to be a matrix, got 'tensor<2xf32>'}}
func.func @vector(%a: tensor<2xf32> {flow.weight = #flow.weight<name = "w", pruned = true>}) {
  return
}

// -----

func.func @unnamed(%dw: tensor<2x2xf32>) -> (tensor<2x2xf32> {flow.gradient = #flow.gradient<weight = "w", at = "dense">}) {
  // expected-error @below {{expected the gradient in result 0 to name a weight, got 'w'}}
  return %dw : tensor<2x2xf32>
}

// -----

func.func @shape(%dw: tensor<2x3xf32>, %w: tensor<3x2xf32> {flow.weight = #flow.weight<name = "w">})
    -> (tensor<2x3xf32> {flow.gradient = #flow.gradient<weight = "w", at = "dense">}) {
  // expected-error @below {{expected the gradient of 'w' to be 'tensor<3x2xf32>', got 'tensor<2x3xf32>'}}
  return %dw : tensor<2x3xf32>
}

// -----

func.func @doubled(%dw: tensor<2x2xf32>, %w: tensor<2x2xf32> {flow.weight = #flow.weight<name = "w">})
    -> (tensor<2x2xf32> {flow.gradient = #flow.gradient<weight = "w", at = "dense">},
        tensor<2x2xf32> {flow.gradient = #flow.gradient<weight = "w", at = "dense">}) {
  // expected-error @below {{expected one gradient of 'w', got results 0 and 1}}
  return %dw, %dw : tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

func.func @mask(%dw: tensor<2x2xf32>, %w: tensor<2x2xf32> {flow.weight = #flow.weight<name = "w">})
    -> (tensor<2x2xf32> {flow.gradient = #flow.gradient<weight = "w", at = "mask">}) {
  // expected-error @below {{expected the gradient of 'w', which is not pruned, at = "dense", got "mask"}}
  return %dw : tensor<2x2xf32>
}
