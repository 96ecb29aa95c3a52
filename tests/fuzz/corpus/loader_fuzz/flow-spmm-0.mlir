func.func @f(%x: tensor<16x64xf32>, %w: tensor<172x64xf32>) -> tensor<16x64xf32> {
  %y = flow.spmm %x, %w : (tensor<16x64xf32>, tensor<172x64xf32>) -> tensor<16x172xf32>
  %dx = flow.spmm %y, %w transposed {
      layer = 1 : i64, phase = #flow.phase<backward>, section = #flow.section<block>,
      label = "up_proj dX", mapping = #flow.mapping<go = 4, form = "interleaved", buffers = 16>,
      placement = #flow.region<x = 0, y = 0, width = 755, height = 994>}
      : (tensor<16x172xf32>, tensor<172x64xf32>) -> tensor<16x64xf32>
  return %dx : tensor<16x64xf32>
}
