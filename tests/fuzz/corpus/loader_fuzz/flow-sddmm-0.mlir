func.func @f(%dy: tensor<16x172xf32>, %x: tensor<16x64xf32>) -> tensor<172x64xf32> {
  %dw = flow.sddmm %dy, %x at "mask" {weight = "w"}
      : (tensor<16x172xf32>, tensor<16x64xf32>) -> tensor<172x64xf32>
  return %dw : tensor<172x64xf32>
}
