fabric.program @bad {
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %b = fabric.buffer "b" : memref<8xf32, #fabric.sram>
    %h = fabric.buffer "h" : memref<8xf16, #fabric.sram>
    fabric.task @main local 8 start {
      %x = fabric.dsd %b[0] [8] [1] : memref<8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %y = fabric.dsd %h[0] [8] [1] : memref<8xf16, #fabric.sram> -> !fabric.dsd<memory, f16>
      fabric.add %y, %x, %x : !fabric.dsd<memory, f16>, !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
    }
  }
}
