func.func @f(%x: tensor<16x64xf32>, %y: tensor<16x64xf32>) -> tensor<16x64xf32> {
  %z = flow.map(%x, %y) : (tensor<16x64xf32>, tensor<16x64xf32>) -> tensor<16x64xf32> {
  ^bb0(%a: tensor<16x64xf32>, %b: tensor<16x64xf32>):
    %e = tensor.empty() : tensor<16x64xf32>
    %s = linalg.add ins(%a, %b : tensor<16x64xf32>, tensor<16x64xf32>)
        outs(%e : tensor<16x64xf32>) -> tensor<16x64xf32>
    flow.yield %s : tensor<16x64xf32>
  }
  return %z : tensor<16x64xf32>
}
