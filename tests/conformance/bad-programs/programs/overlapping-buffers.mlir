fabric.program @bad {
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %a = fabric.buffer "a" at 0 : memref<16xf32, #fabric.sram>
    %b = fabric.buffer "b" at 60 : memref<2xf32, #fabric.sram>
  }
}
