fabric.program @bad {
  %c = fabric.color 5
  fabric.route %c on <x 0 to 1, y 0 to 1> [<ramp -> north>]
  fabric.drain %c north on <x 0 to 1, y 0 to 1> "y" extent 8 : f32
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %b = fabric.buffer "b" : memref<8xf32, #fabric.sram>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    fabric.task @main local 8 start {
      %x = fabric.dsd %b[0] [6] [1] : memref<8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %to = fabric.fabout %out [6] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      fabric.mov %to, %x : !fabric.dsd<fabout, f32>, !fabric.dsd<memory, f32>
    }
  }
}
