fabric.program @bad {
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    fabric.task @main local 8 start {
      %t = arith.constant 1 : i1
      scf.while : () -> () {
        scf.condition(%t)
      } do {
        scf.yield
      }
    }
  }
}
