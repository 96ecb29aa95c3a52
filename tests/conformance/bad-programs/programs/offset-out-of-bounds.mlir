fabric.program @bad {
  fabric.code @a on <x 2 to 3, y 1 to 2> {
    %b = fabric.buffer "b" : memref<8xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %n = fabric.coord x
      %k = arith.constant 7 : index
      %i = arith.addi %n, %k : index
      %x = fabric.dsd %b[%i] [4] [1] : memref<8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      fabric.mov %x, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
    }
  }
}
