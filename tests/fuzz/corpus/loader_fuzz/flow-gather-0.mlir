func.func @f(%table: tensor<256x64xf32>, %ids: tensor<1x16xi64>) -> tensor<16x64xf32> {
  %x = flow.gather(%table, %ids) forward
      : (tensor<256x64xf32>, tensor<1x16xi64>) -> tensor<16x64xf32> {
  ^bb0(%t: tensor<256x64xf32>, %i: tensor<1x16xi64>):
    %flat = tensor.collapse_shape %i [[0, 1]] : tensor<1x16xi64> into tensor<16xi64>
    %e = tensor.empty() : tensor<16x64xf32>
    %r = linalg.generic {indexing_maps = [affine_map<(t, f) -> (t)>, affine_map<(t, f) -> (t, f)>],
        iterator_types = ["parallel", "parallel"]}
        ins(%flat : tensor<16xi64>) outs(%e : tensor<16x64xf32>) {
    ^bb0(%id: i64, %out: f32):
      %row = arith.index_cast %id : i64 to index
      %column = linalg.index 1 : index
      %value = tensor.extract %t[%row, %column] : tensor<256x64xf32>
      linalg.yield %value : f32
    } -> tensor<16x64xf32>
    flow.yield %r : tensor<16x64xf32>
  }
  return %x : tensor<16x64xf32>
}
