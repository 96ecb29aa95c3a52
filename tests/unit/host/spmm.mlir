// y = w x on 4 x 3 cores: every column is an output group of its own and holds all
// of x, so that nothing is reduced; then y is doubled by a second program. Rows of
// cores 0 and 1 have a sequence each.
module attributes {flow.step = #flow.step<tokens = 10, seq = 5, type = f32, gt = 1>} {
flow.order @in features 5 columns 3 blocked
flow.order @out features 3 columns 3 blocked
fabric.argument "x" : tensor<2x5x5xf32>
fabric.argument "w" weight <name = "w", pruned = true, mask = <"uniform", sparsity = 0.5 : f64, seed = 3>> : tensor<3x5xf32>
fabric.result "y" : tensor<10x3xf32>
fabric.write <tensor = "x", form = "activations", features = <order = @in, go = 4>>
    on <x 0 to 4, y 0 to 3> at 0 : memref<25xf32, #fabric.sram>
fabric.program @k0_spmm {
  %c = fabric.color 0
  fabric.route %c on <x 0 to 4, y 0 to 1> [<north -> ramp, south>] fixed
  fabric.route %c on <x 0 to 4, y 1 to 2> [<north -> ramp>] fixed
  fabric.inject %c north on <x 0 to 4, y 0 to 1> "w" indexed ends 20 roles
      host <tensor = "w", form = "weights", features = <order = @in, go = 4>,
            rows = <order = @out, go = 4>> : f32
  fabric.code @core on <x 0 to 4, y 0 to 2> {
    %in = fabric.queue input 0 of %c : !fabric.queue<input>
    %x = fabric.buffer at 0 : memref<25xf32, #fabric.sram>
    %y = fabric.buffer at 256 : memref<5xf32, #fabric.sram>
    %s = fabric.buffer at 512 : memref<5xf32, #fabric.sram>
    fabric.task @nonzero data %in configured (%index: i32, %value: f32) {
      %i = arith.index_cast %index : i32 to index
      %five = arith.constant 5 : index
      %at = arith.muli %i, %five : index
      %a = fabric.dsd %x[%at] [5] [1] : memref<25xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %sum = fabric.dsd %s[0] [5] [1] : memref<5xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      fabric.fmac %sum, %value, %a : !fabric.dsd<memory, f32>, f32, !fabric.dsd<memory, f32>
    }
    fabric.task @row_end control 22 %in (%slot: i16) {
      %i = arith.index_cast %slot : i16 to index
      %five = arith.constant 5 : index
      %at = arith.muli %i, %five : index
      %sum = fabric.dsd %s[0] [5] [1] : memref<5xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %to = fabric.dsd %y[%at] [5] [1] : memref<5xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      fabric.mov %to, %sum : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      %zero = arith.constant 0.0 : f32
      fabric.mov %sum, %zero : !fabric.dsd<memory, f32>, f32
    }
  }
}
fabric.program @k1_double {
  fabric.code @core on <x 0 to 4, y 0 to 2> {
    %y = fabric.buffer at 256 : memref<5xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %v = fabric.dsd %y[0] [5] [1] : memref<5xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      fabric.add %v, %v, %v : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
    }
  }
}
fabric.read <tensor = "y", form = "activations", features = <order = @out>>
    on <x 0 to 4, y 0 to 3> at 256 : memref<5xf32, #fabric.sram>
}
