fabric.program @scalar {
  fabric.code @rows on <x 0 to 2, y 0 to 1> {
    %x = fabric.buffer "x" : memref<4x8xf32, #fabric.sram>
    %y = fabric.buffer "y" : memref<6xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %c4 = arith.constant 4 : index
      %c5 = arith.constant 5 : index
      %c8 = arith.constant 8 : index
      %zero = arith.constant 0.0 : f32
      %least = arith.constant -1.0e30 : f32
      scf.for %i = %c0 to %c4 step %c1 {
        %rest = arith.remsi %i, %c2 : index
        %even = arith.cmpi eq, %rest, %c0 : index
        %result = scf.if %even -> f32 {
          %sum = scf.for %j = %c0 to %c8 step %c1 iter_args(%s = %zero) -> f32 {
            %v = memref.load %x[%i, %j] : memref<4x8xf32, #fabric.sram>
            %t = arith.addf %s, %v : f32
            scf.yield %t : f32
          }
          scf.yield %sum : f32
        } else {
          %max = scf.for %j = %c0 to %c8 step %c1 iter_args(%s = %least) -> f32 {
            %v = memref.load %x[%i, %j] : memref<4x8xf32, #fabric.sram>
            %more = arith.cmpf ogt, %v, %s : f32
            %t = arith.select %more, %v, %s : f32
            scf.yield %t : f32
          }
          scf.yield %max : f32
        }
        memref.store %result, %y[%i] : memref<6xf32, #fabric.sram>
      }
      %a = arith.constant 1 : i32
      %hundred = arith.constant 100 : i32
      %f:2 = scf.while (%p = %a, %q = %a) : (i32, i32) -> (i32, i32) {
        %small = arith.cmpi slt, %q, %hundred : i32
        scf.condition(%small) %p, %q : i32, i32
      } do {
      ^bb0(%p: i32, %q: i32):
        %next = arith.addi %p, %q : i32
        scf.yield %q, %next : i32, i32
      }
      %last = arith.sitofp %f#1 : i32 to f32
      memref.store %last, %y[%c4] : memref<6xf32, #fabric.sram>
      %n = fabric.param <map = affine_map<(x, y) -> (x * 10 + 7)>>
      %n32 = arith.index_cast %n : index to i32
      %real = arith.sitofp %n32 : i32 to f32
      %half = arith.constant 2.0 : f32
      %part = arith.divf %real, %half : f32
      memref.store %part, %y[%c5] : memref<6xf32, #fabric.sram>
    }
  }
}
