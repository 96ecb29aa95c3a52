fabric.program @spmm {
  %w = fabric.color 0
  %s = fabric.color 1
  fabric.route %w on <x 0 to 2, y 0 to 1> [<north -> ramp>] fixed
  fabric.route %s on <x 0 to 2, y 0 to 1> [<ramp -> south>]
  fabric.route %s on <x 0 to 2, y 1 to 10> [<north -> south>]
  fabric.inject %w north on <x 0 to 2, y 0 to 1> "w" indexed ends 24 : f16
  fabric.drain %s south on <x 0 to 2, y 9 to 10> "y" extent 4 : f32
  fabric.code @core on <x 0 to 2, y 0 to 1> {
    %in = fabric.queue input 0 of %w : !fabric.queue<input>
    %out = fabric.queue output 0 of %s : !fabric.queue<output>
    %x = fabric.buffer "x" : memref<3x4xf32, #fabric.sram>
    %y = fabric.buffer "y" : memref<4xf32, #fabric.sram>
    fabric.task @nonzero data %in configured (%value: f16, %index: i16) {
      %i = arith.index_cast %index : i16 to index
      %four = arith.constant 4 : index
      %row = arith.muli %i, %four : index
      %a = fabric.dsd %x[%row] [4] [1] : memref<3x4xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %sum = fabric.dsd %y[0] [4] [1] : memref<4xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      fabric.fmac %sum, %value, %a : !fabric.dsd<memory, f32>, f16, !fabric.dsd<memory, f32>
    }
    fabric.task @row_end control 24 %in {
      %sum = fabric.dsd %y[0] [4] [1] : memref<4xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %to = fabric.fabout %out [4] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      fabric.mov %to, %sum : !fabric.dsd<fabout, f32>, !fabric.dsd<memory, f32>
    }
  }
}
