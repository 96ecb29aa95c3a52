flow.order @residual features 64 columns 11 blocked
fabric.argument "input_ids" : tensor<4x16xi64>
fabric.argument "w" weight <name = "w", pruned = true> : tensor<256x64xf32>
fabric.result "loss" : tensor<f32>
fabric.result "d w" gradient <weight = "w", at = "mask"> : tensor<256x64xf32>
fabric.write <tensor = "x", form = "activations", features = <order = @residual>>
    on <x 0 to 12, y 0 to 8> at 1024 : memref<6x8xf32, #fabric.sram>
fabric.program @stream {
  %w = fabric.color 0
  fabric.route %w on <x 0 to 4, y 0 to 1> [<north -> ramp>]
  fabric.inject %w north on <x 0 to 4, y 0 to 1> "w" indexed ends 24 roles
      host <tensor = "w", form = "weights", features = <order = @residual>,
            rows = <order = @residual>, transposed = true> : f32
  fabric.code @core on <x 0 to 4, y 0 to 1> {
    %in = fabric.queue input 0 of %w : !fabric.queue<input>
    fabric.task @nonzero data %in (%index: i32, %value: f32) {
    }
  }
}
fabric.read <tensor = "loss", form = "scalar"> on <x 0 to 1, y 0 to 1> at 64 : memref<1xf32, #fabric.sram>
