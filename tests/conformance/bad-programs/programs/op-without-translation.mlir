fabric.program @bad {
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    fabric.task @main local 8 start {
      %a = arith.constant 3 : i32
      %b = arith.divui %a, %a : i32
    }
  }
}
