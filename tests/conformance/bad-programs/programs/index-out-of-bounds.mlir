fabric.program @bad {
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %b = fabric.buffer "b" : memref<8xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %i = arith.constant 8 : index
      %v = memref.load %b[%i] : memref<8xf32, #fabric.sram>
      memref.store %v, %b[%i] : memref<8xf32, #fabric.sram>
    }
  }
}
