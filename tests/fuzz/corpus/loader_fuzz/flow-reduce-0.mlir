func.func @f(%x: tensor<16x64xf32>) -> tensor<16x1xf32> {
  %m = flow.reduce(%x) axis x : (tensor<16x64xf32>) -> tensor<16x1xf32> {
  ^bb0(%a: tensor<16x64xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %r = linalg.reduce ins(%a : tensor<16x64xf32>) outs(%f : tensor<16xf32>) dimensions = [1]
      (%in: f32, %out: f32) {
        %s = arith.addf %in, %out : f32
        linalg.yield %s : f32
      }
    %c = tensor.expand_shape %r [[0, 1]] output_shape [16, 1] : tensor<16xf32> into tensor<16x1xf32>
    flow.yield %c : tensor<16x1xf32>
  }
  return %m : tensor<16x1xf32>
}
