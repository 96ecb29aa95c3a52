fabric.program @p {
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %bd = fabric.buffer "d" : memref<4xf32, #fabric.sram>
    %bx = fabric.buffer "x" : memref<3xf32, #fabric.sram>
    %bh = fabric.buffer "h" : memref<3xf16, #fabric.sram>
    fabric.task @main local 8 start {
      %x = fabric.dsd %bx[0] [3] [1] : memref<3xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %h = fabric.dsd %bh[0] [3] [1] : memref<3xf16, #fabric.sram> -> !fabric.dsd<memory, f16>
      %d0 = fabric.dsd %bd[0] [1] [1] : memref<4xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %d1 = fabric.dsd %bd[1] [1] [1] : memref<4xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %d2 = fabric.dsd %bd[2] [1] [1] : memref<4xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      fabric.sum %d1, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      fabric.max_of %d2, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      fabric.activate @after
      fabric.dot %d0, %h, %h thread 2 unblock @after
          : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f16>, !fabric.dsd<memory, f16>
    }
    fabric.task @after local 9 blocked {
      %zero = arith.constant 0 : index
      %three = arith.constant 3 : index
      %v = memref.load %bd[%zero] : memref<4xf32, #fabric.sram>
      memref.store %v, %bd[%three] : memref<4xf32, #fabric.sram>
    }
  }
}
