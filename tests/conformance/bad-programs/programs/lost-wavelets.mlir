fabric.program @bad {
  %c = fabric.color 5
  fabric.route %c on <x 0 to 1, y 0 to 1> [<ramp -> east>]
  fabric.route %c on <x 1 to 2, y 0 to 1> [<west -> ramp>]
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %b = fabric.buffer "b" : memref<8xf32, #fabric.sram>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    fabric.task @main local 8 start {
      %x = fabric.dsd %b[0] [8] [1] : memref<8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %to = fabric.fabout %out [8] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      fabric.mov %to, %x : !fabric.dsd<fabout, f32>, !fabric.dsd<memory, f32>
    }
  }
  fabric.code @b on <x 1 to 2, y 0 to 1> {
    %b = fabric.buffer "b" : memref<8xf32, #fabric.sram>
    %in = fabric.queue input 0 of %c : !fabric.queue<input>
    fabric.task @main local 8 start {
      %x = fabric.dsd %b[0] [6] [1] : memref<8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %from = fabric.fabin %in [6] : !fabric.queue<input> -> !fabric.dsd<fabin, f32>
      fabric.mov %x, %from : !fabric.dsd<memory, f32>, !fabric.dsd<fabin, f32>
    }
  }
}
