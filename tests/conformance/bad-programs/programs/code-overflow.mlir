fabric.program @bad {
  fabric.code @a on <x 0 to 1, y 0 to 1> attributes {code_bytes = 49152 : i64} {
    %b = fabric.buffer "b" : memref<8xf32, #fabric.sram>
  }
}
