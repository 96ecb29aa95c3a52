#even = #fabric.select<x 0 to 4, y 0 to 1, affine_set<(x, y) : (x mod 2 == 0)>>
#odd = #fabric.select<x 0 to 4, y 0 to 1, affine_set<(x, y) : (x mod 2 - 1 == 0)>>
fabric.program @chain {
  %a = fabric.color 0
  %b = fabric.color 1
  fabric.route %a on <x 1 to 4, y 0 to 1, affine_set<(x, y) : (x mod 2 == 0)>> [<ramp -> west>]
  fabric.route %a on <x 0 to 3, y 0 to 1, affine_set<(x, y) : (x mod 2 - 1 == 0)>> [<east -> ramp>]
  fabric.route %b on #odd [<ramp -> west>]
  fabric.route %b on #even [<east -> ramp>]

  fabric.code @last on <x 3 to 4, y 0 to 1> {
    %out = fabric.queue output 0 of %b : !fabric.queue<output>
    %x = fabric.buffer "x" : memref<8xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %own = fabric.dsd %x[0] [8] [1] : memref<8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %to = fabric.fabout %out [8] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      fabric.mov %to, %own : !fabric.dsd<fabout, f32>, !fabric.dsd<memory, f32>
    }
  }
  fabric.code @middle on <x 1 to 3, y 0 to 1> {
    %in = fabric.queue input 0 of %a, %b on [
        #fabric.select<x 1 to 3, y 0 to 1, affine_set<(x, y) : (x mod 2 - 1 == 0)>>,
        #fabric.select<x 1 to 3, y 0 to 1, affine_set<(x, y) : (x mod 2 == 0)>>]
        : !fabric.queue<input>
    %out = fabric.queue output 0 of %b, %a on [
        #fabric.select<x 1 to 3, y 0 to 1, affine_set<(x, y) : (x mod 2 - 1 == 0)>>,
        #fabric.select<x 1 to 3, y 0 to 1, affine_set<(x, y) : (x mod 2 == 0)>>]
        : !fabric.queue<output>
    %x = fabric.buffer "x" : memref<8xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %own = fabric.dsd %x[0] [8] [1] : memref<8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %from = fabric.fabin %in [8] : !fabric.queue<input> -> !fabric.dsd<fabin, f32>
      %to = fabric.fabout %out [8] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      fabric.add %to, %from, %own thread 1 activate @done
          : !fabric.dsd<fabout, f32>, !fabric.dsd<fabin, f32>, !fabric.dsd<memory, f32>
    }
    fabric.task @done local 9 {
    }
  }
  fabric.code @first on <x 0 to 1, y 0 to 1> {
    %in = fabric.queue input 0 of %b : !fabric.queue<input>
    %x = fabric.buffer "x" : memref<8xf32, #fabric.sram>
    %sum = fabric.buffer "sum" : memref<8xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %own = fabric.dsd %x[0] [8] [1] : memref<8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %from = fabric.fabin %in [8] : !fabric.queue<input> -> !fabric.dsd<fabin, f32>
      %to = fabric.dsd %sum[0] [8] [1] : memref<8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      fabric.add %to, %from, %own
          : !fabric.dsd<memory, f32>, !fabric.dsd<fabin, f32>, !fabric.dsd<memory, f32>
    }
  }
}
