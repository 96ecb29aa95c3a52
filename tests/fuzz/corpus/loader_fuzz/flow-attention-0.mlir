func.func @f(%q: tensor<2x4xf32>, %k: tensor<2x4xf32>, %v: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %o = flow.attention(%q, %k, %v) forward causal heads 1 kv 1 dim 4 batch 1 seq 2
      : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x4xf32>, %b: tensor<2x4xf32>, %c: tensor<2x4xf32>):
    flow.yield %c : tensor<2x4xf32>
  }
  return %o : tensor<2x4xf32>
}
