fabric.program @bad {
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %b = fabric.buffer "b" at 62 : memref<2xf32, #fabric.sram>
  }
}
