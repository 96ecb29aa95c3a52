flow.order @residual features 64 columns 16 blocked

func.func @f(%t: tensor<16x64xf32>) -> tensor<16x64xf32> {
  %u = flow.relayout %t from <order = @residual> to <order = @residual, go = 4>
      : tensor<16x64xf32>
  return %u : tensor<16x64xf32>
}
