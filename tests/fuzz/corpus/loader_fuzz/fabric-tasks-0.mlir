fabric.program @examples {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %b = fabric.buffer : memref<4xf32, #fabric.sram>
    fabric.task @main local 8 start {
      fabric.activate @done
      fabric.block @done
      fabric.unblock @done
      fabric.control %out task 24 data 3 : !fabric.queue<output>
      fabric.control %out advance : !fabric.queue<output>
      fabric.control %out reset task 24 : !fabric.queue<output>
      %x = fabric.coord x
      %n = fabric.param <map = affine_map<(x, y) -> (x mod 2)>>
      %t = fabric.param <table = [3, 3, 2], cores = <x 0 to 3, y 0 to 1>>
      %s = arith.addi %x, %n : index
      %zero = arith.constant 0 : index
      %one = arith.constant 1 : index
      scf.for %i = %zero to %t step %one {
        %v = memref.load %b[%i] : memref<4xf32, #fabric.sram>
        %w = arith.addf %v, %v : f32
        memref.store %w, %b[%i] : memref<4xf32, #fabric.sram>
      }
    }
    fabric.task @done local 9 blocked {
    }
    fabric.task @nonzero data %in configured (%value: f16, %index: i16) {
    }
    fabric.task @row_end control 24 %in (%data: i16) {
    }
  }
}
