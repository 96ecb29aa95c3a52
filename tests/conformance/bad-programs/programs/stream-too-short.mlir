fabric.program @bad {
  %c = fabric.color 5
  fabric.route %c on <x 0 to 1, y 0 to 1> [<north -> ramp>]
  fabric.inject %c north on <x 0 to 1, y 0 to 1> "x" : f32
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %b = fabric.buffer "b" : memref<8xf32, #fabric.sram>
    %in = fabric.queue input 0 of %c : !fabric.queue<input>
    fabric.task @main local 8 start {
      %x = fabric.dsd %b[0] [8] [1] : memref<8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %from = fabric.fabin %in [8] : !fabric.queue<input> -> !fabric.dsd<fabin, f32>
      fabric.mov %x, %from : !fabric.dsd<memory, f32>, !fabric.dsd<fabin, f32>
    }
  }
}
