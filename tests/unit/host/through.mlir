// What enters at the north leaves at the south: the gradient of half the sum of the
// weights' squares, without a core that runs.
module attributes {flow.step = #flow.step<tokens = 2, seq = 2, type = f16, gt = 1>} {
flow.order @in features 6 columns 4 blocked
flow.order @out features 3 columns 2 blocked
fabric.argument "w" weight <name = "w", pruned = true, mask = <"uniform", sparsity = 0.5 : f64, seed = 5>> : tensor<3x6xf32>
fabric.argument "v" weight <name = "v"> : tensor<6xf32>
fabric.argument "ids" : tensor<1x2xi64>
fabric.result "loss" : tensor<f32>
fabric.result "w.grad" gradient <weight = "w", at = "mask"> : tensor<3x6xf32>
fabric.result "v.grad" gradient <weight = "v", at = "dense"> : tensor<6xf32>
fabric.program @through {
  %c = fabric.color 0
  %d = fabric.color 1
  fabric.route %c on <x 0 to 4, y 0 to 3> [<north -> south>] fixed
  fabric.route %d on <x 0 to 4, y 0 to 3> [<north -> south>] fixed
  fabric.inject %c north on <x 0 to 4, y 0 to 1> "w"
      host <tensor = "w", form = "weights", features = <order = @in>, rows = <order = @out>> : f32
  fabric.inject %d north on <x 0 to 4, y 0 to 1> "v"
      host <tensor = "v", form = "features", features = <order = @in>> : f32
  fabric.drain %c south on <x 0 to 4, y 2 to 3> "dw" extent 1
      host <tensor = "w.grad", form = "gradient", features = <order = @in>, rows = <order = @out>> : f32
  fabric.drain %d south on <x 0 to 4, y 2 to 3> "dv" extent 1
      host <tensor = "v.grad", form = "feature_gradient", features = <order = @in>> : f32
}
fabric.read <tensor = "loss", form = "scalar"> on <x 0 to 1, y 0 to 1> at 0 : memref<1xf32, #fabric.sram>
}
