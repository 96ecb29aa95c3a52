// Half an MLP with its gradients: 16 tokens in sequences of 8, one block, a
// masked weight. Labelled by hand.
module {
  func.func @train_step(
      %w: tensor<172x64xf32> {flow.weight = #flow.weight<name = "up", pruned = true,
          mask = #flow.mask<"uniform", sparsity = 5.000000e-01 : f64, seed = 1>>},
      %v: tensor<172x64xf32> {flow.weight = #flow.weight<name = "gate", pruned = true>},
      %table: tensor<256x64xf32> {flow.weight = #flow.weight<name = "table">},
      %ids: tensor<2x8xi64>) -> (tensor<172x64xf32>, tensor<16x64xf32>)
      attributes {flow.step = #flow.step<tokens = 16, seq = 8, type = f16>} {
    %x = flow.gather(%table, %ids) forward {label = "rows", phase = #flow.phase<forward>, section = #flow.section<embedding>} : (tensor<256x64xf32>, tensor<2x8xi64>) -> tensor<16x64xf32> {
    ^bb0(%t: tensor<256x64xf32>, %i: tensor<2x8xi64>):
      %rows = tensor.empty() : tensor<16x64xf32>
      flow.yield %rows : tensor<16x64xf32>
    }
    %u = flow.spmm %x, %w {label = "up", layer = 0 : i64, phase = #flow.phase<forward>, section = #flow.section<block>} : (tensor<16x64xf32>, tensor<172x64xf32>) -> tensor<16x172xf32>
    %g = flow.spmm %x, %v {label = "gate", layer = 0 : i64, phase = #flow.phase<forward>, section = #flow.section<block>} : (tensor<16x64xf32>, tensor<172x64xf32>) -> tensor<16x172xf32>
    %h = flow.map(%u, %g) {label = "activation", layer = 0 : i64, phase = #flow.phase<forward>, section = #flow.section<block>} : (tensor<16x172xf32>, tensor<16x172xf32>) -> tensor<16x172xf32> {
    ^bb0(%a: tensor<16x172xf32>, %b: tensor<16x172xf32>):
      %e = tensor.empty() : tensor<16x172xf32>
      %m = linalg.mul ins(%a, %b : tensor<16x172xf32>, tensor<16x172xf32>) outs(%e : tensor<16x172xf32>) -> tensor<16x172xf32>
      flow.yield %m : tensor<16x172xf32>
    }
    %dw = flow.sddmm %h, %x at "mask" {label = "up dW", layer = 0 : i64, phase = #flow.phase<backward>, section = #flow.section<block>, weight = "up"} : (tensor<16x172xf32>, tensor<16x64xf32>) -> tensor<172x64xf32>
    %dx = flow.spmm %h, %w transposed {label = "up dX", layer = 0 : i64, phase = #flow.phase<backward>, section = #flow.section<block>} : (tensor<16x172xf32>, tensor<172x64xf32>) -> tensor<16x64xf32>
    return %dw, %dx : tensor<172x64xf32>, tensor<16x64xf32>
  }
}
