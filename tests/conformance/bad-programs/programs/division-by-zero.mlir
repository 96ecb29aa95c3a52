fabric.program @bad {
  fabric.code @a on <x 3 to 4, y 2 to 3> {
    %n = fabric.buffer "n" : memref<1xi32, #fabric.sram>
    fabric.task @main local 8 start {
      %z = arith.constant 0 : index
      %v = memref.load %n[%z] : memref<1xi32, #fabric.sram>
      %s = arith.constant 7 : i32
      %q = arith.divsi %s, %v : i32
      memref.store %q, %n[%z] : memref<1xi32, #fabric.sram>
    }
  }
}
