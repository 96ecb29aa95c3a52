fabric.program @examples {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    %by = fabric.buffer : memref<16xf32, #fabric.sram>
    %bm = fabric.buffer : memref<16xi16, #fabric.sram>
    %bh = fabric.buffer : memref<16xf16, #fabric.sram>
    %bs = fabric.buffer : memref<1xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %w = arith.constant 2.0 : f32
      %x = fabric.dsd %bx[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %y = fabric.dsd %by[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %m = fabric.dsd %bm[0] [16] [1] : memref<16xi16, #fabric.sram> -> !fabric.dsd<memory, i16>
      %h = fabric.dsd %bh[0] [16] [1] : memref<16xf16, #fabric.sram> -> !fabric.dsd<memory, f16>
      %s = fabric.dsd %bs[0] [1] [1] : memref<1xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %from = fabric.fabin %in [16] : !fabric.queue<input> -> !fabric.dsd<fabin, f32>
      %to = fabric.fabout %out [16] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      fabric.mov %to, %x thread 3 activate @done : !fabric.dsd<fabout, f32>, !fabric.dsd<memory, f32>
      fabric.mov %y, %w : !fabric.dsd<memory, f32>, f32
      fabric.exp %y, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      fabric.log %y, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      fabric.rsqrt %y, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      fabric.reciprocal %y, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      fabric.add %to, %from, %x thread 0 : !fabric.dsd<fabout, f32>, !fabric.dsd<fabin, f32>, !fabric.dsd<memory, f32>
      fabric.add %y, %from, %x thread 1 unblock @done block @main configured until_control
          : !fabric.dsd<memory, f32>, !fabric.dsd<fabin, f32>, !fabric.dsd<memory, f32>
      fabric.sub %y, %x, %y : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      fabric.mul %y, %x, %w : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>, f32
      fabric.max %y, %x, %w : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>, f32
      fabric.min %y, %x, %w : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>, f32
      fabric.fmac %y, %w, %x : !fabric.dsd<memory, f32>, f32, !fabric.dsd<memory, f32>
      fabric.fmac %y, %w, %h : !fabric.dsd<memory, f32>, f32, !fabric.dsd<memory, f16>
      fabric.select %y, %m, %x, %w : !fabric.dsd<memory, f32>, !fabric.dsd<memory, i16>, !fabric.dsd<memory, f32>, f32
      fabric.dot %s, %x, %y : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      fabric.sum %s, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      fabric.max_of %s, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      %i = fabric.coord x
      %n = fabric.param <map = affine_map<(x, y) -> (x mod 2 + 1)>>
      %b = fabric.dsd %bx[%i] [%n] [2] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %d = fabric.fabout %out [%n] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      fabric.mov %d, %b : !fabric.dsd<fabout, f32>, !fabric.dsd<memory, f32>
    }
    fabric.task @done local 9 {
    }
  }
}
