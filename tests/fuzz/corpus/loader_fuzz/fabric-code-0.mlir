fabric.program @examples {
  %c = fabric.color 0
  %d = fabric.color 1
  fabric.code @idle on <x 0 to 4, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c, %d on [
        #fabric.select<x 0 to 4, y 0 to 1, affine_set<(x, y) : (x mod 2 == 0)>>,
        #fabric.select<x 0 to 4, y 0 to 1, affine_set<(x, y) : (x mod 2 - 1 == 0)>>]
        : !fabric.queue<output>
    %x = fabric.buffer "x" : memref<16xf32, #fabric.sram>
    %sum = fabric.buffer : memref<2x8xf16, #fabric.sram>
    %y = fabric.buffer "y" at 1024 : memref<16xf32, #fabric.sram>
  }
  fabric.code @small on <x 4 to 5, y 0 to 1> attributes {code_bytes = 4096 : i64} {
  }
}
